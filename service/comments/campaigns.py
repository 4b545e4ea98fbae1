"""Campaigns: comments that say the same, however reworded, across readers and articles of a site.

A campaign is named after its first comment. A comment joins the campaign of its closest kin of the
last seven days, whatever became of that, or founds one with it.
"""

from uuid import UUID

from service.core.db import Executor, Pool
from service.screening.kin import Kin, nearest
from service.screening.scores import LABELS
from service.screening.store import list_relatives

RECENT = "45 seconds"
MOST_SWEPT = 1000


async def find_campaign(
    conn: Executor, site_id: UUID, kin: Kin, spam: float, besides: UUID | None = None
) -> UUID | None:
    """The campaign that a text belongs to: the id of its first comment; None where it is alone.

    `besides` is the comment itself where it is stored; then only earlier ones are looked at.
    """
    if not kin.terms:
        return None
    others = await list_relatives(conn, site_id, kin.terms, besides)
    at = nearest(kin.sketch, spam, [(other.kin, other.spam) for other in others])
    if at is None:
        return None
    campaign_id = others[at].campaign_id
    # Before the comment is stored, and for itself: a row of somebody else's is not to be locked
    # out of order, and a first comment that stays alone is no campaign.
    await conn.execute(
        "update comment set campaign_id = id where id = $1 and campaign_id is null", campaign_id
    )
    return campaign_id


async def sweep(pool: Pool) -> int:
    """Join what was posted at one moment, when neither could see the other; how many changed.

    Of comments that are their closest kin's, but of another campaign, the younger campaign becomes
    part of the older.
    """
    rows = await pool.fetch(
        f"""
        select c.id, c.site_id, c.campaign_id, f.kin, f.terms, coalesce(c.scores[$1], 0) as spam
        from fingerprint f join comment c on c.id = f.comment_id
        where f.created_at > now() - interval '{RECENT}' and f.terms <> '{{}}'
        order by c.id limit $2
        """,  # noqa: S608 (a constant)
        LABELS.index("spam") + 1,
        MOST_SWEPT,
    )
    changed = 0
    for row in rows:
        kin = Kin(row["terms"], row["kin"])
        found = await find_campaign(pool, row["site_id"], kin, row["spam"], row["id"])
        if found is not None and found != row["campaign_id"]:
            changed += await _merge(pool, row["id"], found)
    return changed


async def _merge(pool: Pool, comment_id: UUID, found: UUID) -> int:
    """Make a comment and its campaign one with another; how many comments changed theirs."""
    async with pool.acquire() as conn, conn.transaction():
        # In the order of ids, as everybody locks comments.
        done = await conn.execute(
            """
            with names as (
                select coalesce(campaign_id, $2) as campaign_id from comment where id = $1
            ), older as (
                select least(campaign_id, $2) as campaign_id from names
            ), locked as materialized (
                select c.id from comment c
                where c.id = $1 or c.campaign_id in (select campaign_id from names)
                    or c.campaign_id = $2
                order by c.id for no key update
            )
            update comment c set campaign_id = older.campaign_id
            from older, locked
            where c.id = locked.id and c.campaign_id is distinct from older.campaign_id
            """,
            comment_id,
            found,
        )
    return int(done.removeprefix("UPDATE "))
