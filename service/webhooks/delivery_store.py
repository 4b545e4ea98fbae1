"""SQL of deliveries: leasing them, what they tell, and what has become of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from service.core.db import Conn, Executor, row_to
from service.webhooks.types import Claimed, Target

# In a statement of its own: the next one then sees what whoever held the lock before has leased.
LOCK = """
select w.id from webhook w
where w.enabled and exists (
    select from webhook_delivery d
    where d.webhook_id = w.id and d.state = 'pending' and d.next_at <= now()
        and (d.leased_until is null or d.leased_until < now())
)
for no key update skip locked
"""

CLAIM = """
update webhook_delivery d set lease = $1, leased_until = now() + $2
from webhook_event e, (
    select free.id from unnest($5::uuid[]) w (id)
    cross join lateral (
        select o.id from webhook_delivery o
        where o.webhook_id = w.id and o.state = 'pending' and o.next_at <= now()
            and (o.leased_until is null or o.leased_until < now())
        order by o.next_at
        limit greatest(0, $3 - (
            select count(*) from webhook_delivery b
            where b.webhook_id = w.id and b.lease is not null and b.leased_until >= now()
        ))
    ) free
    limit $4
) chosen
where d.id = chosen.id and e.id = d.event_id
returning d.id, d.webhook_id, d.event_id, e.kind, d.lease, d.attempts
"""

EVENT = """
select e.id, e.kind, e.created_at, e.data, s.slug as site,
    c.id as comment_id, c.parent_id, c.author_name, c.badge, c.body, c.html, c.status,
    c.created_at as comment_created_at, c.edited_at, c.reports,
    a.key, a.url, a.title,
    l.actor, l.from_status, l.to_status, l.reason,
    n.id as sanction_id, n.kind as sanction, n.reason as sanction_reason, n.until,
    n.created_at as imposed_at, n.lifted_at, r.id as reader_id, r.name as reader_name
from webhook_event e join site s on s.id = e.site_id
left join comment c on c.id = e.comment_id
left join article a on a.id = c.article_id
left join ledger l on l.id = e.ledger_id
left join sanction n on n.id = e.sanction_id
left join reader r on r.id = n.reader_id
where e.id = $1
"""


async def claim(
    conn: Conn, lease: UUID, lasts: timedelta, for_one: int, most: int
) -> list[Claimed]:
    """Lease due deliveries, `most` at once and no more than `for_one` under way to one webhook.

    Needs a transaction of its own. Passes over webhooks for which somebody else is claiming.
    """
    ids = [row["id"] for row in await conn.fetch(LOCK)]
    rows = await conn.fetch(CLAIM, lease, lasts, for_one, most, ids) if ids else []
    return [row_to(Claimed, row) for row in rows]


async def is_any_due(conn: Executor) -> bool:
    """Whether something waits for a worker."""
    found: bool = await conn.fetchval(
        """
        select exists (
            select from webhook w join webhook_delivery d on d.webhook_id = w.id
            where w.enabled and d.state = 'pending' and d.next_at <= now()
                and (d.leased_until is null or d.leased_until < now())
        )
        """
    )
    return found


async def get_target(conn: Executor, webhook_id: UUID) -> Target | None:
    """Where to, and what signs."""
    row = await conn.fetchrow(
        """
        select id, url, secret, case when previous_until > now() then previous end as previous
        from webhook where id = $1
        """,
        webhook_id,
    )
    return row_to(Target, row) if row else None


async def get_event(conn: Executor, event_id: UUID) -> dict[str, Any] | None:
    """An event and all that it tells, as it stands now."""
    row = await conn.fetchrow(EVENT, event_id)
    return dict(row) if row else None


async def finish(
    conn: Conn, one: Claimed, status: int | None, error: str | None, state: str
) -> bool:
    """The end of a delivery, `delivered` or `dead`; False where the lease is lost."""
    done = await conn.execute(
        """
        update webhook_delivery set state = $3, attempts = attempts + 1, last_status = $4,
            last_error = $5, done_at = now(), lease = null, leased_until = null
        where id = $1 and lease = $2
        """,
        one.id,
        one.lease,
        state,
        status,
        error,
    )
    return done == "UPDATE 1"


async def postpone(
    conn: Conn, one: Claimed, status: int | None, error: str | None, wait: timedelta
) -> bool:
    """Try again after `wait`; False where the lease is lost."""
    done = await conn.execute(
        """
        update webhook_delivery set attempts = attempts + 1, last_status = $3, last_error = $4,
            next_at = now() + $5, lease = null, leased_until = null
        where id = $1 and lease = $2
        """,
        one.id,
        one.lease,
        status,
        error,
        wait,
    )
    return done == "UPDATE 1"


async def note_success(conn: Conn, webhook_id: UUID) -> None:
    """Something got through. Most of the time that is no news, and costs no write."""
    await conn.execute(
        "update webhook set failing_since = null where id = $1 and failing_since is not null",
        webhook_id,
    )


async def note_failure(conn: Conn, webhook_id: UUID) -> None:
    """Nothing gets through, from now on or since earlier."""
    await conn.execute(
        "update webhook set failing_since = now() where id = $1 and failing_since is null",
        webhook_id,
    )


async def stop_webhook(conn: Conn, webhook_id: UUID, why: str) -> None:
    """Pause a webhook."""
    await conn.execute(
        "update webhook set enabled = false, stopped = $2 where id = $1", webhook_id, why
    )


async def give_up(conn: Conn, webhook_id: UUID, why: str) -> None:
    """What waited for a webhook is dead, until somebody revives it."""
    await conn.execute(
        """
        update webhook_delivery set state = 'dead', last_error = $2, done_at = now(), lease = null,
            leased_until = null
        where webhook_id = $1 and state = 'pending'
        """,
        webhook_id,
        why,
    )


async def forget(conn: Executor, delivered: timedelta, dead: timedelta) -> None:
    """Delete deliveries so long after their end, what waits for a paused webhook, and events."""
    await conn.execute(
        """
        delete from webhook_delivery
        where state = 'delivered' and done_at < now() - $1::interval
            or state = 'dead' and done_at < now() - $2::interval
            or state = 'pending' and next_at < now() - $2::interval
        """,
        delivered,
        dead,
    )
    await conn.execute(
        """
        delete from webhook_event e
        where e.created_at < now() - $1::interval
            and not exists (select from webhook_delivery d where d.event_id = e.id)
        """,
        delivered,
    )
