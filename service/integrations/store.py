"""SQL of what a publisher's system copies."""

from uuid import UUID

from service.core.db import Executor, row_to
from service.integrations.types import ChangeRow


async def list_changes(conn: Executor, site_id: UUID, after: UUID, limit: int) -> list[ChangeRow]:
    """What has become of comments, by rows of the ledger; the comments are as they stand now.

    A comment that came here by way of another Rejoinder has several sources: the oldest counts.
    """
    rows = await conn.fetch(
        """
        select l.id as change_id, c.id, c.parent_id, c.author_name, c.badge, c.body, c.html,
            c.status, c.reason, c.version, c.created_at, c.edited_at,
            a.key as article_key, a.url as article_url, a.title as article_title,
            r.subject, i.source, i.source_id
        from ledger l
        join comment c on c.id = l.comment_id
        join article a on a.id = c.article_id
        join reader r on r.id = c.reader_id
        left join lateral (
            select source, source_id from imported where comment_id = c.id
            order by imported_at, source = 'json', source, source_id limit 1
        ) i on true
        where l.site_id = $1 and l.id > $2
        order by l.id limit $3
        """,
        site_id,
        after,
        limit,
    )
    return [row_to(ChangeRow, row) for row in rows]
