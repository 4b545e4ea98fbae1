"""An alert's whole way in a real Firefox: accept, publish, receive, show, receipt, click."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.marionette import PATIENCE, Firefox, executable, firefox
from e2e.mozilla_service import MozillaService
from live import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="firefox-esr is not installed"),
]

ACCEPT = """
const root = () => document.querySelector('article-alerts')?.shadowRoot;
for (let tries = 0; tries < 400; tries++) {
  const button = root()?.querySelector('button[name=accept]');
  if (button) return button;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
throw new Error('no accept button: ' + root()?.textContent);
"""

OUR_REGISTRATION = """
const all = await navigator.serviceWorker.getRegistrations();
const ours = all.find(({ active }) => active?.scriptURL.endsWith('/push-worker.js'));
"""

SHOWN = (
    OUR_REGISTRATION
    + """
const shown = await ours.getNotifications();
return shown.map(({ title, body, tag }) => ({ title, body, tag }));
"""
)

# The worker shows that it works. Closed, so that the alert's own window is the only one.
WELCOMED = (
    OUR_REGISTRATION
    + """
const [welcome] = await ours.getNotifications({ tag: 'welcome' });
welcome?.close();
return welcome?.title;
"""
)

# The element says so once the service has stored the subscription, which is later than the
# browser having one.
ON = """
const root = document.querySelector('article-alerts').shadowRoot;
if (!root) return false; // still loading
const again = root.querySelector('[name=turn-on]')?.textContent === 'Try again';
if (again || root.querySelector('.blocked')) throw new Error(root.textContent);
return Boolean(root.querySelector('[name=turn-off]'));
"""


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := await look()):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.1)
    return found


class Publisher:
    """The newsroom's side, over HTTP."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.client = httpx.AsyncClient(
            base_url=f"{live.url}/v1/sites/default/",
            headers={"authorization": f"Bearer {live.publisher_key}"},
        )

    async def alert(self, key: str, title: str, section: str | None = None) -> str:
        """Publish an article with an alert; the alert's id."""
        answer = await self.client.put(
            f"articles/{key}",
            json={
                "url": f"{self.live.url}/demo/?article={key}",
                "title": title,
                "summary": "Grüße, the winter timetable: 冬季",
                "section": section,
                "alert": True,
            },
        )
        assert answer.status_code == 201, answer.text
        ident: str = answer.json()["alert"]["id"]
        return ident

    async def get(self, alert: str) -> dict[str, Any]:
        """The alert as it stands."""
        answer = await self.client.get(f"alerts/{alert}")
        found: dict[str, Any] = answer.json()
        return found

    async def counted(self, alert: str, event: str) -> Any:
        """How often the event was counted."""
        return (await self.get(alert))["counts"][event]


async def subscribe(browser: Firefox, live: LiveServer) -> None:
    """Press OK in the page's own bar."""
    await browser.go(f"{live.url}/demo/")
    await browser.click(await browser.run(ACCEPT))
    await until(lambda: browser.run(ON))
    assert await until(lambda: browser.run(WELCOMED)) == "Alerts are on"


@contextlib.asynccontextmanager
async def subscribed(
    live: LiveServer, profile: Path
) -> AsyncIterator[tuple[Publisher, MozillaService, Firefox]]:
    """A publisher, a push service, and a reader whose alerts are on."""
    publisher = Publisher(live)
    async with (
        publisher.client,
        MozillaService() as service,
        firefox(profile, service.preferences) as browser,
    ):
        await subscribe(browser, live)
        yield publisher, service, browser


async def test_accept_publish_show_count_click(live_server: LiveServer, tmp_path: Path) -> None:
    async with subscribed(live_server, tmp_path) as (publisher, service, browser):
        alert = await publisher.alert("firefox-1", "The “Margarethe” sails & sails")
        await until(lambda: publisher.counted(alert, "shown"))
        (shown,) = await browser.run(SHOWN)
        assert shown == {
            "title": "The “Margarethe” sails & sails",
            "body": "Grüße, the winter timetable: 冬季",
            "tag": alert.replace("-", ""),
        }
        assert service.answers == [201]
        # The browser is faster than the ledger. Of the whole alert nothing is said: other tests'
        # subscriptions, whose service isn't there, are still being tried.
        await until(lambda: publisher.counted(alert, "accepted"))
        found = await publisher.get(alert)
        assert (found["counts"]["accepted"], found["counts"]["shown"]) == (1, 1)
        # The same article again: nothing more arrives.
        again = await publisher.client.put(
            "articles/firefox-1",
            json={"url": f"{live_server.url}/demo/", "title": "Corrected", "alert": True},
        )
        assert again.json()["alert"]["id"] == alert
        assert len(await browser.run(SHOWN)) == 1
        assert service.answers == [201]
        windows = await browser.command("WebDriver:GetWindowHandles", {})
        await press(browser)
        await until(lambda: publisher.counted(alert, "clicked"))
        assert (await publisher.get(alert))["counts"]["clicked"] == 1
        # No tab shows that article yet: it gets one, and what the reader has open stays.
        (opened,) = await until(lambda: new_windows(browser, windows))
        await browser.command("WebDriver:SwitchToWindow", {"handle": opened})
        url = f"{live_server.url}/demo/?article=firefox-1"
        await until(lambda: browser.run("return location.href === arguments_[0]", url))


MUTED = """
const { id, token } = JSON.parse(localStorage.getItem('rejoinder:push:default'));
const mine = await fetch(`/v1/sites/default/push/subscriptions/${id}`,
  { headers: { Authorization: `Bearer ${token}` } });
return (await mine.json()).muted;
"""


async def test_fewer_like_this(live_server: LiveServer, tmp_path: Path) -> None:
    async with subscribed(live_server, tmp_path) as (publisher, _, browser):
        alert = await publisher.alert("fewer-1", "Bees in the town hall", "Bees")
        await until(lambda: publisher.counted(alert, "shown"))
        await press(browser, "fewer")
        await until(lambda: browser.run(MUTED))
        assert await browser.run(MUTED) == ["bees"]
        assert await browser.run(SHOWN) == []
        assert (await publisher.get(alert))["counts"]["clicked"] == 0
        # From now on those don't come, and the others do.
        await publisher.alert("fewer-2", "Still bees", "Bees")
        other = await publisher.alert("fewer-3", "The bridge is open", "Roads")
        await until(lambda: publisher.counted(other, "shown"))
        assert [one["title"] for one in await browser.run(SHOWN)] == ["The bridge is open"]


async def new_windows(browser: Firefox, before: list[str]) -> list[str]:
    """The tabs that weren't there before."""
    now = await browser.command("WebDriver:GetWindowHandles", {})
    return [handle for handle in now if handle not in before]


async def press(browser: Firefox, action: str = "") -> None:
    """Click the notification, or press one of its buttons.

    It is a window of the browser's own, which only the browser's own code can reach. Of the desktop
    whose place it takes it lacks the buttons: those are told, as a desktop tells them, to the
    listener that a click is told to.
    """
    await browser.run(
        """
        const [action] = arguments_;
        const pressed = { QueryInterface: ChromeUtils.generateQI(['nsIAlertAction']), action };
        for (let tries = 0; tries < 200; tries++) {
          for (const window of Services.wm.getEnumerator('alert:alert')) {
            if (!window.gAlertListener) continue;
            if (!action) return window.onAlertClick();
            window.gAlertListener.observe(pressed, 'alertclickcallback', window.gAlertCookie);
            return window.close();
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error('no alert window');
        """,
        action,
        context="chrome",
    )
