"""All SQL of push but the deliveries' (delivery_store.py)."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from service.core.db import Conn, Executor, row_to
from service.push.types import (
    MOST_TOPICS,
    Alert,
    Counts,
    NewSubscription,
    PatchSubscription,
    Removal,
    Topic,
    VapidKey,
)

VAPID_KEY = "select site_id, id, public_key, private_key from vapid_key"

ALERT = """
select l.id, l.site_id, l.article_id, a.key as article_key, l.edition, l.title, l.body, l.image,
    l.url, l.topics, l.urgency, l.ttl, l.state, l.send_at, l.started_at, l.checks, l.check_failed,
    l.breaking
from alert l join article a on a.id = l.article_id
"""

# What became of an alert `l`, in rows `b` and `r`. The audience is counted by its letters, of which
# there are as many as ids (a constraint): the lists of ids lie in pages of their own.
SUMS = """
    cross join lateral (
        select coalesce(sum(length(outcomes)), 0)::int as audience,
            coalesce(sum(accepted), 0)::int as accepted, coalesce(sum(gone), 0)::int as gone,
            coalesce(sum(failed), 0)::int as failed, coalesce(sum(skipped), 0)::int as skipped,
            coalesce(sum(pending), 0)::int as pending,
            coalesce(sum(skipped) filter (where skipped_for = 'cap'), 0)::int as skipped_cap,
            coalesce(sum(skipped) filter (where skipped_for = 'quiet'), 0)::int as skipped_quiet
        from delivery_batch where alert_id = l.id
    ) b
    cross join lateral (
        select (l.shown + count(*) filter (where event = 'shown'))::int as shown,
            (l.clicked + count(*) filter (where event = 'clicked'))::int as clicked
        from receipt where alert_id = l.id
    ) r
"""

COUNTS = f"""
    select b.audience, b.accepted, b.gone, b.failed, b.skipped, b.pending, b.skipped_cap,
        b.skipped_quiet, r.shown, r.clicked
    from alert l {SUMS} where l.id = $1
"""  # noqa: S608 (fixed parts)

MOST_ARTICLES = 500  # of the newest, whose topics are offered: a few milliseconds
MOST_ALERTS = 50  # of one article in its report


async def insert_vapid_key(conn: Conn, key: VapidKey) -> bool:
    """Store a site's key; False where it has a current one."""
    done = await conn.execute(
        """
        insert into vapid_key (site_id, id, public_key, private_key) values ($1, $2, $3, $4)
        on conflict (site_id) where retired_at is null do nothing
        """,
        key.site_id,
        key.id,
        key.public_key,
        key.private_key,
    )
    return done == "INSERT 0 1"


async def get_current_vapid_key(conn: Conn, site_id: UUID) -> VapidKey | None:
    """The key that new subscriptions are made with."""
    row = await conn.fetchrow(VAPID_KEY + " where site_id = $1 and retired_at is null", site_id)
    return row_to(VapidKey, row) if row else None


async def get_vapid_key(conn: Executor, site_id: UUID, ident: str) -> VapidKey | None:
    """One key, retired or not: older subscriptions still need theirs."""
    row = await conn.fetchrow(VAPID_KEY + " where site_id = $1 and id = $2", site_id, ident)
    return row_to(VapidKey, row) if row else None


async def list_origins(conn: Executor, site_id: UUID) -> list[str]:
    """The origins of a site."""
    found: list[str] = await conn.fetchval("select origins from site where id = $1", site_id)
    return found


async def list_topic_labels(conn: Conn, site_id: UUID) -> list[Topic]:
    """Sections and tags of the site's newest articles, the most used first; slugs still empty."""
    rows = await conn.fetch(
        """
        select label as name, '' as slug
        from (
            select section, tags from article where site_id = $1 order by id desc limit $2
        ) newest, unnest(section || tags) label
        where label is not null
        group by label order by count(*) desc, label limit $3
        """,
        site_id,
        MOST_ARTICLES,
        MOST_TOPICS,
    )
    return [row_to(Topic, row) for row in rows]


async def upsert_subscription(conn: Conn, site_id: UUID, ident: UUID, new: NewSubscription) -> UUID:
    """Store a subscription, or what is new of the one with this endpoint; its id."""
    found: UUID = await conn.fetchval(
        """
        insert into subscription (
            site_id, id, endpoint_hash, endpoint, p256dh, auth, topics, time_zone, locale,
            vapid_key_id, address_hash, daily_cap, quiet_from, quiet_until, articles, muted
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        on conflict (site_id, endpoint_hash) do update set
            endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
            topics = excluded.topics, time_zone = excluded.time_zone, locale = excluded.locale,
            vapid_key_id = excluded.vapid_key_id, address_hash = excluded.address_hash,
            daily_cap = excluded.daily_cap, quiet_from = excluded.quiet_from,
            quiet_until = excluded.quiet_until, articles = excluded.articles,
            muted = excluded.muted,
            updated_at = now(), failures = 0, removed_at = null, removed_reason = null,
            last_success_at = case when subscription.vapid_key_id = excluded.vapid_key_id
                then subscription.last_success_at end
        returning id
        """,
        site_id,
        ident,
        new.endpoint_hash,
        new.endpoint,
        new.p256dh,
        new.auth,
        new.choices.topics,
        new.time_zone,
        new.locale,
        new.vapid_key_id,
        new.address_hash,
        new.choices.daily_cap,
        new.choices.quiet_from,
        new.choices.quiet_until,
        new.choices.articles,
        new.choices.muted,
    )
    return found


async def update_subscription(conn: Conn, ident: UUID, patch: PatchSubscription) -> None:
    """Change what a living subscription's browser says of itself."""
    await conn.execute(
        """
        update subscription set time_zone = case when $2 then $3 else time_zone end,
            locale = case when $4 then $5 else locale end
        where id = $1 and removed_at is null
        """,
        ident,
        patch.time_zone is not UNSET,
        patch.time_zone or None,
        patch.locale is not UNSET,
        patch.locale or None,
    )


async def remove_subscriptions(conn: Conn, ids: list[UUID], reason: Removal) -> None:
    """Remove living subscriptions: the reason stays, what could reach the reader goes.

    What the reader chose waits for those whose browser comes back with another endpoint.
    """
    await conn.execute(
        """
        update subscription set removed_at = now(), removed_reason = $2, updated_at = now(),
            endpoint = null, p256dh = null, auth = null, address_hash = null,
            time_zone = null, locale = null,
            daily_cap = case when $2 in ('gone', 'refused') then daily_cap end,
            quiet_from = case when $2 in ('gone', 'refused') then quiet_from end,
            quiet_until = case when $2 in ('gone', 'refused') then quiet_until end,
            articles = case when $2 in ('gone', 'refused') then articles else '{}' end,
            muted = case when $2 in ('gone', 'refused') then muted else '{}' end
        where id = any($1::uuid[]) and removed_at is null
        """,
        ids,
        reason,
    )


async def exists_subscription(conn: Conn, site_id: UUID, ident: UUID) -> bool:
    """Whether this site has or had this subscription."""
    found: bool = await conn.fetchval(
        "select exists (select from subscription where site_id = $1 and id = $2)", site_id, ident
    )
    return found


async def forget_addresses(conn: Executor) -> None:
    """Forget the address hashes that are 30 days old."""
    await conn.execute(
        """
        update subscription set address_hash = null
        where address_hash is not null and updated_at < now() - interval '30 days'
        """
    )


async def insert_alert(conn: Conn, alert: Alert) -> bool:
    """Store a scheduled alert; False where the article's edition has one, whatever its state."""
    done = await conn.execute(
        """
        insert into alert (
            site_id, id, article_id, edition, title, body, image, url, topics, urgency, ttl,
            send_at, breaking
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (article_id, edition) do nothing
        """,
        alert.site_id,
        alert.id,
        alert.article_id,
        alert.edition,
        alert.title,
        alert.body,
        alert.image,
        alert.url,
        alert.topics,
        alert.urgency,
        alert.ttl,
        alert.send_at,
        alert.breaking,
    )
    return done == "INSERT 0 1"


async def get_alert(conn: Executor, site_id: UUID, ident: UUID) -> Alert | None:
    """One alert of a site."""
    row = await conn.fetchrow(ALERT + " where l.site_id = $1 and l.id = $2", site_id, ident)
    return row_to(Alert, row) if row else None


async def get_alert_of(conn: Conn, article_id: UUID, edition: int) -> Alert | None:
    """The alert of an article's edition."""
    row = await conn.fetchrow(
        ALERT + " where l.article_id = $1 and l.edition = $2", article_id, edition
    )
    return row_to(Alert, row) if row else None


async def list_alerts_of(conn: Conn, article_id: UUID) -> list[Alert]:
    """The latest alerts of an article, newest edition first."""
    rows = await conn.fetch(
        ALERT + " where l.article_id = $1 order by l.edition desc limit $2",
        article_id,
        MOST_ALERTS,
    )
    return [row_to(Alert, row) for row in rows]


async def cancel_alert(conn: Conn, site_id: UUID, ident: UUID) -> bool:
    """Cancel an alert that is still scheduled."""
    done = await conn.execute(
        """
        update alert set state = 'cancelled', finished_at = now()
        where site_id = $1 and id = $2 and state = 'scheduled'
        """,
        site_id,
        ident,
    )
    return done == "UPDATE 1"


async def get_counts(conn: Conn, alert_id: UUID) -> Counts:
    """What became of an alert, each delivery and each receipt counted once."""
    row = await conn.fetchrow(COUNTS, alert_id)
    assert row is not None  # noqa: S101 (alerts are never deleted)
    return row_to(Counts, row)


async def insert_receipt(conn: Conn, alert_id: UUID, event: str, tag: bytes) -> bool:
    """Count a receipt once, False if not; one for an alert whose are folded counts no more."""
    done = await conn.execute(
        """
        insert into receipt (site_id, alert_id, event, tag)
        select site_id, id, $2, $3 from alert
        where id = $1 and started_at is not null and receipts_folded_at is null
        on conflict (alert_id, event, tag) do nothing
        """,
        alert_id,
        event,
        tag,
    )
    return done == "INSERT 0 1"


async def fold_receipts(conn: Executor, before: datetime) -> None:
    """Turn the receipts of alerts started before then into two numbers."""
    await conn.execute(
        """
        with old as (
            select id from alert where started_at < $1 and receipts_folded_at is null
            order by started_at limit 100 for update skip locked
        ), dropped as (
            delete from receipt where alert_id in (select id from old)
            returning alert_id, event
        ), counted as (
            select old.id, count(*) filter (where event = 'shown') as shown,
                count(*) filter (where event = 'clicked') as clicked
            from old left join dropped on dropped.alert_id = old.id group by old.id
        )
        update alert set receipts_folded_at = now(), shown = alert.shown + counted.shown,
            clicked = alert.clicked + counted.clicked
        from counted where alert.id = counted.id
        """,
        before,
    )
