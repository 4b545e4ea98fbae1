"""All SQL of an alert's audience: who gets it and when, who is left out and why."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

from service.core.db import Conn, Executor
from service.push.settings_store import PushSettings, get_settings
from service.push.types import Alert

FREEZE_SECONDS = 1800  # a million subscriptions take some; far beyond the pool's own time-out
SHORTEST_LEFT = 600  # seconds of its TTL that an alert must have left when quiet hours end


def wants(topics: str, article: str) -> str:
    """Whether a subscription `s` asks for an alert with these topics, of this article.

    For its article, which is never muted; else for all alerts or one of the topics, unless all of
    them are muted. `topics` and `article` are expressions of SQL.
    """
    return f"""(
        {article} = any(s.articles)
        or (cardinality(s.topics) > 0 or cardinality(s.articles) = 0)
            and (cardinality({topics}) = 0 or s.topics in ('{{}}', '{{*}}') or s.topics && {topics})
            and not (cardinality({topics}) > 0 and {topics} <@ s.muted)
    )"""


# $1 site, $2 alert, $3 its topics, $4 size, $5 when it started, $6 its article, $7 its TTL,
# $8 the site's cap, $9 and $10 its quiet hours, $11 its time zone, $12 whether a cap can have
# been reached, $13 whether anybody has quiet hours that count, $14
# SHORTEST_LEFT.
#
# A cap counts what somebody has had, or is about to have, from the letters of the batches: no
# row is written for each subscriber. A zone that PostgreSQL doesn't know raises, so that only
# names from its own list come near `at time zone`.
FREEZE = f"""
with had as (
    select got.id, count(*) as n
    from alert l
    join delivery_batch b on b.alert_id = l.id
    cross join unnest(b.subscription_ids, string_to_array(b.outcomes, null)) as got (id, letter)
    where $12::bool and l.site_id = $1 and l.id <> $2
        and l.started_at > $5::timestamptz - interval '24 hours'
        and b.skipped_for is null and got.letter in ('a', 'p')
    group by got.id
), zone as materialized (
    select name from pg_timezone_names where $13::bool
), living as (
    select s.id, split_part(s.endpoint, '/', 3) as origin,
        least(nullif($8::int, 0), s.daily_cap) as cap,
        coalesce(s.quiet_from, $9::time) as quiet_from,
        coalesce(s.quiet_until, $10::time) as quiet_until,
        coalesce(own.name, home.name, 'UTC') as zone
    from subscription s
    left join zone own on own.name = s.time_zone
    left join zone home on home.name = $11::text
    where s.site_id = $1 and s.removed_at is null and {wants("$3::text[]", "$6::uuid")}
), wall as (
    select id, origin, cap, quiet_from, quiet_until, zone,
        $5::timestamptz at time zone zone as here,
        ($5::timestamptz at time zone zone)::time as clock
    from living
), rested as (
    select id, origin, cap,
        case when $13 and (
            clock >= quiet_from and clock < quiet_until
            or quiet_from > quiet_until and (clock >= quiet_from or clock < quiet_until)
        ) then (
            here::date + quiet_until
            + case when clock < quiet_until then interval '0' else interval '1 day' end
        ) at time zone zone end as ends
    from wall
), judged as (
    select rested.id, origin, ends, case
        when had.n >= cap then 'cap'
        when ends > $5 + ($7::int - $14::int) * interval '1 second' then 'quiet'
    end as skipped_for
    from rested left join had on had.id = rested.id
), numbered as (
    select id, origin, skipped_for, case when skipped_for is null then ends end as ends,
        (row_number() over (
            partition by origin, skipped_for, case when skipped_for is null then ends end
            order by id
        ) - 1) / $4::int as slice
    from judged
), made as (
    insert into delivery_batch (
        site_id, alert_id, number, origin, subscription_ids, outcomes, not_before, done_at,
        skipped_for
    )
    select $1, $2,
        row_number() over (order by skipped_for nulls first, ends nulls first, slice, origin),
        origin, array_agg(id order by id),
        repeat(case when skipped_for is null then 'p' else 's' end, count(*)::int),
        coalesce(ends, now()), case when skipped_for is not null then now() end, skipped_for
    from numbered
    group by origin, skipped_for, ends, slice
    returning done_at, not_before
)
select count(*) from made where done_at is null and not_before <= now()
"""  # noqa: S608 (fixed parts)

REACH = f"""
select count(*) from subscription s
where s.site_id = $1 and s.removed_at is null
    and {wants("$2::text[]", "(select id from article where site_id = $1 and key = $3)")}
"""  # noqa: S608 (fixed parts)


async def freeze_audience(conn: Conn, alert: Alert, size: int) -> int:
    """Write down who gets a started alert, in batches of one origin each; how many are due now.

    Everybody living who asked for all alerts, for one of its topics or for its article, once
    each, without those who have muted all of its topics. Who has quiet hours gets it when they
    end; who has had enough for a day, or would get it stale, is in a batch that is done. Happens
    inside the database: a million ids pass through no process. Needs a transaction, in which the
    site's other alerts wait: two at once would both find somebody below the cap.
    """
    assert alert.started_at is not None  # noqa: S101 (its start is what this is part of)
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended('push-audience ' || $1::text, 0))",
        str(alert.site_id),
        timeout=FREEZE_SECONDS,
    )
    settings = await get_settings(conn, alert.site_id)
    due: int = await conn.fetchval(
        FREEZE,
        alert.site_id,
        alert.id,
        alert.topics,
        size,
        alert.started_at,
        alert.article_id,
        alert.ttl,
        settings.daily_cap,
        settings.quiet_from,
        settings.quiet_until,
        await _home(conn, alert.site_id),
        not alert.breaking and await _cap_counts(conn, alert, settings),
        not alert.breaking and await _quiet_counts(conn, alert.site_id, settings.quiet_from),
        SHORTEST_LEFT,
        timeout=FREEZE_SECONDS,
    )
    return due


async def _cap_counts(conn: Conn, alert: Alert, settings: PushSettings) -> bool:
    """Whether the site has sent as many alerts within 24 hours as the smallest cap allows."""
    found: bool = await conn.fetchval(
        """
        with recent as (
            select count(*) as n from alert
            where site_id = $1 and id <> $2 and started_at > $3::timestamptz - interval '24 hours'
        )
        select n > 0 and exists (
            select from subscription
            where site_id = $1 and removed_at is null
                and least(nullif($4::int, 0), daily_cap) <= n
        )
        from recent
        """,
        alert.site_id,
        alert.id,
        alert.started_at,
        settings.daily_cap,
        timeout=FREEZE_SECONDS,
    )
    return found


async def _quiet_counts(conn: Conn, site_id: UUID, of_site: time | None) -> bool:
    """Whether anybody has quiet hours: the list of time zones takes a moment to read."""
    found: bool = of_site is not None or await conn.fetchval(
        """
        select exists (
            select from subscription
            where site_id = $1 and removed_at is null and quiet_from is not null
        )
        """,
        site_id,
        timeout=FREEZE_SECONDS,
    )
    return found


async def _home(conn: Conn, site_id: UUID) -> str | None:
    """The time zone that a site lives by: of its notices, else of its staffed hours."""
    found: str | None = await conn.fetchval(
        """
        select coalesce(
            (select time_zone from notice_rule where site_id = $1),
            (
                select rules -> 'hours' ->> 'time_zone' from policy
                where site_id = $1 order by version desc limit 1
            )
        )
        """,
        site_id,
    )
    return found


async def count_reach(
    conn: Executor, site_id: UUID, topics: Sequence[str], article: str | None
) -> int:
    """How many living subscriptions ask for alerts of these topics, of the article with this key.

    Before caps and quiet hours, which are decided when an alert starts.
    """
    found: int = await conn.fetchval(REACH, site_id, list(topics), article)
    return found
