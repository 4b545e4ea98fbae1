"""Nothing is sent before the article can be read, where the site asks for that."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp import web
from local_site import LocalSite
from push.push_desk import Desk, Subscriber
from push.push_service import PushService

from service.core.db import Pool
from service.core.outbound import open_session
from service.push.jobs import Push, open_push
from service.push.presence import next_check, waited, why_absent
from service.push.settings_store import PushSettings, put_settings
from service.push.types import Alert
from service.settings import Settings


class Publisher(LocalSite):
    """A publisher's website, whose article is there or not."""

    status = 404

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/story", self._story)
        router.add_get("/moved", self._moved)
        router.add_get("/away", self._away)
        router.add_get("/round", self._round)

    async def _story(self, request: web.Request) -> web.Response:
        assert request.headers["Cache-Control"] == "no-cache"
        return web.Response(status=self.status, text="<p>" + "x" * 100_000)

    async def _moved(self, _request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/story#top")

    async def _away(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("https://elsewhere.example/story")

    async def _round(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("/round")


@pytest_asyncio.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with Publisher() as publisher:
        yield publisher


@pytest_asyncio.fixture
async def push(pool: Pool, local: Settings, state: dict[str, object]) -> AsyncIterator[Push]:
    async with open_push(pool, state["keyring"], local) as push:  # type: ignore[arg-type]
        yield push


async def _alert(desk: Desk, publisher: Publisher, *, check: bool = True) -> Alert:
    """An alert that is due, for an article of the publisher."""
    async with desk.pool.acquire() as conn:
        await put_settings(conn, desk.site.id, PushSettings(check_url=check))
    alert = await desk.schedule()
    url = f"{publisher.origin}/story"
    await desk.pool.execute("update alert set url = $2 where id = $1", alert.id, url)
    return alert


async def test_an_alert_waits_until_its_article_answers(
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    push: Push,
    publisher: Publisher,
) -> None:
    await subscribe(service.browser())
    alert = await _alert(desk, publisher)
    await push.start(alert.id.bytes)
    row = await pool.fetchrow("select * from alert")
    assert row is not None
    assert (row["state"], row["checks"], row["check_failed"]) == ("scheduled", 1, "HTTP 404")
    assert row["send_at"] > datetime.now(UTC)
    await push.start(alert.id.bytes)  # not due by now: not asked for again
    assert await pool.fetchval("select checks from alert") == 1
    publisher.status = 200
    await pool.execute("update alert set send_at = now()")
    await push.sweep()
    await push.deliver(b"")
    assert (await desk.counts(alert)).accepted == 1
    assert await desk.state(alert) == "sent"


async def test_a_site_that_does_not_ask_for_it_sends_at_once(
    desk: Desk, push: Push, publisher: Publisher
) -> None:
    alert = await _alert(desk, publisher, check=False)
    await push.start(alert.id.bytes)
    assert await desk.state(alert) == "sent"


async def test_an_article_that_never_comes_ends_the_alert(
    desk: Desk, pool: Pool, push: Push, publisher: Publisher
) -> None:
    alert = await _alert(desk, publisher)
    await pool.execute("update alert set ttl = 3600, checks = 15, send_at = now()")
    await push.start(alert.id.bytes)
    row = await pool.fetchrow("select * from alert")
    assert row is not None
    assert (row["state"], row["check_failed"]) == ("cancelled", "HTTP 404")
    await push.sweep()
    assert await desk.state(alert) == "cancelled"


async def test_one_that_is_cancelled_while_it_waits_stays_so(
    desk: Desk, pool: Pool, push: Push, publisher: Publisher
) -> None:
    alert = await _alert(desk, publisher)
    await push.start(alert.id.bytes)
    await pool.execute("update alert set state = 'cancelled', send_at = now()")
    publisher.status = 200
    await push.start(alert.id.bytes)
    assert await desk.state(alert) == "cancelled"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/story", None),
        ("/story#part", None),
        ("/moved", None),
        ("/away", "HTTP 302, to another site"),
        ("/round", "Too many redirects"),
        ("/nothing", "HTTP 404"),
    ],
)
async def test_what_stands_in_the_way(publisher: Publisher, path: str, why: str | None) -> None:
    publisher.status = 200
    async with open_session(allow_local=True, limit=1, total=5, connect=5) as session:
        assert await why_absent(session, publisher.origin + path, allow_local=True) == why


async def test_no_address_inside_is_asked(publisher: Publisher) -> None:
    publisher.status = 200
    async with open_session(allow_local=False, limit=1, total=5, connect=5) as session:
        for url in (
            f"{publisher.origin}/story",
            "https://127.0.0.1/",
            "http://[::1]/",
            "https://x",
        ):
            assert await why_absent(session, url, allow_local=False) is not None
        found = await why_absent(session, "https://nowhere.invalid/a", allow_local=False)
        assert found == "The name is not known"


def test_checks_become_rarer_up_to_every_five_minutes() -> None:
    assert [next_check(n).total_seconds() for n in range(7)] == [10, 20, 40, 80, 160, 300, 300]
    assert waited(3) == timedelta(seconds=70)
    assert next_check(10**6) == timedelta(minutes=5)
