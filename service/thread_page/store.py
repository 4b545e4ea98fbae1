"""SQL of the page: where a comment stands, and the newest of a thread."""

from collections.abc import Sequence
from uuid import UUID

from service.comments.store import COMMENT
from service.comments.types import CommentRow
from service.core.db import Conn, row_to


async def count_newer_roots(conn: Conn, root: CommentRow, most: int) -> int:
    """How many roots stand before this one, newest first; counted up to `most`."""
    count: int = await conn.fetchval(
        """
        select count(*) from (
            select from comment
            where article_id = $1 and root_id is null and (status = 'published' or reply_count > 0)
                and (created_at, id) > ($2, $3)
            order by created_at, id limit $4
        ) newer
        """,
        root.article_id,
        root.created_at,
        root.id,
        most,
    )
    return count


async def count_older_replies(conn: Conn, reply: CommentRow, most: int) -> int:
    """How many published replies of its conversation are older; counted up to `most`."""
    count: int = await conn.fetchval(
        """
        select count(*) from (
            select from comment
            where root_id = $1 and status = 'published' and (created_at, id) < ($2, $3)
            order by created_at, id limit $4
        ) older
        """,
        reply.root_id,
        reply.created_at,
        reply.id,
        most,
    )
    return count


async def list_public(conn: Conn, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these comments are published."""
    rows = await conn.fetch(
        "select id from comment where id = any($1::uuid[]) and status = 'published'", list(ids)
    )
    return {row["id"] for row in rows}


async def list_newest(conn: Conn, article_id: UUID, limit: int) -> list[CommentRow]:
    """The newest published comments of an article, replies included."""
    rows = await conn.fetch(
        COMMENT
        + """
        where c.article_id = $1 and c.status = 'published'
        order by c.created_at desc, c.id desc limit $2
        """,
        article_id,
        limit,
    )
    return [row_to(CommentRow, row) for row in rows]
