"""Likes and reports: one each per reader, known by a random id of the page and the address."""

import asyncio
from uuid import UUID

import asyncpg
import structlog

from service.articles.types import Site
from service.comments import reading, reports, store
from service.comments.types import CommentRow, NewReport
from service.core.db import Conn, Pool
from service.core.http import clean_text
from service.core.problems import NotFound, Told

log = structlog.get_logger("rejoinder.likes")

CALM = 1.05  # seconds: a thread gets at most one new version a second from likes


class Likes:
    """Counts likes at once, and shows them in threads at most once a second."""

    def __init__(self, pool: Pool) -> None:
        """Nothing is pending."""
        self._pool = pool
        self._pending: dict[UUID, asyncio.Task[None]] = {}

    async def like(
        self, site: Site, comment_id: UUID, reactor: bytes, page: bytes | None = None
    ) -> None:
        """Like a published comment; twice is once. Raises NotFound.

        `page` is what the same reader was known by before signing in: its like becomes this one.
        """
        async with self._pool.acquire() as conn, conn.transaction():
            comment = await _published(conn, site, comment_id)
            change = -int(bool(page) and await reading.delete_reaction(conn, comment, page or b""))
            change += int(await reading.insert_reaction(conn, comment, reactor))
            if not change:
                return
            await reading.add_likes(conn, comment_id, change)
        await self._show(comment.article_id)

    async def unlike(
        self, site: Site, comment_id: UUID, reactor: bytes, page: bytes | None = None
    ) -> None:
        """Take a like back; without one nothing happens. `page` as in `like`. Raises NotFound."""
        async with self._pool.acquire() as conn, conn.transaction():
            comment = await _published(conn, site, comment_id)
            change = -int(bool(page) and await reading.delete_reaction(conn, comment, page or b""))
            change -= int(await reading.delete_reaction(conn, comment, reactor))
            if not change:
                return
            await reading.add_likes(conn, comment_id, change)
        await self._show(comment.article_id)

    async def _show(self, article_id: UUID) -> None:
        if article_id not in self._pending and not await reading.bump_calmly(
            self._pool, article_id
        ):
            self._pending[article_id] = asyncio.create_task(self._show_later(article_id))

    async def _show_later(self, article_id: UUID) -> None:
        # Lost with the process, this costs freshness only: pages are rendered anew in time.
        await asyncio.sleep(CALM)
        del self._pending[article_id]
        try:
            await self._show(article_id)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("likes not shown yet", error=type(error).__name__)

    async def close(self) -> None:
        """Show at once what is pending."""
        pending = list(self._pending.items())
        for article_id, task in pending:
            task.cancel()
            await reading.bump_calmly(self._pool, article_id)


async def report_comment(
    pool: Pool,
    site: Site,
    comment_id: UUID,
    reporter: bytes,
    report: NewReport,
    page: bytes | None = None,
) -> None:
    """Report a published comment; twice is once. `page` as in `like`. Raises NotFound."""
    note = clean_text("$.note", report.note, multiline=True) if report.note else None
    async with pool.acquire() as conn, conn.transaction():
        comment = await _published(conn, site, comment_id)
        await reports.insert_report(conn, comment, reporter, report.reason, note, page)


async def _published(conn: Conn, site: Site, comment_id: UUID) -> CommentRow:
    comment = await store.get_comment(conn, site.id, comment_id)
    if comment is None or comment.status != "published":
        raise NotFound("There is no such comment.", told=Told("gone"))
    return comment
