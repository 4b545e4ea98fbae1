"""Reading and writing in the thread, by mouse and by keyboard."""

import asyncio
import re
from typing import Any

import pytest
from e2e.visitors import Api, Visitor, comment_of, email, main_form, text, write
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def press(page: Page, *keys: str) -> None:
    for one in keys:
        await page.keyboard.press(one)


async def active(page: Page) -> str | None:
    """The name of what has the focus, inside shadow roots too."""
    name: str | None = await page.evaluate(
        """() => { let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return at?.getAttribute('name') ?? at?.getAttribute('type') ?? null }"""
    )
    return name


async def test_a_reader_posts_by_mouse(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()
    await expect(page.get_by_role("heading", name="Leave a reply")).to_be_visible()
    await expect(page.get_by_text("Your e-mail address will not be published")).to_be_visible()
    body = text()
    await write(page, body, name="Ада Читач")
    shown = comment_of(page, body)
    await expect(shown.locator(".name")).to_have_text("Ада Читач")
    await expect(shown.locator("time")).to_have_text("just now")
    await expect(page.get_by_role("heading", name="1 reply")).to_be_visible()
    await expect(page.get_by_text("Be the first to reply")).to_have_count(0)
    await expect(main_form(page).locator("[name=body]")).to_have_value("")
    [item] = (await api.thread(key))["items"]
    assert await shown.get_attribute("id") == f"comment-{item['id']}"


async def test_a_reader_posts_by_keyboard_alone(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key)
    await expect(page.get_by_text("Be the first to reply")).to_be_visible()
    body = text()
    typed = {"body": body, "name": "Kim Keys", "email": email(), "website": "", "remember": ""}
    for name, value in typed.items():
        await press(page, "Tab")
        assert await active(page) == name  # the field that people can't see is passed over
        await page.keyboard.type(value)
    await press(page, "Tab")
    assert await active(page) == "submit"
    await press(page, "Enter")
    await expect(comment_of(page, body)).to_be_focused()
    # On from the new comment: its link, editing, removing; then back to reply to it.
    await press(page, "Tab", "Tab")
    assert await active(page) == "reply"
    await press(page, "Enter")
    assert await active(page) == "body"
    answer = text()
    await page.keyboard.type(answer)
    await press(page, "Tab", "Tab", "Tab", "Tab", "Tab")
    assert await active(page) == "submit"
    await press(page, "Enter")
    await expect(comment_of(page, body).locator(".replies article .text")).to_have_text(answer)
    assert (await api.thread(key))["count"] == 2


async def test_replies_nest_in_place(visitor: Visitor, api: Api, key: str) -> None:
    parent = await api.post(key, text())
    for _ in range(5):
        parent = await api.post(key, text(), parent_id=parent["id"])
    page = await visitor.article(key)
    articles = page.locator("reader-comments article")
    await expect(articles).to_have_count(6)
    depths = [await node.get_attribute("data-depth") for node in await articles.all()]
    assert depths == ["0", "1", "2", "3", "4", "4"]  # deeper ones stand beside the fourth


async def test_the_rest_of_a_long_conversation(visitor: Visitor, api: Api, key: str) -> None:
    root = await api.post(key, text())
    for _ in range(7):
        await api.post(key, text(), parent_id=root["id"])
    page = await visitor.article(key)
    await expect(page.locator("reader-comments .replies article")).to_have_count(5)
    await page.get_by_role("button", name="Show 2 more replies").click()
    await expect(page.locator("reader-comments .replies article")).to_have_count(7)
    await expect(page.locator("[name=more-replies]")).to_have_count(0)


async def test_order_and_more(visitor: Visitor, api: Api, key: str) -> None:
    bodies = [text() for _ in range(5)]
    comments = [await api.post(key, body) for body in bodies]
    for reader in ("one", "two"):
        await api.client.put(
            f"/v1/sites/default/comments/{comments[2]['id']}/like", headers={"X-Reader": reader}
        )
    page = await visitor.article(key, limit="2")
    texts = page.locator("reader-comments .list > article > .main > .text")
    await expect(texts).to_have_text(bodies[:-3:-1])
    await page.get_by_role("button", name="Show more replies").click()
    await expect(texts).to_have_count(4)
    await page.get_by_role("button", name="Show more replies").click()
    await expect(texts).to_have_text(bodies[::-1])
    await expect(page.get_by_role("button", name="Show more replies")).to_have_count(0)
    await page.get_by_role("button", name="Oldest").click()
    await expect(texts).to_have_text(bodies[:2])
    await asyncio.sleep(1.5)  # likes make a new version of a thread once a second
    await page.get_by_role("button", name="Top").click()
    await expect(texts.first).to_have_text(bodies[2])
    await expect(page.get_by_role("button", name="Top")).to_have_attribute("aria-pressed", "true")


async def test_a_like_and_its_return(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key)
    like = page.locator("reader-comments [name=like]")
    await like.click()
    await expect(like).to_have_accessible_name("Like: 1 like")
    await expect(like).to_have_attribute("aria-pressed", "true")
    await likes(api, key, 1)
    await page.reload()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await like.click()
    await expect(like).to_have_accessible_name("Like: 0 likes")
    await likes(api, key, 0)


@pytest.mark.parametrize("poll", ["0", "2"])
async def test_times_get_older(visitor: Visitor, key: str, poll: str) -> None:
    await visitor.context.clock.install()
    page = await visitor.article(key, poll=poll)
    body = text()
    await write(page, body)
    time = comment_of(page, body).locator("time")
    await expect(time).to_have_text("just now")
    await expect(time).to_have_attribute("title", re.compile(r"\b20\d\d\b.*\d:\d\d"))
    async with page.expect_event("requestfinished", lambda one: one.url.endswith("/tick.js")):
        await page.clock.fast_forward("02:00")
    # What keeps time has just been loaded; from now on it does.
    while await time.text_content() == "just now":
        await page.clock.fast_forward("00:31")
    await expect(time).to_have_text(re.compile("minutes ago$"))


async def likes(api: Api, key: str, wanted: int) -> None:
    found: Any = None
    for _ in range(30):
        found = (await api.thread(key))["items"][0]["likes"]
        if found == wanted:
            return
        await asyncio.sleep(0.1)
    assert found == wanted


async def test_a_report(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    comment = await api.post(key, body)
    page = await visitor.article(key)
    await comment_of(page, body).hover()
    await page.locator("reader-comments [name=report]").click()
    dialog = page.get_by_role("dialog", name="Report this reply")
    await dialog.get_by_label("Hate speech").check()
    await dialog.get_by_label("Anything to add?").fill("Look at the second sentence.")
    await dialog.get_by_role("button", name="Send report").click()
    await expect(dialog).to_have_count(0)
    await expect(comment_of(page, body).get_by_text("Reported. Thank you.")).to_be_visible()
    found = await api.moderation("GET", f"comments/{comment['id']}")
    assert [note["reason"] for note in found["report_notes"]] == ["hate_speech"]


async def test_a_report_thought_better_of(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key)
    report = page.locator("reader-comments [name=report]")
    await report.focus()
    await press(page, "Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await press(page, "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(report).to_be_focused()


async def test_a_linked_comment_is_found_however_deep(visitor: Visitor, api: Api, key: str) -> None:
    root = await api.post(key, text())
    for _ in range(6):
        last = await api.post(key, text(), parent_id=root["id"])
    for _ in range(3):
        await api.post(key, text())
    page = await visitor.article(key, limit="2")
    await expect(page.locator("reader-comments .list > article")).to_have_count(2)
    await page.evaluate(f"location.hash = 'comment-{last['id']}'")
    wanted = page.locator(f"[id='comment-{last['id']}']")
    await expect(wanted).to_be_focused()
    await expect(wanted).to_be_in_viewport()
    await expect(wanted).to_have_class(re.compile(r"\blit\b"))


async def test_text_stays_text(visitor: Visitor, api: Api, key: str) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202e " + "W" * 2000
    await api.post(key, hostile, name="<b onclick=alert(3)>Mallory</b>")
    page = await visitor.article(key)
    await expect(page.locator("reader-comments article")).to_have_count(1)
    assert await page.locator("reader-comments article :is(img, script, b[onclick])").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
