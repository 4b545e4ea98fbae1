"""Background work of feeds. PgQueuer only wakes: the sweep finds what a lost job was about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from service.core.db import Pool
from service.core.jobs import Job, Tick, enqueue
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.feeds import polling_store as store
from service.feeds.actions import POLL_JOB
from service.feeds.fetching import CONNECT_SECONDS, MOST_CONNECTIONS, TOTAL_SECONDS, Fetcher
from service.feeds.hubs import LEAVE_JOB, Hubs
from service.feeds.polling import Poller
from service.settings import Settings

CONCURRENCY = 2
UNSEEN_LAST = timedelta(days=180)


@asynccontextmanager
async def open_poller(pool: Pool, keyring: Keyring, settings: Settings) -> AsyncIterator[Poller]:
    """What `jobs` needs, with an HTTP session of its own; closed on leaving."""
    local = settings.feed_allow_local
    async with open_session(
        allow_local=local, limit=MOST_CONNECTIONS, total=TOTAL_SECONDS, connect=CONNECT_SECONDS
    ) as session:
        fetcher = Fetcher(session, allow_local=local)
        hubs = Hubs(pool, keyring, fetcher.post, settings.public_url)
        yield Poller(pool, fetcher, hubs, settings.alert_hold)


def jobs(poller: Poller) -> list[Job]:
    """The kinds of work that feeds enqueue."""

    async def poll(_payload: bytes) -> None:
        await poller.poll()

    return [Job(POLL_JOB, poll, concurrency=CONCURRENCY), Job(LEAVE_JOB, poller.leave_hub)]


def ticks(pool: Pool) -> list[Tick]:
    """What feeds do by the clock."""

    async def sweep() -> None:
        if await store.is_any_due(pool):
            async with pool.acquire() as conn:
                await enqueue(conn, POLL_JOB, b"")

    async def forget() -> None:
        await store.forget(pool, UNSEEN_LAST)

    return [
        Tick("feeds-sweep", "* * * * * */15", sweep),
        Tick("feeds-forget", "47 3 * * *", forget),
    ]
