"""All SQL of engagement."""

from uuid import UUID

from service.core.db import Conn
from service.engagement.types import Engagement


async def count(conn: Conn, site_id: UUID, article_id: UUID, done: Engagement) -> None:
    """Add one to today's counter."""
    await conn.execute(
        """
        insert into engagement_daily (site_id, article_id, day, kind, channel, count)
        values ($1, $2, (now() at time zone 'utc')::date, $3, $4, 1)
        on conflict (article_id, day, kind, channel) do update
        set count = engagement_daily.count + 1
        """,
        site_id,
        article_id,
        done.kind,
        done.channel or "",
    )
