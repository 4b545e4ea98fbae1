"""Rate limits in PostgreSQL."""

import asyncio

import pytest

from service.core.db import Pool
from service.core.limits import Limit, Limiter, forget_full
from service.core.problems import TooManyRequests

LIMIT = Limit("test", burst=5, every=60)


async def refused(limiter: Limiter, who: bytes) -> int:
    try:
        await limiter.take(LIMIT, who)
    except TooManyRequests:
        return 1
    return 0


async def test_a_burst_is_let_through_and_no_more_however_many_at_once(pool: Pool) -> None:
    one, other = Limiter(pool, enabled=True), Limiter(pool, enabled=True)
    for n in range(40):  # each a new bucket: it is in the making of one that they meet
        who = f"reader {n}".encode()
        both = [refused(one if n % 2 else other, who) for n in range(30)]
        assert sum(await asyncio.gather(*both)) == 25


async def test_buckets_are_apart(pool: Pool) -> None:
    limiter = Limiter(pool, enabled=True)
    for _ in range(5):
        assert not await refused(limiter, b"one")
    assert await refused(limiter, b"one")
    assert not await refused(limiter, b"two")


async def test_a_refused_request_costs_nothing_and_the_wait_is_told(pool: Pool) -> None:
    limiter = Limiter(pool, enabled=True)
    for _ in range(5):
        await limiter.take(LIMIT, b"one")
    for _ in range(3):
        with pytest.raises(TooManyRequests) as caught:
            await limiter.take(LIMIT, b"one")
        assert 55 <= int(caught.value.headers["retry-after"]) <= 60


async def test_switched_off_it_refuses_nothing(pool: Pool) -> None:
    limiter = Limiter(pool, enabled=False)
    assert not sum([await refused(limiter, b"reader") for _ in range(50)])


async def test_full_buckets_are_forgotten(pool: Pool) -> None:
    limiter = Limiter(pool, enabled=True)
    await limiter.take(Limit("test", burst=5, every=0.001), b"soon full")
    await limiter.take(LIMIT, b"not yet")
    await asyncio.sleep(0.05)
    await forget_full(pool)
    assert await pool.fetchval("select count(*) from rate_limit") == 1
