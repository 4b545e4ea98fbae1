"""What has changed in a thread since a reader read it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from service.articles import store as articles
from service.articles.rules import normalised_url
from service.articles.types import Site
from service.comments import reading, rules
from service.comments.threads import Rendering, etag_of, rendering
from service.comments.types import Changes, CommentAnswer, CommentRow, Since
from service.core.db import Pool

# A change is seen when it is committed, and dated when it was begun, by the clock of its machine.
OVERLAP = timedelta(minutes=2)
LONGEST = timedelta(hours=2)
MOST = 200


async def render_changes(
    pool: Pool, site: Site, key: str, url: str | None, since: Since, query: str
) -> Rendering:
    """Read what has changed in one snapshot; some of it the reader may have had already."""
    begin = since.at - OVERLAP
    async with (
        pool.acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        article = await articles.get_article(
            conn, site.id, key, normalised_url(url) if url else None
        )
        recent = datetime.now(UTC) - since.at < LONGEST
        rows: list[CommentRow] = []
        if article is not None and recent:
            rows = await reading.list_changed(
                conn, site.id, article.id, first_id_of(begin), MOST + 1
            )
    changes = Changes(
        items=[_answer(row) for row in rows[:MOST] if row.status == "published"],
        gone=[row.id for row in rows[:MOST] if row.status != "published"],
        complete=recent and len(rows) <= MOST,
    )
    version = article.thread_version if article else 0
    ident = article.id if article else None
    tag = etag_of(ident, version, "changes", query)
    return rendering(msgspec.json.encode(changes), ident, version, tag)


def first_id_of(moment: datetime) -> UUID:
    """The least UUIDv7 of a moment (RFC 9562, section 5.7: 48 bits of milliseconds lead)."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _answer(row: CommentRow) -> CommentAnswer:
    answer = rules.public_answer(row)
    return msgspec.structs.replace(answer, root_id=row.root_id) if row.root_id else answer
