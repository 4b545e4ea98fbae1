"""Background work of push. PgQueuer only wakes: the sweep finds whatever a lost job was about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from service.core.db import Pool
from service.core.jobs import Job, Tick, enqueue
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.push import delivery_store as deliveries
from service.push import origins_store as origins
from service.push import presence, rules, store
from service.push.actions import START_JOB
from service.push.delivery import DELIVER_JOB, Courier, start_alert
from service.push.presence import Absent
from service.push.readers import remove_inactive
from service.push.restored import Watch
from service.push.sender import open_sender
from service.push.settings_store import get_settings
from service.settings import Settings

log = structlog.get_logger("rejoinder.push")

RECEIPTS_LAST = timedelta(days=30)
MOST_DUE = 20
MOST_WAKES = 2
CONCURRENCY = 2  # of them one may just be ending; each takes all batches that there is room for


class Push:
    """What the worker process runs for push."""

    def __init__(self, pool: Pool, courier: Courier, why_absent: Absent, watch: Watch) -> None:
        """Made by open_push; `why_absent` asks for an article's address."""
        self._pool = pool
        self._courier = courier
        self._why_absent = why_absent
        self._watch = watch

    def stop(self) -> None:
        """Let deliveries end after the window they are in; call it when the worker must go."""
        self._courier.stop()

    async def start(self, payload: bytes) -> None:
        """Start the alert whose id is the payload, if it is (still) due, and can be read."""
        alert_id = UUID(bytes=payload)
        await self._watch.look()
        if await self._waits_for_article(alert_id):
            return
        async with self._pool.acquire() as conn:
            await start_alert(conn, alert_id)

    async def _waits_for_article(self, alert_id: UUID) -> bool:
        """Whether a due alert must wait because its article can't be read yet."""
        alert = await deliveries.get_alert(self._pool, alert_id)
        if alert is None or alert.state != "scheduled" or alert.send_at > datetime.now(UTC):
            return False  # not due: nothing starts in any case
        decided = await get_settings(self._pool, alert.site_id)
        if not decided.check_url or decided.paused_at is not None:
            return False
        why = await self._why_absent(alert.url)
        if why is None:
            return False
        wait = presence.next_check(alert.checks)
        log.warning("article not there yet", alert=str(alert_id), why=why)
        async with self._pool.acquire() as conn, conn.transaction():
            checks = await deliveries.put_off(conn, alert_id, why, wait)
            if checks is None:  # somebody else has asked meanwhile
                return True
            if presence.waited(checks).total_seconds() > max(alert.ttl, rules.SHORTEST_CHASE):
                await store.cancel_alert(conn, alert.site_id, alert_id)
                log.error("alert cancelled: its article never came", alert=str(alert_id))
            else:
                await enqueue(conn, START_JOB, alert_id.bytes, after=wait)
        return True

    async def deliver(self, _payload: bytes) -> None:
        """Deliver until no batch waits."""
        await self._watch.look()
        await self._courier.deliver()

    async def sweep(self) -> None:
        """Start what is due, wake for batches that wait, end alerts with nothing left to do."""
        await self._watch.look()
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

    async def prune(self) -> None:
        """Remove subscriptions without a sign of life."""
        await remove_inactive(self._pool)


@asynccontextmanager
async def open_push(pool: Pool, keyring: Keyring, settings: Settings) -> AsyncIterator[Push]:
    """What `jobs` and `ticks` need, with an HTTP session of its own; closed on leaving."""
    watch = Watch(pool, settings)
    await watch.look()
    local = settings.push_allow_local
    async with (
        open_sender(allow_local=local) as sender,
        open_session(
            allow_local=local,
            limit=MOST_DUE,
            total=presence.SECONDS,
            connect=presence.SECONDS,
        ) as session,
    ):
        why_absent = partial(presence.why_absent, session, allow_local=local)
        yield Push(pool, Courier(pool, keyring, settings, sender), why_absent, watch)


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
        Tick("push-prune", "53 3 * * *", push.prune),
    ]
