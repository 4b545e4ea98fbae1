"""All SQL of moderation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.accounts.types import Moderator
from service.comments.contesting import NOTE
from service.comments.types import CommentRow
from service.core.db import Conn, row_to, uuid7
from service.moderation.queue_store import VIEWS
from service.moderation.types import (
    Campaign,
    Claim,
    DecidedBy,
    LedgerEntry,
    View,
)

ITEM = """
select c.id, c.parent_id, c.root_id, c.author_name, c.badge, c.html, c.status, c.reason,
    c.created_at, c.edited_at, c.likes, c.body, c.website, c.risk, c.reports, c.version,
    c.reader_id, s.slug as site, r.name as reader_name,
    case when strpos(r.email, '@') > 0 then r.email else coalesce(r.contact, '') end as email,
    r.confirmed_at is not null as confirmed,
    a.key as article_key, a.title as article_title, a.url as article_url,
    a.section as article_section
from comment c
join site s on s.id = c.site_id
join article a on a.id = c.article_id
join reader r on r.id = c.reader_id
"""


async def list_hydrated(conn: Conn, comment_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Everything of these comments that an item shows, in this order."""
    rows = await conn.fetch(ITEM + " where c.id = any($1::uuid[])", list(comment_ids))
    found = {row["id"]: dict(row) for row in rows}
    return [found[ident] for ident in comment_ids if ident in found]


async def list_claims(
    conn: Conn, moderator_id: UUID, comment_ids: Sequence[UUID]
) -> dict[UUID, Claim]:
    """Who looks at the items of these comments, by comment."""
    rows = await conn.fetch(
        """
        select c.id, coalesce(nullif(m.name, ''), m.email) as moderator, m.id = $1 as own,
            k.leased_until
        from comment c
        join claim k on k.item_id = coalesce(c.campaign_id, c.id) and k.leased_until > now()
        join moderator m on m.id = k.moderator_id
        where c.id = any($2::uuid[])
        """,
        moderator_id,
        list(comment_ids),
    )
    return {row["id"]: Claim(row["moderator"], row["own"], row["leased_until"]) for row in rows}


async def list_contested(conn: Conn, comment_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these their authors contest, and nobody has answered that yet.

    The ledger says that it was the author: anybody can write the same into a report.
    """
    rows = await conn.fetch(
        """
        select distinct r.comment_id from report r
        join ledger l on l.comment_id = r.comment_id and l.actor = 'author' and l.note = $2
        where r.comment_id = any($1::uuid[]) and r.outcome is null and starts_with(r.note, $2)
        """,
        list(comment_ids),
        NOTE,
    )
    return {row["comment_id"] for row in rows}


async def list_campaigns(
    conn: Conn, comment_ids: Sequence[UUID], view: View | None
) -> dict[UUID, Campaign]:
    """The campaigns of two or more that these comments belong to, by comment.

    What waits is what is in the view, and without one what has the comment's own status.
    """
    waits = VIEWS[view].format(c="m") if view else "m.status = c.status"
    rows = await conn.fetch(
        f"""
        select c.id, c.campaign_id, n.size, n.waiting, n.decided
        from comment c cross join lateral (
            select count(*) as size, count(*) filter (where {waits}) as waiting,
                count(*) filter (
                    where m.id = c.id or not m.reviewed and m.status <> 'removed'
                ) as decided
            from comment m where m.campaign_id = c.campaign_id
        ) n
        where c.id = any($1::uuid[]) and c.campaign_id is not null and n.size > 1
        """,  # noqa: S608 (fixed parts)
        list(comment_ids),
    )
    return {
        row["id"]: Campaign(row["campaign_id"], row["size"], row["waiting"], row["decided"])
        for row in rows
    }


async def list_members(
    conn: Conn, comment_ids: Sequence[UUID], limit: int
) -> dict[UUID, tuple[UUID, int]]:
    """What else belongs to the campaigns of these comments and nobody has decided.

    By comment: which of the given ones it belongs with, and its version. What its author removed
    is out.
    """
    rows = await conn.fetch(
        """
        select distinct on (m.id) m.id, c.id as lead, m.version
        from comment c join comment m on m.campaign_id = c.campaign_id
        where c.id = any($1::uuid[]) and m.id <> all($1::uuid[]) and m.site_id = c.site_id
            and not m.reviewed and m.status <> 'removed'
        order by m.id limit $2
        """,
        list(comment_ids),
        limit,
    )
    return {row["id"]: (row["lead"], row["version"]) for row in rows}


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
    """Published, held and refused comments of each reader, of the newest thousand."""
    rows = await conn.fetch(
        """
        select r.reader_id, n.published, n.held, n.refused
        from unnest($1::uuid[]) as r (reader_id) cross join lateral (
            select count(*) filter (where status = 'published') as published,
                count(*) filter (where status = 'held') as held,
                count(*) filter (where status in ('rejected', 'spam')) as refused
            from (
                select status from comment where reader_id = r.reader_id
                order by created_at desc limit 1000
            ) newest
        ) n
        """,
        list(reader_ids),
    )
    return {row["reader_id"]: (row["published"], row["held"], row["refused"]) for row in rows}


LEDGER = """
select l.id, l.comment_id, l.actor, coalesce(nullif(m.name, ''), m.email) as moderator,
    l.from_status, l.to_status, l.version, l.reason, l.note, l.batch_id, l.undoes, l.created_at
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
) -> list[UUID]:
    """Note that a person agrees with a status, where that is news; of which comments it was."""
    rows = await conn.fetch(
        """
        with agreed as (
            update comment c set reviewed = true from unnest($3::uuid[], $4::uuid[])
                as n (ledger_id, comment_id)
            where c.id = n.comment_id and (not c.reviewed or c.reports > 0)
            returning n.ledger_id, c.site_id, c.id, c.status, c.version, c.reason
        )
        insert into ledger (
            site_id, id, comment_id, from_status, to_status, version, reason, actor,
            moderator_id, batch_id
        )
        select site_id, ledger_id, id, status, status, version, reason, 'moderator', $1, $2
        from agreed returning comment_id
        """,
        moderator_id,
        batch_id,
        [uuid7() for _ in comments],
        [comment.id for comment in comments],
    )
    return [row["comment_id"] for row in rows]


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


async def update_reviewed(conn: Conn, comment_ids: Sequence[UUID]) -> None:
    """Whether anybody has looked at these comments, not counting what was taken back.

    Nor what was decided before the author's last edit. Needs the caller's locks.
    """
    await conn.execute(
        """
        update comment c set reviewed = exists (
            select from ledger l
            where l.comment_id = c.id and l.actor = 'moderator' and not exists (
                select from ledger u where u.comment_id = c.id
                    and (u.undoes = l.batch_id or (u.actor = 'author' and u.id > l.id))
            )
        )
        where c.id = any($1::uuid[])
        """,
        list(comment_ids),
    )


async def list_item_ids(conn: Conn, comment_ids: Sequence[UUID]) -> list[UUID]:
    """The queue's items that these comments belong to."""
    rows = await conn.fetch(
        """
        select distinct coalesce(campaign_id, id) as item_id from comment
        where id = any($1::uuid[])
        """,
        list(comment_ids),
    )
    return [row["item_id"] for row in rows]
