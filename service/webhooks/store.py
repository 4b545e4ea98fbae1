"""SQL of webhooks: what editors set up, and what they see of deliveries."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from service.core.db import Conn, Executor, row_to
from service.webhooks.types import PING, Delivery, DeliveryPosition, EventKind, State, Webhook

WEBHOOK = """
select w.id, s.slug as site, w.url, w.events, w.enabled, w.stopped, w.failing_since,
    case when w.previous_until > now() then w.previous_until end as previous_until,
    coalesce(nullif(m.name, ''), m.email) as created_by, w.created_at,
    (
        select count(*) from webhook_delivery d where d.webhook_id = w.id and d.state = 'pending'
    ) as waiting,
    (
        select count(*) from webhook_delivery d where d.webhook_id = w.id and d.state = 'dead'
    ) as dead
from webhook w join site s on s.id = w.site_id left join moderator m on m.id = w.created_by
"""

DELIVERY = """
select d.id, d.event_id, e.kind, e.comment_id, d.state, d.attempts,
    case when d.state = 'pending' then d.next_at end as next_at,
    d.last_status, d.last_error, d.created_at, d.done_at
from webhook_delivery d join webhook_event e on e.id = d.event_id
"""


async def list_webhooks(conn: Executor, site_ids: Sequence[UUID]) -> list[Webhook]:
    """The webhooks of these sites, newest first."""
    rows = await conn.fetch(
        WEBHOOK + " where w.site_id = any($1::uuid[]) order by s.slug, w.id desc", list(site_ids)
    )
    return [row_to(Webhook, row) for row in rows]


async def get_webhook(conn: Executor, ident: UUID) -> Webhook | None:
    """One webhook."""
    row = await conn.fetchrow(WEBHOOK + " where w.id = $1", ident)
    return row_to(Webhook, row) if row else None


async def get_site_of(conn: Executor, ident: UUID) -> UUID | None:
    """Whose webhook this is."""
    found: UUID | None = await conn.fetchval("select site_id from webhook where id = $1", ident)
    return found


async def lock_site(conn: Conn, site_id: UUID) -> int:
    """Let one change of a site's webhooks wait for the other; how many there are.

    Needs a transaction.
    """
    await conn.execute("select from site where id = $1 for no key update", site_id)
    found: int = await conn.fetchval("select count(*) from webhook where site_id = $1", site_id)
    return found


async def insert_webhook(
    conn: Conn,
    site_id: UUID,
    ident: UUID,
    url: str,
    events: Sequence[str],
    secret: bytes,
    created_by: UUID | None,
) -> bool:
    """Add a webhook; False where the site has one for this address."""
    done = await conn.execute(
        """
        insert into webhook (site_id, id, url, events, secret, created_by)
        values ($1, $2, $3, $4, $5, $6) on conflict (site_id, url) do nothing
        """,
        site_id,
        ident,
        url,
        list(events),
        secret,
        created_by,
    )
    return done == "INSERT 0 1"


async def update_webhook(
    conn: Executor,
    ident: UUID,
    url: str | None,
    events: Sequence[str] | None,
    enabled: bool | None,  # noqa: FBT001 (a column)
) -> bool:
    """Change what isn't None; False where it has gone. What is enabled again starts afresh.

    Raises asyncpg.UniqueViolationError where the site has another one for this address.
    """
    done = await conn.execute(
        """
        update webhook set url = coalesce($2, url), events = coalesce($3::text[], events),
            enabled = coalesce($4, enabled), stopped = case when $4 is null then stopped end,
            failing_since = case when $4 or $2 <> url then null else failing_since end
        where id = $1
        """,
        ident,
        url,
        None if events is None else list(events),
        enabled,
    )
    return done == "UPDATE 1"


async def delete_webhook(conn: Executor, ident: UUID) -> bool:
    """Remove a webhook and everything that was still to go there.

    Call it outside of a transaction: it is paused first, so that no comment waits until a long
    backlog is gone.
    """
    await conn.execute("update webhook set enabled = false where id = $1", ident)
    return await conn.execute("delete from webhook where id = $1", ident) == "DELETE 1"


async def rotate_secret(conn: Executor, ident: UUID, secret: bytes, lasts: timedelta) -> bool:
    """Put another secret; the one before signs, too, for so long. False where it has gone."""
    done = await conn.execute(
        """
        update webhook set previous = secret, previous_until = now() + $3, secret = $2
        where id = $1
        """,
        ident,
        secret,
        lasts,
    )
    return done == "UPDATE 1"


async def insert_ping(conn: Conn, site_id: UUID, ident: UUID) -> UUID:
    """An event for this webhook alone, and its delivery's id. Needs a transaction."""
    event_id = await conn.fetchval(
        "insert into webhook_event (site_id, kind) values ($1, $2) returning id", site_id, PING
    )
    delivery_id: UUID = await conn.fetchval(
        """
        insert into webhook_delivery (site_id, webhook_id, event_id) values ($1, $2, $3)
        returning id
        """,
        site_id,
        ident,
        event_id,
    )
    return delivery_id


async def list_deliveries(
    conn: Executor, ident: UUID, state: State | None, after: DeliveryPosition | None, limit: int
) -> list[Delivery]:
    """Deliveries of a webhook, newest first."""
    rows = await conn.fetch(
        DELIVERY
        + """
        where d.webhook_id = $1 and ($2::text is null or d.state = $2)
            and ($3::timestamptz is null or (d.created_at, d.id) < ($3, $4))
        order by d.created_at desc, d.id desc limit $5
        """,
        ident,
        state,
        after.created_at if after else None,
        after.id if after else None,
        limit,
    )
    return [row_to(Delivery, row) for row in rows]


async def get_delivery(conn: Executor, ident: UUID, delivery_id: UUID) -> Delivery | None:
    """One delivery of this webhook."""
    row = await conn.fetchrow(
        DELIVERY + " where d.webhook_id = $1 and d.id = $2", ident, delivery_id
    )
    return row_to(Delivery, row) if row else None


async def revive(conn: Conn, ident: UUID, delivery_id: UUID | None) -> int:
    """Let one dead delivery of this webhook, or all, wait again as if for the first time."""
    done = await conn.execute(
        """
        update webhook_delivery set state = 'pending', attempts = 0, next_at = now(), lease = null,
            leased_until = null, done_at = null
        where webhook_id = $1 and ($2::uuid is null or id = $2) and state = 'dead'
        """,
        ident,
        delivery_id,
    )
    return int(done.rpartition(" ")[2])


async def insert_event(conn: Conn, site_id: UUID, kind: EventKind, data: bytes) -> None:
    """Tell a site's webhooks that have asked for it; `data` is a JSON object."""
    await conn.execute(
        "select announce_to_webhooks($1, $2, null, null, $3::json)", site_id, kind, data
    )
