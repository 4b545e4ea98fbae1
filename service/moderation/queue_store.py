"""SQL of the queue: its views, pages, counts, and who has claimed what.

An item is a comment or a whole campaign, which stands where its first comment in the view stands.
Rows are looked for site by site, so that each site's part of an index gives them in order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from service.comments.contesting import NOTE
from service.core.db import Conn
from service.moderation.types import Order, QueuePosition, View

MOST_COUNTED = 10_000
CONTESTED = "contested"  # asked for in a reason's place
LEASE = "2 minutes"
LAST = UUID(int=2**128 - 1)  # after every id

VIEWS: dict[View, str] = {
    "held": "{c}.status = 'held'",
    "reported": "{c}.status = 'published' and {c}.reports > 0",
    "new": "{c}.status = 'published' and not {c}.reviewed",
    "spam": "{c}.status = 'spam'",
    "rejected": "{c}.status = 'rejected'",
    "published": "{c}.status = 'published'",
}

# $1 sites, $2 words, $3 articles, $4 reader, $5 reason, $6 label, $7 and $8 its scores, $9 since,
# $10 until.
# A contest is a report, too, that its author's words begin like.
FILTERS = f"""
    and ($2::text is null or {{c}}.search @@ websearch_to_tsquery('simple', search_text($2)))
    and ($3::uuid[] is null or {{c}}.article_id = any($3))
    and ($4::uuid is null or {{c}}.reader_id = $4)
    and ($5::text is null or {{c}}.reason = $5 or exists (
        select from report r
        where r.comment_id = {{c}}.id and r.outcome is null
            and (r.reason = $5 or $5 = '{CONTESTED}' and starts_with(r.note, '{NOTE}'))
    ))
    and ($6::int is null or {{c}}.scores[$6] between $7 and $8)
    and ($9::timestamptz is null or {{c}}.created_at >= $9)
    and ($10::timestamptz is null or {{c}}.created_at < $10)
"""

# Of a campaign the first comment stands for all. What came after the first page was read (ids
# are in the order of time) displaces nobody, or a campaign would leap over the cursor.
FIRST = """
    and (c.campaign_id is null or not exists (
        select from comment m where m.campaign_id = c.campaign_id and {view} {filters} and {before}
    ))
"""
BEFORE: dict[Order, str] = {
    "risk": "(m.id <= $11, m.urgency, m.id) > (c.id <= $11, c.urgency, c.id)",
    "newest": "(m.id <= $11, m.created_at, m.id) > (c.id <= $11, c.created_at, c.id)",
    "oldest": "(m.id > $11, m.created_at, m.id) < (c.id > $11, c.created_at, c.id)",
}
SORTED: dict[Order, str] = {
    "risk": "urgency desc, id desc",
    "newest": "created_at desc, id desc",
    "oldest": "created_at, id",
}
AFTER: dict[Order, str] = {
    "risk": "and (c.urgency, c.id) < ($13, $14)",
    "newest": "and (c.created_at, c.id) < ($13, $14)",
    "oldest": "and (c.created_at, c.id) > ($13, $14)",
}
UNCLAIMED = """
    and not exists (
        select from claim k
        where k.item_id = coalesce(c.campaign_id, c.id) and k.leased_until > now()
            and k.moderator_id <> $13
    )
"""
OWN = """
    and coalesce(c.campaign_id, c.id) in (
        select item_id from claim where moderator_id = $13 and leased_until > now()
    )
"""


def _select(view: View, order: Order, more: str = "", lock: str = "") -> str:
    """The statement that lists items; of fixed parts, no value is ever formatted in."""
    first = FIRST.format(
        view=VIEWS[view].format(c="m"), filters=FILTERS.format(c="m"), before=BEFORE[order]
    )
    return f"""
        select found.id, found.urgency, found.created_at,
            coalesce(found.campaign_id, found.id) as item_id, found.site_id
        from unnest($1::uuid[]) as s (site_id)
        cross join lateral (
            select c.id, c.site_id, c.campaign_id, c.urgency, c.created_at from comment c
            where c.site_id = s.site_id and {VIEWS[view].format(c="c")} {FILTERS.format(c="c")}
                {first} {more}
            order by {SORTED[order]} limit $12 {lock}
        ) found
        order by {SORTED[order]} limit $12
    """  # noqa: S608 (fixed parts)


PAGES = {(view, order): _select(view, order) for view in VIEWS for order in SORTED}
LATER_PAGES = {
    (view, order): _select(view, order, AFTER[order]) for view in VIEWS for order in SORTED
}
FREE = {view: _select(view, "risk", UNCLAIMED, "for no key update skip locked") for view in VIEWS}
MINE = {view: _select(view, "risk", OWN) for view in VIEWS}
COUNTS = {
    view: f"""
    select count(distinct coalesce(found.campaign_id, found.id))
    from (
        select c.id, c.campaign_id from comment c
        where c.site_id = any($1::uuid[]) and {VIEWS[view].format(c="c")} {FILTERS.format(c="c")}
        limit $11
    ) found
    """  # noqa: S608 (fixed parts)
    for view in VIEWS
}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the queue. `label` counts from 1, in the order of the scores."""

    view: View
    order: Order = "risk"
    sites: list[UUID]
    words: str | None = None
    articles: list[UUID] | None = None
    reader: UUID | None = None
    reason: str | None = None
    label: int | None = None
    least: float = 0.0
    most: float = 1.0
    since: datetime | None = None
    until: datetime | None = None

    def arguments(self) -> list[Any]:
        """$1 to $10 of every statement."""
        return [
            self.sites, self.words, self.articles, self.reader, self.reason, self.label,
            self.least, self.most, self.since, self.until,
        ]  # fmt: skip


class ItemRow(msgspec.Struct, frozen=True):
    """An item: the comment that stands for it, where it stands, what a claim on it is called."""

    id: UUID
    urgency: float
    created_at: datetime
    item_id: UUID
    site_id: UUID


async def plan_for_these(conn: Conn) -> None:
    """Let every statement be planned for its values, until the transaction ends.

    A plan for any values would use no index that only some filters need.
    """
    await conn.execute("set local plan_cache_mode = force_custom_plan")


async def list_items(
    conn: Conn, wanted: Filter, after: QueuePosition | None, limit: int
) -> list[ItemRow]:
    """Items of the queue in order, after a position. Needs a transaction, see plan_for_these."""
    await plan_for_these(conn)
    arguments = wanted.arguments()
    which = (wanted.view, wanted.order)
    if after is None:
        rows = await conn.fetch(PAGES[which], *arguments, LAST, limit)
    else:
        key = after.urgency if wanted.order == "risk" else after.created_at
        text = LATER_PAGES[which]
        rows = await conn.fetch(text, *arguments, after.seen, limit, key, after.id)
    return [ItemRow(**row) for row in rows]


async def count_items(conn: Conn, wanted: Filter) -> int:
    """How many items the view holds; stops counting at 10,000 comments. As list_items."""
    await plan_for_these(conn)
    count: int = await conn.fetchval(COUNTS[wanted.view], *wanted.arguments(), MOST_COUNTED)
    return count


async def list_claimed(conn: Conn, wanted: Filter, moderator_id: UUID, limit: int) -> list[ItemRow]:
    """The moderator's own items of the view. As list_items."""
    await plan_for_these(conn)
    rows = await conn.fetch(MINE[wanted.view], *wanted.arguments(), LAST, limit, moderator_id)
    return [ItemRow(**row) for row in rows]


async def lock_unclaimed(
    conn: Conn, wanted: Filter, moderator_id: UUID, limit: int
) -> list[ItemRow]:
    """The next items that nobody else has claimed, and nobody is claiming at this moment.

    Locks the comments that stand for them. As list_items.
    """
    await plan_for_these(conn)
    rows = await conn.fetch(FREE[wanted.view], *wanted.arguments(), LAST, limit, moderator_id)
    return [ItemRow(**row) for row in rows]


async def upsert_claims(
    conn: Conn, items: Sequence[ItemRow], moderator_id: UUID
) -> dict[UUID, datetime]:
    """Lease items for two minutes; until when, of those that nobody else got in between."""
    # In the order of ids, so that two who lease the same campaigns wait in one direction only.
    ordered = sorted(items, key=lambda item: item.item_id)
    rows = await conn.fetch(
        f"""
        insert into claim as k (site_id, item_id, moderator_id, leased_until)
        select site_id, item_id, $3, clock_timestamp() + interval '{LEASE}'
        from unnest($1::uuid[], $2::uuid[]) as n (site_id, item_id)
        on conflict (item_id) do update
        set moderator_id = excluded.moderator_id, leased_until = excluded.leased_until
        where k.moderator_id = excluded.moderator_id or k.leased_until <= clock_timestamp()
        returning item_id, leased_until
        """,  # noqa: S608 (a constant)
        [item.site_id for item in ordered],
        [item.item_id for item in ordered],
        moderator_id,
    )
    return {row["item_id"]: row["leased_until"] for row in rows}


async def delete_claims(
    conn: Conn, moderator_id: UUID | None, item_ids: Sequence[UUID] | None
) -> dict[UUID, list[UUID]]:
    """Release claims, of one moderator or on these items; the live ones' items by site."""
    rows = await conn.fetch(
        """
        delete from claim
        where ($1::uuid is null or moderator_id = $1)
            and ($2::uuid[] is null or item_id = any($2))
        returning site_id, item_id, leased_until > now() as live
        """,
        moderator_id,
        None if item_ids is None else list(item_ids),
    )
    released: dict[UUID, list[UUID]] = {}
    for row in rows:
        if row["live"]:
            released.setdefault(row["site_id"], []).append(row["item_id"])
    return released


async def list_articles(
    conn: Conn, sites: Sequence[UUID], key: str | None, section: str | None
) -> list[UUID]:
    """The articles with this key (or a former one) and of this section."""
    rows = await conn.fetch(
        """
        select a.id from article a
        where a.site_id = any($1::uuid[]) and ($3::text is null or a.section = $3)
            and ($2::text is null or a.key = $2 or a.id in (
                select article_id from article_alias
                where site_id = any($1::uuid[]) and kind = 'key' and value = $2
            ))
        """,
        list(sites),
        key,
        section,
    )
    return [row["id"] for row in rows]
