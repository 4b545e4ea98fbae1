"""Writers that wait for each other."""

import asyncio

import httpx
import pytest
from thread import new, post, read, thread

from service.comments import posting
from service.core.db import Pool

WAITS = """
    select exists (
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
    )
"""


@pytest.mark.parametrize("tries", [1, 3])
async def test_a_comment_that_lost_a_deadlock_is_begun_anew(
    client: httpx.AsyncClient, pool: Pool, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """Made for the purpose: rows are locked in one order everywhere, and this takes the other."""
    monkeypatch.setattr(posting, "MOST_TRIES", tries)
    root = (await post(client))["comment"]["id"]
    async with pool.acquire() as conn:
        async with conn.transaction():
            await conn.execute("set local deadlock_timeout = '1min'")  # it is the other that ends
            await conn.execute("select from article for update")
            reply = asyncio.create_task(client.post(thread(), json=new("A reply.", parent_id=root)))
            async with asyncio.timeout(10):
                while not await pool.fetchval(WAITS):  # noqa: ASYNC110 (the database tells nobody)
                    await asyncio.sleep(0.01)
                await conn.execute("select from comment where id = $1 for update", root)
        answer = await reply
    assert answer.status_code == (201 if tries > 1 else 500)
    assert (await read(client))["count"] == (2 if tries > 1 else 1)
    assert await pool.fetchval("select reply_count from comment where id = $1", root) == tries // 2
