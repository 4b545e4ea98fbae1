"""The guide to looks is true: its example is put on a page, and every name in it exists."""

import re
from pathlib import Path

import pytest
from e2e.test_page_hostile import page_with
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, main_form, text
from playwright.async_api import Locator, expect

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "theming.md").read_text()
WIDGETS = ROOT / "service" / "web" / "static" / "widgets"
[EXAMPLE] = re.findall(r"```css\n(.*?)```", GUIDE, re.DOTALL)


def test_every_property_and_part_is_documented() -> None:
    css = "".join(path.read_text() for path in WIDGETS.glob("*.css"))
    used = set(re.findall(r"--rejoinder-[a-z-]+", css))
    documented = set(re.findall(r"`(--rejoinder-[a-z-]+)`", GUIDE))
    assert documented == used
    js = "".join(path.read_text() for path in WIDGETS.glob("*.js"))
    there = {name for names in re.findall(r"part: '([a-z ]+)'", js) for name in names.split()}
    tables = GUIDE.split("| Part |")[1].split("## An example")[0]
    assert set(re.findall(r"`([a-z]+)`", tables)) <= there


async def style(node: Locator, name: str) -> str:
    found: str = await node.evaluate("(node, name) => getComputedStyle(node)[name]", name)
    return found


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "accent"), [("light", "11, 93, 59"), ("dark", "127, 209, 168")])
async def test_the_example_is_what_it_says(
    visitors: MakeVisitor, api: Api, key: str, scheme: str, accent: str
) -> None:
    body = text()
    await api.post(key, body)
    visitor = await visitors(color_scheme=scheme)
    page = await page_with(visitor, key, f":root {{ color-scheme: light dark }} {EXAMPLE}")
    shown = comment_of(page, body)
    await expect(shown).to_be_visible()
    send = main_form(page).locator("[type=submit]")
    assert await style(send, "backgroundColor") == f"rgb({accent})"
    assert await style(send, "borderTopLeftRadius") == "0px"
    assert await style(send, "textTransform") == "uppercase"
    assert (await style(send, "fontFamily")).startswith('"Helvetica Neue"')
    name = shown.locator(".name")
    assert (await style(name, "textTransform"), await style(name, "fontSize")) == (
        "uppercase", "13px"
    )  # fmt: skip
    assert await style(shown.locator(".text"), "fontFamily") == "Georgia, serif"
    assert await style(shown.locator(".text"), "fontSize") == "17px"
    heading = page.get_by_role("heading", name="1 reply")
    assert await style(heading, "fontWeight") == "400"
    assert await style(shown, "borderBottomColor") == "rgb(201, 194, 180)"
    assert await style(page.locator("reader-comments"), "maxWidth") == "672px"


@pytest.mark.browser
async def test_sizes_and_weights_are_as_they_are_meant(
    visitor: Visitor, api: Api, key: str
) -> None:
    """In `font: 600 1em inherit` the whole is invalid: it must not come to that by a property."""
    page = await visitor.article(key, poll="0")
    await expect(page.locator("reader-comments .empty strong")).to_have_css("font-weight", "700")
    root = await api.post(key, text())
    for _ in range(6):
        await api.post(key, text(), parent_id=root["id"])
    await page.reload()
    more = page.get_by_role("button", name="Show 1 more reply")
    await expect(more).to_have_css("font-weight", "600")
    await expect(more).to_have_css("font-size", "13px")
    await page.locator("reader-comments [name=body]").focus()
    await expect(page.get_by_role("button", name="Preview")).to_have_css("font-size", "13px")
