"""All SQL about what stands beside one comment: its thread, its reader's others, its campaign."""

from uuid import UUID

from service.comments.store import COMMENT
from service.comments.types import CommentRow
from service.core.db import Conn, row_to
from service.moderation.types import ReportEntry


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


async def list_answers(conn: Conn, comment_id: UUID) -> list[CommentRow]:
    """The first answers to a comment."""
    rows = await conn.fetch(
        COMMENT + " where c.parent_id = $1 order by c.created_at, c.id limit 10", comment_id
    )
    return [row_to(CommentRow, row) for row in rows]


async def list_others(conn: Conn, campaign_id: UUID, besides: UUID) -> list[CommentRow]:
    """The newest other comments of a campaign."""
    rows = await conn.fetch(
        COMMENT + " where c.campaign_id = $1 and c.id <> $2 order by c.id desc limit 20",
        campaign_id,
        besides,
    )
    return [row_to(CommentRow, row) for row in rows]
