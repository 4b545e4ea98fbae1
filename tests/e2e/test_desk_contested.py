"""What authors contest stands out at the desk."""

from collections.abc import AsyncIterator

import pytest
from e2e.keys_page import Chief
from e2e.test_desk_page import card_of, mark, search, sign_in
from e2e.visitors import Api, MakeVisitor, text, violations
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
async def contests(chief: Chief) -> AsyncIterator[None]:
    """Authors may contest, as long as the test takes."""
    policy = (await chief("GET", "policy?site=default")).json()["policy"]
    await chief("PUT", "policy?site=default", {"policy": {**policy, "contest": True}})
    yield
    await chief("PUT", "policy?site=default", {"policy": policy})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_a_contested_comment_says_so_and_is_found_by_it(
    visitors: MakeVisitor,
    api: Api,
    key: str,
    contests: None,
    axe: str,
    scheme: str,
    width: int,
) -> None:
    body, other = text(), text()
    own = await api.own(key, body)
    await api.decide(own[0], "reject", reason="offensive")
    where = f"/v1/sites/default/comments/{own[0]['id']}/contest"
    why = {"text": "I quoted the mayor."}
    (await api.client.post(where, json=why, headers=own[1])).raise_for_status()
    await api.hold(key, other)
    visitor = await visitors(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = await sign_in(visitor)
    await page.get_by_role("button", name="Filter").press("Enter")
    await page.get_by_label("Article (its key)").fill(key)
    await page.get_by_role("button", name="Show", exact=True).press("Enter")
    await expect(page.locator(".card")).to_have_count(2)
    card = card_of(page, body)
    await expect(card.locator(".badge.contested")).to_have_text("contested by its author")
    await expect(card).to_have_accessible_name("Somebody Else contested by its author")
    await expect(card.locator(".why")).to_contain_text("its author asks for a second look")
    await expect(card.locator(".why")).not_to_contain_text("reported")
    await expect(card_of(page, other).locator(".badge.contested")).to_have_count(0)
    assert await violations(page, axe) == []
    await page.get_by_role("button", name="Filter").first.press("Enter")
    await page.get_by_label("Reason").select_option(label="Contested by its author")
    await page.get_by_role("button", name="Show", exact=True).press("Enter")
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page.get_by_role("button", name="Reason: Contested by its author")).to_be_visible()
    await search(page, mark(body))
    await page.keyboard.press("f")
    await expect(card.locator(".outcome")).to_have_text("Published.")
