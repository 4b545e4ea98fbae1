"""All SQL of moderation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from service.accounts.types import Moderator
from service.comments.store import COMMENT
from service.comments.types import CommentRow
from service.core.db import Conn, row_to, uuid7
from service.moderation.types import (
    DecidedBy,
    LedgerEntry,
    Order,
    QueuePosition,
    ReportEntry,
    View,
)

MOST_COUNTED = 10_000

# $1 all sites, $2 the moderator's sites, $3 view, $4 site, $5 words, $6 section, $7 article's
# key, $8 reader.
VIEW = """
    ($1 or c.site_id = any($2::uuid[]))
    and case $3
        when 'reported' then c.status = 'published' and c.reports > 0
        when 'new' then c.status = 'published' and not exists (
            select from ledger l where l.comment_id = c.id and l.actor = 'moderator'
        )
        else c.status = $3
    end
    and ($4::uuid is null or c.site_id = $4)
    and ($5::text is null
        or to_tsvector('simple', c.body || ' ' || c.author_name)
            @@ websearch_to_tsquery('simple', $5))
    and ($6::text is null or a.section = $6)
    and ($7::text is null or a.key = $7)
    and ($8::uuid is null or c.reader_id = $8)
"""

ITEM = """
select c.id, c.parent_id, c.root_id, c.author_name, c.badge, c.html, c.status, c.reason,
    c.created_at, c.edited_at, c.likes, c.body, c.website, c.risk, c.reports, c.version,
    c.reader_id, s.slug as site, r.email, r.name as reader_name,
    r.confirmed_at is not null as confirmed,
    a.key as article_key, a.title as article_title, a.url as article_url,
    a.section as article_section
from comment c
join site s on s.id = c.site_id
join article a on a.id = c.article_id
join reader r on r.id = c.reader_id
"""

ORDERS: dict[Order, tuple[str, str]] = {
    "risk": ("(c.risk, c.id) < ($9::real, $10)", "c.risk desc, c.id desc"),
    "oldest": ("(c.created_at, c.id) > ($9, $10)", "c.created_at, c.id"),
    "newest": ("(c.created_at, c.id) < ($9, $10)", "c.created_at desc, c.id desc"),
}


class Filter(msgspec.Struct, frozen=True):
    """Which part of the queue."""

    view: View
    order: Order
    site_id: UUID | None = None
    words: str | None = None
    section: str | None = None
    article: str | None = None
    reader: UUID | None = None


def _arguments(moderator: Moderator, wanted: Filter) -> list[Any]:
    return [
        moderator.all_sites,
        moderator.site_ids,
        wanted.view,
        wanted.site_id,
        wanted.words,
        wanted.section,
        wanted.article,
        wanted.reader,
    ]


async def list_queue(
    conn: Conn, moderator: Moderator, wanted: Filter, after: QueuePosition | None, limit: int
) -> list[dict[str, Any]]:
    """Rows of the queue after a position; what they become is queue.py's."""
    condition, order = ORDERS[wanted.order]
    arguments = _arguments(moderator, wanted)
    if after is None:
        text = f"{ITEM} where {VIEW} order by {order} limit $9"
        return [dict(row) for row in await conn.fetch(text, *arguments, limit)]
    text = f"{ITEM} where {VIEW} and {condition} order by {order} limit $11"
    key = after.risk if wanted.order == "risk" else after.created_at
    return [dict(row) for row in await conn.fetch(text, *arguments, key, after.id, limit)]


async def count_queue(conn: Conn, moderator: Moderator, wanted: Filter) -> int:
    """How many the view holds; stops counting at 10,000."""
    count: int = await conn.fetchval(
        f"""
        select count(*) from (
            select from comment c join article a on a.id = c.article_id where {VIEW} limit $9
        ) counted
        """,  # noqa: S608 (fixed parts)
        *_arguments(moderator, wanted),
        MOST_COUNTED,
    )
    return count


async def get_item(conn: Conn, moderator: Moderator, comment_id: UUID) -> dict[str, Any] | None:
    """One comment of the moderator's sites."""
    row = await conn.fetchrow(
        ITEM + " where c.id = $3 and ($1 or c.site_id = any($2::uuid[]))",
        moderator.all_sites,
        moderator.site_ids,
        comment_id,
    )
    return dict(row) if row else None


async def count_by_reader(
    conn: Conn, reader_ids: Sequence[UUID]
) -> dict[UUID, tuple[int, int, int]]:
    """Published, held and refused comments of each reader."""
    rows = await conn.fetch(
        """
        select reader_id, count(*) filter (where status = 'published') as published,
            count(*) filter (where status = 'held') as held,
            count(*) filter (where status in ('rejected', 'spam')) as refused
        from comment where reader_id = any($1::uuid[]) group by reader_id
        """,
        list(reader_ids),
    )
    return {row["reader_id"]: (row["published"], row["held"], row["refused"]) for row in rows}


LEDGER = """
select l.id, l.comment_id, l.actor, coalesce(nullif(m.name, ''), m.email) as moderator,
    l.from_status, l.to_status, l.version, l.reason, l.note, l.batch_id, l.created_at
from ledger l left join moderator m on m.id = l.moderator_id
"""


async def list_ledger_of(conn: Conn, comment_id: UUID) -> list[LedgerEntry]:
    """All that became of one comment, oldest first."""
    rows = await conn.fetch(LEDGER + " where l.comment_id = $1 order by l.id", comment_id)
    return [row_to(LedgerEntry, row) for row in rows]


async def list_ledger(
    conn: Conn, moderator: Moderator, site_id: UUID | None, before: UUID | None, limit: int
) -> list[LedgerEntry]:
    """The ledger of the moderator's sites, newest first."""
    rows = await conn.fetch(
        LEDGER
        + """
        where ($1 or l.site_id = any($2::uuid[])) and ($3::uuid is null or l.site_id = $3)
            and ($4::uuid is null or l.id < $4)
        order by l.id desc limit $5
        """,
        moderator.all_sites,
        moderator.site_ids,
        site_id,
        before,
        limit,
    )
    return [row_to(LedgerEntry, row) for row in rows]


async def list_reports(conn: Conn, comment_id: UUID) -> list[ReportEntry]:
    """What readers said of a comment; never who."""
    rows = await conn.fetch(
        """
        select reason, note, created_at from report where comment_id = $1
        order by created_at desc limit 200
        """,
        comment_id,
    )
    return [row_to(ReportEntry, row) for row in rows]


async def list_history(conn: Conn, reader_id: UUID, besides: UUID) -> list[CommentRow]:
    """The reader's newest other comments."""
    rows = await conn.fetch(
        COMMENT + " where c.reader_id = $1 and c.id <> $2 order by c.created_at desc limit 20",
        reader_id,
        besides,
    )
    return [row_to(CommentRow, row) for row in rows]


async def list_context(conn: Conn, comment_id: UUID) -> list[CommentRow]:
    """What a comment answers to: its ancestors, the root first."""
    rows = await conn.fetch(
        f"""
        with recursive above as (
            select parent_id, 1 as steps from comment where id = $1
            union all
            select c.parent_id, a.steps + 1 from comment c join above a on c.id = a.parent_id
            where a.steps < 10
        )
        {COMMENT} join above on above.parent_id = c.id order by c.depth
        """,  # noqa: S608 (fixed parts)
        comment_id,
    )
    return [row_to(CommentRow, row) for row in rows]


async def list_last_changes(conn: Conn, comment_ids: Sequence[UUID]) -> dict[UUID, DecidedBy]:
    """The newest ledger row of each comment."""
    rows = await conn.fetch(
        """
        select distinct on (l.comment_id) l.comment_id, l.actor,
            coalesce(nullif(m.name, ''), m.email) as moderator, l.to_status, l.created_at
        from ledger l left join moderator m on m.id = l.moderator_id
        where l.comment_id = any($1::uuid[]) order by l.comment_id, l.id desc
        """,
        list(comment_ids),
    )
    return {
        row["comment_id"]: DecidedBy(
            row["actor"], row["moderator"], row["to_status"], row["created_at"]
        )
        for row in rows
    }


async def insert_confirmations(
    conn: Conn, comments: Sequence[CommentRow], moderator_id: UUID, batch_id: UUID
) -> None:
    """Note that a person agrees with a status, and take its reports as answered."""
    await conn.execute(
        """
        with answered as (
            update comment set reports = 0 where id = any($4::uuid[]) and reports > 0
        )
        insert into ledger (
            site_id, id, comment_id, from_status, to_status, version, actor, moderator_id, batch_id
        )
        select c.site_id, n.ledger_id, c.id, c.status, c.status, c.version, 'moderator', $1, $2
        from unnest($3::uuid[], $4::uuid[]) as n (ledger_id, comment_id)
        join comment c on c.id = n.comment_id
        where c.reports > 0 or not exists (
            select from ledger l where l.comment_id = c.id and l.actor = 'moderator'
        )
        """,
        moderator_id,
        batch_id,
        [uuid7() for _ in comments],
        [comment.id for comment in comments],
    )


async def list_edits(conn: Conn, comment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The version that each comment's author last wrote, where one was edited."""
    if not comment_ids:
        return {}
    rows = await conn.fetch(
        """
        select comment_id, max(version) as version from ledger
        where comment_id = any($1::uuid[]) and actor = 'author' group by comment_id
        """,
        list(comment_ids),
    )
    return {row["comment_id"]: row["version"] for row in rows}
