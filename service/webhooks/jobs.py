"""Background work of webhooks. PgQueuer only wakes: the sweep finds what a lost job was about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from service.core.db import Pool
from service.core.jobs import Job, Tick, enqueue
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.settings import Settings
from service.webhooks import delivery_store as store
from service.webhooks.delivery import Courier
from service.webhooks.sender import CONNECT_SECONDS, MOST_CONNECTIONS, TOTAL_SECONDS, Sender

DELIVER_JOB = "webhooks-deliver"  # also what migration 0009 enqueues
CONCURRENCY = 4
DELIVERED_LAST = timedelta(days=3)
DEAD_LAST = timedelta(days=30)


@asynccontextmanager
async def open_courier(pool: Pool, keyring: Keyring, settings: Settings) -> AsyncIterator[Courier]:
    """What `jobs` needs, with an HTTP session of its own; closed on leaving."""
    local = settings.webhook_allow_local
    async with open_session(
        allow_local=local, limit=MOST_CONNECTIONS, total=TOTAL_SECONDS, connect=CONNECT_SECONDS
    ) as session:
        yield Courier(pool, keyring, Sender(session, allow_local=local))


def jobs(courier: Courier) -> list[Job]:
    """The kind of work that an event enqueues."""

    async def deliver(_payload: bytes) -> None:
        await courier.deliver()

    return [Job(DELIVER_JOB, deliver, concurrency=CONCURRENCY)]


def ticks(pool: Pool) -> list[Tick]:
    """What webhooks do by the clock."""

    async def sweep() -> None:
        if await store.is_any_due(pool):
            async with pool.acquire() as conn:
                await enqueue(conn, DELIVER_JOB, b"")

    async def forget() -> None:
        await store.forget(pool, DELIVERED_LAST, DEAD_LAST)

    return [
        Tick("webhooks-sweep", "* * * * * */5", sweep),
        Tick("webhooks-forget", "37 * * * *", forget),
    ]
