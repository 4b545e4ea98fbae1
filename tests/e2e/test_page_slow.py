"""A network that hangs, overtakes itself or is gone: nothing twice, mixed up or lost."""

import asyncio
import re
from collections.abc import Callable

import pytest
from e2e.visitors import Api, Visitor, comment_of, email, main_form, text, write
from playwright.async_api import BrowserContext, Locator, Page, Request, Route, expect

pytestmark = pytest.mark.browser

THREAD = re.compile(r"/articles/[\w-]+/comments(\?|$)")


class Hanging:
    """Holds requests back until they are let go."""

    def __init__(self) -> None:
        self.held: list[Request] = []
        self.go = asyncio.Event()

    async def on(
        self,
        page: Page | BrowserContext,
        url: str | re.Pattern[str],
        wanted: Callable[[Request], bool],
    ) -> None:
        async def late(route: Route) -> None:
            if wanted(route.request):
                self.held.append(route.request)
                await self.go.wait()
            await route.continue_()

        await page.route(url, late)


@pytest.fixture
def hanging() -> Hanging:
    return Hanging()


def method(name: str) -> Callable[[Request], bool]:
    return lambda request: request.method == name


async def two_of_five(visitor: Visitor, api: Api, key: str) -> tuple[Page, Locator, list[str]]:
    """A page that shows two of five comments, these, and what all five say."""
    bodies = [text() for _ in range(5)]
    for body in bodies:
        await api.post(key, body)
    page = await visitor.article(key, poll="0", limit="2")
    texts = page.locator("reader-comments .list > article > .main > .text")
    await expect(texts).to_have_count(2)
    return page, texts, bodies


async def test_posting_is_said_to_be_under_way_and_is_done_once(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    root = text()
    await api.post(key, root)
    page = await visitor.article(key)
    await hanging.on(page, THREAD, method("POST"))
    await comment_of(page, root).get_by_role("button", name="Reply").click()
    form = page.locator("reader-comments form.inline")
    body = text()
    await form.locator("[name=body]").fill(body)
    await form.locator("[name=name]").fill("Ada Reader")
    await form.locator("[name=email]").fill(email())
    send = form.locator("[type=submit]")
    await send.click()
    await expect(send).to_have_text("Sending…")
    await send.evaluate("(button) => button.click()")
    await form.locator("[name=email]").press("Enter")
    # What is on its way can't be called back, and what were typed now would be lost.
    await expect(form.get_by_role("button", name="Cancel")).to_be_disabled()
    await form.locator("[name=body]").press_sequentially("more")
    await expect(form.locator("[name=body]")).to_have_value(body)
    hanging.go.set()
    await expect(comment_of(page, body)).to_be_focused()
    assert len(hanging.held) == 1
    assert (await api.thread(key))["count"] == 2


async def test_a_form_whose_script_hangs_says_that_it_is_busy(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    page = await visitor.page()
    await hanging.on(page, "**/widgets/writing.js*", lambda _: True)
    html = f"""<!doctype html><html lang="en"><script type="module" src="/embed.js"></script>
        <reader-comments article="{key}" load="eager"></reader-comments></html>"""
    address = f"{visitor.server.url}/news/{key}"
    await page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    await page.goto(address)
    body = text()
    await write(page, body)
    send = main_form(page).locator("[type=submit]")
    await expect(send).to_have_attribute("aria-busy", "true")
    await send.click()
    hanging.go.set()
    await expect(comment_of(page, body)).to_be_visible()
    await expect(send).not_to_have_attribute("aria-busy", "true")
    assert (await api.thread(key))["count"] == 1


async def test_a_reply_begun_while_the_thread_loads_stays(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    root, body = text(), text()
    await api.post(key, root)
    await hanging.on(visitor.context, THREAD, method("GET"))
    page = await visitor.article(key)
    await write(page, body)
    await comment_of(page, body).locator("[name=reply]").click()
    reply = comment_of(page, body).locator("form [name=body]")
    await expect(reply).to_be_focused()
    await page.keyboard.type("Begun ")
    hanging.go.set()
    await expect(comment_of(page, root)).to_be_visible()
    await page.keyboard.type("and ended.")
    await expect(reply).to_have_value("Begun and ended.")
    await expect(page.locator("reader-comments article")).to_have_count(2)


async def test_the_order_chosen_last_is_shown(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    bodies = [text() for _ in range(3)]
    for body in bodies:
        await api.post(key, body)
    page = await visitor.article(key, poll="0")
    texts = page.locator("reader-comments .list > article > .main > .text")
    await expect(texts).to_have_text(bodies[::-1])
    await hanging.on(page, THREAD, lambda request: "sort=top" in request.url)
    await page.get_by_role("button", name="Top").click()
    await page.get_by_role("button", name="Oldest").click()
    await expect(texts).to_have_text(bodies)
    async with page.expect_response(re.compile("sort=top")):
        hanging.go.set()
    await page.evaluate("new Promise((done) => setTimeout(done, 200))")
    await expect(texts).to_have_text(bodies)
    await expect(page.get_by_role("button", name="Oldest")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_more_is_asked_for_once_and_not_for_another_order(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    page, texts, bodies = await two_of_five(visitor, api, key)
    await hanging.on(page, THREAD, lambda request: "cursor=" in request.url)
    more = page.get_by_role("button", name="Show more replies")
    async with page.expect_request(re.compile("cursor=")):
        await more.click()
        await more.click()
    await page.get_by_role("button", name="Oldest").click()
    await expect(texts).to_have_text(bodies[:2])
    async with page.expect_response(re.compile("cursor=")):
        hanging.go.set()
    await more.click()
    await expect(texts).to_have_text(bodies[:4])
    assert [request.url.count("sort=oldest") for request in hanging.held] == [0, 1]


async def test_more_whose_script_comes_after_another_order_was_chosen(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    page, texts, bodies = await two_of_five(visitor, api, key)
    await hanging.on(page, "**/further.js", method("GET"))
    more = page.get_by_role("button", name="Show more replies")
    async with page.expect_request("**/further.js"):
        await more.click()
    await page.get_by_role("button", name="Oldest").click()
    await expect(texts).to_have_text(bodies[:2])
    hanging.go.set()
    await more.click()
    await expect(texts).to_have_text(bodies[:4])


async def test_whoever_writes_meanwhile_keeps_the_focus(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    for _ in range(3):
        await api.post(key, text())
    page = await visitor.article(key, poll="0", limit="2")
    await hanging.on(page, THREAD, lambda request: "cursor=" in request.url)
    await page.get_by_role("button", name="Show more replies").click()
    field = main_form(page).locator("[name=body]")
    await field.focus()
    hanging.go.set()
    await expect(page.locator("reader-comments .list > article")).to_have_count(3)
    await expect(field).to_be_focused()


async def test_removing_twice_is_removing_once(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    body = text()
    await write(page, body)
    await expect(page.get_by_role("heading", name="2 replies")).to_be_visible()
    await hanging.on(page, "**/comments/*", method("DELETE"))
    await comment_of(page, body).get_by_role("button", name="Remove").click()
    yes = page.get_by_role("button", name="Yes, remove it")
    await yes.click()
    await yes.click()
    await expect(yes).to_have_attribute("aria-busy", "true")
    hanging.go.set()
    await expect(comment_of(page, body)).to_have_count(0)
    await expect(page.get_by_role("heading", name="1 reply")).to_be_visible()
    assert len(hanging.held) == 1


async def test_likes_do_not_overtake_each_other(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    done: list[str] = []
    page.on("requestfinished", lambda request: done.append(request.method))
    await hanging.on(page, "**/like", method("PUT"))
    like = page.locator("reader-comments [name=like]")
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "false")
    async with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        hanging.go.set()
    assert [name for name in done if name in {"PUT", "DELETE"}][:1] == ["PUT"]
    await expect(like).to_have_accessible_name("Like: 0 likes")


async def test_a_like_that_fails_is_taken_back(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    await page.route("**/like", lambda route: route.fulfill(status=503))
    like = page.locator("reader-comments [name=like]")
    async with page.expect_response("**/like"):
        await like.click()
    await expect(like).to_have_accessible_name("Like: 0 likes")
    await expect(like).to_have_attribute("aria-pressed", "false")


async def test_an_element_that_is_removed_asks_no_further(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await hanging.on(page, THREAD, lambda request: "sort=top" in request.url)
    await page.locator("reader-comments").evaluate(
        "(host) => host.shadowRoot.querySelector('[name=top]').click()"
    )
    async with page.expect_event("requestfailed"):
        await page.evaluate("document.querySelector('reader-comments').remove()")
    hanging.go.set()


async def test_without_a_connection_every_control_says_so(
    visitor: Visitor, api: Api, key: str
) -> None:
    for _ in range(3):
        await api.post(key, text())
    page = await visitor.article(key, poll="0", limit="2")
    await expect(page.locator("reader-comments article")).to_have_count(2)
    await visitor.context.set_offline(True)
    body = text()
    await write(page, body)
    await expect(main_form(page).get_by_role("alert")).to_contain_text("reach the server")
    first = page.locator("reader-comments article").first
    report = first.locator("[name=report]")
    await report.focus()
    await page.keyboard.press("Enter")
    await expect(report).to_have_text("Try again")
    await expect(report).to_be_focused()
    await first.locator("[name=like]").click()  # and no error is thrown
    more = page.locator("reader-comments .foot button")
    await more.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("reader-comments .foot")).to_contain_text("be loaded. Try again")
    await expect(more).to_be_focused()
    await page.get_by_role("button", name="Oldest").click()
    again = page.locator("reader-comments .list [name=retry]")
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("reader-comments .heading")).to_be_focused()
    await expect(again).to_be_visible()  # in vain, as before
    await visitor.context.set_offline(False)
    await again.click()
    await expect(page.locator("reader-comments article")).to_have_count(2)
    await first.locator("[name=report]").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Report this reply")).to_be_visible()
    await page.keyboard.press("Escape")
    await main_form(page).locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_be_visible()


async def test_a_report_whose_dialog_was_closed_meanwhile(
    visitor: Visitor, api: Api, key: str, hanging: Hanging
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="0")
    await hanging.on(page, "**/report", method("POST"))
    await page.locator("reader-comments [name=report]").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Report this reply")
    await dialog.get_by_label("Hate speech").check()
    await dialog.get_by_role("button", name="Send report").click()
    await dialog.get_by_role("button", name="Send report").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("reader-comments [name=report]")).to_be_focused()
    hanging.go.set()
    await expect(page.get_by_text("Reported. Thank you.").first).to_be_focused()
    assert len(hanging.held) == 1


async def test_an_older_browser_reads_and_writes_too(visitor: Visitor, api: Api, key: str) -> None:
    other, body = text(), text()
    await api.post(key, other)
    await visitor.context.add_init_script("delete AbortSignal.any")  # Safari 16
    page = await visitor.article(key)
    await expect(comment_of(page, other)).to_be_visible()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
