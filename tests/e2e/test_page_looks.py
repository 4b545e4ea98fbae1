"""The demo page at every width, and what the elements weigh."""

import gzip
from pathlib import Path

import pytest
from e2e.visitors import Api, MakeVisitor, comment_of, main_form, text, write
from playwright.async_api import expect

from service.web.words import encoded

STATIC = Path(__file__).parents[2] / "service" / "web" / "static"
THREAD = ("comments.js", "thread.js", "form.js", "api.js", "dom.js", "words.js", "comments.css")
SECTIONS = "comments+count+times"
KIB = 1024


def weight(*names: str) -> int:
    """Bytes over the wire, each file compressed by itself."""
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in names)


def test_the_elements_are_light() -> None:
    assert weight("embed.js") <= 3 * KIB
    words = len(gzip.compress(encoded("en", SECTIONS), 6))
    assert weight(*(f"widgets/{name}" for name in THREAD)) + words <= 15 * KIB
    assert len((STATIC / "push-worker.js").read_text().splitlines()) <= 100


def test_no_file_is_long() -> None:
    long = [p.name for p in STATIC.rglob("*.js") if len(p.read_text().splitlines()) > 350]
    assert long == []


@pytest.mark.browser
@pytest.mark.notifications
@pytest.mark.parametrize("width", [320, 360, 768, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_demo_fits(visitors: MakeVisitor, width: int, scheme: str) -> None:
    visitor = await visitors(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/demo/")
    await expect(page.get_by_role("region", name="Enable notifications?")).to_be_visible()
    await page.locator("article-alerts [name=decline]").click()
    await page.locator("reader-comments").scroll_into_view_if_needed()
    await expect(page.locator("reader-comments article").first).to_be_visible()
    await page.locator("reader-comments [name=reply]").first.click()
    await main_form(page).locator("[type=submit]").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
@pytest.mark.notifications
async def test_the_demo_from_sample_to_alert(visitors: MakeVisitor) -> None:
    visitor = await visitors()
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/demo/")
    await page.get_by_role("button", name="A friendly one").click()
    await expect(main_form(page).locator("[name=name]")).to_have_value("Hanne Brix")
    body = await main_form(page).locator("[name=body]").input_value()
    await write(page, body, name="Hanne Brix")
    await expect(comment_of(page, body)).to_be_visible()
    await page.get_by_role("button", name="Publish the next article").click()
    await expect(page.get_by_text("In a few seconds every subscriber")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "seen"), [(360, "1"), (1000, "0")])
async def test_what_has_a_line_of_its_own_is_seen(
    visitors: MakeVisitor, api: Api, key: str, width: int, seen: str
) -> None:
    """On a narrow page the button for reports may wrap: hidden, it would be an empty line."""
    await api.post(key, text())
    visitor = await visitors(viewport={"width": width, "height": 800})
    page = await visitor.article(key, page_lang="uk")
    report = page.locator("reader-comments [name=report]")
    await page.locator("reader-comments textarea").hover()
    await expect(report).to_have_css("opacity", seen)
    await page.locator("reader-comments article .text").hover()
    await expect(report).to_have_css("opacity", "1")
