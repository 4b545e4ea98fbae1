"""Links into the threads of an old system lead to what was imported from there."""

import random
from pathlib import Path

import pytest
from e2e.visitors import Visitor, comment_of
from exports import item, wp_comment, wxr
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_an_old_link_leads_to_the_imported_comment(visitor: Visitor, tmp_path: Path) -> None:
    number = random.randrange(10**6, 10**9)  # noqa: S311 (no secret)
    first = number * 100
    export = tmp_path / "export.xml"
    comments = [wp_comment(first + n, f"Imported {first + n}", date="") for n in range(1, 31)]
    reply = wp_comment(first + 40, f"Imported {first + 40}", parent=first + 1)
    link = f"{visitor.server.url}/news/{number}"
    export.write_text(wxr(item(number, *comments, reply, link=link)))
    visitor.server.command("import", "wordpress", str(export), "--site", "default")
    page = await visitor.article(str(number))
    await expect(page.locator("reader-comments article").first).to_be_visible()
    await page.evaluate(f"location.hash = 'comment-{first + 40}'")
    await expect(comment_of(page, f"Imported {first + 40}")).to_be_focused()
    await page.evaluate(f"location.hash = 'isso-{first + 2}'")
    await expect(comment_of(page, f"Imported {first + 2}")).to_be_focused()
    await page.evaluate("location.hash = 'comment-of-something-else'")
    await expect(page.locator("reader-comments .lost")).to_have_count(0)
