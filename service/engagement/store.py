"""All SQL of engagement."""

from datetime import date
from uuid import UUID

from service.core.db import Conn, row_to
from service.engagement.types import Figures, Kind, Totals


async def count(conn: Conn, site_id: UUID, article_id: UUID, kind: Kind, channel: str) -> None:
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
        kind,
        channel,
    )


async def get_totals(conn: Conn, article_id: UUID) -> Totals:
    """What an article has had so far."""
    rows = await conn.fetch(
        """
        select kind, channel, sum(count)::int as count from engagement_daily
        where article_id = $1 group by kind, channel order by 3 desc, 2
        """,
        article_id,
    )
    comments: int = await conn.fetchval(
        "select comment_count from article where id = $1", article_id
    )
    channels = {row["channel"]: row["count"] for row in rows if row["kind"] == "share"}
    support = sum(row["count"] for row in rows if row["kind"] == "support")
    return Totals(comments, sum(channels.values()), support, channels)


async def list_figures(conn: Conn, article_id: UUID, first: date) -> dict[date, Figures]:
    """The days since then on which an article had anything."""
    rows = await conn.fetch(
        """
        with counted as (
            select day, sum(count) filter (where kind = 'share') as shares,
                sum(count) filter (where kind = 'support') as support
            from engagement_daily where article_id = $1 and day >= $2 group by day
        ), written as (
            select (created_at at time zone 'utc')::date as day, count(*) as comments
            from comment
            where article_id = $1 and status = 'published'
                and created_at >= $2::date::timestamp at time zone 'utc'
            group by 1
        )
        select day, coalesce(comments, 0)::int as comments, coalesce(shares, 0)::int as shares,
            coalesce(support, 0)::int as support
        from counted full join written using (day)
        """,
        article_id,
        first,
    )
    return {row["day"]: row_to(Figures, row) for row in rows}
