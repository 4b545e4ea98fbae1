"""Fan-out: batches, leases, workers that stop or break."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import PushService

from service.articles.types import Site
from service.core.db import Pool, uuid7
from service.push import delivery_store as deliveries
from service.push.delivery import LEASE, WINDOW, Courier, Run
from service.push.encryption import Encrypt
from service.push.message import Message
from service.push.rules import MOST_PASSES
from service.push.sender import Sender
from service.push.types import Subscription
from service.settings import Settings


async def test_mixed_audience_in_many_batches_adds_up(
    desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    scripts = [(), (410,), (429,), (403,), (500, 503), (404,), ()]
    for round_ in range(9):
        for script in scripts:
            await subscribe(service.browser(*script), ["news"] if round_ % 2 else ())
    alert = await desk.start(tags=["News"], size=7)
    await asyncio.gather(*(desk.courier.deliver() for _ in range(4)))
    for _ in range(3):
        await desk.again(alert)
    counts = await desk.counts(alert)
    assert (counts.audience, counts.accepted, counts.gone, counts.failed) == (63, 36, 18, 9)
    assert await desk.state(alert) == "sent"
    assert all(len(b.messages) <= 1 for b in service.browsers.values())
    assert service.received == counts.accepted


async def test_batches_have_one_origin(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    async with PushService() as other:
        for index in range(10):
            await subscribe((service, other)[index % 2].browser())
        await desk.start(size=3)
        rows = await pool.fetch(
            """
            select b.number, count(distinct split_part(s.endpoint, '/', 3)) as origins
            from delivery_batch b join subscription s on s.id = any(b.subscription_ids)
            group by b.number
            """
        )
        assert [row["origins"] for row in rows] == [1, 1, 1, 1]
        await desk.courier.deliver()
        assert (service.received, other.received) == (5, 5)
        assert {c["aud"] for c in service.claims} == {service.origin}
        assert {c["aud"] for c in other.claims} == {other.origin}


async def test_lease_keeps_a_second_worker_away_and_is_fenced(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    await subscribe(service.browser())
    await desk.start()
    async with pool.acquire() as conn:
        first = await deliveries.claim_batch(conn, uuid7(), LEASE)
        assert first is not None
        assert await deliveries.claim_batch(conn, uuid7(), LEASE) is None
        await conn.execute("update delivery_batch set leased_until = now() - interval '1 second'")
        second = await deliveries.claim_batch(conn, uuid7(), LEASE)
        assert second is not None
        assert not await deliveries.write_outcomes(conn, first, "f", timedelta(0))
        assert await deliveries.write_outcomes(conn, second, "a", LEASE)


async def test_batch_that_breaks_backs_off_and_is_not_lost(
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await subscribe(service.browser())
    alert = await desk.start()
    with monkeypatch.context() as patch:
        patch.setattr(desk.courier, "_prepare", _break)
        with pytest.raises(RuntimeError, match="broken"):
            await desk.courier.deliver()
    assert await pool.fetchval("select attempts from delivery_batch") == 1
    assert await pool.fetchval("select not_before > now() from delivery_batch")
    assert (await desk.again(alert)).accepted == 1


async def _break(_batch: object) -> None:
    raise RuntimeError("broken")


async def test_one_bad_row_fails_alone(
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    state: dict[str, Any],
    local: Settings,
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good = service.browser(), service.browser()
    await subscribe(bad)
    await subscribe(good)

    courier = desk.courier = Courier(pool, state["keyring"], local, sender)
    make = courier._message

    def made(run: Run, subscription: Subscription, origin: str, encrypt: Encrypt) -> Message:
        if subscription.endpoint == bad.endpoint:
            raise RuntimeError("unforeseen")
        return make(run, subscription, origin, encrypt)

    monkeypatch.setattr(courier, "_message", made)
    counts = await desk.send()
    assert (counts.accepted, counts.failed) == (1, 1)


async def test_stopped_worker_gives_its_batch_back(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool, site: Site
) -> None:
    for _ in range(WINDOW + 1):
        await subscribe(service.browser())
    alert = await desk.start()
    service.arrived = desk.courier.stop
    await desk.courier.deliver()
    assert (await desk.counts(alert)).accepted == WINDOW
    assert await pool.fetchval("select lease is null and attempts = 0 from delivery_batch")


async def test_worker_that_stops_still_honours_what_the_service_asked(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    await subscribe(service.browser(429, Retry_After="600"))
    await desk.start()
    service.arrived = desk.courier.stop
    await desk.courier.deliver()
    assert await pool.fetchval(
        "select not_before > now() + interval '9 minutes' from delivery_batch"
    )


async def test_some_who_never_get_through_keep_nobody_else_waiting(
    desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    for _ in range(WINDOW):
        await subscribe(service.browser(*[503] * 50))
    patient = [service.browser() for _ in range(WINDOW)]
    for browser in patient:
        await subscribe(browser)
    alert = await desk.start()
    await desk.courier.deliver()
    assert (await desk.counts(alert)).accepted == 0
    counts = await desk.again(alert)
    assert (counts.accepted, counts.pending) == (WINDOW, WINDOW)
    for _ in range(MOST_PASSES):
        counts = await desk.again(alert)
    assert (counts.accepted, counts.failed, counts.pending) == (WINDOW, WINDOW, 0)
    assert await desk.state(alert) == "sent"


async def test_claiming_reads_an_index_however_much_was_delivered(pool: Pool, desk: Desk) -> None:
    alert = await desk.start()
    await pool.execute(
        """
        insert into delivery_batch (
            site_id, alert_id, number, origin, subscription_ids, outcomes, not_before, done_at
        )
        select $1, $2, n, 'h', array[$2::uuid], case when n % 100 = 0 then 'p' else 'a' end, now(),
            case when n % 100 = 0 then null else now() end
        from generate_series(1, 20000) n
        """,
        alert.site_id,
        alert.id,
    )
    await pool.execute("analyze delivery_batch")
    plan = await pool.fetch("explain " + deliveries.CLAIM, uuid7(), LEASE, [])
    text = "\n".join(row[0] for row in plan)
    assert "delivery_batch_open" in text
    assert "Seq Scan on delivery_batch" not in text
    assert "Sort" not in text
