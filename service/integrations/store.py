"""SQL of what a publisher's system copies."""

from datetime import datetime
from uuid import UUID

from service.core.db import Executor, row_to
from service.integrations.types import ChangeRow, Place

CHANGES = """
with told as (
    (
        select imported_at, null::uuid as change_id, comment_id from imported
        where site_id = $1 and (imported_at, comment_id) > ($2, $3)
        order by imported_at, comment_id limit $5
    )
    union all
    (
        select null, id, comment_id from ledger where site_id = $1 and id > $4
        order by id limit $5
    )
)
select t.imported_at, t.change_id, c.id, c.parent_id, c.author_name, c.badge, c.body,
    c.html, c.status, c.reason, c.version, c.created_at, c.edited_at,
    a.key as article_key, a.url as article_url, a.title as article_title,
    r.subject, i.source, i.source_id
from told t
join comment c on c.id = t.comment_id
join article a on a.id = c.article_id
join reader r on r.id = c.reader_id
left join lateral (
    select source, source_id from imported where comment_id = c.id
    order by imported_at, source = 'json', source, source_id limit 1
) i on true
order by t.imported_at nulls last, t.change_id, c.id limit $5
"""


async def list_changes(conn: Executor, site_id: UUID, after: Place, limit: int) -> list[ChangeRow]:
    """What was imported, then what has become of comments, as they stand now.

    Imported ones have their own order, that of their coming: their rows of the ledger are as old as
    they are. They come first, as what was written here since may answer them. A comment that came
    here by way of another Rejoinder has several sources: the oldest counts.
    """
    rows = await conn.fetch(CHANGES, *arguments(site_id, after, limit))
    return [row_to(ChangeRow, row) for row in rows]


def arguments(site_id: UUID, after: Place, limit: int) -> tuple[UUID, datetime, UUID, UUID, int]:
    """What CHANGES takes."""
    return site_id, after.imported_at, after.imported_id, after.change_id, limit
