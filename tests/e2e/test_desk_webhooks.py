"""The pages of webhooks and of the check elsewhere in a browser, with receivers behind them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from e2e.policy_page import open_page, open_policy, put_policy, sign_in_link
from e2e.visitors import PATIENCE, Api, Visitor, text
from live import LiveServer
from moderation.checker import Checker
from playwright.async_api import Page, expect
from webhooks.receiver import Receiver

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def page(visitor: Visitor, live_server: LiveServer) -> Page:
    """An editor's page of webhooks."""
    page = await visitor.page()
    await page.goto(sign_in_link(live_server, "editor"))
    await open_page(page, "Webhooks")
    return page


async def add(page: Page, url: str, *events: str) -> Any:
    """Add a webhook by keyboard; its card."""
    await page.get_by_text("Add a webhook").focus()
    await page.keyboard.press("Enter")
    form = page.locator(".adding form")
    await expect(form.get_by_label("Address")).to_be_focused()
    await page.keyboard.type(url)
    for name in events:
        await form.get_by_role("checkbox", name=name).check()
    await form.get_by_role("button", name="Add").press("Enter")
    card = page.locator(".webhook").filter(has_text=url)
    await card.wait_for()
    return card


async def test_a_webhook_is_added_and_hears_what_happens(
    page: Page, receiver: Receiver, api: Api, key: str
) -> None:
    inbox = receiver.inbox()
    card = await add(page, inbox.url, "Reader sanctioned")
    inbox.secret = await card.locator(".secret").inner_text()
    assert inbox.secret.startswith("whsec_")
    await expect(card.locator(".secret")).to_be_focused()
    await card.get_by_role("button", name="Copy").click()
    await expect(card.locator(".notice")).to_contain_text("cop", ignore_case=True)
    await card.get_by_role("button", name="I have kept it").click()
    await expect(card.locator(".secret")).to_have_count(0)
    await expect(card.get_by_role("button", name="Send a ping")).to_be_focused()
    await card.get_by_role("button", name="Send a ping").click()
    await expect(card.locator(".told")).to_have_text("It works: the receiver answered 204.")
    body = text()
    await api.post(key, body)
    for _ in range(PATIENCE // 100):
        if len(inbox.heard) == 2:
            break
        await page.wait_for_timeout(100)
    assert inbox.kinds() == ["ping", "comment.created"]
    assert inbox.heard[1]["data"]["comment"]["body"] == body
    assert receiver.faults == []

    await card.get_by_role("button", name="Pause").click()
    await expect(card.locator(".state")).to_contain_text("Paused")
    await expect(card.get_by_role("button", name="Send a ping")).to_be_hidden()
    await card.get_by_role("button", name="Resume").click()
    await expect(card.locator(".badge")).to_have_text("On")
    await card.get_by_role("button", name="Change").click()
    form = card.locator("form")
    for name in ("Comment taken", "Comment decided", "Reader sanctioned"):
        await form.get_by_role("checkbox", name=name).uncheck()
    await form.get_by_role("button", name="Save").click()
    assert await form.is_visible(), "no kind of event is none"
    await form.get_by_role("checkbox", name="Comment reported").check()
    await form.get_by_role("button", name="Save").click()
    await expect(card.locator(":scope > .about")).to_contain_text("Comment reported · added")

    page.once("dialog", lambda dialog: dialog.accept())
    await card.get_by_role("button", name="New secret").click()
    second = await card.locator(".secret").inner_text()
    await expect(card.locator(".secret")).to_be_focused()
    assert second != inbox.secret
    await expect(card.locator(":scope > .about")).to_contain_text("before still signs")
    page.once("dialog", lambda dialog: dialog.dismiss())
    await card.get_by_role("button", name="Remove").click()
    await expect(card).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    await card.get_by_role("button", name="Remove").click()
    await expect(card).to_have_count(0)


async def test_a_dead_letter_is_shown_and_sent_again(page: Page, receiver: Receiver) -> None:
    inbox = receiver.inbox()
    card = await add(page, inbox.url)
    inbox.secret = await card.locator(".secret").inner_text()
    inbox.answers(500)
    await card.get_by_role("button", name="Send a ping").click()
    await expect(card.locator(".told")).to_have_text(
        "It did not arrive. The receiver answered 500."
    )
    await expect(card.locator(".state")).to_contain_text("Failing")
    summary = card.locator(".messages summary")
    await expect(summary).to_have_text("Messages: 1 could not be delivered")
    await summary.click()
    await expect(card.locator(".deliveries li")).to_contain_text("The receiver answered 500")
    await card.get_by_role("button", name="Send again: Ping").click()
    await expect(card.locator(".deliveries li")).to_have_text("None.")
    await card.get_by_label("Which messages").select_option("delivered")
    for _ in range(50):
        if len(inbox.heard) == 2:
            break
        await page.wait_for_timeout(100)
    await card.get_by_label("Which messages").select_option("pending")
    await card.get_by_label("Which messages").select_option("delivered")
    await expect(card.locator(".deliveries li")).to_contain_text("answered 204")
    assert inbox.headers[0]["webhook-id"] == inbox.headers[1]["webhook-id"]
    page.once("dialog", lambda dialog: dialog.accept())
    await card.get_by_role("button", name="Remove").click()
    await expect(card).to_have_count(0)


async def test_what_is_refused_is_said_in_the_form(page: Page) -> None:
    await page.get_by_text("Add a webhook").click()
    form = page.locator(".adding form")
    await form.get_by_label("Address").fill("https://10.0.0.1/in")
    await form.get_by_role("button", name="Add").click()
    await expect(form.get_by_role("alert")).to_have_text("Expected the name of a public host")
    await expect(page.locator(".webhook").filter(has_text="10.0.0.1")).to_have_count(0)


async def test_moderators_see_no_webhooks(visitor: Visitor, live_server: LiveServer) -> None:
    page = await visitor.page()
    await page.goto(sign_in_link(live_server, "moderator"))
    await page.get_by_role("link", name="Policy").wait_for()
    await expect(page.get_by_role("link", name="Webhooks")).to_have_count(0)


async def test_a_check_elsewhere_is_tried_saved_and_asked(
    visitor: Visitor, live_server: LiveServer, api: Api, key: str
) -> None:
    page = await visitor.page()
    await open_policy(page, live_server)
    section = page.locator("section[aria-labelledby=external-title]")
    async with Checker() as checker:
        await expect(section.get_by_role("button", name="Ask it")).to_be_hidden()
        await section.get_by_label("Its address").fill(checker.url)
        await section.get_by_role("button", name="Show it").click()
        checker.secret = await section.locator(".secret-shown code").inner_text()
        checker.answer = {"verdict": "hold", "score": 0.8, "reason": "Names a minor."}
        await section.get_by_label("Ask it about a text").fill("What about this?")
        await section.get_by_role("button", name="Ask it").click()
        found = section.locator(".asked")
        await expect(found).to_contain_text("It says hold after")
        await expect(found).to_contain_text("Names a minor. (0.80)")
        checker.answer = b"what?"
        await section.get_by_role("button", name="Ask it").click()
        await expect(found).to_contain_text("No usable answer after")
        says_spam = section.get_by_role("group", name="It says spam")
        await expect(says_spam.get_by_role("radio", name="spam")).to_be_checked()
        says_nothing = section.get_by_role("group", name="It says nothing")
        await says_nothing.get_by_role("radio", name="nothing").check()
        await page.get_by_role("button", name="Save as version").click()
        await expect(page.locator(".state")).to_contain_text("Saved.")
        try:
            assert (await api.post(key, text()))["status"] == "published"
            checker.answer = {"verdict": "hold", "reason": "Names a minor."}
            # Half a second is half a second, also on a machine that is busy with browsers.
            for _ in range(10):
                body = text()
                if (await api.post(key, body))["status"] == "held":
                    break
            assert checker.faults == []
            # Of this article alone: others hold more than a page of riskier ones.
            await page.evaluate("key => { location.hash = `#/held?article=${key}`; }", key)
            card = page.locator(".card").filter(has_text=body)
            await expect(card.locator(".why")).to_contain_text(
                "your own check says hold: Names a minor."
            )
        finally:
            await put_policy(live_server, {})
