"""Beside the list: thread, reader, sanctions, notes; and views that are narrowed down."""

import asyncio
import re
import uuid

import pytest
from e2e.test_desk_page import card_of, mark, saved, search, sign_in
from e2e.visitors import Api, MakeVisitor, Visitor, text
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

WIDE = {"viewport": {"width": 1400, "height": 900}}


async def wide(visitors: MakeVisitor) -> Page:
    return await sign_in(await visitors(**WIDE))


async def test_a_comment_stands_in_its_thread(visitors: MakeVisitor, api: Api, key: str) -> None:
    root, body = text(), text()
    above = await api.post(key, root)
    await api.hold(key, body, parent_id=above["id"])
    page = await wide(visitors)
    await search(page, mark(body))
    pane = page.get_by_role("complementary", name="About this comment")
    thread = pane.get_by_role("list", name="The thread")
    await expect(thread.get_by_role("listitem")).to_have_count(2)
    await expect(thread.get_by_role("listitem").first).to_contain_text(root)
    await expect(thread.locator("[aria-current]")).to_contain_text(body)
    await expect(pane.get_by_role("heading", name="What has happened")).to_be_visible()
    await expect(pane).to_contain_text("The checks: held")
    await expect(pane).not_to_contain_text("where it comes from")
    await expect(pane).to_contain_text("0 published, 1 waiting, 0 refused")


async def test_what_was_pending_where_it_comes_from_says_so(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    body = text()
    page_there = {"id": key, "url": f"{api.server.url}/news/{key}"}
    pending = {
        "id": key,
        "article": key,
        "body": body,
        "status": "held",
        "created_at": "2019-03-04",
    }
    answer = await api.client.post(
        "/v1/sites/default/imports/wordpress",
        json={"articles": [page_there], "comments": [pending]},
        headers={"Authorization": f"Bearer {api.server.publisher_key}"},
    )
    assert answer.json()["stored"] == 1, answer.text
    page = await wide(visitors)
    await search(page, mark(body))
    pane = page.get_by_role("complementary", name="About this comment")
    await expect(pane).to_contain_text("Held: it was waiting in WordPress, where it comes from.")


async def test_on_a_small_screen_it_opens_on_a_key_and_by_touch(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(await visitors(viewport={"width": 360, "height": 700}))
    await search(page, mark(body))
    pane = page.get_by_role("complementary", name="About this comment")
    await expect(pane).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.keyboard.press("j")
    await page.wait_for_timeout(400)
    assert not any("/readers/" in url for url in asked)  # nobody would see it
    await page.keyboard.press("i")
    await expect(pane.get_by_role("heading", name="The reader")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    await expect(card_of(page, body)).to_be_focused()
    await card_of(page, body).get_by_role("button", name="Thread, reader").click()
    await expect(pane).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await pane.get_by_role("button", name="Back to the list").click()
    await expect(pane).to_be_hidden()


async def test_a_reader_is_sanctioned_and_everything_taken_back(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    email = f"{uuid.uuid4().hex[:12]}@readers.example"
    first, second = text(), text()
    await api.post(key, first, email=email)
    await api.hold(key, second, email=email)
    page = await wide(visitors)
    await search(page, mark(second))
    await page.keyboard.press("r")
    form = page.get_by_role("dialog", name="Sanction")
    await form.get_by_label("What", exact=True).select_option("ban")
    await form.get_by_label("How long").select_option("for a month")
    await form.get_by_label("Why").fill("Insults in every article.")
    await form.get_by_label("Also reject").check()
    await form.get_by_role("button", name="Sanction").click()
    await expect(page.locator(".toast")).to_contain_text("is sanctioned. 2 comments rejected.")
    pane = page.get_by_role("complementary", name="About this comment")
    await expect(pane.locator(".sanctions .active")).to_contain_text("May not comment until")
    await expect(pane.locator(".sanctions .active")).to_contain_text("Insults in every article.")
    assert (await api.thread(key))["count"] == 0
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page.locator(".toast")).to_contain_text("The comments are as they were")
    await expect(pane.locator(".sanctions .active")).to_have_count(0)
    await expect(pane.locator(".sanctions li")).to_contain_text("(lifted)")
    assert (await api.thread(key))["count"] == 1


async def test_a_sanction_without_a_reason_is_not_sent(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await wide(visitors)
    await search(page, mark(body))
    await page.keyboard.press("r")
    form = page.get_by_role("dialog", name="Sanction")
    await form.get_by_label("Why").fill("   ")
    await form.get_by_role("button", name="Sanction").click()
    await expect(form.get_by_role("alert")).to_contain_text("reason")
    await form.get_by_role("button", name="Cancel").click()
    await expect(form).to_have_count(0)


async def test_a_note_goes_with_the_decision(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.keyboard.press("n")
    await page.keyboard.type("Asked the author for a source. j k f d")
    await page.keyboard.press("Control+Enter")
    await expect(card_of(page, body).locator(".own-note")).to_have_text(
        "Note: Asked the author for a source. j k f d"
    )
    await page.keyboard.press("f")
    await saved(page, body)
    ledger = (await api.moderation("GET", f"comments/{comment['id']}"))["ledger"]
    assert ledger[-1]["note"] == "Asked the author for a source. j k f d"


async def test_filters_are_chips_and_in_the_address(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    rude, kind = f"What a stupid, worthless idiot wrote this. {text()}", text()
    await api.hold(key, rude)
    await api.hold(key, kind)
    page = await wide(visitors)
    await page.keyboard.press("t")
    form = page.get_by_role("dialog", name="Filter")
    await form.get_by_label("Article").fill(key)
    await form.get_by_label("Score").select_option("abuse")
    await form.get_by_label("from").fill("0.5")
    await page.keyboard.press("Enter")
    await expect(page.locator(".card")).to_have_count(1)
    await expect(card_of(page, rude)).to_be_visible()
    await expect(page.locator(".chip")).to_have_text([f"Article: {key}", "abuse: 0.5 to 1"])
    # Whoever opens the address sees the same.
    address = page.url
    await page.goto("about:blank")
    await page.goto(address)
    await expect(page.locator(".card")).to_have_count(1)
    await page.get_by_role("button", name="abuse: 0.5 to 1").click()
    await expect(page.locator(".card")).to_have_count(2)
    await page.go_back()
    await expect(page.locator(".card")).to_have_count(1)
    await page.keyboard.press("t")
    await form.get_by_label("from").fill("1")
    await form.get_by_label("until").fill("2020-01-31")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await page.get_by_role("button", name="Drop the filters").click()
    await expect(page.locator(".chip")).to_have_count(0)


async def test_today_is_a_day_of_the_moderators(visitors: MakeVisitor, api: Api, key: str) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(await visitors(timezone_id="Pacific/Auckland", **WIDE))
    today = await page.evaluate("new Date().toLocaleDateString('sv')")
    await page.evaluate(f"location.hash = '#/held?article={key}&since={today}&until={today}'")
    await expect(card_of(page, body)).to_be_visible()
    await page.evaluate(f"location.hash = '#/held?article={key}&since=2099-01-01'")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


async def test_all_of_one_reader(visitors: MakeVisitor, api: Api, key: str) -> None:
    email = f"{uuid.uuid4().hex[:12]}@readers.example"
    bodies = [text(), text()]
    for body in bodies:
        await api.hold(key, body, email=email)
    page = await wide(visitors)
    await search(page, mark(bodies[0]))
    await page.get_by_role("button", name="All by this reader").click()
    await expect(page.locator(".card")).to_have_count(2)
    await expect(page.locator(".chip")).to_have_text(re.compile("^By .+"))
    pane = page.get_by_role("complementary", name="About this comment")
    await expect(pane.get_by_role("heading", name="Lately by this reader")).to_be_visible()


async def test_what_is_veiled_in_the_list_is_veiled_beside_it(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    body = f"I will kill you and burn your house down, you filthy animal. {text()}"
    await api.hold(key, body)
    page = await wide(visitors)
    await search(page, mark(body))
    pane = page.get_by_role("complementary", name="About this comment")
    beside = pane.locator(".thread [aria-current] p").last
    await expect(beside).to_contain_text(mark(body))
    assert "blur" in await beside.evaluate("text => getComputedStyle(text).filter")
    await pane.get_by_role("button", name="Show this comment").click()
    assert await beside.evaluate("text => getComputedStyle(text).filter") == "none"
    await expect(page.locator(".card[data-veiled]")).to_have_count(0)
    await expect(pane.get_by_role("button", name="Show this comment")).to_be_hidden()


async def test_what_stands_there_until_the_next_is_loaded_cannot_be_acted_on(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    word = key[-8:]
    for _ in range(2):
        await api.hold(key, f"{text()} {word}")
    page = await wide(visitors)
    await search(page, word)
    pane = page.get_by_role("complementary", name="About this comment")
    stale = pane.locator("[inert]")
    await expect(pane.get_by_role("button", name="Sanction this reader")).to_be_visible()
    await expect(stale).to_have_count(0)
    loading = asyncio.Event()

    async def slow(route: Route) -> None:
        await loading.wait()
        await route.continue_()

    await page.route("**/v1/moderation/comments/*", slow)
    await page.keyboard.press("j")
    await expect(stale).to_have_count(1)
    loading.set()
    await expect(stale).to_have_count(0)
