"""The policy page at the desk."""

from typing import Any

import httpx
from live import LiveServer
from playwright.async_api import Page


def sign_in_link(server: LiveServer, role: str) -> str:
    """A one-time link for somebody of this role."""
    return server.command("moderators", "add", f"{role}@desk.example", "--role", role)


async def open_policy(page: Page, server: LiveServer, role: str = "editor") -> None:
    """Sign in, and open the page."""
    await page.goto(sign_in_link(server, role))
    await open_page(page, "Policy")


async def open_page(page: Page, name: str) -> None:
    """A page of the desk about the site `default`, whichever comes first of those there are."""
    await page.get_by_role("link", name=name).wait_for()
    await page.evaluate("name => { location.hash = `#/${name}?site=default`; }", name.lower())
    await page.get_by_role("heading", name=name, exact=True).wait_for()


async def put_policy(server: LiveServer, policy: dict[str, Any]) -> None:
    """Put this one in force at the site `default`, whatever sites there are beside it."""
    token = server.command("moderators", "token", "editor@desk.example")
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.put(
            "/v1/moderation/policy",
            params={"site": "default"},
            json={"policy": policy},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == 200, answer.text
