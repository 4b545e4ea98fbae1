"""The notices page in a browser: rules put and read again, and a letter that really arrives."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from e2e.policy_page import sign_in_link
from e2e.visitors import MakeVisitor, Visitor
from letterbox import Mailbox, mail_server
from live import LiveServer, run_live_server
from playwright.async_api import Page, expect
from support import SECRET, run_sql, with_database

pytestmark = pytest.mark.browser


async def open_notices(page: Page, server: LiveServer) -> None:
    await page.goto(sign_in_link(server, "editor"))
    await page.get_by_role("link", name="Notices").click()
    await page.get_by_role("heading", name="Notices", exact=True).wait_for()


@pytest.fixture
async def page(visitor: Visitor, live_server: LiveServer) -> AsyncIterator[Page]:
    """An editor's page; afterwards nobody is told anything."""
    page = await visitor.page()
    await open_notices(page, live_server)
    yield page
    await run_sql(live_server.database_url, "delete from notice_rule")


async def test_rules_are_put_and_read_again(page: Page) -> None:
    await expect(page.get_by_text("Nobody has saved any yet")).to_be_visible()
    await expect(page.get_by_text("No mail server is set up")).to_be_visible()
    await page.get_by_label("E-mail addresses").fill("Desk@courier.example\n\nnight@c.example")
    await page.get_by_label("Minutes of waiting").fill("45")
    await page.get_by_label("Comments in the hour").fill("")
    await page.get_by_label("A jump in numbers").uncheck()
    await expect(page.get_by_label("Times as many as usual")).to_be_disabled()
    await page.get_by_label("Per cent of all comments").fill("12.5")
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await page.get_by_label("How often").select_option("weekly")
    await page.get_by_label("Day of the week").select_option("Thursday")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Saved by editor@desk.example")).to_be_visible()
    addresses = page.get_by_label("E-mail addresses")
    await expect(addresses).to_have_value("desk@courier.example\nnight@c.example")
    await expect(page.get_by_label("Minutes of waiting")).to_have_value("45")
    await expect(page.get_by_label("A jump in numbers")).not_to_be_checked()
    await expect(page.get_by_label("Per cent of all comments")).to_have_value("12.5")
    await expect(page.get_by_label("Day of the week")).to_have_value("3")
    await expect(page.get_by_text("The next one: ")).to_be_visible()
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    await expect(page.get_by_role("button", name="Send a test")).to_be_disabled()


async def test_what_is_wrong_is_said_and_nothing_is_lost(page: Page) -> None:
    await page.get_by_label("E-mail addresses").fill("nobody")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("e-mail")
    await expect(page.get_by_label("E-mail addresses")).to_have_value("nobody")
    await page.get_by_label("Minutes of waiting").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Minutes of waiting")).to_be_focused()
    await expect(page.get_by_text("Nobody has saved any yet")).to_be_visible()


async def test_it_is_for_editors_and_fits_a_telephone(
    visitors: MakeVisitor, live_server: LiveServer
) -> None:
    visitor = await visitors(viewport={"width": 360, "height": 800})
    page = await visitor.page()
    await page.goto(live_server.sign_in_link())
    await page.get_by_role("link", name="Statistics").wait_for()
    await expect(page.get_by_role("link", name="Notices")).to_have_count(0)
    await open_notices(page, live_server)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def mails_to(box: Mailbox, recipient: str) -> list[EmailMessage]:
    """What has come for one; signing in at the command line mails links to others."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := [mail for mail in list(box.mails) if mail["to"] == recipient]:
            return found
        time.sleep(0.1)
    return []


async def test_a_test_letter_arrives(visitors: MakeVisitor, server_url: str, template: str) -> None:
    name = f"rejoinder_mail_{uuid.uuid4().hex[:12]}"
    await run_sql(server_url, f"create database {name} template {template}")
    with mail_server() as box:
        more = {"REJOINDER_SMTP_URL": box.url, "REJOINDER_MAIL_FROM": "desk@courier.example"}
        with run_live_server(with_database(server_url, name), SECRET, **more) as server:
            page = await (await visitors()).page()
            await open_notices(page, server)
            await page.get_by_label("E-mail addresses").fill("eve@courier.example")
            await page.get_by_role("button", name="Save").click()
            await page.get_by_role("button", name="Send a test").click()
            await expect(page.get_by_text("A test is on its way to one address.")).to_be_visible()
            [mail] = await asyncio.to_thread(mails_to, box, "eve@courier.example")
    assert mail["subject"].startswith("A test of the notices")
    await run_sql(server_url, f"drop database {name} with (force)")
