"""axe-core finds nothing wrong with an article page in any state, in any look."""

from typing import Any

import pytest
from e2e.visitors import (
    Api,
    MakeVisitor,
    Visitor,
    comment_of,
    fill_trap,
    main_form,
    text,
    violations,
    write,
)
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.browser

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 700}},
    "wide": {"viewport": {"width": 1600, "height": 900}},
    "forced colours": {"forced_colors": "active", "color_scheme": "dark"},
}
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.mark.parametrize("look", LOOKS)
async def test_nothing_is_wrong(
    visitors: MakeVisitor, api: Api, key: str, axe: str, look: str
) -> None:
    visitor = await visitors(**LOOKS[look])
    beside = [
        "<h1>The evening ferry</h1>",
        f'<reader-count site="default" article="{key}"></reader-count>',
        f'<share-bar site="default" article="{key}"></share-bar>',
        f'<support-us article="{key}" href="/donate" headline="Keep us"></support-us>',
    ]
    page = await visitor.article(key, *beside, poll="2")
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()

    check = Check(visitor, page, axe)
    mine = await write_in_every_state(page, check)
    await read_in_every_state(page, api, key, mine, check)


class Check:
    """Looks at the page in one state."""

    def __init__(self, visitor: Visitor, page: Page, axe: str) -> None:
        self.visitor = visitor
        self.page = page
        self.axe = axe

    async def __call__(self, state: str) -> None:
        before = len(self.visitor.errors)
        assert await violations(self.page, self.axe) == [], state
        del self.visitor.errors[before:]  # axe itself tries styles that the policy forbids
        assert await self.page.evaluate(FITS), state


async def write_in_every_state(page: Page, check: Check) -> Locator:
    await check("empty")
    form = main_form(page)
    await form.locator("[type=submit]").click()
    await expect(form.locator("[name=body]")).to_have_attribute("aria-invalid", "true")
    await check("errors beside the fields")
    await form.locator("[name=body]").fill("x" * 9_990)
    await expect(form.get_by_text("10 characters left")).to_be_visible()
    await check("near the limit")
    await form.locator("[name=body]").fill("*so* [it is](https://news.example)")
    await form.locator("[name=preview]").click()
    await expect(form.get_by_role("region", name="Preview").locator("em")).to_be_visible()
    await check("preview")
    await form.locator("[name=write]").click()
    body = text()
    await write(page, body)
    mine = comment_of(page, body)
    await expect(mine).to_be_visible()
    await fill_trap(page)
    held = text()
    await write(page, held)
    await expect(comment_of(page, held).get_by_text("Held for review", exact=True)).to_be_visible()
    await check("own and held comments")
    return mine


async def read_in_every_state(page: Page, api: Api, key: str, mine: Locator, check: Check) -> None:
    ident = (await mine.get_attribute("id") or "").removeprefix("comment-")
    other = text()
    await api.post(key, f"> quoted\n\n`code` {other}\n\n- item")
    await api.post(key, text(), parent_id=ident)
    await expect(page.get_by_role("button", name="2 new replies")).to_be_visible()
    await check("new replies announced")
    await page.locator("reader-comments .news button").click()
    await expect(comment_of(page, other)).to_be_visible()
    await check("new replies shown")
    await mine.locator("> .main [name=edit]").click()
    await check("editing")
    await page.get_by_role("button", name="Cancel").click()
    await mine.locator("> .main [name=remove]").click()
    await check("asked whether to remove")
    await page.get_by_role("button", name="Keep it").click()
    await comment_of(page, other).locator("[name=reply]").click()
    await check("replying")
    await comment_of(page, other).locator("[name=cancel]").click()
    await comment_of(page, other).hover()
    await comment_of(page, other).locator("[name=report]").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await check("reporting")
    await page.keyboard.press("Escape")
    await page.evaluate("location.hash = 'comment-01890000-0000-7000-8000-000000000000'")
    await expect(page.locator("reader-comments .lost")).to_contain_text("no longer here")
    await check("a comment that is gone")
    await page.route("**/comments?*", lambda route: route.fulfill(status=503))
    await page.get_by_role("button", name="Oldest").click()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await check("not loaded")


async def test_who_wants_no_motion_gets_none(visitors: MakeVisitor, api: Api, key: str) -> None:
    await api.post(key, text())
    visitor = await visitors(reduced_motion="reduce")
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await api.post(key, text())
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()
    moving = await page.locator("reader-comments").evaluate(
        """(host) => [...host.shadowRoot.querySelectorAll('*')].filter((node) => {
            const { animationName, transitionDuration } = getComputedStyle(node);
            return animationName !== 'none' || transitionDuration !== '0s' }).length"""
    )
    assert moving == 0
