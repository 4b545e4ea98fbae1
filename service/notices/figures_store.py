"""What alarms and digests are about, measured: one statement an alarm, over all sites."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.core.db import Executor
from service.notices.types import Campaign, Failing, Held, Jump, Newsroom, Title
from service.screening.hours import zone_of

WEEKS = 4  # whose same hour says what is usual
MOST_LATE = 1000  # of what waits too long; whoever has more needs no exact figure

# A comment that a moderator holds has waited since then, and not since it was written; the ledger
# is asked of those alone that are old enough.
HELD = """
select r.site_id, w.waiting, o.late, o.oldest
from notice_rule r
cross join lateral (
    select count(*) as waiting from comment where site_id = r.site_id and status = 'held'
) w
cross join lateral (
    select count(*) filter (
            where since <= $1::timestamptz - r.held_minutes * interval '1 minute'
        ) as late,
        min(since) as oldest
    from (
        select coalesce(
            (
                select max(l.created_at) from ledger l
                where l.comment_id = c.id and l.to_status = 'held'
                    and l.from_status is distinct from 'held'
            ),
            c.created_at
        ) as since
        from comment c
        where c.site_id = r.site_id and c.status = 'held'
            and c.created_at <= $1::timestamptz - r.held_minutes * interval '30 seconds'
        order by c.created_at limit $2
    ) old
) o
where r.held_minutes is not null
"""


async def measure_held(conn: Executor, now: datetime) -> dict[UUID, Held]:
    """Of each site what waits; `oldest` only where it has waited half of what is too long."""
    rows = await conn.fetch(HELD, now, MOST_LATE)
    return {row["site_id"]: Held(row["waiting"], row["late"], row["oldest"]) for row in rows}


# The hours of measure_jump. Every status is named, so that an index is read.
WINDOWS = """
select r.site_id, coalesce(array_agg(n.count order by n.till desc), '{}') as counts
from notice_rule r
join site s on s.id = r.site_id
join unnest($1::uuid[], $2::timestamptz[]) as h (site_id, till) on h.site_id = r.site_id
cross join lateral (
    select h.till, (COUNT) as count
) n
where r.jump_times is not null
    and (h.till = $3::timestamptz or h.till - interval '1 hour' >= s.created_at)
group by r.site_id
"""

COMMENTS = WINDOWS.replace(
    "COUNT",
    """
        select count(*) from comment
        where site_id = r.site_id
            and status = any('{published,held,rejected,spam,removed}'::text[])
            and created_at > h.till - interval '1 hour' and created_at <= h.till
    """,
)

REPORTS = WINDOWS.replace(
    "COUNT",
    """
        select count(*) from report
        where site_id = r.site_id
            and created_at > h.till - interval '1 hour' and created_at <= h.till
    """,
)


async def measure_jump(
    conn: Executor, text: str, now: datetime, rooms: list[Newsroom]
) -> dict[UUID, Jump]:
    """Of each site the last hour beside the same hour of weeks before, by COMMENTS or REPORTS.

    The same hour is that of the wall's clock, which is ours: a zone that PostgreSQL doesn't know
    would fail the statement for all sites.
    """
    ends = [(room.site_id, now) for room in rooms] + [
        (room.site_id, (now.astimezone(zone_of(room.zone)) - timedelta(weeks=back)).astimezone(UTC))
        for room in rooms
        for back in range(1, WEEKS + 1)
    ]
    rows = await conn.fetch(text, [site for site, _ in ends], [end for _, end in ends], now)
    return {row["site_id"]: Jump(row["counts"][0], row["counts"][1:]) for row in rows}


# What failed was held, whatever the policy: the signals of what was published needn't be read.
FAILING = """
select r.site_id, count(*) as screened, count(*) filter (
    where s.verdict <> 'publish' and exists (
        select from json_array_elements(s.signals) as signal
        where signal ->> 'check' in ('classifier', 'failure')
    )
) as failed
from notice_rule r join screening s on s.site_id = r.site_id and s.id >= $1
where r.failing_count is not null
group by r.site_id
"""


async def measure_failing(conn: Executor, since: datetime) -> dict[UUID, Failing]:
    """Of each site the screenings since then; none where there were none."""
    floor = UUID(int=int(since.timestamp() * 1000) << 80)  # UUIDv7: ids in the order of time
    rows = await conn.fetch(FAILING, floor)
    return {row["site_id"]: Failing(row["screened"], row["failed"]) for row in rows}


async def count_waiting(conn: Executor, site_id: UUID) -> tuple[int, datetime | None]:
    """How many comments are held, and when the oldest of them was posted."""
    row = await conn.fetchrow(
        """
        select count(*) as waiting, min(created_at) as oldest from comment
        where site_id = $1 and status = 'held'
        """,
        site_id,
    )
    return (row["waiting"], row["oldest"]) if row else (0, None)


async def count_reports(conn: Executor, site_id: UUID, begin: datetime, end: datetime) -> int:
    """Reports of a period."""
    found: int = await conn.fetchval(
        """
        select count(*) from report where site_id = $1 and created_at >= $2 and created_at < $3
        """,
        site_id,
        begin,
        end,
    )
    return found


async def list_lively(
    conn: Executor, site_id: UUID, begin: datetime, end: datetime, most: int
) -> list[Title]:
    """The articles with most comments of a period.

    Of one that no publisher has registered its address: its title is a reader's word.
    """
    rows = await conn.fetch(
        """
        select case when a.verified then a.title else a.url end as title, n.comments
        from (
            select article_id, count(*) as comments from comment
            where site_id = $1 and status = any('{published,held,rejected,spam,removed}'::text[])
                and created_at >= $2 and created_at < $3
            group by article_id order by count(*) desc, article_id limit $4
        ) n join article a on a.id = n.article_id
        order by n.comments desc, a.id
        """,
        site_id,
        begin,
        end,
        most,
    )
    return [Title(row["title"], row["comments"]) for row in rows]


async def count_campaigns(
    conn: Executor, site_id: UUID, begin: datetime, end: datetime
) -> Campaign:
    """Campaigns that comments of a period belong to."""
    row = await conn.fetchrow(
        """
        select count(distinct campaign_id) as campaigns, count(campaign_id) as comments
        from comment
        where site_id = $1 and status = any('{published,held,rejected,spam,removed}'::text[])
            and created_at >= $2 and created_at < $3
        """,
        site_id,
        begin,
        end,
    )
    return Campaign(row["campaigns"], row["comments"]) if row else Campaign(0, 0)
