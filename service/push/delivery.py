"""From a due alert to an outcome for each subscription.

Batches are leased, sent in windows, and their letters are written after each window. A worker
that is killed loses its leases in time; whoever leases a batch next sends what has no outcome
yet, so at most one window of each batch in hand is sent twice, which push services collapse by
Topic and the browser's worker by tag.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog

from service.core.db import Conn, Executor, Pool, uuid7
from service.core.jobs import enqueue
from service.core.metrics import DELIVERIES, PUSH_REFUSALS
from service.core.tokens import Keyring
from service.push import delivery_store as deliveries
from service.push import origins_store as origins
from service.push import receipts, rules, store
from service.push.audience_store import freeze_audience
from service.push.encryption import Encrypt, Encryptor
from service.push.endpoints import place_of
from service.push.flow import Flow
from service.push.keys import Keys
from service.push.message import Message, Send
from service.push.payload import Payload
from service.push.rules import Answer
from service.push.settings_store import get_settings
from service.push.types import Alert, Batch, Subscription
from service.settings import Settings

log = structlog.get_logger("rejoinder.push")

DELIVER_JOB = "push-deliver"
BATCH = 500  # subscriptions; 8 KB of ids, a few seconds of work
WINDOW = 50  # messages in flight for a batch, and the most that are sent again after a kill
LEASE = timedelta(seconds=90)  # beyond the longest window (sender.TOTAL_SECONDS) with room to spare
LONG_WAIT = LEASE.total_seconds() / 3  # for room to send: then the lease is renewed before
MOST_WAKES = 4
MOST_BATCHES = 12  # in hand at once in a process
MOST_OF_ONE = 8  # of these, to one push service: a slow one leaves room for the others
MOST_FLOWS = 1000  # push services whose speed is remembered


class LeaseLostError(Exception):
    """Somebody else has the batch by now; what this worker knows of it is not written."""


class Run(msgspec.Struct, frozen=True):
    """What all messages of one batch share."""

    alert: Alert
    payload: Payload
    subject: str
    ttl: int
    topic: str


class Told(NamedTuple):
    """What was said to one message; `fresh` as the subscription was before it."""

    ident: UUID
    answer: Answer
    fresh: bool


async def start_alert(conn: Conn, alert_id: UUID, size: int = BATCH) -> bool:
    """Freeze a due alert's audience and wake the workers, in one transaction; False if not due."""
    async with conn.transaction():
        alert = await deliveries.begin_alert(conn, alert_id)
        if alert is None:
            return False
        batches = await freeze_audience(conn, alert, size)
        for _ in range(min(batches, MOST_WAKES)):
            await enqueue(conn, DELIVER_JOB, b"")
    if not batches:
        await deliveries.finish_alerts(conn)
    log.info("alert started", alert=str(alert_id), batches=batches)
    return True


class Courier:
    """Delivers batches, up to MOST_BATCHES at once however many calls of `deliver` there are."""

    def __init__(
        self,
        pool: Pool,
        keyring: Keyring,
        settings: Settings,
        send: Send,
    ) -> None:
        """`send` is what the network hangs on."""
        self._pool = pool
        self._keyring = keyring
        self._settings = settings
        self._send = send
        self._encryptor = Encryptor(settings.push_key_lasts)
        self._keys = Keys(pool, keyring)
        self._stopping = False
        self._of = Counter[str]()  # batches in hand, by origin
        self._claiming = 0
        self._flows: dict[str, Flow] = {}

    def stop(self) -> None:
        """Let every running `deliver` end after the window it is in."""
        self._stopping = True

    async def deliver(self) -> None:
        """Work on batches until none waits that this process has room for.

        Raises what made batches fail, once the others have ended.
        """
        working: set[asyncio.Task[None]] = set()
        errors: list[BaseException] = []
        try:
            while True:
                while not errors and (batch := await self._claim(errors)):
                    working.add(asyncio.create_task(self._work(batch)))
                if not working:
                    break
                done, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                errors += filter(None, (task.exception() for task in done))
        finally:  # whoever cancels this cancels its batches: none may go on by itself
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        if errors:
            raise errors[0]
        await deliveries.finish_alerts(self._pool)

    async def _claim(self, errors: list[BaseException]) -> Batch | None:
        """The next batch, counted as in hand; None where none waits or the hands are full.

        What goes wrong is one of the errors: messages under way are not to be cut off for it.
        """
        if self._stopping or self._of.total() + self._claiming >= MOST_BATCHES:
            return None
        full = [name for name, count in (+self._of).items() if count >= self._flow(name).limit]
        self._claiming += 1  # another `deliver` must not take the same room
        try:
            batch = await deliveries.claim_batch(self._pool, uuid7(), LEASE, full)
        except Exception as error:  # noqa: BLE001 (raised in the end)
            errors.append(error)
            return None
        finally:
            self._claiming -= 1
        if batch:
            self._of[batch.origin] += 1
        return batch

    def _flow(self, origin: str) -> Flow:
        return self._flows.setdefault(origin, Flow(MOST_OF_ONE))

    async def _work(self, batch: Batch) -> None:
        try:
            await self._deliver_batch(batch)
        except LeaseLostError:
            log.warning("lease lost", alert=str(batch.alert_id), batch=batch.number)
        except Exception:
            # Without this a batch that always fails would be sent again with each lease.
            delay = rules.retry_delay(batch.attempts, None)
            await self._postpone(batch, delay, batch.attempts + 1)
            raise
        finally:
            self._of[batch.origin] -= 1
            if len(self._flows) > MOST_FLOWS:
                self._of = +self._of
                self._flows = {origin: self._flow(origin) for origin in self._of}

    async def _deliver_batch(self, batch: Batch) -> None:
        """Send what is pending, window by window; then give the batch back, done or postponed."""
        letters = list(batch.outcomes)
        pending = rules.in_turn(batch.outcomes, WINDOW * batch.attempts)
        run, worth = await self._prepare(batch)
        asked: list[float] = []
        tried, seconds = False, 0.0
        refusals = Counter[str]()
        flow = self._flow(batch.origin)
        while pending:
            window, pending = pending[:WINDOW], pending[WINDOW:]
            ids = [batch.subscription_ids[index] for index in window]
            if worth:
                async with flow.window() as (waited, taken):
                    if self._stopping:
                        break
                    if waited > LONG_WAIT:
                        await self._write(self._pool, batch, "".join(letters))
                    told = await self._send_window(run, ids)
                    seconds = taken()
            else:
                told = [Told(ident, Answer("f"), fresh=False) for ident in ids]
            for index, (_, answer, _) in zip(window, told, strict=True):
                letters[index] = answer.outcome
            answers = [answer for _, answer, _ in told]
            asked += [answer.retry_after for answer in answers if answer.retry_after is not None]
            refusals.update(answer.why for answer in answers if answer.why)
            await self._record(batch, "".join(letters), told)
            tried = tried or any(answer.outcome == "p" for answer in answers)
            if await self._heed(batch, answers) or all(a.outcome == "p" for a in answers):
                break
            if worth:
                flow.note(seconds)
        _say_refused(batch, refusals)
        if "p" not in letters:
            await deliveries.finish_batch(self._pool, batch)
            await deliveries.finish_alerts(self._pool)
        elif tried:
            delay = rules.retry_delay(batch.attempts, max(asked, default=None))
            await self._postpone(batch, delay, batch.attempts + 1)
        else:  # told to stop: nobody has asked for a rest
            await self._postpone(batch, 0, batch.attempts)

    async def _heed(self, batch: Batch, answers: Sequence[Answer]) -> bool:
        """Let a push service rest that is down or asks for it, and no other; whether it does."""
        if rules.needs_rest(answers):
            asked = max((a.retry_after for a in answers if a.retry_after is not None), default=0.0)
            await origins.rest(
                self._pool,
                batch.origin,
                first=timedelta(seconds=rules.FIRST_RETRY),
                longest=timedelta(seconds=rules.LONGEST_RETRY),
                asked=timedelta(seconds=asked),
            )
            log.warning("push service rests", origin=batch.origin, asked=asked)
            return True
        if batch.probing and any(answer.outcome == "a" for answer in answers):
            await origins.wake(self._pool, batch.origin)
        return False

    async def _prepare(self, batch: Batch) -> tuple[Run, bool]:
        alert = await deliveries.get_alert(self._pool, batch.alert_id)
        assert alert is not None  # noqa: S101 (a batch has its alert by foreign key)
        assert alert.started_at is not None  # noqa: S101 (batches come with the start)
        ttl, worth = rules.time_left(alert.ttl, alert.started_at, datetime.now(UTC))
        payload = Payload(
            alert,
            base=self._settings.public_url,
            receipt_length=receipts.LENGTH,
            settings=await get_settings(self._pool, alert.site_id),
        )
        subject = await self._keys.subject(alert.site_id, self._settings.public_url)
        run = Run(alert, payload, subject, ttl, rules.collapse_topic(alert.id))
        return run, worth and batch.attempts < rules.MOST_PASSES

    async def _send_window(self, run: Run, ids: Sequence[UUID]) -> list[Told]:
        living = await deliveries.list_subscriptions(self._pool, ids)
        keys = {s.vapid_key_id for s in living.values()}
        await self._keys.load(run.alert.site_id, keys)
        encrypt = self._encryptor.window([(s.p256dh, s.auth) for s in living.values()])
        made = {ident: self._make(run, living.get(ident), encrypt) for ident in ids}
        messages = {ident: one for ident, one in made.items() if isinstance(one, Message)}
        sent = dict(zip(messages, await self._send(list(messages.values())), strict=True))
        return [
            Told(
                ident,
                sent[ident] if isinstance(one, Message) else one,
                ident in living and living[ident].fresh,
            )
            for ident, one in made.items()
        ]

    def _make(
        self, run: Run, subscription: Subscription | None, encrypt: Encrypt
    ) -> Message | Answer:
        """What is sent to a subscription; skipped where it is gone by now or no longer allowed."""
        settings = self._settings
        if subscription is None:
            return Answer("s")
        refused, origin = place_of(
            subscription.endpoint, settings.push_hosts, allow_local=settings.push_allow_local
        )
        if refused:
            return Answer("s")
        try:
            return self._message(run, subscription, origin, encrypt)
        except Exception:  # one bad row must not stop, and so send again, the other 499
            log.exception("message failed", subscription=str(subscription.id))
            return Answer("f")

    def _message(
        self, run: Run, subscription: Subscription, origin: str, encrypt: Encrypt
    ) -> Message:
        receipt = receipts.make_receipt(self._keyring, run.alert.id, subscription.id)
        return Message(
            endpoint=subscription.endpoint,
            authorization=self._keys.authorization(
                run.alert.site_id, subscription.vapid_key_id, origin, run.subject
            ),
            body=encrypt(run.payload.with_receipt(receipt), subscription.p256dh, subscription.auth),
            ttl=run.ttl,
            urgency=run.alert.urgency,
            topic=run.topic,
        )

    async def _record(self, batch: Batch, outcomes: str, told: Sequence[Told]) -> None:
        """Write what became of a window, and what that means for its subscriptions, together."""
        reached = [t.ident for t in told if t.answer.outcome == "a" and not t.fresh]
        gone = [t.ident for t in told if t.answer.outcome == "g"]
        refused = [t.ident for t in told if t.answer.refused]
        async with self._pool.acquire() as conn:
            if not reached and not gone and not refused:  # most of the time: one round trip
                await self._write(conn, batch, outcomes)
            else:
                async with conn.transaction():
                    await self._write(conn, batch, outcomes)
                    # In one order for all: two alerts to the same readers must not deadlock.
                    await deliveries.lock_subscriptions(conn, [*reached, *gone, *refused])
                    await deliveries.note_success(conn, reached)
                    await store.remove_subscriptions(conn, gone, "gone")
                    hopeless = await deliveries.note_refusals(conn, refused, rules.MOST_REFUSALS)
                    await store.remove_subscriptions(conn, hopeless, "refused")
        for outcome, count in Counter(t.answer.outcome for t in told).items():
            DELIVERIES.labels(rules.OUTCOME_NAMES[outcome]).inc(count)

    async def _write(self, conn: Executor, batch: Batch, outcomes: str) -> None:
        if not await deliveries.write_outcomes(conn, batch, outcomes, LEASE):
            raise LeaseLostError

    async def _postpone(self, batch: Batch, delay: float, attempts: int) -> None:
        after = timedelta(seconds=delay)
        async with self._pool.acquire() as conn, conn.transaction():
            await deliveries.postpone_batch(conn, batch, after, attempts)
            await enqueue(conn, DELIVER_JOB, b"", after=after)


def _say_refused(batch: Batch, refusals: Counter[str]) -> None:
    for why, count in refusals.items():
        PUSH_REFUSALS.labels(why).inc(count)
        say = log.error if why == "token" else log.warning
        say("messages refused", origin=batch.origin, why=why, messages=count)
