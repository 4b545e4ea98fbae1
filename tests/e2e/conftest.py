"""Chromium, and fixtures for those who come to the page."""

import shutil
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from e2e.keys_page import Chief, Key
from e2e.visitors import PATIENCE, Api, MakeVisitor, Visitor
from live import LiveServer
from npm import install
from playwright.async_api import Browser, Playwright, async_playwright, expect

# Five seconds, the library's own, are not enough on a machine that others use.
expect.set_options(timeout=PATIENCE)

CHROMIUM = shutil.which("chromium")
# The same engine without windows: a profile costs it a sixth of the time. It refuses all
# notifications, so that tests of them are marked `notifications`.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
# Debian's Chromium as root: FACTS.md, "Other parts, tried".
ARGUMENTS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test made up has no address, and may then not load from this machine.
    "--disable-features=LocalNetworkAccessChecks",
]


class Browsers:
    """Each is started when it is first asked for."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._started: dict[str, Browser] = {}

    async def get(self, path: str | None) -> Browser:
        """One browser for all tests."""
        if path is None:
            pytest.skip("CHROMIUM IS MISSING: nothing of the page was tested (make browsers)")
        if path not in self._started:
            self._started[path] = await self._playwright.chromium.launch(
                executable_path=path, args=ARGUMENTS
            )
        return self._started[path]

    async def close(self) -> None:
        for browser in self._started.values():
            await browser.close()


@pytest.fixture(scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    """Chromium, with windows and without."""
    async with async_playwright() as playwright:
        browsers = Browsers(playwright)
        yield browsers
        await browsers.close()


@pytest.fixture
async def browser(browsers: Browsers, request: pytest.FixtureRequest) -> Browser:
    """The one that the test needs."""
    whole = request.node.get_closest_marker("notifications")
    return await browsers.get(CHROMIUM if whole else SHELL)


@pytest.fixture
async def visitors(browser: Browser, live_server: LiveServer) -> AsyncIterator[MakeVisitor]:
    """Makes visitors; the test fails if a page of theirs threw or broke its policy."""
    made: list[Visitor] = []

    async def make(**options: Any) -> Visitor:
        context = await browser.new_context(
            **{"viewport": {"width": 1000, "height": 900}, "reduced_motion": "reduce", **options}
        )
        made.append(Visitor(context, live_server))
        return made[-1]

    yield make
    for visitor in made:
        await visitor.context.close()
        assert visitor.errors == []


@pytest.fixture
async def visitor(visitors: MakeVisitor) -> Visitor:
    """One visitor."""
    return await visitors()


@pytest.fixture
def key() -> str:
    """The key of an article that no other test uses."""
    return f"e2e-{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def api(live_server: LiveServer) -> AsyncIterator[Api]:
    """The service without a browser."""
    async with httpx.AsyncClient(base_url=live_server.url) as client:
        yield Api(client, live_server)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script, from npm."""
    folder = install("axe-core@4", tmp_path_factory.mktemp("axe"), "axe-core looked at nothing")
    return (folder / "axe.min.js").read_text()


@pytest.fixture
async def chief(api: Api, live_server: LiveServer) -> Chief:
    """An editor elsewhere."""
    live_server.command("moderators", "add", "chief@desk.example", "--role", "editor")
    token = live_server.command("moderators", "token", "chief@desk.example")
    headers = {"Authorization": f"Bearer {token}"}

    async def call(method: str, path: str, body: object = None) -> httpx.Response:
        answer = await api.client.request(
            method, f"/v1/moderation/{path}", json=body, headers=headers
        )
        return answer.raise_for_status()

    return call


@pytest.fixture
async def coral(api: Api, chief: Chief) -> Key:
    """A key of another system, which stores the texts that it may."""
    body = {"scopes": ["classify"], "label": f"Coral {uuid.uuid4().hex[:6]}", "keeps": True}
    return Key(api, (await chief("POST", "keys?site=default", body)).json())
