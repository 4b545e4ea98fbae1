"""The desk's page of API keys, and the other system that has one."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from e2e.policy_page import sign_in_link
from e2e.visitors import Api
from live import LiveServer
from perspective import ANALYZE, INSULT, SUGGEST, asking, suggesting
from playwright.async_api import Locator, Page, expect

Chief = Callable[..., Awaitable[httpx.Response]]


class Key:
    """A key of a test's own, and what another system does with it."""

    def __init__(self, api: Api, made: dict[str, Any]) -> None:
        self.id, self.label = made["key"]["id"], made["key"]["label"]
        self.path = f"keys/{self.id}"
        self._client, self._query = api.client, {"key": made["token"]}

    async def say(self, text: str = INSULT, **scores: float) -> None:
        """Suggest scores."""
        body = suggesting(text, **(scores or {"TOXICITY": 1}))
        (await self._client.post(SUGGEST, json=body, params=self._query)).raise_for_status()

    async def ask(self, text: str = INSULT) -> None:
        """Have a text scored, which may be stored."""
        answer = await self._client.post(ANALYZE, json=asking(text), params=self._query)
        answer.raise_for_status()


async def open_keys(page: Page, server: LiveServer) -> None:
    """Sign in, and open the page about the site `default`."""
    await page.goto(sign_in_link(server, "editor"))
    await page.get_by_role("link", name="API keys").wait_for()
    await page.evaluate("location.hash = '#/keys?site=default'")
    await page.get_by_role("heading", name="API keys").wait_for()


def row_of(page: Page, coral: Key) -> Locator:
    """The key in the list."""
    return page.locator(f"[data-key='{coral.id}']")


async def look_into(page: Page, coral: Key) -> Locator:
    """The view of one key, opened by keyboard."""
    # The view asks once more how the key is, and shows another one where it has gone.
    async with page.expect_response("**/v1/moderation/keys?site=*"):
        await row_of(page, coral).get_by_role("button", name="Examples and use").press("Enter")
    await expect(page.get_by_role("heading", name=f"API key: {coral.label}")).to_be_visible()
    view = page.locator(".key-view")
    await expect(view.locator(".loading")).to_have_count(0)
    return view
