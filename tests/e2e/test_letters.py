"""From a comment to a letter, a confirmed address, a page of one's own, and back to the article."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from correspondence.conftest import link_in, text_of
from e2e.policy_page import sign_in_link
from e2e.visitors import PATIENCE, Api, MakeVisitor, comment_of, email, main_form, text, violations
from letterbox import Mailbox, mail_server
from live import LiveServer, run_live_server
from playwright.async_api import expect
from support import SECRET, run_sql, with_database

from service.core.db import connect, open_pool
from service.core.tokens import Keyring, random_token, token_hash
from service.correspondence import store
from service.settings import Settings
from service.subscriptions.telling import Teller

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


async def tell(server: LiveServer, later: timedelta = timedelta(minutes=6)) -> None:
    """Do what the worker does so much later: write the letters about what was published."""
    settings = Settings.from_environment(server.env)
    async with open_pool(server.database_url) as pool:
        teller = Teller(pool, Keyring(settings.secret), settings)
        await teller.sweep(datetime.now(UTC) + later)


async def letter_to(letterbox: Mailbox, address: str, subject: str = "") -> EmailMessage:
    """The newest letter to an address, as soon as it is there."""
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            for mail in reversed(letterbox.mails):
                if mail["To"] == address and subject in mail["Subject"]:
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
    # Whoever is sent such a link by somebody else is asked: they would write as who made it.
    await page.goto(str(await mine.get_attribute("href")))
    await page.get_by_role("button", name="Use this browser").click()
    sent = await page.get_by_role("link", name=f"Go to “Article {key}”").get_attribute("href")
    other = await (await visitors()).article(key)
    await other.goto("about:blank")
    async with other.expect_event("dialog") as asked:
        other.on("dialog", lambda dialog: dialog.dismiss())
        await other.goto(str(sent))
    assert (await asked.value).message == "Writing as Ada Reader?"
    await other.reload()
    await expect(main_form(other).locator("[name=email]")).to_be_visible()
    await expect(main_form(other).locator(".as")).to_have_count(0)


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


async def test_a_reply_is_told_leads_there_and_ends_by_one_click(
    visitors: MakeVisitor, api: Api, key: str, letterbox: Mailbox, axe: str
) -> None:
    visitor = await visitors()
    page = await visitor.article(key)
    address, body = email(), text()
    form = main_form(page)
    for name, value in (("body", body), ("name", f"Ada {key}"), ("email", address)):
        await form.locator(f"[name={name}]").fill(value)
    await form.get_by_label("E-mail me when somebody replies").check()
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_be_visible()
    asked = await letter_to(letterbox, address)
    assert "told of replies by e-mail" in text_of(asked)
    await page.goto(link_in(asked))
    await page.get_by_role("button", name="Yes, I wrote this").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your replies")
    [mine] = (await api.thread(key))["items"]
    answer = await api.post(key, text(), parent_id=mine["id"], name=f"Bo {key}")
    await tell(api.server)
    mail = await letter_to(letterbox, address, "replied to you")
    await page.goto(link_in(mail))
    shown = page.locator(f"#comment-{answer['id']}")
    await expect(shown).to_be_focused()
    stop = re.search(r"Unsubscribe: (\S+)", text_of(mail))
    assert stop
    await page.goto(stop[1])
    await expect(page.get_by_role("button", name="No more e-mail about")).to_be_focused()
    assert await violations(page, axe) == []
    visitor.errors.clear()  # axe's styles
    done = await api.client.post(stop[1], data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    await api.post(key, text(), parent_id=mine["id"])
    await tell(api.server, timedelta(days=2))
    conn = await connect(api.server.database_url)
    assert await conn.fetchval("select count(*) from notification where told_at is null") == 0
    assert await conn.fetchval("select count(*) from mail where recipient = $1", address) == 0
    await conn.close()
    assert [mail["To"] for mail in letterbox.mails].count(address) == 2


async def test_an_article_is_followed_by_a_letter_and_by_one_press_of_who_is_known(
    visitors: MakeVisitor, api: Api, key: str, letterbox: Mailbox, axe: str
) -> None:
    visitor = await visitors(viewport={"width": 360, "height": 740})
    page = await visitor.article(key)
    address, body = email(), text()
    await main_form(page).locator("[name=body]").focus()
    place = page.get_by_role("region", name="Follow this article by e-mail")
    await place.get_by_role("button").press("Enter")
    field = place.get_by_label("E-mail")
    await expect(field).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(field).to_have_accessible_description(re.compile("Please give your e-mail"))
    await field.fill(address)
    found = [one for one in await violations(page, axe) if "heading-one" not in one]  # a bare page
    assert found == []
    visitor.errors.clear()
    await page.keyboard.press("Enter")
    await expect(place.get_by_role("status")).to_contain_text(address)
    await page.goto(link_in(await letter_to(letterbox, address)))
    await expect(page.get_by_role("button", name="Yes, write to me")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You follow this article")
    await api.post(key, body, name=f"Bo {key}")
    await tell(api.server)
    assert body in text_of(await letter_to(letterbox, address, "commented on")).replace("\n> ", " ")
    # Somebody who is known in this browser needs no letter.
    conn = await connect(api.server.database_url)
    async with conn.transaction():
        ident = await store.insert_confirmed(
            conn, await conn.fetchval("select id from site"), email(), (f"Eve {key}",) * 2, "en"
        )
        token = random_token("rt")
        await conn.execute(
            """
            insert into reader_token (site_id, token_hash, reader_id, kind, expires_at)
            select site_id, $2, id, 'post', now() + interval '1 day' from reader where id = $1
            """,
            ident, token_hash(token),
        )  # fmt: skip
    await conn.close()
    page = await visitor.article(key)
    await page.evaluate(
        "token => { localStorage['rejoinder:as:default'] = JSON.stringify(token);"
        " localStorage['rejoinder:own:default'] = '{}' }",
        token,
    )
    await page.reload()
    await main_form(page).locator("[name=body]").focus()
    place = page.get_by_role("region", name="Follow this article by e-mail")
    await place.get_by_role("button", name="Follow").click()
    stop = place.get_by_role("button", name="Stop following")
    await expect(stop).to_be_focused()
    await page.reload()
    await main_form(page).locator("[name=body]").focus()
    await stop.click()
    await expect(place.get_by_role("button", name="Follow this article")).to_be_focused()


@pytest.mark.parametrize("look", LOOKS)
async def test_an_editor_looks_at_letters_and_is_sent_one(
    visitors: MakeVisitor, letterbox: Mailbox, axe: str, look: str
) -> None:
    visitor = await visitors(**LOOKS[look])
    page = await visitor.page()
    await page.goto(sign_in_link(visitor.server, "editor"))
    await page.get_by_role("link", name="Letters").click()
    card = page.get_by_role("region", name="Somebody replied", exact=True)
    await expect(card.get_by_text("> A tunnel costs twice as much")).to_be_visible()
    await card.locator("iframe").scroll_into_view_if_needed()
    framed = card.frame_locator("iframe")
    await expect(framed.get_by_text("A tunnel costs twice as much")).to_be_visible()
    assert await framed.locator("body").evaluate("b => getComputedStyle(b).fontSize") == "17px"
    assert await page.evaluate(FITS)
    assert await violations(page, axe) == []
    visitor.errors.clear()  # axe's styles
    await page.get_by_label("Language").select_option("العربية")
    await expect(card.get_by_text("ردّ عليك").first).to_be_visible()
    if look == "light":
        await card.get_by_role("button", name="Send").press("Enter")
        await expect(card.get_by_role("status")).to_have_text("It is on its way.")
        mail = await letter_to(letterbox, "editor@desk.example", "[Test]")
        assert mail["Content-Language"] == "ar"
