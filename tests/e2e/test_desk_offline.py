"""The desk without a connection: nothing that was decided is lost, and nothing counts twice."""

import pytest
from e2e.test_desk_page import card_of, mark, saved, search, sign_in
from e2e.visitors import Api, Visitor, text
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser


async def nothing_waits(page: Page) -> None:
    """Wait until the browser keeps no decision any more."""
    for _ in range(300):
        if not await page.evaluate("Object.keys(localStorage).length"):
            return
        await page.wait_for_timeout(100)
    raise TimeoutError


async def test_what_is_decided_without_a_connection_is_sent_later(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    bodies = [f"{text()} {word}" for _ in range(3)]
    for body in bodies:
        await api.hold(key, body)
    page = await sign_in(visitor)
    await page.get_by_label("Order").select_option("oldest")
    await page.get_by_label("Order").press("Escape")
    await search(page, word)
    await visitor.context.set_offline(True)
    for n in range(3):
        await page.keyboard.press("f")
        await expect(card_of(page, bodies[n]).locator(".outcome")).to_have_text("Published.")
    waits = page.locator(".offline", has_text="wait")
    await expect(waits).to_contain_text("3 decisions wait to be sent; they are kept.")
    # The last of them has not left: it is taken back here.
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_have_text("Undone: 1.")
    await expect(card_of(page, bodies[2])).to_be_focused()
    assert (await api.thread(key))["count"] == 0
    await visitor.context.set_offline(False)
    for body in bodies[:2]:
        await saved(page, body)
    await expect(waits).to_have_count(0)
    assert (await api.thread(key))["count"] == 2
    await page.keyboard.press("z")
    await expect(page.locator(".card:not(.done)")).to_have_count(2)
    assert (await api.thread(key))["count"] == 1


async def test_a_closed_window_loses_no_decision(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.route("**/decisions", lambda route: route.abort())
    await page.keyboard.press("f")
    await expect(page.locator(".offline")).to_contain_text("1 decision waits to be sent")
    await page.close()
    assert (await api.thread(key))["count"] == 0
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/desk/")
    await expect(page.locator(".toast")).to_contain_text("1 decision of earlier is sent now.")
    await nothing_waits(page)
    assert (await api.thread(key))["count"] == 1


async def test_a_decision_whose_answer_got_lost_is_one_decision(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    lost = 0

    async def lose_first(route: Route) -> None:
        nonlocal lost
        answer = await route.fetch()
        lost += 1
        if lost == 1:
            await route.abort()
        else:
            await route.fulfill(response=answer)

    await page.route("**/decisions", lose_first)
    await page.keyboard.press("f")
    await saved(page, body)
    assert lost == 2
    ledger = (await api.moderation("GET", f"comments/{comment['id']}"))["ledger"]
    assert [entry["actor"] for entry in ledger] == ["machine", "moderator"]
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Undone: 1.")
    assert (await api.thread(key))["count"] == 0


async def test_what_came_while_the_connection_was_gone_is_offered(
    visitor: Visitor, api: Api, key: str
) -> None:
    body, later = text(), text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    card = card_of(page, body)
    await page.route("**/events*", lambda route: route.abort())
    # Chromium closes no open stream when told to be offline: the session's end does.
    await page.reload()
    await expect(page.locator(".offline")).to_contain_text("Not connected")
    await expect(card).to_be_visible()
    await api.hold(key, f"{later} {mark(body)}")
    await page.unroute("**/events*")
    news = page.get_by_role("button", name="Connected again: load what has come meanwhile")
    await news.click()
    await expect(page.locator(".offline")).to_be_hidden()
    await expect(card_of(page, later)).to_be_visible()


async def test_a_decision_that_is_refused_opens_its_comment_again(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.route(
        "**/decisions", lambda route: route.fulfill(status=422, json={"detail": "No, not so."})
    )
    card = card_of(page, body)
    await page.keyboard.press("f")
    await expect(card.locator(".outcome")).to_have_text("Not saved. No, not so.")
    await page.unroute("**/decisions")
    await page.keyboard.press("f")
    await saved(page, body)


async def test_a_proxys_error_does_not_end_what_is_live(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await visitor.page()
    await page.route(
        "**/events*", lambda route: route.fulfill(status=502, body="Bad gateway"), times=1
    )
    await page.goto(visitor.server.sign_in_link())
    await expect(page.locator(".offline")).to_contain_text("Not connected")
    await expect(page.locator(".offline")).to_be_hidden(timeout=20_000)
    await search(page, mark(body))
    await api.hold(key, text())
    await expect(page.locator(".news")).to_be_visible()


async def test_an_answer_that_is_cut_off_is_asked_for_again(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.route(
        "**/decisions",
        lambda route: route.fulfill(
            status=200, content_type="application/json", body='{"batch_id":"'
        ),
        times=1,
    )
    await page.keyboard.press("f")
    await saved(page, body)
    assert (await api.thread(key))["count"] == 1


async def test_without_a_connection_nobody_is_told_to_be_signed_out(visitor: Visitor) -> None:
    page = await sign_in(visitor)
    await visitor.context.set_offline(True)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator(".toast")).to_contain_text("You are still signed in.")
    await visitor.context.set_offline(False)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


async def test_a_question_goes_away_with_what_it_is_about(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.keyboard.press("d")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await api.moderation("GET", f"comments/{comment['id']}"))["status"] == "held"
