"""Where the browser keeps nothing for the page: storage that is forbidden, or full."""

import pytest
from e2e.visitors import Api, Visitor, comment_of, fill_trap, main_form, text, write
from playwright.async_api import Page, Request, Route, expect

pytestmark = pytest.mark.browser

FORBIDDEN = """for (const area of ['localStorage', 'sessionStorage']) {
    const get = () => { throw new DOMException('', 'SecurityError') };
    Object.defineProperty(window, area, { get }) }"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
storages = pytest.mark.parametrize("storage", [FORBIDDEN, FULL], ids=["forbidden", "full"])


async def page_without(visitor: Visitor, key: str, storage: str) -> Page:
    await visitor.context.add_init_script(storage)
    return await visitor.article(key)


@storages
async def test_a_held_comment_is_said_to_be_held(visitor: Visitor, key: str, storage: str) -> None:
    page = await page_without(visitor, key, storage)
    body = text()
    await fill_trap(page)
    await write(page, body)
    await expect(comment_of(page, body).locator(".mark")).to_have_text("Held for review")
    await expect(comment_of(page, body).locator(".notice")).to_contain_text("held for review")
    await expect(main_form(page).locator("[name=body]")).to_have_value("")


@storages
async def test_everything_else_works_too(
    visitor: Visitor, api: Api, key: str, storage: str
) -> None:
    other = text()
    await api.post(key, other)
    page = await page_without(visitor, key, storage)
    before, after, answer = text(), text(), text()
    await write(page, before)
    mine = comment_of(page, before)
    await mine.get_by_role("button", name="Edit").click()
    await page.get_by_role("form", name="Edit your reply").locator("[name=body]").fill(after)
    await page.get_by_role("button", name="Save changes").click()
    mine = comment_of(page, after)
    await expect(mine.get_by_text("edited")).to_be_visible()
    await comment_of(page, other).locator("[name=like]").click()
    await expect(comment_of(page, other).locator("[name=like]")).to_have_accessible_name(
        "Like: 1 like"
    )
    await page.get_by_role("button", name="Oldest").click()
    await expect(mine.locator(".you")).to_be_visible()
    await expect(comment_of(page, other).locator("[name=like]")).to_have_attribute(
        "aria-pressed", "true"
    )
    await comment_of(page, other).locator("[name=reply]").click()
    reply = page.locator("reader-comments form.inline")
    await expect(reply.locator("[name=name]")).to_have_value("Ada Reader")  # for this visit
    await reply.locator("[name=body]").fill(answer)
    await reply.locator("[type=submit]").click()
    await expect(comment_of(page, answer)).to_be_visible()
    await mine.get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Yes, remove it").click()
    await expect(mine).to_have_count(0)
    assert (await api.thread(key))["count"] == 2


@storages
async def test_a_repeat_after_a_lost_answer_is_no_second_comment(
    visitor: Visitor, api: Api, key: str, storage: str
) -> None:
    page = await page_without(visitor, key, storage)
    sent: list[Request] = []

    async def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        sent.append(route.request)
        if len(sent) > 1:
            return await route.continue_()
        await route.fetch()
        return await route.abort()

    await page.route("**/v1/sites/default/articles/*/comments", lose_the_first_answer)
    body = text()
    await write(page, body)
    await expect(main_form(page).get_by_role("alert")).to_contain_text("reach the server")
    await main_form(page).locator("[type=submit]").click()
    await expect(comment_of(page, body)).to_have_count(1)
    first, second = [request.headers["idempotency-key"] for request in sent]
    assert first == second
    assert (await api.thread(key))["count"] == 1


@storages
async def test_whom_the_alerts_have_asked_is_not_made_up(
    visitor: Visitor, key: str, storage: str
) -> None:
    """What lasts for a page only must not look to the alerts bar as if it were kept for good."""
    page = await page_without(visitor, key, storage)
    found = await page.evaluate(
        """async () => { const { kept } = await import('/widgets/api.js');
            return ['push-asked:a', 'visits:a', 'me'].map((key) => {
                kept.set(key, 1);
                return kept.get(key, 0) }) }"""
    )
    assert found == [0, 0, 1]
