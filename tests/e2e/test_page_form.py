"""The form when something is wrong: errors beside fields, and no text is ever lost."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from e2e.visitors import Api, Visitor, comment_of, email, main_form, text, write
from playwright.async_api import Page, Request, Route, expect

pytestmark = pytest.mark.browser

COMMENTS = "**/v1/sites/default/articles/*/comments"


async def refuse(page: Page, status: int, headers: dict[str, str] | None = None) -> None:
    """Let every post fail as a server or a proxy would."""

    async def answer(route: Route) -> None:
        if route.request.method == "POST":
            await route.fulfill(status=status, body="<html>", headers=headers or {})
        else:
            await route.continue_()

    await page.route(COMMENTS, answer)


async def test_what_is_missing_is_said_beside_it(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    form = main_form(page)
    await form.locator("[type=submit]").click()
    for name, words in {
        "body": "Please write your reply.",
        "name": "Please give your name.",
        "email": "Please give your e-mail address, such as name@example.org."
        " It will not be published.",
    }.items():
        field = form.locator(f"[name={name}]")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(words)
    await expect(form.locator("[name=body]")).to_be_focused()
    await form.locator("[name=name]").fill("Ada")
    await expect(form.locator("[name=name]")).not_to_have_attribute("aria-invalid", "true")


async def test_what_the_server_refuses_is_said_beside_it(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    form = main_form(page)
    body = text()
    await form.locator("[name=body]").fill(body)
    await form.locator("[name=name]").fill("\u200b\u200b")  # seen by nobody
    await form.locator("[name=email]").fill(email())
    await form.locator("[type=submit]").click()
    await expect(form.locator("[name=name]")).to_have_attribute("aria-invalid", "true")
    await expect(form.locator(".error:visible")).to_have_count(1)
    await expect(form.get_by_role("alert")).to_contain_text("been sent yet")
    await expect(form.locator("[name=body]")).to_have_value(body)


async def test_a_wait_is_said_in_words(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    await refuse(page, 429, {"Retry-After": "150"})
    await write(page, text())
    await expect(main_form(page).get_by_role("alert")).to_contain_text("in about 3 minutes")


async def test_a_draft_survives_a_failure_and_a_reload(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    body = text()
    await refuse(page, 502)
    await write(page, body, name="Ada Drafts")
    alert = main_form(page).get_by_role("alert")
    await expect(alert).to_contain_text("Your text is safe here")
    await page.unroute(COMMENTS)
    await page.reload()
    form = main_form(page)
    await expect(form.locator("[name=body]")).to_have_value(body)
    await expect(form.locator("[name=name]")).to_have_value("Ada Drafts")
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_be_visible()
    assert (await api.thread(key))["count"] == 1
    await page.reload()
    await expect(main_form(page).locator("[name=body]")).to_have_value("")


async def test_a_repeat_after_a_lost_answer_is_no_second_comment(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    sent: list[Request] = []

    async def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        sent.append(route.request)
        await route.fetch()
        return await route.abort()

    await page.route(COMMENTS, lose_the_answer)
    body = text()
    await write(page, body)
    await expect(main_form(page).get_by_role("alert")).to_contain_text("reach the server")
    await page.unroute(COMMENTS)
    await page.reload()
    await main_form(page).locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_have_count(1)
    assert len(sent) == 1
    assert (await api.thread(key))["count"] == 1


async def test_a_title_that_no_article_has_keeps_nobody_from_writing(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    await page.evaluate("document.title = 'The boat \\ud83d sails ' + 'on '.repeat(200)")
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    assert (await api.thread(key))["count"] == 1


async def test_too_long_is_said_before_it_is_sent(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    form = main_form(page)
    await form.locator("[name=body]").fill("a" * 9_990)
    await expect(form.get_by_text("10 characters left")).to_be_visible()
    await form.locator("[name=body]").fill("a" * 10_001)
    await form.locator("[type=submit]").click()
    await expect(form.locator(".error", has_text="1 character too many")).to_be_visible()


async def test_the_sender_is_remembered_only_where_ticked(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    await main_form(page).get_by_label("Remember my name").check()
    await write(page, text(), name="Ada Stays")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    stored: Any = await page.evaluate("localStorage.getItem('rejoinder:me')")
    assert "Ada Stays" in stored
    await page.close()
    again = await visitor.article(key)
    await expect(main_form(again).locator("[name=name]")).to_have_value("Ada Stays")
    await main_form(again).get_by_label("Remember my name").uncheck()
    assert await again.evaluate("localStorage.getItem('rejoinder:me')") is None


async def test_a_thread_that_does_not_load_offers_another_try(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.post(key, body)
    page = await visitor.article(key)
    await expect(comment_of(page, body)).to_be_visible()
    await page.route(f"{COMMENTS}?*", lambda route: route.fulfill(status=503))
    await page.reload()
    await expect(page.get_by_text("The replies could")).to_be_visible()
    await page.unroute(f"{COMMENTS}?*")
    await page.get_by_role("button", name="Try again").click()
    await expect(comment_of(page, body)).to_be_visible()


async def test_the_link_stays_where_the_script_is_blocked(visitor: Visitor) -> None:
    page = await visitor.page()
    await page.route("**/widgets/comments.js", lambda route: route.abort())
    await page.goto(f"{visitor.server.url}/demo/")
    await page.locator("reader-comments").scroll_into_view_if_needed()
    await expect(page.get_by_role("link", name="Read and write replies")).to_be_visible()


async def test_a_preview_is_what_is_posted_then(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    form = main_form(page)
    body = text()
    field = form.locator("[name=body]")
    await field.fill(f"**{body}**\n\n> quoted\n\n- one\n\n[link](https://news.example/x)\n\n`x`")
    await expect(form.get_by_text("You can use:")).to_be_visible()
    # By keyboard: the two buttons stand before the field.
    await field.focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    shown = form.get_by_role("region", name="Preview")
    await expect(shown.locator("strong")).to_have_text(body)
    for tag in ("blockquote", "li", "code", "a[href='https://news.example/x']"):
        await expect(shown.locator(tag)).to_be_visible()
    await expect(form.get_by_role("button", name="Preview")).to_be_focused()
    await expect(field).to_be_hidden()
    html = await shown.inner_html()
    # What is wrong elsewhere is said, and what is previewed can be sent as it is.
    await form.locator("[type=submit]").click()
    await expect(form.locator("[name=name]")).to_be_focused()
    await form.locator("[name=name]").fill("Ada Reader")
    await form.locator("[name=email]").fill(email())
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_be_visible()
    assert await comment_of(page, body).locator(".text").inner_html() == html
    await expect(field).to_be_visible()
    await expect(field).to_have_value("")


def failing(status: int) -> Callable[[Route], Awaitable[None]]:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status)

    return answer


async def test_a_preview_that_fails_gives_the_text_back(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    form = main_form(page)
    field = form.locator("[name=body]")
    await field.focus()
    await form.get_by_role("button", name="Preview").click()
    await expect(form.get_by_text("Nothing to preview yet.")).to_be_visible()
    await form.locator("[type=submit]").click()
    await expect(field).to_be_focused()  # what is wrong with the text is said beside it
    body = text()
    await field.fill(body)
    for status, words in ((503, "safe here"), (429, "a little too fast")):
        await page.route("**/preview", failing(status))
        await form.get_by_role("button", name="Preview").click()
        await expect(form.get_by_role("alert")).to_contain_text(words)
        await expect(field).to_be_visible()
        await expect(field).to_have_value(body)
        await page.unroute("**/preview")
    await form.get_by_role("button", name="Preview").click()
    await expect(form.get_by_role("region", name="Preview")).to_have_text(body)
    await form.get_by_role("button", name="Write").click()
    await expect(field).to_be_focused()
    await expect(field).to_have_value(body)
