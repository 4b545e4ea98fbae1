"""The policy page by itself: in a document that does for it what the desk's shell does."""

from live import LiveServer
from playwright.async_api import Page, Route

HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Policy</title>
<link rel="stylesheet" href="desk.css"><link rel="stylesheet" href="policy.css">
<script type="module" src="policy-shell.js"></script></head>
<body><main id="page"></main></body></html>"""
SHELL = """import { openSession } from './calls.js';
import { show } from './pages/policy.js';
const session = await openSession(null);
const life = new AbortController();
window.leave = () => life.abort();
await show(document.querySelector('#page'), { session, signal: life.signal, site: 'default' });
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def sign_in_link(server: LiveServer, role: str) -> str:
    """A one-time link for somebody of this role."""
    return server.command("moderators", "add", f"{role}@desk.example", "--role", role)


async def open_policy(page: Page, server: LiveServer, role: str = "editor") -> None:
    """Sign in, and open the page."""

    async def document(route: Route) -> None:
        headers = {"Content-Security-Policy": POLICY}
        await route.fulfill(body=HTML, content_type="text/html", headers=headers)

    async def shell(route: Route) -> None:
        await route.fulfill(body=SHELL, content_type="text/javascript")

    await page.route(f"{server.url}/desk/policy-shell.js", shell)
    await page.route(f"{server.url}/desk/policy-page", document)
    await page.goto(sign_in_link(server, role))
    await page.get_by_role("button", name="Sign out").wait_for()
    await page.goto(f"{server.url}/desk/policy-page")
    await page.get_by_role("heading", name="Policy", exact=True).wait_for()
