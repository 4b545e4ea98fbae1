"""SQL of completing what came from a damaged export."""

from collections.abc import Sequence
from uuid import UUID

from service.core.db import Conn
from service.transfer.types import PastDecision

# The comments below one that was made a root, and where each hangs once that has its place again:
# at most four deep, by the same rule as for what is posted.
HANG = """
with recursive parent as (
    select id, coalesce(root_id, id) as root, parent_id, depth from comment where id = $2
), down (id, place, hanging, depth) as (
    select $1::uuid, case when depth < 4 then id else parent_id end,
        case when depth < 3 then $1 when depth = 3 then id else parent_id end,
        least(depth + 1, 4)
    from parent
    union all
    select c.id, d.hanging, case when d.depth < 3 then c.id else d.hanging end,
        least(d.depth + 1, 4)
    from down d join comment c on c.parent_id = d.id and c.root_id = $1
), hung as (
    update comment c set root_id = p.root, parent_id = d.place, depth = d.depth,
        reply_count = 0
    from down d, parent p where c.id = d.id
    returning c.status
)
update comment set reply_count = reply_count + (
    select count(*) from hung where status = 'published'
)
where id = (select root from parent)
"""


async def lock_thread(conn: Conn, ids: Sequence[UUID]) -> None:
    """Lock comments, their roots and what hangs below them, in the order of ids (changes.py)."""
    await conn.execute(
        """
        select from comment where id in (
            select unnest($1::uuid[])
            union select root_id from comment where id = any($1::uuid[])
            union select id from comment where root_id = any($1::uuid[])
        )
        order by id for no key update
        """,
        list(ids),
    )


async def hang(conn: Conn, ident: UUID, parent: UUID) -> UUID | None:
    """Hang a root and all below it under another comment; the article, None where it is no more.

    A root of another article, of its own thread or that is none any more stays.

    Needs a transaction.
    """
    await lock_thread(conn, [ident, parent])
    article: UUID | None = await conn.fetchval(
        """
        select c.article_id from comment c join comment p on p.article_id = c.article_id
        where c.id = $1 and p.id = $2 and c.root_id is null and coalesce(p.root_id, p.id) <> c.id
        """,
        ident,
        parent,
    )
    if article is not None:
        await conn.execute(HANG, ident, parent)
    return article


async def add_decisions(
    conn: Conn, site_id: UUID, told: Sequence[tuple[UUID, int, UUID, PastDecision]]
) -> set[UUID]:
    """Add decisions that comments lack, and say which lacked any.

    `told`: the comment, its version in the file, the id that the row gets, and the decision. What
    has changed where it comes from since it was imported stays as it came.
    """
    rows = await conn.fetch(
        """
        insert into ledger (
            site_id, id, comment_id, actor, from_status, to_status, version, reason, note,
            created_at, imported_actor, imported_moderator
        )
        select $1, n.id, n.comment_id, 'import', n.from_status, n.to_status, n.version, n.reason,
            n.note, n.at, n.actor, n.moderator
        from unnest(
            $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::text[],
            $9::text[], $10::timestamptz[], $11::text[], $12::text[]
        ) n (comment_id, told, id, from_status, to_status, version, reason, note, at, actor,
            moderator)
        join comment c on c.id = n.comment_id and n.told = coalesce(
            (
                select min(l.version) - 1 from ledger l
                where l.comment_id = c.id and l.actor <> 'import'
            ),
            c.version
        )
        where not exists (
            select from ledger l
            where l.comment_id = n.comment_id and l.version = n.version and l.created_at = n.at
                and l.to_status = n.to_status and l.imported_actor = n.actor
        )
        on conflict (id) do nothing
        returning comment_id
        """,
        site_id,
        [one[0] for one in told],
        [one[1] for one in told],
        [one[2] for one in told],
        [one[3].from_status for one in told],
        [one[3].to_status for one in told],
        [one[3].version for one in told],
        [one[3].reason for one in told],
        [one[3].note for one in told],
        [one[3].at for one in told],
        [one[3].actor for one in told],
        [one[3].moderator for one in told],
    )
    return {row["comment_id"] for row in rows}


async def set_decided(conn: Conn, site_id: UUID, source: str, ids: Sequence[UUID]) -> None:
    """Let what a person decided teach, as it would had the decisions come with the comments."""
    await conn.execute(
        """
        update imported set decided = true
        where site_id = $1 and source = $2 and comment_id = any($3::uuid[])
        """,
        site_id,
        source,
        list(ids),
    )


async def name_readers(conn: Conn, site_id: UUID, names: Sequence[tuple[str, UUID]]) -> None:
    """Give readers what stood under a name for the time being. Needs a transaction.

    `names`: that name, and the reader. It goes where nothing else knows it.
    """
    rows = await conn.fetch(
        """
        select r.id, n.reader from unnest($2::text[], $3::uuid[]) n (name, reader)
        join reader r on r.site_id = $1 and r.email = n.name
        where r.id <> n.reader order by r.id
        """,
        site_id,
        [one[0] for one in names],
        [one[1] for one in names],
    )
    for row in rows:
        pair = row["id"], row["reader"]
        await conn.execute(
            "select from comment where reader_id = $1 order by id for no key update", row["id"]
        )
        for table in ("comment", "sanction"):
            await conn.execute(
                f"update {table} set reader_id = $2 where reader_id = $1",  # noqa: S608 (two fixed names)
                *pair,
            )
        await conn.execute("delete from reader where id = $1", row["id"])
