"""All SQL about subscriptions as a whole: where they come from, where they go, who is silent."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to
from service.push.settings_store import PushSettings
from service.push.types import Removal

MOST_TOPICS_TOLD = 50
MOST_INACTIVE = 1000  # removed at once: a transaction of a moment
TRIED_WITHIN = "30 days"


class TopicCount(msgspec.Struct, frozen=True):
    """How many have asked for a topic."""

    slug: str
    subscriptions: int


class RemovedCount(msgspec.Struct, frozen=True):
    """How many went for one reason within so many days."""

    reason: Removal
    days_30: int
    days_90: int


class ReaderDay(msgspec.Struct, frozen=True):
    """A day (of UTC): how many first subscribed, and how many went."""

    day: date
    added: int = 0
    removed: int = 0


class Living(msgspec.Struct, frozen=True):
    """Who can be reached: in all, by all alerts, only by those of followed articles."""

    living: int
    all_topics: int
    only_articles: int
    following: int
    muting: int


async def count_living(conn: Conn, site_id: UUID) -> Living:
    """A site's living subscriptions."""
    row = await conn.fetchrow(
        """
        select count(*)::int as living,
            (count(*) filter (where topics = '{*}' or (topics = '{}' and articles = '{}')))::int
                as all_topics,
            (count(*) filter (where topics = '{}' and articles <> '{}'))::int as only_articles,
            (count(*) filter (where articles <> '{}'))::int as following,
            (count(*) filter (where muted <> '{}'))::int as muting
        from subscription where site_id = $1 and removed_at is null
        """,
        site_id,
    )
    assert row is not None  # noqa: S101 (an aggregate answers one row)
    return row_to(Living, row)


async def count_topics(conn: Conn, site_id: UUID) -> list[TopicCount]:
    """The topics that most living subscriptions ask for."""
    rows = await conn.fetch(
        """
        select topic as slug, count(*)::int as subscriptions
        from subscription, unnest(topics) as topic
        where site_id = $1 and removed_at is null and topic <> '*'
        group by topic order by count(*) desc, topic limit $2
        """,
        site_id,
        MOST_TOPICS_TOLD,
    )
    return [row_to(TopicCount, row) for row in rows]


async def count_removed(conn: Conn, site_id: UUID) -> list[RemovedCount]:
    """Why subscriptions went, every reason of the last 90 days."""
    rows = await conn.fetch(
        """
        select removed_reason as reason,
            (count(*) filter (where removed_at > now() - interval '30 days'))::int as days_30,
            count(*)::int as days_90
        from subscription
        where site_id = $1 and removed_at > now() - interval '90 days'
        group by removed_reason order by count(*) desc, removed_reason
        """,
        site_id,
    )
    return [row_to(RemovedCount, row) for row in rows]


async def count_days(conn: Conn, site_id: UUID, first: date) -> dict[date, ReaderDay]:
    """Days of UTC from `first` on at which somebody came or went."""
    rows = await conn.fetch(
        """
        select day, sum(added)::int as added, sum(removed)::int as removed
        from (
            select (created_at at time zone 'UTC')::date as day, 1 as added, 0 as removed
            from subscription
            where site_id = $1 and created_at >= $2::date::timestamp at time zone 'UTC'
            union all
            select (removed_at at time zone 'UTC')::date, 0, 1
            from subscription
            where site_id = $1 and removed_at >= $2::date::timestamp at time zone 'UTC'
        ) change
        group by day
        """,
        site_id,
        first,
    )
    return {row["day"]: row_to(ReaderDay, row) for row in rows}


async def list_sites_to_prune(conn: Executor) -> list[tuple[UUID, int]]:
    """Sites with subscriptions that may go, and after how many days without a sign of life."""
    rows = await conn.fetch(
        """
        select s.id, coalesce(p.inactive_days, $1) as days
        from site s left join push_setting p on p.site_id = s.id
        where coalesce(p.inactive_days, $1) > 0
        """,
        PushSettings().inactive_days,
    )
    return [(row["id"], row["days"]) for row in rows]


async def lock_inactive(conn: Conn, site_id: UUID, days: int) -> Sequence[UUID]:
    """Some that have given no sign of life for so long although it was asked for.

    A sign of life is a message that was taken or a page that subscribed or changed something.
    Asked for: a message that failed within the last 30 days, or was refused since the last one that
    was taken; or the site's key has changed, which every visit would have mended. So that nobody
    goes because the newsroom was silent. Needs a transaction: locks the rows in one order for all.
    """
    rows = await conn.fetch(
        """
        with failed as materialized (
            select distinct got.id
            from alert l
            join delivery_batch b on b.alert_id = l.id
            cross join unnest(b.subscription_ids, string_to_array(b.outcomes, null))
                as got (id, letter)
            where l.site_id = $1 and l.started_at > now() - $4::text::interval
                and b.failed > 0 and got.letter = 'f'
        )
        select s.id
        from subscription s join vapid_key k on k.site_id = s.site_id and k.id = s.vapid_key_id
        where s.site_id = $1 and s.removed_at is null
            and greatest(s.last_success_at, s.updated_at, s.created_at)
                < now() - make_interval(days => $2)
            and (
                s.failures > 0 or k.retired_at is not null
                or s.id in (select id from failed)
            )
        order by s.id limit $3
        for no key update of s skip locked
        """,
        site_id,
        days,
        MOST_INACTIVE,
        TRIED_WITHIN,
        timeout=600,
    )
    return [row["id"] for row in rows]
