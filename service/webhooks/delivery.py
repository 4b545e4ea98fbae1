"""From an event to a receiver that has it.

A delivery is leased, sent, and its outcome written. A worker that is killed loses its lease in
time, and whoever leases the delivery next sends it again under the same id, which receivers know
it by. A receiver that is slow keeps a few deliveries busy, and nobody else's.
"""

import asyncio
import time
from datetime import timedelta

import structlog

from service.core.db import Pool, uuid7
from service.core.metrics import WEBHOOKS
from service.core.sealing import SealError
from service.core.signing import signed_headers
from service.core.tokens import Keyring
from service.webhooks import delivery_store as store
from service.webhooks import keys, rules
from service.webhooks.payload import render
from service.webhooks.rules import Answer
from service.webhooks.sender import Send
from service.webhooks.types import Claimed

log = structlog.get_logger("rejoinder.webhooks")

FOR_ONE = 4  # messages under way to one webhook, in all workers together
AT_ONCE = 40  # messages under way in one run
LEASE = timedelta(seconds=30)  # well beyond the longest message (sender.TOTAL_SECONDS)
LOOK = 1.0  # seconds until a run that waits for slow receivers looks for others' work again
GRACE = 5.0  # seconds that messages get to end when the worker must go
GONE = "The receiver has said that it wants nothing more (410)"


class Courier:
    """Delivers what is due; any number of runs, in any number of processes, share the work."""

    def __init__(self, pool: Pool, keyring: Keyring, send: Send) -> None:
        """`send` is what the network hangs on."""
        self._pool = pool
        self._keyring = keyring
        self._send = send
        self._stopping = False

    def stop(self) -> None:
        """Let every running `deliver` end soon."""
        self._stopping = True

    async def deliver(self) -> None:
        """Work until nothing is due and nothing is under way."""
        running: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping:
                for one in await self._claim(AT_ONCE - len(running)):
                    running.add(asyncio.create_task(self._deliver_one(one)))
                if not running:
                    return
                _, running = await asyncio.wait(
                    running, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED
                )
            if running:
                await asyncio.wait(running, timeout=GRACE)
        finally:
            # Their leases run out, and somebody sends them again.
            for task in running:
                task.cancel()

    async def _claim(self, room: int) -> list[Claimed]:
        if room <= 0:
            return []
        async with self._pool.acquire() as conn, conn.transaction():
            return await store.claim(conn, uuid7(), LEASE, FOR_ONE, room)

    async def _deliver_one(self, one: Claimed) -> None:
        """Send one and write what became of it; one that can't be ends no run of the others."""
        try:
            answer = await self._attempt(one)
        except Exception:
            log.exception("webhook delivery failed", delivery=str(one.id))
            answer = Answer(None, "It could not be sent")
        try:
            WEBHOOKS.labels(await self._record(one, answer)).inc()
        except Exception:  # its lease runs out, and it is sent again
            log.exception("webhook outcome not written", delivery=str(one.id))

    async def _attempt(self, one: Claimed) -> Answer:
        event = await store.get_event(self._pool, one.event_id)
        target = await store.get_target(self._pool, one.webhook_id)
        if event is None or target is None:  # deleted since, and with it this delivery
            return Answer(None, "There is nothing to send any more")
        try:
            secrets = keys.open_all(self._keyring, target)
        except SealError:
            return Answer(
                None, "The secret doesn't open (was REJOINDER_SECRET changed?); a new one helps"
            )
        body = render(event)
        headers = signed_headers(secrets, str(one.event_id), int(time.time()), body)
        return await self._send(target.url, body, headers)

    async def _record(self, one: Claimed, answer: Answer) -> str:
        """Write what became of an attempt; its name for the metric.

        The webhook's row before the delivery's, as claiming does, or the two could deadlock.
        """
        async with self._pool.acquire() as conn, conn.transaction():
            if answer.delivered:
                await store.note_success(conn, one.webhook_id)
                held = await store.finish(conn, one, answer.status, None, "delivered")
                return "delivered" if held else "lost"
            if answer.gone:
                await store.stop_webhook(conn, one.webhook_id, GONE)
            await store.note_failure(conn, one.webhook_id)
            wait = rules.next_wait(one.kind, one.attempts + 1, answer)
            if wait is None:
                held = await store.finish(conn, one, answer.status, answer.error, "dead")
            else:
                after = timedelta(seconds=wait)
                held = await store.postpone(conn, one, answer.status, answer.error, after)
            if answer.gone:
                await store.give_up(conn, one.webhook_id, GONE)
        return "lost" if not held else "dead" if wait is None else "postponed"
