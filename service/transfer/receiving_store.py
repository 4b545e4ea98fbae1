"""SQL of importing over HTTP."""

from uuid import UUID

from service.core.db import Conn, Executor


async def lock_imports_now(conn: Conn, site_id: UUID) -> bool:
    """Let nobody else import into this site until the commit; False if somebody does.

    The same lock as a file's import holds (store.py). Needs a transaction.
    """
    return bool(
        await conn.fetchval(
            "select pg_try_advisory_xact_lock(hashtextextended($1, 0))",
            f"rejoinder.import {site_id}",
        )
    )


async def get_totals(conn: Executor, site_id: UUID, source: str) -> tuple[int, int, dict[str, int]]:
    """How many articles, readers and comments, these by status, came from a source.

    Reads all of them: some seconds for a million comments.
    """
    row = await conn.fetchrow(
        """
        select count(distinct c.article_id), count(distinct c.reader_id)
        from imported i join comment c on c.id = i.comment_id
        where i.site_id = $1 and i.source = $2
        """,
        site_id,
        source,
    )
    rows = await conn.fetch(
        """
        select c.status, count(*) from imported i join comment c on c.id = i.comment_id
        where i.site_id = $1 and i.source = $2 group by c.status order by c.status
        """,
        site_id,
        source,
    )
    articles, readers = row or (0, 0)
    return articles, readers, {row["status"]: row["count"] for row in rows}


async def count_unscreened(conn: Executor, site_id: UUID) -> int:
    """How many of the site's imported comments wait to be screened."""
    count: int = await conn.fetchval("select count(*) from unscreened where site_id = $1", site_id)
    return count
