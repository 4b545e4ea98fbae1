"""A push service that needs rest, and what is under way to one: nobody else's business."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import PushService

from service.core.db import Pool, uuid7
from service.push import delivery
from service.push import delivery_store as deliveries
from service.push import origins_store as origins
from service.push.delivery import LEASE, MOST_OF_ONE, WINDOW
from service.push.flow import FORGETS, Flow
from service.push.rules import Answer, needs_rest
from service.push.types import Batch

FIRST, LONGEST = timedelta(seconds=5), timedelta(seconds=900)


async def _rests(pool: Pool, origin: str, asked: int | None = None) -> tuple[int, float]:
    """Let it rest; how many failures in a row, and for how many seconds from now."""
    waits = None if asked is None else timedelta(seconds=asked)
    await origins.rest(pool, origin, first=FIRST, longest=LONGEST, asked=waits)
    row = await pool.fetchrow(
        """
        select failures, extract(epoch from not_before - now())::float as seconds
        from push_origin where origin = $1
        """,
        origin,
    )
    assert row is not None
    return row["failures"], row["seconds"]


def about(seconds: int) -> Any:
    return pytest.approx(seconds, abs=1)


async def _rested(pool: Pool) -> None:
    await pool.execute("update push_origin set not_before = now() - interval '1 second'")


async def test_a_service_that_is_down_is_left_in_peace_and_the_others_are_not_affected(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    async with PushService() as other:
        for _ in range(2 * WINDOW):
            await subscribe(service.browser(503, Retry_After="120"))
            await subscribe(other.browser())
        alert = await desk.start(size=WINDOW)
        await desk.courier.deliver()
        assert other.received == 2 * WINDOW
        # One batch has knocked; the other hasn't been tried, and has lost no attempt by it.
        assert service.answers == {503: WINDOW}
        row = await pool.fetchrow("select * from push_origin")
        assert row is not None
        assert row["origin"] == service.origin.partition("//")[2]
        assert await pool.fetchval(
            "select not_before > now() + interval '110 seconds' from push_origin"
        )
        attempts = "select array_agg(attempts order by attempts) from delivery_batch"
        assert await pool.fetchval(f"{attempts} where done_at is null") == [0, 1]
        await _rested(pool)
        await pool.execute("update delivery_batch set not_before = now()")
        for _ in range(3):
            counts = await desk.again(alert)
        assert (counts.accepted, counts.pending) == (4 * WINDOW, 0)
        assert await pool.fetchval("select count(*) from push_origin") == 0


async def test_the_next_alert_waits_for_the_end_of_a_rest_too(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    await subscribe(service.browser())
    await _rests(pool, service.origin.partition("//")[2])
    assert (await desk.send()).pending == 1
    assert service.received == 0
    assert await deliveries.count_claimable(pool, 9) == 0
    await _rested(pool)
    assert await deliveries.count_claimable(pool, 9) == 1
    await desk.courier.deliver()
    assert service.received == 1


async def test_after_a_rest_one_batch_finds_out(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    for _ in range(4):
        await subscribe(service.browser())
    await desk.start(size=1)
    await _rests(pool, service.origin.partition("//")[2])
    await _rested(pool)
    found = await deliveries.claim_batch(pool, uuid7(), LEASE)
    assert found is not None
    assert found.probing
    assert await deliveries.claim_batch(pool, uuid7(), LEASE) is None
    await origins.wake(pool, found.origin)
    second = await deliveries.claim_batch(pool, uuid7(), LEASE)
    assert second is not None
    assert not second.probing


async def test_rests_grow_only_by_what_comes_after_them(pool: Pool) -> None:
    assert await _rests(pool, "one.example") == (1, about(5))
    # Another worker's window, which was under way: the same failure.
    assert await _rests(pool, "one.example") == (1, about(5))
    for failures, seconds in [(2, 10), (3, 20), (4, 40)]:
        await _rested(pool)
        assert await _rests(pool, "one.example") == (failures, about(seconds))
    await pool.execute("update push_origin set failures = 60")
    await _rested(pool)
    assert await _rests(pool, "one.example") == (61, about(900))
    # What is asked for counts where it is longer, and is cut short by nobody.
    assert (await _rests(pool, "one.example", 3000))[1] == about(3000)
    assert (await _rests(pool, "one.example", 10))[1] == about(3000)


async def test_what_has_long_rested_is_forgotten(pool: Pool) -> None:
    await _rests(pool, "old.example")
    await pool.execute("update push_origin set not_before = now() - interval '25 hours'")
    await _rests(pool, "new.example")
    await origins.forget(pool)
    assert await pool.fetchval("select array_agg(origin) from push_origin") == ["new.example"]


async def test_patience_with_one_device_is_not_asked_of_all(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    await subscribe(service.browser(429, Retry_After="60"))
    for _ in range(3):
        await subscribe(service.browser())
    counts = await desk.send()
    assert (counts.accepted, counts.pending) == (3, 1)
    assert await pool.fetchval("select count(*) from push_origin") == 0


def test_half_of_a_window_is_the_service_one_message_is_not() -> None:
    waits, taken = Answer("p"), Answer("a")
    assert not needs_rest([waits])
    assert not needs_rest([waits, taken, taken, waits, taken])
    assert needs_rest([waits, taken, taken, waits])
    assert needs_rest([waits, waits])
    assert not needs_rest([])


async def test_how_far_an_alert_was_at_what_time_is_kept(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    for _ in range(WINDOW + 5):
        await subscribe(service.browser())
    await subscribe(service.browser(410))
    await desk.send()
    seconds_and_counts = await pool.fetchval("select progress from delivery_batch")
    assert seconds_and_counts[1::2] == sorted(seconds_and_counts[1::2])
    assert seconds_and_counts[-1] == WINDOW + 5
    assert all(0 <= seconds < 60 for seconds in seconds_and_counts[::2])


def test_more_at_once_to_a_service_that_is_far_away() -> None:
    flow = Flow(MOST_OF_ONE)
    assert flow.limit == 1
    for _ in range(20):
        flow.note(0.1)  # however many there are
    assert flow.limit == MOST_OF_ONE


def test_no_more_at_once_than_helps() -> None:
    flow = Flow(MOST_OF_ONE)
    for _ in range(200):
        flow.note(0.03 * flow.limit)  # one after the other
    assert flow.limit <= 4
    for _ in range(FORGETS):
        flow.note(0.1)  # now it is the way that takes long
    assert flow.limit == MOST_OF_ONE


async def test_a_window_waits_for_room_and_one_that_breaks_gives_it_back() -> None:
    flow = Flow(1)
    inside = 0

    async def send(*, breaks: bool) -> None:
        nonlocal inside
        async with flow.window():
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1
            if breaks:
                raise ConnectionError

    results = await asyncio.gather(
        *(send(breaks=n % 2 == 0) for n in range(10)), return_exceptions=True
    )
    assert [isinstance(result, ConnectionError) for result in results] == [True, False] * 5


async def test_a_batch_that_has_waited_long_for_room_renews_its_lease_or_leaves_it(
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "LONG_WAIT", -1.0)  # every wait is long
    renewed: list[str] = []
    write = deliveries.write_outcomes

    async def look(conn: Any, batch: Batch, outcomes: str, lasts: timedelta) -> bool:
        renewed.append(outcomes)
        if len(renewed) == 1:  # meanwhile it became another worker's
            await pool.execute("update delivery_batch set lease = $1", uuid7())
        return await write(conn, batch, outcomes, lasts)

    monkeypatch.setattr(deliveries, "write_outcomes", look)
    await subscribe(service.browser())
    alert = await desk.start()
    await desk.courier.deliver()
    assert (renewed, service.received) == (["p"], 0), "sent what is somebody else's"
    await pool.execute("update delivery_batch set leased_until = now() - interval '1 second'")
    await desk.courier.deliver()
    assert renewed == ["p", "p", "a"]
    assert (await desk.counts(alert)).accepted == 1


async def test_a_claim_that_fails_cuts_no_message_off(
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        await subscribe(service.browser())
    alert = await desk.start(size=1)
    claim, asked = deliveries.claim_batch, 0

    async def once(*given: Any) -> Batch | None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise ConnectionError("the database is away")
        return await claim(*given)

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "claim_batch", once)
        with pytest.raises(ConnectionError, match="away"):
            await desk.courier.deliver()
    assert ((await desk.counts(alert)).accepted, service.received) == (1, 1)
    await desk.courier.deliver()
    assert ((await desk.counts(alert)).accepted, service.received) == (3, 3)


async def test_many_batches_are_in_hand_at_once_and_no_more_than_allowed(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    for _ in range(40):
        await subscribe(service.browser())
    alert = await desk.start(size=1)
    leased: list[int] = []

    async def look() -> None:
        while True:
            query = "select count(*) from delivery_batch where lease is not null"
            leased.append(await pool.fetchval(query))
            await asyncio.sleep(0.002)

    looking = asyncio.create_task(look())
    await asyncio.gather(desk.courier.deliver(), desk.courier.deliver())
    looking.cancel()
    assert 1 <= max(leased) <= MOST_OF_ONE
    assert (await desk.counts(alert)).accepted == 40
