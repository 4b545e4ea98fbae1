"""At the desk's view of a key: what it says, whether that is trusted, its stored texts, its use."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from e2e.keys_page import Chief, Key, look_into, open_keys, row_of
from e2e.test_desk_accessible import LOOKS
from e2e.visitors import MakeVisitor, Visitor, violations
from live import LiveServer
from perspective import FRIENDLY, INSULT
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=alert(1)> Cheap watches, <b>today</b> only."
LONG = "\n".join(f"Line {n} of a remark that goes on and on." for n in range(1, 40))


@pytest.fixture
async def conn(live_server: LiveServer) -> "AsyncIterator[asyncpg.Connection[Any]]":
    conn = await asyncpg.connect(live_server.database_url)
    yield conn
    await conn.close()


@pytest.fixture
async def editor(visitor: Visitor, live_server: LiveServer) -> Page:
    """An editor at the page of keys, who means what they do."""
    page = await visitor.page()
    page.on("dialog", lambda asked: asked.accept())
    await open_keys(page, live_server)
    return page


async def test_what_is_said_is_read_trusted_and_forgotten(editor: Page, coral: Key) -> None:
    await editor.reload()
    view = await look_into(editor, coral)
    await expect(editor.get_by_role("button", name="All keys")).to_be_focused()
    await expect(view).to_contain_text("It has said nothing yet.")
    await editor.keyboard.press("Enter")
    opener = row_of(editor, coral).get_by_role("button", name="Examples and use")
    await expect(opener).to_be_focused()
    await coral.say(INSULT, TOXICITY=0.93)
    await coral.say(FRIENDLY, TOXICITY=0.04)
    await coral.say(MARKUP, SPAM=1)
    await coral.say(f"{FRIENDLY} Again.", SPAM=0)
    await editor.keyboard.press("Enter")
    said = view.get_by_role("list", name="What it says").get_by_role("listitem")
    await expect(said).to_have_count(4)
    await expect(said.locator(".badge")).to_have_text(["no spam", "spam", "fine", "abusive"])
    await expect(said.nth(1).locator(".text")).to_have_text(MARKUP)
    await expect(said.nth(3)).to_contain_text("suggestscore, score 0.93 · just now")
    await expect(view).to_contain_text("model learns nothing from them")
    trust = view.locator("[name=trust]")
    await trust.press("Enter")
    dialog = editor.get_by_role("dialog", name=f"Trust {coral.label}?")
    await expect(dialog).to_contain_text(
        "all 4 examples that this key has sent, and from whatever it sends"
    )
    await editor.keyboard.press("Escape")
    await expect(view.locator(".badge.wait")).to_have_text("Not trusted")
    await trust.press("Enter")
    await dialog.get_by_role("button", name="Trust it").press("Enter")
    await expect(view.get_by_role("status")).to_have_text("Trusted.")
    await expect(trust).to_be_focused()
    await expect(trust).to_have_text("Trust no longer")
    await editor.get_by_role("button", name="All keys").press("Enter")
    await expect(row_of(editor, coral)).to_contain_text("4 examples, trusted")
    await opener.press("Enter")
    await trust.press("Enter")
    await expect(trust).to_have_text("Trust this key …")
    await view.get_by_role("button", name="Forget all 4 …").press("Enter")
    await expect(view).to_contain_text("It has said nothing yet.")
    await expect(view.get_by_role("heading", name="What it says")).to_be_focused()
    await expect(view.get_by_role("button", name="Forget")).to_have_count(0)


async def test_many_examples_come_by_the_page_and_go_one_by_one(editor: Page, coral: Key) -> None:
    for number in range(13):
        await coral.say(f"Remark number {number}, and a rude one.")
    await coral.say(LONG)
    await editor.reload()
    view = await look_into(editor, coral)
    said = view.get_by_role("list", name="What it says").get_by_role("listitem")
    await expect(said).to_have_count(10)
    fold = said.first.get_by_role("button", name="Show all of it")
    folded = await said.first.locator(".text").bounding_box()
    await fold.press("Enter")
    whole = await said.first.locator(".text").bounding_box()
    assert folded
    assert whole
    assert whole["height"] > 4 * folded["height"]
    await expect(said.first.get_by_role("button", name="Show less")).to_be_focused()
    await view.get_by_role("button", name="Show more: What it says").press("Enter")
    await expect(said).to_have_count(14)
    await expect(said.nth(10)).to_be_focused()
    await expect(said.nth(10)).to_contain_text("Remark number 3,")
    await expect(view.get_by_role("button", name="Show more: What it says")).to_be_hidden()
    await said.nth(10).get_by_role("button", name="Forget: Remark number 3,").press("Enter")
    await expect(said).to_have_count(13)
    await expect(said.nth(10)).to_be_focused()
    await expect(said.nth(10)).to_contain_text("Remark number 2,")
    await expect(view).to_contain_text("13 examples.")
    await said.nth(12).get_by_role("button", name="Forget").press("Enter")
    await expect(said.nth(11)).to_be_focused()


async def test_the_last_of_a_page_brings_the_next(editor: Page, coral: Key) -> None:
    for number in range(12):
        await coral.say(f"Remark number {number}, and a rude one.")
    await editor.reload()
    view = await look_into(editor, coral)
    said = view.get_by_role("list", name="What it says").get_by_role("listitem")
    for left in range(10, 0, -1):
        await expect(said).to_have_count(left)
        await said.last.get_by_role("button", name="Forget").press("Enter")
    await expect(said).to_have_count(2)
    await expect(said.first).to_be_focused()
    await said.last.get_by_role("button", name="Forget").press("Enter")
    await expect(said).to_have_count(1)
    await said.last.get_by_role("button", name="Forget").press("Enter")
    await expect(view.get_by_role("heading", name="What it says")).to_be_focused()
    await expect(view).to_contain_text("It has said nothing yet.")


async def test_what_cannot_be_forgotten_now_stays(editor: Page, coral: Key) -> None:
    await coral.say()
    await editor.reload()
    view = await look_into(editor, coral)
    await editor.route(f"**/{coral.path}/examples/*", lambda route: route.abort())
    forget = view.get_by_role("button", name="Forget: You are")
    await forget.press("Enter")
    await expect(view.get_by_role("alert")).to_contain_text("could not be reached")
    await expect(forget).to_be_focused()
    await editor.unroute(f"**/{coral.path}/examples/*")
    await editor.keyboard.press("Enter")
    await expect(view).to_contain_text("It has said nothing yet.")
    await expect(view.get_by_role("alert")).to_be_hidden()


async def test_stored_texts_are_shown_with_their_scores_and_forgotten(
    editor: Page, coral: Key, chief: Chief
) -> None:
    await editor.reload()
    view = await look_into(editor, coral)
    await expect(view).to_contain_text("None is stored yet")
    for text in (INSULT, FRIENDLY, MARKUP):
        await coral.ask(text)
    await editor.keyboard.press("Enter")
    await look_into(editor, coral)
    kept = view.get_by_role("list", name="Stored texts").get_by_role("listitem")
    await expect(kept.locator(".text")).to_have_text([MARKUP, FRIENDLY, INSULT])
    await expect(kept.last).to_contain_text("toxicity 0.")
    await kept.first.get_by_role("button", name="Forget").press("Enter")
    await expect(kept.locator(".text")).to_have_text([FRIENDLY, INSULT])
    # What was stored before is shown for as long as it is there.
    await chief("PATCH", coral.path, {"keeps": False})
    await editor.get_by_role("button", name="All keys").press("Enter")
    await look_into(editor, coral)
    await expect(view).to_contain_text("Nothing more is stored.")
    await view.get_by_role("button", name="Forget all stored texts …").press("Enter")
    await expect(view.get_by_role("heading", name="Stored texts")).to_have_count(0)
    await expect(view.get_by_role("heading", name="What it says")).to_be_focused()


async def use_for_days(conn: "asyncpg.Connection[Any]", coral: Key) -> None:
    await conn.execute(
        """
        insert into key_usage (site_id, api_key_id, day, blog, calls, spam, ham, missed_spam,
            false_positives)
        select site_id, id, (now() at time zone 'utc')::date - n, '', 100 + 57 * (n % 7),
            20 + n, 50, n % 4, n % 3
        from api_key, generate_series(0, 29) n where id = $1 and n % 11 <> 5
        -- What the key has just asked may have been counted meanwhile.
        on conflict do nothing
        """,
        uuid.UUID(coral.id),
    )


async def test_use_is_a_picture_with_the_numbers_in_it(
    editor: Page, coral: Key, conn: "asyncpg.Connection[Any]"
) -> None:
    await editor.reload()
    view = await look_into(editor, coral)
    await expect(view).to_contain_text("Nothing has called with this key")
    await use_for_days(conn, coral)
    await editor.keyboard.press("Enter")
    await expect(row_of(editor, coral)).to_contain_text("6,804 calls in 30 days")
    await look_into(editor, coral)
    await expect(view.locator(".stats-sums dd")).to_have_text(["6,804", "927", "1,350", "39", "27"])
    await expect(view.get_by_role("img", name="Calls by day; the most, 442, on")).to_be_visible()
    await expect(view.locator("rect")).to_have_count(27)
    await view.get_by_text("The numbers in it").press("Enter")
    days = view.get_by_role("region", name="Use by day").locator("tbody tr")
    await expect(days).to_have_count(30)
    await expect(days.first).to_contain_text("100205000")
    await expect(days.nth(5)).to_contain_text("00000")


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_a_key(
    visitors: MakeVisitor, coral: Key, conn: "asyncpg.Connection[Any]", axe: str,
    look: dict[str, Any],
) -> None:  # fmt: skip
    for text, score in ((INSULT, 1), (FRIENDLY, 0), (LONG, 1)):
        await coral.say(text, TOXICITY=score)
        await coral.ask(text)
    await coral.say("w" * 300, SPAM=1)
    await use_for_days(conn, coral)
    visitor = await visitors(**look)
    page = await visitor.page()
    await open_keys(page, visitor.server)
    await row_of(page, coral).get_by_role("button", name="Edit").click()
    assert await violations(page, axe) == []
    await page.keyboard.press("Escape")
    assert await violations(page, axe) == []
    view = await look_into(page, coral)
    await view.get_by_text("The numbers in it").click()
    await expect(view.get_by_role("region", name="Use by day")).to_be_visible()
    assert await violations(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await view.locator("[name=trust]").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page, axe) == []
