"""An open thread stays up to date, and nothing moves what is read or touches what is written."""

import asyncio
import re
from typing import Any

import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, fill_trap, main_form, text, write
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.browser

THREAD = re.compile(r"/articles/[\w-]+/comments\?")
NEW = re.compile("new repl")


async def top(node: Locator) -> float:
    """Where a comment is in the window, in pixels."""
    found: float = await node.evaluate("(node) => node.getBoundingClientRect().top")
    return found


async def scroll_to_middle(page: Page, node: Locator) -> None:
    await node.evaluate("(node) => node.scrollIntoView({ block: 'center', behavior: 'instant' })")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


async def test_new_comments_are_announced_and_come_on_the_click(
    visitor: Visitor, api: Api, key: str
) -> None:
    bodies = [text() for _ in range(12)]
    for body in bodies:
        last = await api.post(key, body)
    page = await visitor.article(key, poll="2")
    read = comment_of(page, bodies[3])
    await expect(read).to_be_visible()
    await scroll_to_middle(page, read)
    before = await top(read)
    news = [text() for _ in range(2)]
    for body in news:
        await api.post(key, body)
    reply = text()
    await api.post(key, reply, parent_id=last["id"])
    status = page.locator("reader-comments .news")
    await expect(status).to_have_role("status")
    await expect(page.get_by_role("heading", name="15 replies")).to_be_visible()
    button = page.get_by_role("button", name="3 new replies")
    await expect(button).to_be_visible()
    await expect(comment_of(page, news[0])).to_have_count(0)
    assert abs(await top(read) - before) <= 1
    await button.click()
    await expect(comment_of(page, news[0])).to_have_count(1)
    await expect(comment_of(page, bodies[-1]).locator(".replies article")).to_have_count(1)
    await page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert abs(await top(read) - before) <= 1
    order = page.locator("reader-comments .list > article > .main > .text")
    assert (await order.all_inner_texts())[:3] == [news[1], news[0], bodies[-1]]
    # They are above: the same place leads there.
    go = page.get_by_role("button", name="Go to the new replies")
    await expect(go).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(comment_of(page, news[0])).to_be_focused()
    await expect(comment_of(page, news[0])).to_be_in_viewport()
    await expect(page.get_by_role("button", name=NEW)).to_have_count(0)


async def test_changes_of_what_is_shown_move_nothing(visitor: Visitor, api: Api, key: str) -> None:
    bodies = [text() for _ in range(10)]
    tokens = [await api.own(key, body) for body in bodies]
    page = await visitor.article(key, poll="2")
    read = comment_of(page, bodies[3])
    await expect(read).to_be_visible()
    await scroll_to_middle(page, read)
    before = await top(read)
    edited = f"{text()}\n\n" * 8
    await api.edit(tokens[8], edited)
    await api.remove(tokens[9])
    await api.client.put(
        f"/v1/sites/default/comments/{tokens[3][0]['id']}/like", headers={"X-Reader": "one"}
    )
    await expect(page.locator(f"[id='comment-{tokens[8][0]['id']}'] .edited")).to_be_attached()
    await expect(page.locator(f"[id='comment-{tokens[8][0]['id']}'] .text p")).to_have_count(8)
    await expect(page.locator(f"[id='comment-{tokens[9][0]['id']}'].removed .tomb")).to_have_count(
        1
    )
    await expect(read.get_by_role("button", name="Like: 1 like")).to_be_visible()
    await expect(page.get_by_role("heading", name="9 replies")).to_be_attached()
    assert abs(await top(read) - before) <= 1


async def test_a_reply_that_is_being_written_is_never_touched(
    visitor: Visitor, api: Api, key: str
) -> None:
    mine = text()
    first = await api.own(key, mine)
    for _ in range(6):
        await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await comment_of(page, mine).get_by_role("button", name="Reply").click()
    form = page.locator("reader-comments form.inline")
    await form.locator("[name=body]").fill("half a thought")
    await main_form(page).locator("[name=body]").fill("half another")
    await form.locator("[name=body]").focus()
    await page.keyboard.press("End")
    before = await top(form)
    # Its parent changes and goes, and others write.
    await api.edit(first, f"{text()}\n\n{text()}")
    await expect(page.locator(f"[id='comment-{first[0]['id']}'] > .main .edited")).to_be_attached()
    await api.post(key, text())
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()
    await api.remove(first)
    await expect(page.locator(f"[id='comment-{first[0]['id']}'] > .tomb")).to_be_attached()
    await expect(form.locator("[name=body]")).to_be_focused()
    await page.keyboard.type(", and its end")
    await expect(form.locator("[name=body]")).to_have_value("half a thought, and its end")
    await expect(main_form(page).locator("[name=body]")).to_have_value("half another")
    assert abs(await top(form) - before) <= 1
    await page.locator("reader-comments .news button").click()
    await expect(form.locator("[name=body]")).to_have_value("half a thought, and its end")


async def test_a_held_comment_that_is_published_meanwhile_is_shown_so(
    visitor: Visitor, api: Api, key: str
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await fill_trap(page)
    body = text()
    await write(page, body)
    mine = comment_of(page, body)
    await expect(mine.get_by_text("Held for review", exact=True)).to_be_visible()
    ident = (await mine.get_attribute("id") or "").removeprefix("comment-")
    await api.decide({"id": ident}, "publish")
    await expect(mine.get_by_role("button", name="Reply")).to_be_visible()
    await expect(mine.get_by_text("Held for review", exact=True)).to_have_count(0)
    await expect(mine.get_by_role("button", name="Edit")).to_be_visible()
    await expect(page.get_by_role("heading", name="2 replies")).to_be_visible()
    await expect(page.get_by_role("button", name=NEW)).to_have_count(0)


async def test_replies_that_are_folded_away_are_counted(
    visitor: Visitor, api: Api, key: str
) -> None:
    root = await api.post(key, text())
    for _ in range(6):
        await api.post(key, text(), parent_id=root["id"])
    page = await visitor.article(key, poll="2")
    await expect(page.get_by_role("button", name="Show 1 more reply")).to_be_visible()
    last = text()
    await api.post(key, last, parent_id=root["id"])
    await page.get_by_role("button", name="Show 2 more replies").click()
    await expect(comment_of(page, last)).to_be_visible()
    await expect(page.locator("[name=more-replies]")).to_have_count(0)
    # Now that all are open, the next one is announced.
    await api.post(key, text(), parent_id=root["id"])
    await page.get_by_role("button", name="1 new reply").click()
    await expect(page.locator("reader-comments .replies article")).to_have_count(8)


async def test_an_unchanged_thread_costs_an_empty_answer(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    body = text()
    await api.post(key, body)
    visitor = await visitors()
    page = await visitor.page(cached=True)
    cdp = await visitor.context.new_cdp_session(page)
    await cdp.send("Network.enable")
    statuses: list[int] = []

    def note(event: dict[str, Any]) -> None:
        if THREAD.search(event.get("url", "")):
            statuses.append(event["status"])

    ids: dict[str, str] = {}
    cdp.on(
        "Network.requestWillBeSent",
        lambda event: ids.update({event["requestId"]: event["request"]["url"]}),
    )
    cdp.on(
        "Network.responseReceivedExtraInfo",
        lambda event: note({"url": ids.get(event["requestId"], ""), "status": event["statusCode"]}),
    )
    html = f"""<!doctype html><html lang="en"><script type="module" src="/embed.js"></script>
        <reader-comments site="default" article="{key}" load="eager" poll="2">
        </reader-comments></html>"""
    await page.goto(f"{visitor.server.url}/demo/")
    # Without interception: that would switch the browser's cache off.
    await page.evaluate(
        "(html) => { document.open(); document.write(html); document.close() }", html
    )
    await expect(comment_of(page, body)).to_be_visible()
    for _ in range(60):
        if len(statuses) >= 3:
            break
        await asyncio.sleep(0.25)
    assert statuses[0] == 200
    assert statuses[1:] == [304] * (len(statuses) - 1)
    assert len(statuses) >= 3


async def test_nothing_is_asked_while_hidden_or_offline(
    visitor: Visitor, api: Api, key: str
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: THREAD.search(request.url) and asked.append(request.url))
    async with page.expect_request(THREAD):
        pass
    hide = """(hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange')) }"""
    await page.evaluate(f"({hide})(true)")
    await asyncio.sleep(1)
    asked.clear()
    await asyncio.sleep(4)
    assert asked == []
    async with page.expect_request(THREAD):
        await page.evaluate(f"({hide})(false)")
    await visitor.context.set_offline(True)
    await asyncio.sleep(3)
    asked.clear()
    await asyncio.sleep(3)
    assert asked == []
    await api.post(key, text())
    await visitor.context.set_offline(False)
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()


async def test_polling_can_be_off(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await asyncio.sleep(3)
    assert asked == []


async def test_a_failing_service_is_asked_less_and_less(
    visitor: Visitor, api: Api, key: str
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    times: list[float] = []

    async def fail(route: Any) -> None:
        times.append(asyncio.get_running_loop().time())
        await route.fulfill(status=503, body="")

    await page.route(THREAD, fail)
    for _ in range(100):
        if len(times) == 3:
            break
        await asyncio.sleep(0.25)
    first, second, third = times
    # 2 s, doubled after each failure, a sixth more or less.
    assert second - first >= 2 * 2 * 0.84
    assert third - second >= 2 * 4 * 0.84
    await page.unroute(THREAD)
    # What is shown stays, and nothing is said: reading goes on.
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await expect(page.locator("reader-comments [role=alert]:visible")).to_have_count(0)


async def test_another_order_drops_what_waited(visitor: Visitor, api: Api, key: str) -> None:
    for _ in range(2):
        await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(2)
    new = text()
    await api.post(key, new)
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()
    oldest = page.get_by_role("button", name="Oldest")
    await oldest.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("reader-comments article")).to_have_count(3)
    await expect(oldest).to_be_focused()
    await expect(page.get_by_role("button", name=NEW)).to_have_count(0)
    last = text()
    await api.post(key, last)
    await page.get_by_role("button", name="1 new reply").click()
    order = page.locator("reader-comments .list > article > .main > .text")
    assert (await order.all_inner_texts())[-2:] == [new, last]


async def test_much_that_is_new_is_read_anew(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await page.route(
        "**/changes?*",
        lambda route: route.fulfill(json={"items": [], "gone": [], "complete": False}),
    )
    new = text()
    await api.post(key, new)
    await page.get_by_role("button", name="New replies").click()
    await expect(comment_of(page, new)).to_be_visible()
