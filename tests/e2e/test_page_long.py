"""A thousand comments under one article: all are reached, found and linked."""

import pytest
from e2e.long_thread import fill
from e2e.visitors import Api, Visitor, comment_of, text, write
from playwright.async_api import expect

pytestmark = pytest.mark.browser

COUNT = 1_000


async def test_a_thousand_comments(visitor: Visitor, api: Api, key: str) -> None:
    server = visitor.server
    await fill(server.database_url, key, f"{server.url}/news/{key}", COUNT)
    page = await visitor.article(key, limit="200", poll="2")
    await expect(page.get_by_role("heading", name="1,000 replies")).to_be_visible()
    shown = page.locator("reader-comments .list > article")
    more = page.get_by_role("button", name="Show more replies")
    for pages in range(1, COUNT // 200):
        await expect(shown).to_have_count(200 * pages)
        await more.evaluate("(button) => button.click()")
    await expect(shown).to_have_count(COUNT)
    await expect(more).to_have_count(0)
    assert await page.locator("reader-comments article").evaluate_all(
        "(all) => new Set(all.map((one) => one.id)).size"
    ) == COUNT  # fmt: skip
    # What is out of view is found by the browser's own search, and by its link.
    first = page.locator("reader-comments .list > article").last
    await page.evaluate("scrollTo(0, 0)")
    assert await page.evaluate("window.find('Remark 1:')")
    await expect(first).to_be_in_viewport()
    ident = await shown.nth(COUNT // 2).get_attribute("id")
    middle = page.locator(f"reader-comments [id='{ident}']")
    await page.evaluate("(id) => { location.hash = id }", ident)
    await expect(middle).to_be_focused()
    await expect(middle).to_be_in_viewport()
    # It is still a thread: somebody writes, and this reader too, and nothing moves.
    before = await middle.evaluate("(node) => node.getBoundingClientRect().top")
    await api.post(key, text())
    button = page.get_by_role("button", name="1 new reply")
    await expect(button).to_be_visible()
    await button.click()
    await expect(shown).to_have_count(COUNT + 1)
    now = await middle.evaluate("(node) => node.getBoundingClientRect().top")
    assert abs(now - before) <= 1
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_in_viewport()
