"""A real Firefox and the ways in which its subscription can come apart from the service's."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from e2e.marionette import Firefox, executable, firefox
from e2e.mozilla_service import MozillaService
from e2e.publisher_site import PublisherSite
from e2e.test_push_firefox import ACCEPT, ON, until
from live import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="firefox-esr is not installed"),
]

# What another service's script did on an earlier visit.
SUBSCRIBE_EARLIER = """
const [script = '/earlier.js', scope = '/earlier/'] = arguments_;
const registration = await navigator.serviceWorker.register(script, { scope });
const worker = registration.active ?? registration.waiting ?? registration.installing;
while (worker.state !== 'activated') await new Promise((done) => setTimeout(done, 20));
const curve = { name: 'ECDH', namedCurve: 'P-256' };
const pair = await crypto.subtle.generateKey(curve, true, ['deriveBits']);
const applicationServerKey = await crypto.subtle.exportKey('raw', pair.publicKey);
await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
"""

REGISTRATIONS = """
const all = await navigator.serviceWorker.getRegistrations();
return all.map(({ active }) => new URL(active.scriptURL).pathname).sort();
"""

NOTIFICATIONS = """
const all = await navigator.serviceWorker.getRegistrations();
const ours = all.find(({ active }) => active?.scriptURL.endsWith('/push-worker.js'));
const shown = await ours.getNotifications();
return shown.map(({ title, tag, lang }) => ({ title, tag, lang }));
"""

TEXT = "return (document.querySelector('article-alerts').shadowRoot?.textContent ?? '')"
PRESS = "document.querySelector('article-alerts').shadowRoot.querySelector(arguments_[0]).click()"


class Scene:
    """A newspaper with a site of its own, a browser, and the database beneath."""

    def __init__(
        self, site: str, page: str, browser: Firefox, service: MozillaService, conn: Any
    ) -> None:
        self.site = site
        self.page = page
        self.browser = browser
        self.service = service
        self.conn = conn

    async def accept(self) -> None:
        await self.browser.click(await self.browser.run(ACCEPT))
        await until(lambda: self.browser.run(ON))

    async def rows(self, *, living: bool = True) -> list[dict[str, Any]]:
        """The site's subscriptions."""
        found = await self.conn.fetch(
            """
            select id, endpoint, topics, vapid_key_id as key, removed_reason as reason
            from subscription
            where site_id = (select id from site where slug = $1) and (removed_at is null) = $2
            """,
            self.site,
            living,
        )
        return [dict(row) for row in found]

    async def whole(self) -> dict[str, Any] | None:
        """The one subscription, once the browser, its push service and ours agree on it."""
        rows = await self.rows()
        tokens = [row["endpoint"].rsplit("/", 1)[1] for row in rows]
        return rows[0] if len(rows) == 1 and tokens == list(self.service.channels) else None

    async def another(self, before: dict[str, Any]) -> dict[str, Any]:
        """The one subscription, once it isn't that of before, whose row has ended."""

        async def look() -> dict[str, Any] | None:
            row = await self.whole()
            return row if row and row["id"] != before["id"] else None

        row: dict[str, Any] = await until(look)
        assert before["id"] in {ended["id"] for ended in await self.rows(living=False)}
        return row


@contextlib.asynccontextmanager
async def scene(live: LiveServer, profile: Path, attributes: str = "") -> AsyncIterator[Scene]:
    """Everything, on a page whose alerts nobody has answered yet."""
    site = f"news-{secrets.token_hex(4)}"
    async with (
        PublisherSite(live, f'site="{site}" {attributes}') as paper,
        MozillaService() as service,
        firefox(profile, service.preferences) as browser,
    ):
        live.command("sites", "add", site, "--name", "News", "--origin", paper.origin)
        conn = await asyncpg.connect(live.database_url)
        try:
            await browser.go(paper.page)
            yield Scene(site, paper.page, browser, service, conn)
        finally:
            await conn.close()


async def test_a_reader_of_another_service_is_asked_and_moved(
    live_server: LiveServer, tmp_path: Path
) -> None:
    async with scene(live_server, tmp_path) as at:
        browser, service = at.browser, at.service
        await browser.run(SUBSCRIBE_EARLIER)
        (earlier,) = service.channels
        await browser.go(at.page)
        await browser.run(ACCEPT)
        assert "the earlier ones stop" in await browser.run(TEXT)
        # Asked, and nothing done before the answer.
        assert list(service.channels) == [earlier]
        assert await browser.run(REGISTRATIONS) == ["/earlier.js"]
        await at.accept()
        row = await until(at.whole)
        assert earlier not in service.channels
        assert row["reason"] is None
        # The publisher's worker may do more than push.
        assert await browser.run(REGISTRATIONS) == ["/earlier.js", "/push-worker.js"]
        shown = await until(lambda: browser.run(NOTIFICATIONS))
        assert shown == [{"title": "Alerts are on", "tag": "welcome", "lang": "en"}]
        assert service.answers == []  # nothing was pushed for it
        # A script left in the page subscribes the reader again: the next page ends that, too.
        await browser.run(SUBSCRIBE_EARLIER)
        assert len(service.channels) == 2
        await browser.go(at.page)
        assert (await until(at.whole))["id"] == row["id"]
        await browser.run(PRESS, "[name=turn-off]")

        async def ended() -> bool:
            return [r["reason"] for r in await at.rows(living=False)] == ["unsubscribed"]

        await until(ended)
        assert await at.rows() == []
        assert service.channels == {}
        # Off is off: the next visit neither asks nor subscribes.
        await browser.go(at.page)
        await until(lambda: _says(browser, "Article alerts are off."))
        await asyncio.sleep(2)
        assert not await browser.run(f"{TEXT}.includes('Enable notifications?')")
        assert service.channels == {}


@pytest.mark.parametrize(
    ("attribute", "workers", "channels"),
    [("replace", ["/push-worker.js"], 1), ("keep", ["/earlier.js", "/push-worker.js"], 2)],
)
async def test_a_worker_that_is_named(
    live_server: LiveServer, tmp_path: Path, attribute: str, workers: list[str], channels: int
) -> None:
    async with scene(live_server, tmp_path, f'{attribute}-worker="/earlier.js"') as at:
        await at.browser.run(SUBSCRIBE_EARLIER)
        await at.browser.go(at.page)
        await at.accept()
        assert len(await at.rows()) == 1
        assert await at.browser.run(REGISTRATIONS) == workers
        assert len(at.service.channels) == channels


async def test_our_own_worker_moves_from_where_the_first_version_put_it(
    live_server: LiveServer, tmp_path: Path
) -> None:
    scopes = """
        const all = await navigator.serviceWorker.getRegistrations();
        return all.map(({ scope }) => new URL(scope).pathname).sort();"""
    async with scene(live_server, tmp_path) as at:
        await at.browser.run(SUBSCRIBE_EARLIER, "/push-worker.js", "/push-worker/")
        # And another site of the same newspaper.
        await at.browser.run(SUBSCRIBE_EARLIER, "/push-worker.js", "/push-worker/another/")
        _, another = at.service.channels
        await at.browser.go(at.page)
        await at.browser.run(ACCEPT)
        assert "the earlier ones stop" not in await at.browser.run(TEXT)
        await at.accept()
        assert await at.browser.run(scopes) == ["/push-worker/another/", f"/push-worker/{at.site}/"]
        assert len(await at.rows()) == 1
        assert len(at.service.channels) == 2
        assert another in at.service.channels


async def test_a_key_that_changes_before_the_answer(
    live_server: LiveServer, tmp_path: Path
) -> None:
    async with scene(live_server, tmp_path, 'topics="world local"') as at:
        await at.browser.run(ACCEPT)  # the bar knows the topics, and with them the key
        retired = await at.conn.fetchval(
            """
            update vapid_key set retired_at = now()
            where site_id = (select id from site where slug = $1) returning id
            """,
            at.site,
        )
        await at.accept()
        assert (await until(at.whole))["key"] != retired


async def test_what_has_come_apart_is_mended(live_server: LiveServer, tmp_path: Path) -> None:
    async with scene(live_server, tmp_path) as at:
        browser, service = at.browser, at.service
        await at.accept()
        first = await until(at.whole)
        # The site's key changes.
        await at.conn.execute(
            "update vapid_key set retired_at = now() where id = $1 and retired_at is null",
            first["key"],
        )
        await browser.go(at.page)
        second = await at.another(first)
        assert second["key"] != first["key"]
        # The push service loses it: the worker makes another with no page's help.
        await browser.go("about:blank")
        await service.forget()
        third = await at.another(second)
        # And the page takes over what the worker has made.
        await browser.go(at.page)
        await until(lambda: browser.run(ON))

        async def takes_over() -> bool:
            kept = await browser.run(f"return localStorage.getItem('rejoinder:push:{at.site}')")
            return bool(kept) and json.loads(kept).get("id") == str(third["id"])

        await until(takes_over)
        # The browser drops it, and no event comes.
        await browser.run(
            """
            for (const one of await navigator.serviceWorker.getRegistrations()) {
              await (await one.pushManager.getSubscription())?.unsubscribe();
            }"""
        )
        await browser.go(at.page)
        fourth = await at.another(third)
        # The page's storage is lost, or it was closed before the service had answered.
        await browser.run("localStorage.clear()")
        await browser.go(at.page)
        await until(lambda: browser.run(ON))
        assert (await until(at.whole))["id"] == fourth["id"]
        # The service has lost the row; the page's weekly word brings it back.
        await at.conn.execute("delete from subscription where id = $1", fourth["id"])
        await browser.run(
            """
            const key = `rejoinder:push:${arguments_[0]}`;
            const kept = JSON.parse(localStorage.getItem(key));
            localStorage.setItem(key, JSON.stringify({ ...kept, at: Date.now() - 8 * 86400000 }));
            """,
            at.site,
        )
        await browser.go(at.page)
        assert (await until(at.whole))["endpoint"] == fourth["endpoint"]


CHOOSE = """
const root = document.querySelector('article-alerts').shadowRoot;
const wanted = arguments_[0];
for (const box of root.querySelectorAll('[name=topic]')) {
  if (box.checked !== wanted.includes(box.value)) box.click();
}
"""


async def test_topics_are_chosen_and_changed(live_server: LiveServer, tmp_path: Path) -> None:
    async with scene(live_server, tmp_path, 'topics="world local climate-energy"') as at:
        browser = at.browser
        await browser.run(ACCEPT)
        await browser.run(CHOOSE, [])
        await browser.run(PRESS, "[name=accept]")
        assert "Choose at least one topic." in await browser.run(TEXT)
        assert await at.rows() == []
        await browser.run(CHOOSE, ["world", "climate-energy"])
        await browser.run(PRESS, "[name=accept]")
        row = await until(at.whole)
        assert row["topics"] == ["climate-energy", "world"]
        await until(lambda: browser.run(ON))
        assert "are on in this browser: Climate energy and World." in await browser.run(TEXT)
        await browser.go(at.page)
        await until(lambda: browser.run(ON))
        await browser.run(PRESS, "[name=settings]")
        await until(lambda: browser.run(f"{CHOOSE}; return root.querySelector('form input')", []))
        await browser.run(CHOOSE, ["local"])
        await browser.run(PRESS, "[name=save]")

        async def changed() -> bool:
            return [r["topics"] for r in await at.rows()] == [["local"]]

        await until(changed)
        assert (await until(at.whole))["id"] == row["id"]
        # What the worker would renew with.
        note = await browser.run(
            """
            const [name] = await caches.keys();
            const cache = await caches.open(name);
            return (await cache.match((await cache.keys())[0])).json();"""
        )
        assert note["topics"] == ["local"]


async def test_two_tabs_make_one_subscription(live_server: LiveServer, tmp_path: Path) -> None:
    async with scene(live_server, tmp_path) as at:
        browser = at.browser
        # The other tab has a bar as well: it called for it, since nobody is asked twice.
        wait = """
            const host = document.querySelector('article-alerts');
            while (!host.shadowRoot) await new Promise((done) => setTimeout(done, 50));
            const root = host.shadowRoot;
            while (!root.querySelector('[name=accept]')) {
              root.querySelector('[name=turn-on]')?.click();
              await new Promise((done) => setTimeout(done, 50));
            }
            const go = new BroadcastChannel('go');
            go.onmessage = () => root.querySelector('[name=accept]').click();
        """
        one = await browser.command("WebDriver:GetWindowHandle", {})
        await browser.run(wait)
        two = await browser.command("WebDriver:NewWindow", {"type": "tab"})
        two = {"handle": two["handle"]}
        await browser.command("WebDriver:SwitchToWindow", two)
        await browser.go(at.page)
        await browser.run(wait)
        await browser.run(
            """
            new BroadcastChannel('go').postMessage('');
            document.querySelector('article-alerts').shadowRoot.querySelector('[name=accept]').click();
            """
        )
        await until(lambda: browser.run(ON))
        assert await at.whole()
        await browser.command("WebDriver:SwitchToWindow", {"handle": one["value"]})
        await until(lambda: browser.run(ON))
        await browser.command("WebDriver:SwitchToWindow", two)
        await browser.run(PRESS, "[name=turn-off]")
        await browser.command("WebDriver:SwitchToWindow", {"handle": one["value"]})
        await until(lambda: _says(browser, "Article alerts are off."))

        async def ended() -> bool:
            return await at.rows() == [] and not at.service.channels

        await until(ended)


async def _says(browser: Firefox, text: str) -> bool:
    return text in await browser.run(TEXT)
