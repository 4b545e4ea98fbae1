"""Claiming: the next items go to one moderator, and for two minutes to nobody else."""

from collections.abc import Iterable, Mapping, Sequence
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
    """Lease the next items of a view up to `limit`, the riskiest first; one's own are renewed.

    What others have claimed is passed over. Of one's own those that are no longer among the next,
    because riskier ones have come, are left to lapse: the desk may still show them. Two who ask at
    once are never given the same item: what one is leasing the other skips (SKIP LOCKED), and the
    claim's primary key decides what slips through.
    """
    async with pool.acquire() as conn, conn.transaction():
        own = await queue_store.list_claimed(conn, wanted, moderator.id, limit)
        until: dict[UUID, datetime] = {}
        items: list[ItemRow] = []
        for _ in range(TRIES):
            free = await queue_store.lock_unclaimed(conn, wanted, moderator.id, limit)
            # One's own whose row somebody is writing to was skipped, and is one's own all the same.
            items = _riskiest({item.item_id: item for item in (*own, *free)}.values())[:limit]
            rest = [item for item in items if item.item_id not in until]
            if not rest:
                break
            until |= await _lease(conn, moderator, own, rest)
        items = [item for item in items if item.item_id in until]
        shown = await read_items(conn, moderator, wanted.view, [item.id for item in items])
    return Claims(items=shown, next_cursor=None, until=min(until.values(), default=None))


def _riskiest(items: Iterable[ItemRow]) -> list[ItemRow]:
    return sorted(items, key=lambda item: (item.urgency, item.id), reverse=True)


async def _lease(
    conn: Conn, moderator: Moderator, own: Sequence[ItemRow], items: Sequence[ItemRow]
) -> dict[UUID, datetime]:
    """Lease these; until when, of those that were got. The desks hear of what is not renewed."""
    got = await queue_store.upsert_claims(conn, items, moderator.id)
    renewed = {item.item_id for item in own}
    fresh = [item for item in items if item.item_id in got and item.item_id not in renewed]
    await _tell(conn, moderator, "claimed", _by_site(fresh))
    return got


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
