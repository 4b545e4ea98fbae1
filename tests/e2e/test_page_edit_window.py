"""A comment may be changed for a quarter of an hour: how long still, and when it is over."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, text, write
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def article_at(visitor: Visitor, key: str, hours: int = 0) -> Page:
    """An article in a browser whose clock is wrong by some hours, and can be put forward."""
    await visitor.context.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    return await visitor.article(key, poll="0")


async def test_its_end_is_seen_coming(visitor: Visitor, key: str) -> None:
    page = await article_at(visitor, key)
    body = text()
    await write(page, body)
    mine = comment_of(page, body)
    await expect(mine.locator(".acts .until")).to_have_text("for another 15 minutes")
    await page.clock.fast_forward("12:10")
    await expect(mine.locator(".acts .until")).to_have_text("for another 3 minutes")
    await mine.get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit your reply")
    await expect(form.locator(".until")).to_have_text("for another 3 minutes")
    await form.locator("[name=body]").fill("A second thought")
    await page.clock.fast_forward("01:00")
    await expect(form.locator(".until")).to_have_text("for another 2 minutes")
    await expect(page.locator("reader-comments .unseen[role=status]")).to_have_text(
        "for another 2 minutes"
    )
    await page.clock.fast_forward("02:00")
    await expect(form.locator(".until")).to_contain_text("The time for changes is over.")
    await expect(form.locator("[name=body]")).to_have_value("A second thought")
    await form.get_by_role("button", name="Cancel").click()
    await expect(mine.get_by_role("button", name="Remove")).to_be_focused()
    await expect(mine.get_by_role("button", name="Edit")).to_have_count(0)
    await expect(mine.locator(".until")).to_have_count(0)


async def test_the_focus_outlives_the_button(visitor: Visitor, key: str) -> None:
    page = await article_at(visitor, key)
    body = text()
    await write(page, body)
    await comment_of(page, body).get_by_role("button", name="Edit").focus()
    await page.clock.fast_forward("15:01")
    await expect(comment_of(page, body).get_by_role("button", name="Remove")).to_be_focused()


async def test_a_change_sent_too_late_says_so_and_is_kept(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    before, after = text(), text()
    await write(page, before)
    await comment_of(page, before).get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit your reply")
    await form.locator("[name=body]").fill(after)
    [item] = (await api.thread(key))["items"]
    conn = await asyncpg.connect(visitor.server.database_url)
    await conn.execute(
        "update comment set created_at = created_at - interval '16 minutes' where id = $1",
        item["id"],
    )
    await conn.close()
    await form.get_by_role("button", name="Save changes").click()
    alert = form.get_by_role("alert")
    await expect(alert).to_have_text(
        "A reply can be changed for 15 minutes only. Your text is safe here."
    )
    await expect(form.locator("[name=body]")).to_have_value(after)
    await expect(form.locator("[name=body]")).to_be_editable()


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_clock_that_is_wrong_takes_nothing_away(
    visitors: MakeVisitor, key: str, hours: int
) -> None:
    visitor = await visitors()
    page = await article_at(visitor, key, hours)
    before, after = text(), text()
    await write(page, before)
    mine = comment_of(page, before)
    await expect(mine.locator(".until")).to_have_text("for another 15 minutes")
    await mine.get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit your reply")
    await form.locator("[name=body]").fill(after)
    await page.clock.fast_forward("05:00")
    await form.get_by_role("button", name="Save changes").click()
    # A change begins no new quarter of an hour.
    await expect(comment_of(page, after).locator(".until")).to_have_text("for another 10 minutes")
    await page.reload()
    await expect(comment_of(page, after).locator(".until")).to_have_text("for another 10 minutes")
