"""The statistics page in a browser: pictures that load, the same numbers beside them, a file."""

import asyncio
import csv
import io
import re
from pathlib import Path

import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, text
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

CHARTS = (
    "Comments",
    "Decisions",
    "Time to decision",
    "People and machine",
    "Sharing and support",
)
LOADED = "image => image.complete && image.naturalWidth > 0"


async def open_statistics(visitor: Visitor) -> Page:
    page = await visitor.page()
    await page.goto(visitor.server.sign_in_link())
    await page.get_by_role("link", name="Statistics").click()
    await page.get_by_role("heading", name="Statistics", exact=True).wait_for()
    return page


async def test_pictures_stand_beside_their_numbers(visitor: Visitor, api: Api, key: str) -> None:
    await api.decide(await api.hold(key, text()), "publish")
    page = await open_statistics(visitor)
    for title in CHARTS:
        part = page.get_by_role("region", name=title, exact=True)
        await expect(part.get_by_role("img")).to_be_visible()
        image = await part.get_by_role("img").element_handle()
        await page.wait_for_function(LOADED, arg=image)
        numbers = page.get_by_role("region", name=f"{title}, the numbers")
        assert await numbers.locator("tbody tr").count() == 30
    today = (await api.moderation("GET", "stats?days=1"))["days"][0]
    row = page.get_by_role("region", name="Comments, the numbers").locator("tbody tr").first
    assert (await row.locator("td").all_inner_texts())[-1] == f"{today['comments']:,}"
    row = page.get_by_role("region", name="Decisions, the numbers").locator("tbody tr").first
    assert (await row.locator("td").all_inner_texts())[-1] == f"{today['decisions']:,}"


async def test_another_period_and_the_file_of_it(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await open_statistics(visitor)
    await page.get_by_label("Period").select_option("7")
    numbers = page.get_by_role("region", name="Comments, the numbers")
    await expect(numbers.locator("tbody tr")).to_have_count(7)
    shown = re.compile(r"/volume\.svg\?days=7&")
    await expect(page.get_by_role("img").first).to_have_attribute("src", shown)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download as CSV").click()
    path = await (await download.value).path()
    rows = list(csv.DictReader(io.StringIO(await asyncio.to_thread(Path(path).read_text))))
    assert len(rows) == 7
    assert int(rows[-1]["comments"]) >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_telephone(visitors: MakeVisitor, scheme: str) -> None:
    visitor = await visitors(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = await open_statistics(visitor)
    await expect(page.get_by_role("img").first).to_be_visible()
    image = await page.get_by_role("img").first.element_handle()
    await page.wait_for_function(LOADED, arg=image)
    source = await page.get_by_role("img").first.evaluate("image => image.currentSrc")
    assert source.endswith("width=300")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
