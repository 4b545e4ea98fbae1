"""What a reader wrote: held, kept, changed, removed."""

import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, fill_trap, text, write
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_a_held_comment_is_said_kindly_and_kept(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    author, other = await visitors(), await visitors()
    page = await author.article(key)
    body = text()
    await fill_trap(page)
    await write(page, body)
    held = comment_of(page, body)
    await expect(held.locator(".mark")).to_have_text("Held for review")
    await expect(held.locator(".notice")).to_contain_text("held for review")
    await expect(held.locator(".notice")).to_contain_text("only you can see it")
    assert (await api.thread(key))["count"] == 0
    await page.reload()
    await expect(held.locator(".mark")).to_have_text("Held for review")
    elsewhere = await other.article(key)
    await expect(elsewhere.get_by_text("Be the first to reply")).to_be_visible()
    [item] = (await api.moderation("GET", f"queue?view=held&article={key}"))["items"]
    await api.decide(item, "publish")
    await page.reload()
    await expect(held).to_be_visible()
    await expect(held.locator(".mark, .notice")).to_have_count(0)
    await expect(page.get_by_role("heading", name="1 reply")).to_be_visible()


async def test_a_refused_comment_is_told_with_its_reason(
    visitor: Visitor, api: Api, key: str
) -> None:
    page = await visitor.article(key)
    body = text()
    await fill_trap(page)
    await write(page, body)
    await expect(comment_of(page, body).locator(".mark")).to_be_visible()
    [item] = (await api.moderation("GET", f"queue?view=held&article={key}"))["items"]
    await api.decide(item, "reject", reason="harassment_bullying")
    await page.reload()
    refused = comment_of(page, body)
    await expect(refused.locator(".mark")).to_have_text("Not published")
    await expect(refused.locator(".notice")).to_contain_text("harassment or bullying")
    await refused.get_by_role("button", name="Dismiss").click()
    await expect(refused).to_have_count(0)
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()
    await expect(refused).to_have_count(0)


async def test_an_own_comment_is_edited(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    before, after = text(), text()
    await write(page, before)
    await comment_of(page, before).get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit your reply")
    await expect(form.locator("[name=body]")).to_have_value(before)
    await expect(form.locator("[name=body]")).to_be_focused()
    await form.locator("[name=body]").fill(after)
    await form.get_by_role("button", name="Save changes").click()
    await expect(comment_of(page, after).get_by_text("edited")).to_be_visible()
    await expect(comment_of(page, before)).to_have_count(0)
    await expect(page.get_by_role("heading", name="1 reply")).to_be_visible()
    assert after in (await api.thread(key))["items"][0]["html"]


async def test_an_edit_thought_better_of(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    body = text()
    await write(page, body)
    edit = comment_of(page, body).get_by_role("button", name="Edit")
    await edit.click()
    await page.locator("reader-comments form.inline [name=body]").fill("never mind")
    await page.get_by_role("button", name="Cancel").click()
    await expect(comment_of(page, body)).to_be_visible()
    await edit.click()
    await expect(page.locator("reader-comments form.inline [name=body]")).to_have_value(body)


async def test_an_own_comment_is_removed(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    body = text()
    await write(page, body)
    await comment_of(page, body).get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Keep it").click()
    await comment_of(page, body).get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Yes, remove it").click()
    await expect(comment_of(page, body)).to_have_count(0)
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()
    assert (await api.thread(key))["count"] == 0


async def test_replies_to_a_removed_comment_stay(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    body, answer = text(), text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    [root] = (await api.thread(key))["items"]
    await api.post(key, answer, parent_id=root["id"])
    await page.reload()
    await (
        comment_of(page, body)
        .locator(":scope > .main")
        .get_by_role("button", name="Remove")
        .click()
    )
    await page.get_by_role("button", name="Yes, remove it").click()
    for _ in range(2):
        await expect(page.get_by_text("This reply was removed.")).to_be_visible()
        await expect(comment_of(page, answer)).to_be_visible()
        await page.reload()
    await expect(page.get_by_text("Ada Reader")).to_have_count(0)
