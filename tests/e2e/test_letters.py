"""From a comment to a letter, a confirmed address, a page of one's own, and back to the article."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from correspondence.conftest import link_in, text_of
from e2e.visitors import PATIENCE, Api, MakeVisitor, comment_of, email, main_form, text, violations
from letterbox import Mailbox, mail_server
from live import LiveServer, run_live_server
from playwright.async_api import expect
from support import SECRET, run_sql, with_database

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture(scope="module")
def live_server(server_url: str, template: str, letterbox: Mailbox) -> Iterator[LiveServer]:
    """A server that can send mail, on a database of its own."""
    name = f"rejoinder_letters_{uuid.uuid4().hex[:12]}"
    asyncio.run(run_sql(server_url, f"create database {name} template {template}"))
    mail = {"REJOINDER_SMTP_URL": letterbox.url, "REJOINDER_MAIL_FROM": "desk@courier.example"}
    with run_live_server(with_database(server_url, name), SECRET, **mail) as live:
        yield live
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))


async def letter_to(letterbox: Mailbox, address: str) -> EmailMessage:
    """The newest letter to an address, as soon as it is there."""
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            for mail in reversed(letterbox.mails):
                if mail["To"] == address:
                    return mail
            await asyncio.sleep(0.05)


async def test_post_confirm_read_one_s_page_and_post_again_as_oneself(
    visitors: MakeVisitor, api: Api, key: str, letterbox: Mailbox
) -> None:
    visitor = await visitors()
    page = await visitor.article(key)
    address, body = email(), text()
    form = main_form(page)
    for name, value in (("body", body), ("name", "Ada Reader"), ("email", address)):
        await form.locator(f"[name={name}]").fill(value)
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_be_visible()
    await page.goto(link_in(await letter_to(letterbox, address)))
    await expect(page.get_by_role("article")).to_contain_text(body)
    await expect(page.get_by_role("button", name="Yes, I wrote this")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your replies")
    await expect(
        page.get_by_text(f"You write here as Ada Reader, with the address {address}.")
    ).to_be_visible()
    await page.get_by_role("button", name="Use this browser").click()
    await page.get_by_role("link", name=f"Go to “Article {key}”").click()
    form = main_form(page)
    await expect(form.locator(".as")).to_contain_text("Writing as Ada Reader")
    assert "ro" not in page.url.partition(key)[2]
    await page.reload()
    await expect(form.locator(".as")).to_contain_text("Writing as Ada Reader")
    again = text()
    await form.locator("[name=body]").fill(again)
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, again).locator(".name")).to_have_text("Ada Reader")
    await expect(comment_of(page, body).locator(".you")).to_be_visible()
    await form.get_by_role("link", name="Your replies").click()
    await expect(page.get_by_role("article").first).to_contain_text(again)
    await page.go_back()
    await form.get_by_role("button", name="Write under another name").click()
    await expect(form.locator("[name=email]")).to_be_visible()
    await expect(form.locator("[name=body]")).to_be_focused()
    for name, value in (("body", text()), ("name", "Ada Reader"), ("email", address)):
        await form.locator(f"[name={name}]").fill(value)
    await form.locator("[type=submit]").click()
    mine = form.get_by_role("link", name="It is mine: open my page")
    await expect(mine).to_have_attribute("href", re.compile(r"/sites/default/me\?lang=en$"))


async def test_by_keyboard_without_scripts_edit_remove_and_erase(
    visitors: MakeVisitor, api: Api, key: str, letterbox: Mailbox
) -> None:
    address, first, second = email(), text(), text()
    await api.post(key, first, name=f"Eve {key}", email=address)
    await api.post(key, second, name=f"Eve {key}", email=address)
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    await page.goto(link_in(await letter_to(letterbox, address)))
    await expect(page.get_by_role("button", name="Yes, I wrote this")).to_be_focused()
    await page.keyboard.press("Enter")
    typed = page.get_by_role("region", name="Also written with your address")
    await expect(typed).to_contain_text(second)
    await typed.get_by_role("button", name="This is mine").press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Done.")
    await expect(typed).to_have_count(0)
    await (
        page.get_by_role("article")
        .filter(has_text=second)
        .get_by_role("link", name="Edit")
        .press("Enter")
    )
    await page.get_by_role("textbox", name="Your reply").fill(first + " Also this.")
    await page.get_by_role("button", name="Save changes").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your changes are saved.")
    await page.goto(f"{visitor.server.url}/sites/default/me")
    await expect(page.get_by_role("article").first).to_contain_text("Also this.")
    await page.get_by_role("link", name="Erase all of it").press("Enter")
    await page.get_by_role("button", name="Yes, erase everything").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Everything is erased")
    assert (await api.thread(key))["count"] == 0
    await page.goto(f"{visitor.server.url}/sites/default/me")
    await expect(page.get_by_label("E-mail")).to_be_focused()
    assert await page.context.cookies() == []


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark and narrow": {"color_scheme": "dark", "viewport": {"width": 320, "height": 700}},
    "right to left": {"viewport": {"width": 360, "height": 740}, "locale": "ar"},
}
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.mark.parametrize("look", LOOKS)
async def test_nothing_is_wrong_with_a_letter_and_the_pages_behind_it(
    visitors: MakeVisitor, api: Api, key: str, letterbox: Mailbox, axe: str, look: str
) -> None:
    visitor = await visitors(**LOOKS[look])
    address, body = email(), text() + " " + "ferry" * 16
    where = f"/v1/sites/default/articles/{key}/comments"
    for n in range(3):
        sent = {
            "name": f"{key} {'A' * 50}", "email": address, "body": f"{body} {n}",
            "article": {"url": f"{api.server.url}/news/{key}", "title": "T" * 200},
        }  # fmt: skip
        lang = "ar" if look == "right to left" else "en"
        await api.client.post(where, json=sent, headers={"Accept-Language": lang})
    mail = await letter_to(letterbox, address)
    page = await visitor.page()

    async def check(state: str) -> None:
        before = len(visitor.errors)
        assert await violations(page, axe) == [], state
        del visitor.errors[before:]
        assert await page.evaluate(FITS), state

    await page.set_content(text_of(mail, "html"))
    await check("the letter")
    await page.goto(link_in(mail))
    await check("the question")
    await page.locator("form:not(.deny) button").click()
    await expect(page.locator(".me")).to_be_visible()
    await check("the page")
    await page.locator(".part .remove").click()
    await expect(page.locator(".asking")).to_be_visible()
    await check("before erasing")
    await page.goto(link_in(mail))
    await check("a link that is used up")
    await page.context.clear_cookies()
    await page.goto(f"{visitor.server.url}/sites/default/me")
    await check("asking for a link")
    await page.locator("[name=email]").fill("nobody@readers.example")
    await page.locator("form button").click()
    await expect(page.locator("[role=status]")).to_be_visible()
    await check("the link is sent")
