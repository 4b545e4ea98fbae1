"""SQL of feeds as editors and publishers see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.core.db import Conn, Executor
from service.feeds.types import Feed, Hub

FEED = """
select f.id, s.slug as site, f.url, f.alert, f.format, f.title,
    (select count(*) from feed_entry e where e.feed_id = f.id) as entries,
    f.refused, f.refused_url, f.notice, f.noticed_at, f.last_poll_at, f.last_status, f.last_error,
    f.failures, f.next_poll_at, f.stopped,
    h.hub, h.state, h.lease_until, h.told_at,
    h.last_error as hub_error,
    coalesce(nullif(m.name, ''), m.email) as created_by, f.created_at
from feed f join site s on s.id = f.site_id left join feed_hub h on h.feed_id = f.id
left join moderator m on m.id = f.created_by
"""


async def list_feeds(conn: Executor, site_ids: Sequence[UUID]) -> list[Feed]:
    """The feeds of these sites, newest first."""
    rows = await conn.fetch(
        FEED + " where f.site_id = any($1::uuid[]) order by s.slug, f.id desc", list(site_ids)
    )
    return [_feed(dict(row)) for row in rows]


async def get_feed(conn: Executor, ident: UUID) -> Feed | None:
    """One feed."""
    row = await conn.fetchrow(FEED + " where f.id = $1", ident)
    return _feed(dict(row)) if row else None


def _feed(row: dict[str, Any]) -> Feed:
    hub, state = row.pop("hub"), row.pop("state")
    until, told, error = row.pop("lease_until"), row.pop("told_at"), row.pop("hub_error")
    return Feed(**row, websub=Hub(hub, state, until, told, error) if hub else None)


async def get_site_of(conn: Executor, ident: UUID) -> UUID | None:
    """Whose feed this is."""
    found: UUID | None = await conn.fetchval("select site_id from feed where id = $1", ident)
    return found


async def lock_site(conn: Conn, site_id: UUID) -> int:
    """Let one change of a site's feeds wait for the other; how many there are.

    Needs a transaction.
    """
    await conn.execute("select from site where id = $1 for no key update", site_id)
    found: int = await conn.fetchval("select count(*) from feed where site_id = $1", site_id)
    return found


async def find_feed(conn: Conn, site_id: UUID, url: str) -> UUID | None:
    """The feed that is polled at this address, or was added with it."""
    found: UUID | None = await conn.fetchval(
        """
        select id from feed where site_id = $1 and (url = $2 or given = $2)
        order by url = $2 desc, id limit 1
        """,
        site_id,
        url,
    )
    return found


async def insert_feed(
    conn: Conn,
    site_id: UUID,
    ident: UUID,
    url: str,
    host: str,
    alert: bool,  # noqa: FBT001 (a column)
    created_by: UUID | None,
) -> None:
    """Add a feed that is due at once."""
    await conn.execute(
        """
        insert into feed (site_id, id, url, given, host, alert, created_by)
        values ($1, $2, $3, $3, $4, $5, $6)
        """,
        site_id,
        ident,
        url,
        host,
        alert,
        created_by,
    )


async def revive_feed(conn: Conn, ident: UUID, alert: bool) -> None:  # noqa: FBT001 (a column)
    """Say anew whether it alerts, and let it be polled at once and read whole."""
    await conn.execute(
        """
        update feed set alert = $2, stopped = null, etag = null, modified = null,
            next_poll_at = now()
        where id = $1
        """,
        ident,
        alert,
    )


async def delete_feed(conn: Conn, ident: UUID) -> bool:
    """Remove a feed; its articles and alerts stay. False where it has gone."""
    return await conn.execute("delete from feed where id = $1", ident) == "DELETE 1"
