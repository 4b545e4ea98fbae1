"""Taking back at the desk, in every state."""

import asyncio
import uuid
from typing import Any

import pytest
from e2e.test_desk_page import search, sign_in
from e2e.visitors import Api, MakeVisitor, Visitor, text
from playwright.async_api import Request, expect

pytestmark = pytest.mark.browser


async def test_a_batch_is_taken_back_by_one_call_and_decided_again_at_once(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    for _ in range(12):
        await api.hold(key, f"{text()} {word}")
    page = await sign_in(visitor)
    await search(page, word)
    await page.keyboard.press("x")
    for _ in range(11):
        await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await page.keyboard.press("f")
    await expect(page.locator(".card.done[data-saved]")).to_have_count(12)
    called: list[str] = []

    def hear(request: Request) -> None:
        if "/v1/moderation/comments/" in request.url:
            called.append(request.url)

    page.on("request", hear)
    await page.keyboard.press("z")
    await expect(page.locator(".card:not(.done)")).to_have_count(12)
    await page.keyboard.press("s")
    await expect(page.locator(".card.done[data-saved]")).to_have_count(1)
    # Only what stands beside the list is loaded: the one it went back to, the one that is next.
    assert len(called) <= 2
    found = await api.moderation("GET", f"queue?view=spam&q={word}")
    assert found["count"] == 1


async def test_more_than_the_service_takes_at_once_goes_in_two_batches(
    visitor: Visitor, api: Api, key: str
) -> None:
    held: list[dict[str, Any]] = []
    for _ in range(17):
        # No word in common: two that happen to read like spam would be taken for a campaign.
        held += await asyncio.gather(*(api.hold(key, f"{text()} {text()}") for _ in range(30)))
    assert (await api.moderation("GET", f"queue?view=held&article={key}"))["count"] == 510
    page = await sign_in(visitor)
    await page.evaluate("key => { location.hash = `#/held?article=${key}`; }", key)
    shown = page.locator(".card")
    await expect(shown).to_have_count(50)
    for loaded in range(100, 501, 50):
        await page.get_by_role("button", name="Show more").click()
        await expect(shown).to_have_count(loaded)
    await page.get_by_role("button", name="Show more").click()
    await expect(shown).to_have_count(510)
    await shown.first.focus()
    await page.keyboard.press("x")
    await shown.last.focus()
    await page.keyboard.press("Shift+X")
    await page.keyboard.press("s")
    await expect(page.locator(".card.done[data-saved]")).to_have_count(510)
    assert (await api.moderation("GET", f"queue?view=spam&article={key}"))["count"] == 510
    # One key takes back one batch, the last first.
    await page.keyboard.press("z")
    await expect(page.locator(".card:not(.done)")).to_have_count(10)
    await page.keyboard.press("z")
    await expect(page.locator(".card:not(.done)")).to_have_count(510)
    assert (await api.moderation("GET", f"queue?view=held&article={key}"))["count"] == 510
    # Out of the others' way.
    for part in (held[:500], held[500:]):
        decisions = [{"comment_id": one["id"], "action": "reject"} for one in part]
        await api.moderation("POST", "decisions", {"decisions": decisions})


async def test_the_key_takes_back_a_sanction_and_not_the_decision_before_it(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    word = key[-8:]
    for _ in range(2):
        await api.hold(key, f"{text()} {word}", email=f"{uuid.uuid4().hex[:12]}@readers.example")
    page = await sign_in(await visitors(viewport={"width": 1400, "height": 900}))
    await search(page, word)
    await page.keyboard.press("f")
    await expect(page.locator(".card.done[data-saved]")).to_have_count(1)
    await page.keyboard.press("r")
    form = page.get_by_role("dialog", name="Sanction")
    await form.get_by_label("Why").fill("Insults in every article.")
    await form.get_by_role("button", name="Sanction").click()
    await expect(page.locator(".toast")).to_contain_text("is sanctioned.")
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_have_text("Undone: the sanction is taken back.")
    await expect(page.locator(".sanctions .active")).to_have_count(0)
    assert (await api.thread(key))["count"] == 1
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Undone: 1.")
    assert (await api.thread(key))["count"] == 0
