"""axe-core finds nothing wrong with the desk: light, dark, narrow, and with its dialogs open."""

from typing import Any

import pytest
from e2e.policy_page import sign_in_link
from e2e.visitors import Api, MakeVisitor, text, violations
from playwright.async_api import expect

pytestmark = pytest.mark.browser

LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 700}},
]


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_accounts(
    visitors: MakeVisitor, axe: str, look: dict[str, Any]
) -> None:
    visitor = await visitors(**look)
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/desk/#sign-in-failed=not-a-member")
    await expect(page.get_by_role("alert")).to_contain_text("Nobody with that e-mail")
    await page.get_by_text("No password yet?").click()
    assert await violations(page, axe) == []
    await page.goto(sign_in_link(visitor.server, "editor"))
    await page.get_by_role("link", name="Members").wait_for()
    for name, button in [
        ("members", "Edit editor@desk.example"), ("sites", "Add a site"), ("keys", "Make a key"),
        ("sites", "Support of The Harbour Courier"),
        ("account", "Set a password"),
    ]:  # fmt: skip
        await page.goto(f"{visitor.server.url}/desk/#/{name}")
        await page.get_by_role("button", name=button).wait_for()
        assert await violations(page, axe) == [], name
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await violations(page, axe) == [], name
        await page.keyboard.press("Escape")
    await page.goto(f"{visitor.server.url}/desk/#/articles")
    await page.locator("[data-article]").first.wait_for()
    assert await violations(page, axe) == []


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong(
    visitors: MakeVisitor, api: Api, key: str, axe: str, look: dict[str, Any]
) -> None:
    await api.hold(key, f"I will kill you, you filthy animal. {text()}")
    await api.hold(key, f"What a stupid idiot wrote this. {text()}")
    visitor = await visitors(**look)
    page = await visitor.page()
    await page.goto(visitor.server.sign_in_link())
    await expect(page.locator(".card").first).to_be_visible()
    await expect(page.locator(".views [data-view=held] .n")).not_to_be_empty()
    assert await violations(page, axe) == []
    await page.keyboard.press("w")
    await page.keyboard.press("x")
    await page.keyboard.press("d")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page, axe) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert await violations(page, axe) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Statistics").click()
    await expect(page.get_by_role("img").first).to_be_visible()
    assert await violations(page, axe) == []
    await page.goto(sign_in_link(visitor.server, "editor"))
    await page.get_by_role("link", name="Notices").click()
    await expect(page.get_by_role("heading", name="Who is told")).to_be_visible()
    assert await violations(page, axe) == []
    await page.get_by_role("link", name="Policy").click()
    await expect(page.get_by_role("heading", name="Policy", exact=True)).to_be_visible()
    assert await violations(page, axe) == []


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_webhooks(
    visitors: MakeVisitor, axe: str, look: dict[str, Any]
) -> None:
    visitor = await visitors(**look)
    page = await visitor.page()
    await page.goto(sign_in_link(visitor.server, "editor"))
    await page.get_by_role("link", name="Webhooks").click()
    await page.get_by_text("Add a webhook").click()
    assert await violations(page, axe) == []
    await page.get_by_label("Address").fill("http://127.0.0.1:9/")
    await page.get_by_role("button", name="Add", exact=True).click()
    card = page.locator(".webhook")
    await card.get_by_role("button", name="Send a ping").click()
    await expect(card.locator(".told")).to_contain_text("refused")
    await card.locator(".messages summary").click()
    await expect(card.get_by_role("button", name="Send again: Ping")).to_be_visible()
    await card.get_by_role("button", name="Change").click()
    assert await violations(page, axe) == []
    page.once("dialog", lambda dialog: dialog.accept())
    await card.get_by_role("button", name="Remove").click()
    await expect(card).to_have_count(0)
    await page.goto(f"{visitor.server.url}/desk/#/policy")
    await page.get_by_label("Its address").fill("http://127.0.0.1:9/")
    assert await violations(page, axe) == []
