"""The policy page at the desk."""

from live import LiveServer
from playwright.async_api import Page


def sign_in_link(server: LiveServer, role: str) -> str:
    """A one-time link for somebody of this role."""
    return server.command("moderators", "add", f"{role}@desk.example", "--role", role)


async def open_policy(page: Page, server: LiveServer, role: str = "editor") -> None:
    """Sign in, and open the page."""
    await page.goto(sign_in_link(server, role))
    await page.get_by_role("link", name="Policy").click()
    await page.get_by_role("heading", name="Policy", exact=True).wait_for()
