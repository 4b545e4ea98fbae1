"""Background work of push. PgQueuer only wakes: the sweep finds whatever a lost job was about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from service.core.db import Pool
from service.core.jobs import Job, Tick, enqueue
from service.core.tokens import Keyring
from service.push import delivery_store as deliveries
from service.push import origins_store as origins
from service.push import store
from service.push.actions import START_JOB
from service.push.delivery import DELIVER_JOB, Courier, start_alert
from service.push.sender import open_sender
from service.settings import Settings

log = structlog.get_logger("rejoinder.push")

RECEIPTS_LAST = timedelta(days=30)
MOST_DUE = 20
MOST_WAKES = 2
CONCURRENCY = 2  # of them one may just be ending; each takes all batches that there is room for


class Push:
    """What the worker process runs for push."""

    def __init__(self, pool: Pool, courier: Courier) -> None:
        """Made by open_push."""
        self._pool = pool
        self._courier = courier

    def stop(self) -> None:
        """Let deliveries end after the window they are in; call it when the worker must go."""
        self._courier.stop()

    async def start(self, payload: bytes) -> None:
        """Start the alert whose id is the payload, if it is (still) due."""
        async with self._pool.acquire() as conn:
            await start_alert(conn, UUID(bytes=payload))

    async def deliver(self, _payload: bytes) -> None:
        """Deliver until no batch waits."""
        await self._courier.deliver()

    async def sweep(self) -> None:
        """Start what is due, wake for batches that wait, end alerts with nothing left to do."""
        for alert_id in await deliveries.list_due_alerts(self._pool, MOST_DUE):
            try:
                await self.start(alert_id.bytes)
            except Exception:  # one alert that can't start must not hold back the others
                log.exception("alert not started", alert=str(alert_id))
        for _ in range(await deliveries.count_claimable(self._pool, MOST_WAKES)):
            async with self._pool.acquire() as conn:
                await enqueue(conn, DELIVER_JOB, b"")
        await deliveries.finish_alerts(self._pool)

    async def forget(self) -> None:
        """Forget addresses after 30 days, and who confirmed what of older alerts."""
        await store.forget_addresses(self._pool)
        await store.fold_receipts(self._pool, datetime.now(UTC) - RECEIPTS_LAST)
        await origins.forget(self._pool)


@asynccontextmanager
async def open_push(pool: Pool, keyring: Keyring, settings: Settings) -> AsyncIterator[Push]:
    """What `jobs` and `ticks` need, with an HTTP session of its own; closed on leaving."""
    async with open_sender(allow_local=settings.push_allow_local) as sender:
        yield Push(pool, Courier(pool, keyring, settings, sender))


def jobs(push: Push) -> list[Job]:
    """The kinds of work that push enqueues."""
    return [
        Job(START_JOB, push.start),
        Job(DELIVER_JOB, push.deliver, concurrency=CONCURRENCY),
    ]


def ticks(push: Push) -> list[Tick]:
    """What push does by the clock."""
    return [
        Tick("push-sweep", "* * * * * */5", push.sweep),
        Tick("push-forget", "23 * * * *", push.forget),
    ]
