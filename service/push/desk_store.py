"""All SQL of what the desk shows and changes of alerts."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from service.core.db import Conn, Executor, row_to
from service.push.desk_types import After, DeskAlert, EditionCounts, OverdueAlert, ServiceCounts
from service.push.store import SUMS
from service.push.types import AlertState, Counts

MOST_SERVICES = 50
MOST_EDITIONS = 50
MOST_STEPS = 118  # of a timeline, whose first and last points come on top
COUNTS = Counts.__struct_fields__

ALERT = (
    """
select l.id, s.slug as site, a.key as article, l.url, l.title, l.body, l.edition, l.state,
    p.paused_at is not null and l.state in ('scheduled', 'sending') as paused, l.breaking,
    l.topics, l.created_at, l.send_at, l.started_at, l.finished_at, l.check_failed,
    b.audience, b.accepted, b.gone, b.failed, b.skipped, b.pending, b.skipped_cap,
    b.skipped_quiet, r.shown, r.clicked
from alert l join site s on s.id = l.site_id join article a on a.id = l.article_id
    left join push_setting p on p.site_id = l.site_id
"""
    + SUMS
)

NEWEST = """
where l.id in (
    select id from alert
    where site_id = any($1::uuid[]) and ($2::text is null or state = $2)
        and ($3::uuid is null or id < $3)
        and ($4::text is null or article_id in (
            select id from article where site_id = any($1::uuid[]) and key = $4
        ))
    order by id desc limit $5
)
order by l.id desc
"""

EDITIONS = (
    "select l.id, l.edition, l.title, l.state, b.accepted, r.shown, r.clicked from alert l"  # noqa: S608 (fixed parts)
    + SUMS
    + " where l.article_id = (select article_id from alert where id = $1)"
    + " order by l.edition desc limit $2"
)

# Sent now, an overdue alert comes late; after a restore it may come again. What waits for the end
# of a reader's quiet hours is not late.
OVERDUE = """
select l.id, l.title, l.state from alert l
cross join lateral (
    select case when $2 then interval '0'
        else least($3, make_interval(secs => greatest(l.ttl, $4))) end as late
) p
where l.site_id = $1 and (
    l.state = 'scheduled' and l.send_at <= now() - p.late
    or l.state = 'sending' and exists (
        select from delivery_batch b
        where b.alert_id = l.id and b.done_at is null and ($2 or b.not_before <= now() - p.late)
    )
)
"""


def _alert(row: asyncpg.Record) -> DeskAlert:
    fields = dict(row)
    counts = Counts(**{name: fields.pop(name) for name in COUNTS})
    return DeskAlert(**fields, counts=counts)


async def list_alerts(
    conn: Executor,
    sites: Sequence[UUID],
    state: AlertState | None,
    article: str | None,
    after: After | None,
    limit: int,
) -> list[DeskAlert]:
    """Alerts of these sites, or of the article with this key, newest first, with their counts."""
    rows = await conn.fetch(
        ALERT + NEWEST,
        list(sites),
        state,
        after.id if after else None,
        article,
        limit,
    )
    return [_alert(row) for row in rows]


async def get_alert(conn: Executor, ident: UUID) -> DeskAlert | None:
    """One alert, of whatever site."""
    row = await conn.fetchrow(ALERT + " where l.id = $1", ident)
    return _alert(row) if row else None


async def get_site_of(conn: Executor, ident: UUID) -> UUID | None:
    """Whose alert this is."""
    found: UUID | None = await conn.fetchval("select site_id from alert where id = $1", ident)
    return found


async def list_paused(conn: Executor, sites: Sequence[UUID]) -> list[str]:
    """The slugs of those sites whose alerts are paused."""
    rows = await conn.fetch(
        """
        select s.slug from push_setting p join site s on s.id = p.site_id
        where p.site_id = any($1::uuid[]) and p.paused_at is not null order by s.slug
        """,
        list(sites),
    )
    return [row["slug"] for row in rows]


async def list_steps(conn: Executor, ident: UUID) -> list[tuple[int, int]]:
    """Seconds since an alert's start, and how many messages were accepted by then.

    Each batch knows how many of its own were; their gains, added up in the order of time.
    """
    rows = await conn.fetch(
        """
        with point as (
            select p.second, p.gained
            from delivery_batch b cross join lateral (
                select second.v as second,
                    accepted.v - coalesce(lag(accepted.v) over (order by second.i), 0) as gained
                from unnest(b.progress) with ordinality second (v, i)
                join unnest(b.progress) with ordinality accepted (v, i)
                    on accepted.i = second.i + 1
                where second.i % 2 = 1
            ) p
            where b.alert_id = $1
        ), size as (
            select max(second) as last, greatest(1, ceil(max(second)::float / $2))::int as width
            from point
        ), step as (
            select least((second + width - 1) / width * width, last) as second, gained
            from point, size
        )
        select second, sum(sum(gained)) over (order by second)::int as accepted
        from step group by second order by second
        """,
        ident,
        MOST_STEPS,
    )
    return [(row["second"], row["accepted"]) for row in rows]


async def list_services(conn: Executor, ident: UUID) -> list[ServiceCounts]:
    """What became of an alert by push service, the largest first."""
    rows = await conn.fetch(
        """
        select origin, sum(accepted)::int as accepted, sum(gone)::int as gone,
            sum(failed)::int as failed, sum(skipped)::int as skipped,
            sum(pending)::int as pending
        from delivery_batch where alert_id = $1 group by origin
        order by sum(accepted + gone + failed + skipped + pending) desc, origin limit $2
        """,
        ident,
        MOST_SERVICES,
    )
    return [row_to(ServiceCounts, row) for row in rows]


async def list_editions(conn: Executor, ident: UUID) -> list[EditionCounts]:
    """The alerts of the article that this one is of, this one included, newest edition first."""
    rows = await conn.fetch(
        EDITIONS,
        ident,
        MOST_EDITIONS,
    )
    return [row_to(EditionCounts, row) for row in rows]


async def count_subscribers(conn: Executor, site_id: UUID) -> int:
    """Living subscriptions, whatever they ask for."""
    found: int = await conn.fetchval(
        "select count(*) from subscription where site_id = $1 and removed_at is null", site_id
    )
    return found


async def lock_site(conn: Conn, site_id: UUID) -> None:
    """Let one change of a site's alerts wait for the other. Needs a transaction."""
    await conn.execute("select from site where id = $1 for no key update", site_id)


async def list_overdue(
    conn: Executor, site_id: UUID, *, restored: bool, late: timedelta, least: int
) -> list[OverdueAlert]:
    """Alerts due or being sent whose time was `late` or their TTL (`least` seconds) ago.

    `restored`: all that are due or being sent, because nobody knows what had been sent.
    """
    rows = await conn.fetch(
        OVERDUE + " order by l.send_at, l.id", site_id, restored, late, float(least)
    )
    return [row_to(OverdueAlert, row) for row in rows]


async def cancel_overdue(conn: Conn, idents: Sequence[UUID], *, restored: bool) -> None:
    """Cancel what is scheduled of these; of those being sent what is due is skipped.

    `restored`: all that is left of them. Needs a transaction. Who has a batch loses its lease.
    """
    await conn.execute(
        """
        update alert set state = 'cancelled', finished_at = now()
        where id = any($1::uuid[]) and state = 'scheduled'
        """,
        list(idents),
    )
    await conn.execute(
        """
        update delivery_batch set outcomes = replace(outcomes, 'p', 's'), done_at = now(),
            lease = null, leased_until = null
        where alert_id = any($1::uuid[]) and done_at is null and ($2 or not_before <= now())
        """,
        list(idents),
        restored,
    )
