"""A backlog of a receiver that has been away for a night costs nobody a walk through it."""

import json
from datetime import timedelta
from typing import Any

import httpx
from thread import post
from webhooks.conftest import Add

from service.core.db import Pool, uuid7
from service.webhooks.delivery_store import CLAIM, LOCK

BACKLOG = 20_000


def scans(plan: dict[str, Any]) -> list[tuple[str, int]]:
    """Each scan of deliveries, and how many rows it met."""
    met = plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0)
    own = [(plan["Node Type"], int(met))] if plan.get("Relation Name") == "webhook_delivery" else []
    return own + [one for part in plan.get("Plans", []) for one in scans(part)]


async def test_claiming_from_a_backlog_reads_what_it_takes(
    client: httpx.AsyncClient, add: Add, pool: Pool
) -> None:
    ident, _ = await add()
    await post(client)
    await pool.execute(
        """
        with told as (
            insert into webhook_event (site_id, kind, comment_id)
            select site_id, 'comment.created', id from comment, generate_series(1, $1)
            returning site_id, id
        )
        insert into webhook_delivery (site_id, webhook_id, event_id)
        select site_id, $2::text::uuid, id from told
        """,
        BACKLOG,
        ident,
    )
    await pool.execute("analyze webhook_delivery, webhook_event, webhook")
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        ids = [row["id"] for row in await conn.fetch(LOCK)]
        for sql, arguments in [
            (LOCK, []),
            (CLAIM, [uuid7(), timedelta(seconds=30), 4, 40, ids]),
            (CLAIM, [uuid7(), timedelta(seconds=30), 4, 40, ids]),  # with leases under way
        ]:
            explained = "explain (analyze, format json) " + sql
            [found] = json.loads(await conn.fetchval(explained, *arguments))
            for kind, met in scans(found["Plan"]):
                assert met < 100, (kind, met)
        await transaction.rollback()
