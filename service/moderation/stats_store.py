"""What the ledger says of each day, and by which clock its days are cut."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to

# Ids are UUIDv7, in the order of time: $2 is the first one of the first day. What was taken back is
# no decision, and a person's last word on a comment counts. It has waited until the first.
DAYS = """
with rows as (
    select l.*, (l.created_at at time zone $3)::date as day from ledger l
    where l.site_id = any($1::uuid[]) and l.id >= $2
), came as (
    select comment_id, day, to_status, created_at from rows where from_status is null
), decided as (
    select r.id, r.comment_id, r.day, r.to_status, r.created_at from rows r
    where r.actor = 'moderator' and not exists (
        select from ledger u where u.undoes = r.batch_id and u.comment_id = r.comment_id
    )
), said as (
    select distinct on (comment_id, day) comment_id, day, to_status from decided
    order by comment_id, day, id desc
), first_said as (
    select s.comment_id, s.day, s.to_status, c.to_status as machine
    from said s join came c on c.comment_id = s.comment_id
), waited as (
    select distinct on (d.comment_id) d.day,
        extract(epoch from d.created_at - c.created_at) / 60 as minutes
    from decided d join came c on c.comment_id = d.comment_id
    where c.to_status = 'held'
    order by d.comment_id, d.id
), waits as (
    select day, percentile_cont(0.5) within group (order by minutes) as median_minutes,
        percentile_cont(0.9) within group (order by minutes) as p90_minutes
    from waited group by day
), volumes as (
    select day, count(*) as comments, count(*) filter (where to_status = 'published') as published,
        count(*) filter (where to_status = 'held') as held,
        count(*) filter (where to_status = 'spam') as spam
    from came group by day
), decisions as (
    select day, count(*) as decisions,
        count(*) filter (where to_status = 'published') as let_through,
        count(*) filter (where to_status = 'rejected') as rejected,
        count(*) filter (where to_status = 'spam') as marked_spam
    from said group by day
), compared as (
    select day, count(*) filter (
            where machine in ('held', 'spam') and to_status = 'published'
        ) as overruled,
        count(*) filter (
            where machine = 'published' and to_status in ('rejected', 'spam')
        ) as missed,
        count(*) as judged
    from first_said group by day
), engaged as (
    -- Counted by day of UTC, which may have begun before the zone's own day has.
    select least(day, (now() at time zone $3)::date) as day,
        sum(count) filter (where kind = 'share') as shares,
        sum(count) filter (where kind = 'support') as support
    from engagement_daily
    where site_id = any($1::uuid[]) and day >= $4
    group by 1
)
select day, coalesce(comments, 0) as comments, coalesce(published, 0) as published,
    coalesce(held, 0) as held, coalesce(spam, 0) as spam, coalesce(decisions, 0) as decisions,
    coalesce(let_through, 0) as let_through, coalesce(rejected, 0) as rejected,
    coalesce(marked_spam, 0) as marked_spam, coalesce(judged, 0) as judged,
    coalesce(overruled, 0) as overruled, coalesce(missed, 0) as missed, median_minutes, p90_minutes,
    coalesce(shares, 0)::int as shares, coalesce(support, 0)::int as support
from volumes full join decisions using (day) full join compared using (day)
full join waits using (day) full join engaged using (day)
order by day
"""


class Day(msgspec.Struct, frozen=True):
    """One day. `published`, `held` and `spam` are what the machine did with the day's comments.

    `let_through`, `rejected` and `marked_spam` are people's decisions of the day, what was taken
    back left out. Of `judged`, those whose comments are of the same period, people `overruled` the
    machine where they published what it had held or put to spam; it `missed` what they refused
    and it had published. The minutes are from posting to the first decision, of what was held.
    `shares` and `support` clicks are counted by day of UTC.
    """

    day: date
    comments: int = 0
    published: int = 0
    held: int = 0
    spam: int = 0
    decisions: int = 0
    let_through: int = 0
    rejected: int = 0
    marked_spam: int = 0
    judged: int = 0
    overruled: int = 0
    missed: int = 0
    median_minutes: float | None = None
    p90_minutes: float | None = None
    shares: int = 0
    support: int = 0


class TopArticle(msgspec.Struct, frozen=True):
    """What an article has had in a period. `comments` are those of it that are published."""

    site: str
    key: str
    url: str
    title: str
    comments: int
    shares: int
    support: int


# Ties go to what has more of everything.
TOP_ARTICLES = """
with engaged as (
    select article_id, coalesce(sum(count) filter (where kind = 'share'), 0) as shares,
        coalesce(sum(count) filter (where kind = 'support'), 0) as support
    from engagement_daily where site_id = any($1::uuid[]) and day >= $2 group by article_id
), written as (
    select article_id, count(*) as comments from comment
    where site_id = any($1::uuid[]) and status = 'published' and created_at >= $3
    group by article_id
)
select s.slug as site, a.key, a.url, a.title, coalesce(w.comments, 0)::int as comments,
    coalesce(e.shares, 0)::int as shares, coalesce(e.support, 0)::int as support
from engaged e full join written w using (article_id)
join article a on a.id = article_id join site s on s.id = a.site_id
order by case $4 when 'comments' then coalesce(w.comments, 0)
    when 'support' then coalesce(e.support, 0) else coalesce(e.shares, 0) end desc,
    coalesce(e.shares, 0) + coalesce(e.support, 0) + coalesce(w.comments, 0) desc, a.id desc
limit $5
"""


async def list_days(conn: Conn, sites: list[UUID], first: datetime, zone: str) -> dict[date, Day]:
    """The days since a moment on which anything happened."""
    floor = UUID(int=int(first.timestamp() * 1000) << 80)
    rows = await conn.fetch(DAYS, sites, floor, zone, first.date())
    return {row["day"]: row_to(Day, row) for row in rows}


async def list_top_articles(
    conn: Conn, sites: list[UUID], first: datetime, by: str, limit: int
) -> list[TopArticle]:
    """The articles with the most of `by` (shares, support, comments) since a moment."""
    rows = await conn.fetch(TOP_ARTICLES, sites, first.date(), first, by, limit)
    return [row_to(TopArticle, row) for row in rows]


async def list_zones(conn: Executor, sites: list[UUID]) -> list[str]:
    """The time zones that these sites live by, each once.

    That of the notices, else of the staffed hours, else UTC.
    """
    rows = await conn.fetch(
        """
        select distinct coalesce(r.time_zone, p.zone, 'UTC') as zone
        from unnest($1::uuid[]) as asked (site_id)
        left join notice_rule r on r.site_id = asked.site_id
        left join lateral (
            select rules -> 'hours' ->> 'time_zone' as zone from policy
            where site_id = asked.site_id order by version desc limit 1
        ) p on true
        """,
        sites,
    )
    return [row["zone"] for row in rows]
