"""Polling: whose turn it is, what came, and when to look again.

A feed is leased, read, taken, and the outcome written with the release of the lease. A worker
that is killed loses its lease in time, and whoever leases the feed next reads it again: what was
taken is known by then.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import structlog

from service.core.db import Pool, uuid7
from service.core.metrics import FEEDS
from service.feeds import outcome_store as outcomes
from service.feeds import polling_store as store
from service.feeds import rules
from service.feeds.decoding import NotAFeedError
from service.feeds.fetching import Fetch, Fetched, FetchError
from service.feeds.hub_store import get_subscription, note_missed
from service.feeds.hubs import Hubs, tells
from service.feeds.reading import read_document
from service.feeds.taking import Lost, Taken, take
from service.feeds.types import Claimed, Document
from service.feeds.words import one_line

log = structlog.get_logger("rejoinder.feeds")

AT_ONCE = 4  # feeds under way in one run
LONGEST_ERROR = 800  # characters
READ_SECONDS = 120.0  # for a document and the parts of an index, redirects and all
LOOK = 1.0  # seconds until a run that waits for slow servers looks for others' work again
GRACE = 5.0  # seconds that polls get to end when the worker must go
GONE = "The feed is gone for good (410); add it again to poll it again"


class Poller:
    """Polls what is due; any number of runs, in any number of processes, share the work."""

    def __init__(self, pool: Pool, fetch: Fetch, hubs: Hubs, hold: int) -> None:
        """`fetch` is what the network hangs on; `hold` is REJOINDER_ALERT_HOLD."""
        self._pool = pool
        self._fetch = fetch
        self._hubs = hubs
        self._hold = hold
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let runs end; call it when the worker must go."""
        self._stopping.set()

    async def leave_hub(self, payload: bytes) -> None:
        """Tell the hub of a feed that is gone, or of another one by now."""
        await self._hubs.leave(payload)

    async def poll(self) -> None:
        """Poll until nothing is due."""
        running: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping.is_set():
                for one in await self._claim(AT_ONCE - len(running)):
                    running.add(asyncio.create_task(self._poll_one(one)))
                if not running:
                    return
                _, running = await asyncio.wait(
                    running, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED
                )
            if running:
                await asyncio.wait(running, timeout=GRACE)
        finally:
            # Their leases run out, and somebody polls them again.
            for task in running:
                task.cancel()

    async def _claim(self, room: int) -> list[Claimed]:
        if room <= 0:
            return []
        async with self._pool.acquire() as conn, conn.transaction():
            return await store.claim(conn, uuid7(), room)

    async def _poll_one(self, one: Claimed) -> None:
        """Poll one feed and write how it went; one that fails ends no run of the others."""
        try:
            FEEDS.labels(await self._outcome(one)).inc()
        except Exception:  # its lease runs out, and it is polled again
            log.exception("feed's outcome not written", feed=str(one.id))

    async def _outcome(self, one: Claimed) -> str:
        try:
            return await self._attempt(one)
        except Lost:
            return "lost"
        except Exception:
            log.exception("feed not polled", feed=str(one.id))
            return await self._fail(one, FetchError("It could not be taken"))

    async def _attempt(self, one: Claimed) -> str:
        try:
            async with asyncio.timeout(READ_SECONDS):
                fetched = await self._fetch(one.url, _conditions(one))
                document = await self._read(fetched)
        except FetchError as error:
            return await self._fail(one, error)
        except NotAFeedError as error:
            return await self._fail(one, FetchError(str(error), 200))
        except TimeoutError:
            return await self._fail(one, FetchError(f"No answer within {READ_SECONDS:.0f} seconds"))
        taken = Taken()
        if document is not None:
            taken = await take(self._pool, one, document, datetime.now(UTC), self._hold)
            async with self._pool.acquire() as conn:
                await outcomes.describe_feed(
                    conn, one.id, document, taken.refused, taken.refused_url
                )
        outcome = await self._finish(one, fetched, document, taken.new)
        if outcome != "lost":
            await self._ask_hub(one, fetched, document)
        return outcome

    async def _ask_hub(self, one: Claimed, fetched: Fetched, document: Document | None) -> None:
        """Headers before what the document says (WebSub, section 4)."""
        if document is None and not (fetched.hub and fetched.topic):
            await self._hubs.renew(one)
            return
        hub, topic = fetched.hub, fetched.topic
        if document is not None:
            hub, topic = hub or document.hub, topic or document.topic
        await self._hubs.look_after(one, hub, topic)

    async def _read(self, fetched: Fetched) -> Document | None:
        """What came, parsed in a thread; of an index its parts, one level deep."""
        if fetched.body is None:
            return None
        document = await asyncio.to_thread(
            read_document, fetched.body, fetched.url, fetched.charset
        )
        for url in document.parts:
            part = await self._fetch(url, {})
            if part.body is None:
                continue
            read = await asyncio.to_thread(read_document, part.body, part.url, part.charset)
            document = msgspec.structs.replace(
                document,
                title=document.title or read.title,
                entries=[*document.entries, *read.entries],
                unread=document.unread + read.unread,
            )
        return document

    async def _finish(
        self, one: Claimed, fetched: Fetched, document: Document | None, new: int
    ) -> str:
        async with self._pool.acquire() as conn, conn.transaction():
            if new and one.primed_at and not one.poked:
                await note_missed(conn, one.id)
            agreed = await get_subscription(conn, one.id)
            told = tells(agreed, datetime.now(UTC), timedelta(seconds=rules.WITH_HUB))
            # An index says nothing of its parts: they are asked for whether it has changed or not.
            whole = document is None or not document.parts
            etag, modified = fetched.etag, fetched.modified
            if document is None:
                etag, modified = etag or one.etag, modified or one.modified
            wait = rules.next_interval(
                await store.list_times(conn, one.id, rules.MOST_GAPS + 1),
                floor=max(fetched.max_age or 0.0, (document or one).floor or 0.0),
                rhythm=document.rhythm if document else None,
                hub=told,
            )
            if one.poked and not new:  # the hub may be faster than what stands before the server
                wait = rules.SHORTEST
            if fetched.moved:
                await store.move_feed(conn, one, fetched.moved, host_of(fetched.moved))
            held = await outcomes.finish_poll(
                conn,
                one,
                fetched.status,
                etag if whole else None,
                modified if whole else None,
                timedelta(seconds=wait),
            )
        if not held:
            return "lost"
        return "unchanged" if document is None else "read"

    async def _fail(self, one: Claimed, error: FetchError) -> str:
        async with self._pool.acquire() as conn:
            if error.gone:
                held = await outcomes.stop_feed(conn, one, error.status or 0, GONE)
            else:
                wait = timedelta(seconds=rules.retry_interval(one.failures + 1, error.wait))
                held = await outcomes.fail_poll(conn, one, error.status, _told(error), wait)
        return ("gone" if error.gone else "failed") if held else "lost"


def _told(error: FetchError) -> str:
    """Why it failed, which may quote what a stranger's server has sent."""
    return one_line(str(error).encode("utf-8", "replace").decode(), LONGEST_ERROR)


def host_of(url: str) -> str:
    """What takes one poll at a time: the host and its port."""
    return urlsplit(url).netloc.lower()


def _conditions(one: Claimed) -> dict[str, str]:
    """Conditional requests (RFC 9110, section 13); past any cache where a hub has told of news."""
    given = {"If-None-Match": one.etag, "If-Modified-Since": one.modified}
    headers = {name: value for name, value in given.items() if value}
    return {**headers, "Cache-Control": "no-cache"} if one.poked else headers
