"""SQL of polling: who polls which feed, what was seen of it, and how it went."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from service.core.db import Conn, Executor, row_to
from service.feeds.rules import LEASE
from service.feeds.types import Claimed, KnownEntry

# One claims at a time, or two could take feeds of one host without seeing each other's leases.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('feeds: claim', 0))"


async def claim(conn: Conn, lease: UUID, most: int) -> list[Claimed]:
    """Lease due feeds, the longest due first, one of a host at a time.

    Needs a transaction of its own. None while somebody else is claiming.
    """
    if not await conn.fetchval(LOCK):
        return []
    rows = await conn.fetch(
        """
        with due as (
            select distinct on (d.host) d.id, d.next_poll_at from feed d
            where d.next_poll_at <= now() and (d.leased_until is null or d.leased_until < now())
                and not exists (
                    select from feed b
                    where b.host = d.host and b.lease is not null and b.leased_until >= now()
                )
            order by d.host, d.next_poll_at
        ), chosen as (
            select f.id from feed f
            where f.id in (select id from due order by next_poll_at limit $3)
            for no key update skip locked
        )
        update feed f set lease = $1, leased_until = now() + $2
        from chosen, site s
        where f.id = chosen.id and s.id = f.site_id
        returning f.id, f.site_id, s.slug as site, f.url, f.lease, f.alert, f.etag, f.modified,
            f.primed_at, f.newest, f.floor, f.failures,
            f.poked_at is not null as poked
        """,
        lease,
        LEASE,
        most,
    )
    return [row_to(Claimed, row) for row in rows]


async def is_any_due(conn: Executor) -> bool:
    """Whether something waits for a worker."""
    found: bool = await conn.fetchval(
        """
        select exists (
            select from feed
            where next_poll_at <= now() and (leased_until is null or leased_until < now())
        )
        """
    )
    return found


async def hold(conn: Conn, one: Claimed) -> bool:
    """Keep others from changing this feed until the commit; False where the lease is lost."""
    return bool(
        await conn.fetchval(
            "select true from feed where id = $1 and lease = $2 for no key update",
            one.id,
            one.lease,
        )
    )


async def list_entries(
    conn: Executor, feed_id: UUID, identities: Sequence[bytes]
) -> dict[bytes, KnownEntry]:
    """Which of these were seen before."""
    rows = await conn.fetch(
        """
        select identity, url, title, article_id, made from feed_entry
        where feed_id = $1 and identity = any($2::bytea[])
        """,
        feed_id,
        list(identities),
    )
    return {row["identity"]: row_to(KnownEntry, row) for row in rows}


async def list_own(conn: Executor, feed_id: UUID, article_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Which of these articles the feed has had, by any entry; True where it has made them."""
    rows = await conn.fetch(
        """
        select article_id, bool_or(made) as made from feed_entry
        where feed_id = $1 and article_id = any($2::uuid[]) group by article_id
        """,
        feed_id,
        list(article_ids),
    )
    return {row["article_id"]: row["made"] for row in rows}


async def count_alerts(conn: Executor, feed_id: UUID) -> int:
    """Alerts that this feed has scheduled within 24 hours."""
    found: int = await conn.fetchval(
        """
        select count(*) from feed_entry
        where feed_id = $1 and alert_id is not null and first_seen > now() - interval '24 hours'
        """,
        feed_id,
    )
    return found


async def insert_entry(
    conn: Conn,
    one: Claimed,
    entry: KnownEntry,
    published_at: datetime | None,
) -> None:
    """Note an entry as seen."""
    await conn.execute(
        """
        insert into feed_entry
            (site_id, feed_id, identity, url, title, article_id, made, published_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
        """,
        one.site_id,
        one.id,
        entry.identity,
        entry.url,
        entry.title,
        entry.article_id,
        entry.made,
        published_at,
    )


async def update_entry(conn: Conn, feed_id: UUID, entry: KnownEntry) -> None:
    """What an entry says now, and which article it is."""
    await conn.execute(
        """
        update feed_entry set url = $3, title = $4, article_id = $5, made = $6
        where feed_id = $1 and identity = $2
        """,
        feed_id,
        entry.identity,
        entry.url,
        entry.title,
        entry.article_id,
        entry.made,
    )


async def note_alert(conn: Conn, feed_id: UUID, identity: bytes, alert_id: UUID) -> None:
    """The alert that came of an entry."""
    await conn.execute(
        "update feed_entry set alert_id = $3 where feed_id = $1 and identity = $2",
        feed_id,
        identity,
        alert_id,
    )


async def touch_entries(conn: Executor, feed_id: UUID, identities: Sequence[bytes]) -> None:
    """Note that a feed still has these; once a day is enough."""
    await conn.execute(
        """
        update feed_entry set last_seen = now()
        where feed_id = $1 and identity = any($2::bytea[])
            and last_seen < now() - interval '1 day'
        """,
        feed_id,
        list(identities),
    )


async def note_decided(
    conn: Conn, feed_id: UUID, newest: datetime | None, notice: str | None
) -> None:
    """What is new in a feed is decided: nothing that isn't newer alerts from now on."""
    await conn.execute(
        """
        update feed set primed_at = coalesce(primed_at, now()), newest = $2,
            notice = coalesce($3, notice),
            noticed_at = case when $3::text is null then noticed_at else now() end
        where id = $1
        """,
        feed_id,
        newest,
        notice,
    )


async def list_times(conn: Executor, feed_id: UUID, most: int) -> list[datetime]:
    """When the latest entries came, none later than they were seen."""
    rows = await conn.fetch(
        """
        select least(published_at, first_seen) as at from feed_entry
        where feed_id = $1 and coalesce(published_at, first_seen) > now() - interval '30 days'
        order by coalesce(published_at, first_seen) desc limit $2
        """,
        feed_id,
        most,
    )
    return [row["at"] for row in rows]


async def move_feed(conn: Conn, one: Claimed, url: str, host: str) -> bool:
    """Poll another address from now on; False where another feed has it. Needs a transaction."""
    try:
        async with conn.transaction():
            await conn.execute(
                """
                update feed set url = $3, host = $4, etag = null, modified = null
                where id = $1 and lease = $2
                """,
                one.id,
                one.lease,
                url,
                host,
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def forget(conn: Executor, unseen: timedelta) -> None:
    """Forget entries that have not been in their feed for so long."""
    await conn.execute("delete from feed_entry where last_seen < now() - $1::interval", unseen)
