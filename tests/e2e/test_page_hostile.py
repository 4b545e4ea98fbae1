"""Hostile text, and pages whose own styles reach for everything."""

from typing import Any

import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, main_form, text, write
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

ZALGO = "\u0e2a\u0e38" + "\u033f" * 75  # stacks up and down where a font lacks the letter
MARKUP = (
    "<img src=x onerror=alert(1)> <script>alert(2)</script> <a href=javascript:alert(3)>x</a>"
    " [x](javascript:alert(4)) [y](data:text/html,x) ![z](https://x.example/z.png)"
)
STYLES = {
    "unset": "* { all: unset }",
    "initial": "* { all: initial !important }",
    "content-box": "* { box-sizing: content-box !important; padding: 3px; margin: 9px }",
    "huge": "html { font-size: 40px }",
    "red blocks": "* { color: red !important; display: block !important; float: left }",
    "spaced out": (
        "* { line-height: 6; letter-spacing: 0.5em; word-spacing: 2em; text-transform: uppercase;"
        " text-indent: 5em; white-space: nowrap; text-align: right; user-select: none;"
        " pointer-events: auto; text-shadow: 0 0 4px red; cursor: none; hyphens: auto }"
    ),
    "named alike": (
        ".root, .list, .comment, .main, article, form, textarea, button, input, h2, section"
        " { display: none !important } .replies { position: fixed }"
    ),
}


async def page_with(visitor: Visitor, key: str, style: str, *, script: str = "") -> Page:
    """An article whose publisher's stylesheet says this; the policy lets only that in."""
    html = f"""<!doctype html><html lang="en"><title>Article</title>
        <link rel="stylesheet" href="/news/{key}.css">{script}
        <script type="module" src="/embed.js"></script>
        <reader-comments site="default" article="{key}" load="eager"></reader-comments></html>"""

    async def answer(route: Route) -> None:
        if route.request.url.endswith(".css"):
            await route.fulfill(body=style, content_type="text/css")
        else:
            await route.fulfill(body=html, content_type="text/html")

    page = await visitor.page()
    await page.route(f"{visitor.server.url}/news/{key}*", answer)
    await page.goto(f"{visitor.server.url}/news/{key}")
    return page


@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("style", STYLES)
async def test_a_page_s_styles_leave_the_thread_usable(
    visitors: MakeVisitor, api: Api, key: str, style: str, width: int
) -> None:
    body = text()
    root = await api.post(key, f"{body}\n\n> {text()}")
    await api.post(key, text(), parent_id=root["id"])
    visitor = await visitors(viewport={"width": width, "height": 900})
    page = await page_with(visitor, key, STYLES[style])
    shown = comment_of(page, body)
    await expect(shown).to_be_visible()
    for name in ("body", "name", "email"):
        box = await main_form(page).locator(f"[name={name}]").bounding_box()
        assert box is not None
        assert box["width"] >= 150
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    looks: dict[str, Any] = await shown.locator("> .main > .text").evaluate(
        """(node) => { const s = getComputedStyle(node);
            return { line: parseFloat(s.lineHeight) / parseFloat(s.fontSize),
                spaced: s.letterSpacing, cased: s.textTransform, wraps: s.whiteSpace,
                align: s.textAlign, indent: s.textIndent } }"""
    )
    assert 1.4 < looks.pop("line") < 1.7
    assert looks == {
        "spaced": "normal", "cased": "none", "wraps": "normal", "align": "start", "indent": "0px"
    }  # fmt: skip
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    mine = text()
    await write(page, mine)
    await expect(comment_of(page, mine)).to_be_focused()
    await page.keyboard.press("Tab")  # the focus is seen
    outline = await page.evaluate(
        """() => { let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return getComputedStyle(at).outlineStyle }"""
    )
    assert outline == "solid"


async def test_a_page_may_have_an_element_of_the_same_name(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.post(key, body)
    await visitor.context.add_init_script(
        "customElements.define('share-bar', class extends HTMLElement {})"
    )
    page = await page_with(visitor, key, "", script="<share-bar>Ours</share-bar>")
    await expect(comment_of(page, body)).to_be_visible()
    await expect(page.get_by_text("Ours")).to_be_visible()
    assert await page.locator("share-bar").evaluate("(bar) => bar.shadowRoot") is None


async def test_stacked_marks_cover_no_other_comment(visitor: Visitor, api: Api, key: str) -> None:
    below, above = text(), text()
    await api.post(key, below)
    await api.post(key, f"{ZALGO}\n\n{ZALGO}", name=ZALGO[:79])
    await api.post(key, above)
    page = await page_with(visitor, key, "html { font: 20px serif }")
    await expect(page.locator("reader-comments article")).to_have_count(3)
    await page.evaluate("document.fonts.ready")

    async def looks() -> list[bytes]:
        return [await comment_of(page, body).screenshot() for body in (above, below)]

    beside = await looks()
    hostile = page.locator("reader-comments .list > article").nth(1)
    await hostile.evaluate(
        """(node) => { node.style.contentVisibility = 'visible';
            for (const one of node.querySelectorAll('.text, .name'))
                one.style.overflow = 'visible' }"""
    )
    assert await looks() != beside  # so high they are
    await hostile.evaluate("(node) => { node.children[0].style.visibility = 'hidden' }")
    assert await looks() == beside


@pytest.mark.parametrize("width", [320, 1000])
async def test_hostile_text_breaks_nothing(
    visitors: MakeVisitor, api: Api, key: str, width: int
) -> None:
    wide = "W" * 9_000
    bodies = [
        wide,
        f"`{wide[:300]}`\n\n```\n{wide[:400]}\n```",
        "> " * 30 + "deep",
        "- " * 30 + "deep",
        f"[{wide[:200]}](https://news.example/{wide[:900]})",
        "\u202egnirts desrever \u2067 and on",
        "😀" * 2_000,
        "a\n" * 300,
        MARKUP,
    ]
    names = ["W" * 80, "\u202eyllA", "<b>Mallory</b>", "😀" * 40, "\u0627" * 80]
    for n, body in enumerate(bodies):
        comment = await api.post(key, f"{text()}\n\n{body}", name=names[n % len(names)])
        if comment["status"] != "published":
            await api.decide(comment, "publish")
    visitor = await visitors(viewport={"width": width, "height": 900})
    page = await visitor.article(key)
    await expect(page.locator("reader-comments article")).to_have_count(len(bodies))
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    articles = page.locator("reader-comments .list > article")
    for node in await articles.all():
        right = await node.evaluate(
            """(node) => Math.max(...[...node.querySelectorAll('.name, .text > *, .acts > *')]
                .map((one) => one.getBoundingClientRect().right))"""
        )
        assert right <= width
    shown = await page.locator("reader-comments .list").inner_html()
    for never in ("<img", "<script", "<b>", "onerror=", 'href="javascript', 'href="data', "\u202e"):
        assert never not in shown.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    rels = await page.locator("reader-comments .text a").evaluate_all(
        "(all) => all.map(a => a.rel)"
    )
    assert set(rels) == {"ugc nofollow noopener"}
