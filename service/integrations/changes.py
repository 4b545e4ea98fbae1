"""What has become of a site's comments since a publisher's system last asked."""

import time
from uuid import UUID

from service.core.db import Pool
from service.integrations import store
from service.integrations.types import (
    ChangedArticle,
    ChangedAuthor,
    ChangedComment,
    ChangeRow,
    Changes,
    Origin,
)

# A transaction that began earlier may end later, on a machine whose clock differs a little: what
# is younger than this is told, and told once more.
SETTLED = 10.0  # seconds


async def read_changes(pool: Pool, site_id: UUID, after: UUID, limit: int) -> Changes:
    """A page of changes, in the order in which they were made."""
    rows = await store.list_changes(pool, site_id, after, limit)
    settled = first_id_of(time.time() - SETTLED)
    kept = [row.change_id for row in rows if row.change_id < settled]
    latest = {row.id: row for row in rows}
    return Changes(
        items=[_told(row) for row in latest.values()],
        cursor=kept[-1] if kept else after,
        more=len(rows) == limit and bool(kept),
    )


def first_id_of(moment: float) -> UUID:
    """The lowest UUIDv7 of a moment, in seconds since 1970 (RFC 9562, section 5.7)."""
    return UUID(int=int(moment * 1000) << 80)


def _told(row: ChangeRow) -> ChangedComment:
    removed = row.status == "removed"
    return ChangedComment(
        id=row.id,
        parent_id=row.parent_id,
        author=ChangedAuthor("" if removed else row.author_name, row.badge, row.subject),
        article=ChangedArticle(row.article_key, row.article_url, row.article_title),
        imported=Origin(row.source, row.source_id) if row.source and row.source_id else None,
        body="" if removed else row.body,
        html="" if removed else row.html,
        status=row.status,
        reason=row.reason,
        version=row.version,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )
