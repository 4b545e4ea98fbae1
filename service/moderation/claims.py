"""Claiming: the next items go to one moderator, and for two minutes to nobody else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from service.accounts.types import Moderator
from service.core.db import Conn, Pool
from service.core.events import By, notify_desk
from service.moderation import queue_store
from service.moderation.queue import read_items
from service.moderation.queue_store import Filter, ItemRow
from service.moderation.types import Claims

TRIES = 3


async def claim(pool: Pool, moderator: Moderator, wanted: Filter, limit: int) -> Claims:
    """Renew the caller's claims in a view, and lease the next free items up to `limit` in all.

    The riskiest first. Two who ask at once are never given the same item: what one is leasing the
    other skips (SKIP LOCKED), and the claim's primary key decides what slips through.
    """
    async with pool.acquire() as conn, conn.transaction():
        own = await queue_store.list_claimed(conn, wanted, moderator.id, limit)
        until = await queue_store.upsert_claims(conn, own, moderator.id)
        items = [item for item in own if item.item_id in until]
        for _ in range(TRIES):
            fresh = await _lease(conn, moderator, wanted, limit - len(items), until)
            if not fresh:
                break
            items += fresh
        items.sort(key=lambda item: (item.urgency, item.id), reverse=True)
        shown = await read_items(conn, moderator, wanted.view, [item.id for item in items])
    return Claims(items=shown, next_cursor=None, until=min(until.values(), default=None))


async def _lease(
    conn: Conn,
    moderator: Moderator,
    wanted: Filter,
    limit: int,
    until: dict[UUID, datetime],
) -> list[ItemRow]:
    """Lease up to `limit` more; those that were got, also noted in `until`."""
    if limit < 1:
        return []
    free = await queue_store.lock_unclaimed(conn, wanted, moderator.id, limit + len(until))
    fresh = [item for item in free if item.item_id not in until][:limit]
    got = await queue_store.upsert_claims(conn, fresh, moderator.id)
    until.update(got)
    leased = [item for item in fresh if item.item_id in got]
    await _tell(conn, moderator, "claimed", _by_site(leased))
    return leased


async def release(pool: Pool, moderator: Moderator, items: Sequence[UUID] | None) -> None:
    """Release the caller's claims, all or on these items; twice is once."""
    async with pool.acquire() as conn, conn.transaction():
        released = await queue_store.delete_claims(conn, moderator.id, items)
        await _tell(conn, moderator, "released", released)


def _by_site(items: Sequence[ItemRow]) -> dict[UUID, list[UUID]]:
    sites: dict[UUID, list[UUID]] = {}
    for item in items:
        sites.setdefault(item.site_id, []).append(item.item_id)
    return sites


async def _tell(
    conn: Conn, moderator: Moderator, kind: str, items: Mapping[UUID, Sequence[UUID]]
) -> None:
    by = By(moderator.id, moderator.name or moderator.email)
    for site_id, ids in items.items():
        await notify_desk(conn, site_id, kind, ids, by)
