"""A text in two places: neither tab may overwrite the other's, nor bring back what was posted."""

import asyncio

import pytest
from e2e.visitors import Api, Visitor, comment_of, email, main_form, text, write
from playwright.async_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser

COMMENTS = "**/v1/sites/default/articles/*/comments"


def field(page: Page) -> Locator:
    return main_form(page).locator("[name=body]")


async def send(page: Page) -> None:
    form = main_form(page)
    await form.locator("[name=name]").fill("Ada Reader")
    await form.locator("[name=email]").fill(email())
    await form.locator("[type=submit]").click()


async def test_each_tab_keeps_what_was_written_in_it(visitor: Visitor, api: Api, key: str) -> None:
    one, two = await visitor.article(key), await visitor.article(key)
    first, second = text(), text()
    await field(one).fill(first)
    await field(two).fill(second)
    await expect(field(one)).to_have_value(first)
    for page in (one, two):
        await page.reload()
    await expect(field(one)).to_have_value(first)
    await expect(field(two)).to_have_value(second)
    await send(one)
    await expect(comment_of(one, first)).to_be_visible()
    await expect(field(two)).to_have_value(second)
    await two.reload()
    await expect(field(two)).to_have_value(second)
    # What nobody has posted yet is there for a new tab, too.
    await expect(field(await visitor.article(key))).to_have_value(second)
    assert (await api.thread(key))["count"] == 1


async def test_a_tab_that_only_shows_a_draft_follows_it(
    visitor: Visitor, api: Api, key: str
) -> None:
    one = await visitor.article(key)
    body = text()
    await field(one).fill(body[:9])
    two = await visitor.article(key)
    await expect(field(two)).to_have_value(body[:9])
    await expect(main_form(two).get_by_role("button", name="Preview")).to_be_visible()
    await field(one).fill(body)
    await expect(field(two)).to_have_value(body)
    await send(one)
    await expect(comment_of(one, body)).to_be_visible()
    # It was posted: nobody is led to do so again.
    await expect(field(two)).to_have_value("")
    await two.reload()
    await expect(comment_of(two, body)).to_be_visible()
    await expect(field(two)).to_have_value("")
    assert (await api.thread(key))["count"] == 1


async def test_whoever_goes_on_with_a_draft_elsewhere_finds_it(visitor: Visitor, key: str) -> None:
    one = await visitor.article(key)
    await field(one).fill("Begun here")
    two = await visitor.article(key)
    await expect(field(two)).to_have_value("Begun here")
    await field(two).fill("Begun here, ended there")
    await two.close()
    await expect(field(one)).to_have_value("Begun here")
    await one.reload()
    await expect(field(one)).to_have_value("Begun here, ended there")


async def test_an_emptied_field_stays_empty(visitor: Visitor, key: str) -> None:
    one = await visitor.article(key)
    await field(one).fill("Never mind")
    two = await visitor.article(key)
    await expect(main_form(two).get_by_role("button", name="Preview")).to_be_visible()
    await field(two).fill("")
    await expect(field(one)).to_have_value("Never mind")  # it was written there
    await field(one).fill("")
    for page in (one, two):
        await page.reload()
        await expect(field(page)).to_have_value("")


async def test_two_elements_of_one_page(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(
        key, f'<reader-comments article="{key}" load="eager"></reader-comments>'
    )
    one, two = (main_form(page).nth(n) for n in range(2))
    body = text()
    for form in (one, two):
        await form.locator("[name=body]").focus()
        await expect(form.get_by_role("button", name="Preview")).to_be_visible()
    await one.locator("[name=body]").fill(body)
    await expect(two.locator("[name=body]")).to_have_value(body)
    await one.locator("[name=name]").fill("Ada Reader")
    await one.locator("[name=email]").fill(email())
    await one.locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_have_count(1)
    for form in (one, two):
        await expect(form.locator("[name=body]")).to_have_value("")
    assert (await api.thread(key))["count"] == 1


async def test_an_element_that_is_moved_while_a_comment_is_on_its_way(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    go = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.method == "POST":
            await go.wait()
        await route.continue_()

    await page.route(COMMENTS, late)
    body = text()
    await main_form(page).locator("[name=company]").evaluate("input => { input.value = 'Acme' }")
    async with page.expect_request(lambda request: request.method == "POST"):
        await write(page, body)
    await page.evaluate(
        """() => { const aside = document.createElement('aside');
            document.body.append(aside);
            aside.append(document.querySelector('reader-comments')) }"""
    )
    await expect(field(page)).to_have_value(body)
    go.set()
    # The comment is held: only its author's token opens it.
    await expect(comment_of(page, body).locator(".mark")).to_have_text("Held for review")
    await expect(field(page)).to_have_value("")
    await page.reload()
    await expect(comment_of(page, body).locator(".mark")).to_have_text("Held for review")
    await expect(field(page)).to_have_value("")
    assert (await api.moderation("GET", f"queue?view=held&article={key}"))["items"][1:] == []
