"""What publishers and editors do with feeds; addresses are looked up without a connection taken."""

from uuid import UUID

from service.core.db import Pool, uuid7
from service.core.jobs import enqueue
from service.core.outbound import check_target
from service.core.problems import Conflict, NotFound
from service.feeds import store
from service.feeds.hub_store import get_subscription
from service.feeds.hubs import leave
from service.feeds.polling import host_of
from service.feeds.types import Feed, NewFeed

POLL_JOB = "feeds-poll"
MOST = 50  # feeds of a site


async def add_feed(
    pool: Pool, site_id: UUID, new: NewFeed, created_by: UUID | None, *, allow_local: bool
) -> tuple[Feed, bool]:
    """Add a feed, polled at once; True where it is new. One that is there answers again.

    Whether it alerts is then as said now, and it is polled at once and read whole.
    Raises Invalid and Conflict.
    """
    await check_target("$.url", new.url, allow_local=allow_local)
    async with pool.acquire() as conn, conn.transaction():
        count = await store.lock_site(conn, site_id)
        ident = await store.find_feed(conn, site_id, new.url)
        created = ident is None
        if ident is None:
            if count >= MOST:
                raise Conflict(f"A site has at most {MOST} feeds; remove one first.")
            ident = uuid7()
            host = host_of(new.url)
            await store.insert_feed(conn, site_id, ident, new.url, host, new.alert, created_by)
        else:
            await store.revive_feed(conn, ident, new.alert)
        await enqueue(conn, POLL_JOB, b"")
        feed = await store.get_feed(conn, ident)
    assert feed is not None  # noqa: S101 (stored in this transaction)
    return feed, created


async def remove_feed(pool: Pool, ident: UUID) -> None:
    """Remove a feed and leave its hub; articles and alerts stay. Raises NotFound."""
    async with pool.acquire() as conn, conn.transaction():
        agreed = await get_subscription(conn, ident)
        if not await store.delete_feed(conn, ident):
            raise NotFound("There is no such feed.")
        if agreed is not None:
            await leave(conn, agreed)
