"""SQL of reading threads, and of what likes and reports add to them."""

from collections.abc import Sequence
from uuid import UUID

from service.comments.store import COMMENT, COMMENT_COLUMNS
from service.comments.types import CommentRow, Position, Sort
from service.core.db import Conn, Executor, row_to

FIRST_REPLIES = 5

# A root is listed while it is published or has published comments below it.
ROOTS = (
    COMMENT
    + """
where c.article_id = $1 and c.root_id is null and (c.status = 'published' or c.reply_count > 0)
"""
)

PAGES: dict[Sort, tuple[str, str]] = {
    "newest": (
        ROOTS + " order by c.created_at desc, c.id desc limit $2",
        ROOTS
        + " and (c.created_at, c.id) < ($3, $4) order by c.created_at desc, c.id desc limit $2",
    ),
    "oldest": (
        ROOTS + " order by c.created_at, c.id limit $2",
        ROOTS + " and (c.created_at, c.id) > ($3, $4) order by c.created_at, c.id limit $2",
    ),
    "top": (
        ROOTS + " order by c.likes desc, c.created_at desc, c.id desc limit $2",
        ROOTS
        + """ and (c.likes, c.created_at, c.id) < ($5, $3, $4)
        order by c.likes desc, c.created_at desc, c.id desc limit $2""",
    ),
}


async def list_roots(
    conn: Conn, article_id: UUID, sort: Sort, after: Position | None, limit: int
) -> list[CommentRow]:
    """Up to `limit` roots after a position."""
    first, further = PAGES[sort]
    if after is None:
        rows = await conn.fetch(first, article_id, limit)
    elif sort == "top":
        rows = await conn.fetch(further, article_id, limit, after.created_at, after.id, after.likes)
    else:
        rows = await conn.fetch(further, article_id, limit, after.created_at, after.id)
    return [row_to(CommentRow, row) for row in rows]


async def list_first_replies(conn: Conn, root_ids: Sequence[UUID]) -> list[CommentRow]:
    """The first five published comments below each root, oldest first."""
    rows = await conn.fetch(
        COMMENT_COLUMNS  # noqa: S608 (fixed parts)
        + """
        from unnest($1::uuid[]) root (id)
        join lateral (
            select id from comment
            where root_id = root.id and status = 'published' order by created_at, id limit $2
        ) first on true
        join comment c on c.id = first.id
        order by c.created_at, c.id
        """,
        list(root_ids),
        FIRST_REPLIES,
    )
    return [row_to(CommentRow, row) for row in rows]


async def list_below(
    conn: Conn, comment: CommentRow, after: Position | None, limit: int
) -> list[CommentRow]:
    """Published comments below a comment (all levels), oldest first, after a position."""
    rows = await conn.fetch(
        f"""
        with recursive below as (
            select id, depth from comment where id = $1
            union all
            select c.id, c.depth from comment c join below b on c.parent_id = b.id
            where not $6::bool
        )
        {COMMENT}
        where c.root_id = $2 and c.status = 'published' and c.id <> $1
            and ($6::bool or c.id in (select id from below))
            and ($3::timestamptz is null or (c.created_at, c.id) > ($3, $4))
        order by c.created_at, c.id limit $5
        """,  # noqa: S608 (fixed parts)
        comment.id,
        comment.root_id or comment.id,
        after.created_at if after else None,
        after.id if after else None,
        limit,
        comment.root_id is None,
    )
    return [row_to(CommentRow, row) for row in rows]


CHANGED = (
    COMMENT_COLUMNS  # noqa: S608 (fixed parts)
    + """
    from (
        select comment_id, bool_or(from_status = 'published') as was_public
        from ledger where site_id = $1 and id > $2 group by comment_id
    ) t
    join comment c on c.id = t.comment_id
    where c.article_id = $3 and (c.status = 'published' or t.was_public)
    order by c.created_at, c.id limit $4
    """
)


async def list_changed(
    conn: Conn, site_id: UUID, article_id: UUID, since: UUID, limit: int
) -> list[CommentRow]:
    """Comments of an article that the ledger names after an id and that are or were published.

    Oldest first. Every change of a comment has its ledger row, so the newest end of the site's
    ledger is all that is read.
    """
    rows = await conn.fetch(CHANGED, site_id, since, article_id, limit)
    return [row_to(CommentRow, row) for row in rows]


async def list_own(conn: Conn, article_id: UUID, reader_id: UUID, limit: int) -> list[CommentRow]:
    """A reader's newest comments under an article, but removed ones."""
    rows = await conn.fetch(
        COMMENT
        + """
        where c.reader_id = $2 and c.article_id = $1 and c.status <> 'removed'
        order by c.created_at desc limit $3
        """,
        article_id,
        reader_id,
        limit,
    )
    return [row_to(CommentRow, row) for row in rows]


async def insert_reaction(conn: Conn, comment: CommentRow, reactor: bytes) -> bool:
    """Like; False where this reader has already. Needs a transaction."""
    done = await conn.execute(
        """
        insert into reaction (site_id, comment_id, reactor) values ($1, $2, $3)
        on conflict do nothing
        """,
        comment.site_id,
        comment.id,
        reactor,
    )
    return done == "INSERT 0 1"


async def delete_reaction(conn: Conn, comment: CommentRow, reactor: bytes) -> bool:
    """Take a like back; False where there was none. Needs a transaction."""
    done = await conn.execute(
        "delete from reaction where comment_id = $1 and reactor = $2", comment.id, reactor
    )
    return done == "DELETE 1"


async def add_likes(conn: Conn, comment_id: UUID, count: int) -> None:
    """Change a comment's likes."""
    await conn.execute("update comment set likes = likes + $2 where id = $1", comment_id, count)


async def bump_calmly(conn: Executor, article_id: UUID) -> bool:
    """Begin a new version of a thread unless the present one is younger than a second."""
    version = await conn.fetchval(
        """
        with bumped as (
            update article set thread_version = thread_version + 1, thread_at = now()
            where id = $1 and thread_at < now() - interval '1 second'
            returning thread_version
        )
        select thread_version from bumped, pg_notify('thread', $2 || ':' || thread_version)
        """,
        article_id,
        str(article_id),
    )
    return version is not None
