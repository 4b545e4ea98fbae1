"""Five thousand comments under one article: all are reached, found, linked, and written below.

Asked in the page itself: the locators' own search through a shadow root grows with the square of
what is in it, and would be all that is measured.
"""

import asyncio

import pytest
from e2e.long_thread import fill
from e2e.visitors import PATIENCE, Api, Visitor, text, write
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

COUNT = 5_000
PAGE = 200
ROOT = "document.querySelector('reader-comments').shadowRoot"
ARTICLES = f"{ROOT}.querySelectorAll('.list > article')"


async def until(page: Page, true: str) -> None:
    """Wait for it by asking from outside: a strict policy forbids the library's own way."""
    async with asyncio.timeout(PATIENCE / 1_000):
        while not await page.evaluate(true):
            await page.wait_for_timeout(50)


async def shown(page: Page, count: int) -> None:
    await until(page, f"{ARTICLES}.length === {count}")


async def at_rest(page: Page, node: str) -> float:
    """Where a node is in the view once it stays there: what is around it gets its height late."""
    async with asyncio.timeout(PATIENCE / 1_000):
        seen: list[float] = []
        while len(seen) < 3 or len(set(seen[-3:])) > 1:
            await page.wait_for_timeout(100)
            seen.append(await page.evaluate(f"{node}.getBoundingClientRect().top"))
    return seen[-1]


async def in_view(page: Page, node: str) -> None:
    await until(
        page,
        f"""(() => {{
            const {{ top, bottom }} = ({node}).getBoundingClientRect();
            return bottom > 0 && top < innerHeight;
        }})()""",
    )


async def test_five_thousand_comments(visitor: Visitor, api: Api, key: str) -> None:
    server = visitor.server
    await fill(server.database_url, key, f"{server.url}/news/{key}", COUNT)
    page = await visitor.article(key, limit=str(PAGE), poll="2")
    await expect(page.get_by_role("heading", name="5,000 replies")).to_be_visible()
    for loaded in range(PAGE, COUNT, PAGE):
        await shown(page, loaded)
        await page.evaluate(f"{ROOT}.querySelector('[name=more]').click()")
    await shown(page, COUNT)
    assert await page.evaluate(f"{ROOT}.querySelector('[name=more]')") is None
    assert await page.evaluate(f"new Set([...{ARTICLES}].map((one) => one.id)).size") == COUNT
    # What is out of view is found by the browser's own search, and by its link.
    await page.evaluate("scrollTo(0, 0)")
    assert await page.evaluate("window.find('Remark 1:')")
    await in_view(page, f"[...{ARTICLES}].at(-1)")
    ident = await page.evaluate(f"{ARTICLES}[{COUNT // 2}].id")
    middle = f"{ROOT}.getElementById('{ident}')"
    await page.evaluate("(id) => { location.hash = id }", ident)
    await until(page, f"{ROOT}.activeElement === {middle}")
    await in_view(page, middle)
    # It is still a thread: somebody writes, and nothing that is read moves; then this reader.
    before = await at_rest(page, middle)
    await api.post(key, text())
    button = f"{ROOT}.querySelector('[name=new]')"
    await until(page, f"{button}?.checkVisibility() && {button}.textContent === '1 new reply'")
    await page.evaluate(f"{button}.click()")
    await shown(page, COUNT + 1)
    now = await page.evaluate(f"{middle}.getBoundingClientRect().top")
    assert abs(now - before) <= 1
    body = text()
    await write(page, body)
    await shown(page, COUNT + 2)
    assert body in await page.evaluate(f"{ARTICLES}[0].textContent")
    await in_view(page, f"{ARTICLES}[0]")
