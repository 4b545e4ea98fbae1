"""Campaigns: comments that say the same, however reworded, across readers and articles of a site.

A campaign is named after its first comment. A comment joins the campaign of its kin of the last
seven days, whatever became of that, or founds one with it.
"""

from collections.abc import Sequence
from uuid import UUID

from service.core.db import Pool
from service.screening.kin import Kin, kin_among
from service.screening.scores import LABELS
from service.screening.store import list_relatives

RECENT = "45 seconds"
MOST_SWEPT = 1000


async def find_campaign(
    pool: Pool, site_id: UUID, kin: Kin, spam: float, besides: UUID | None = None
) -> UUID | None:
    """The campaign that a text belongs to: the id of its first comment; None where it is alone.

    Where its kin are of several campaigns, these turn out to be one, and become it. `besides` is
    the comment itself where it is stored; then only earlier ones are looked at.
    """
    if not kin.terms:
        return None
    others = await list_relatives(pool, site_id, kin.terms, besides)
    at = kin_among(kin.sketch, spam, [(other.kin, other.spam) for other in others])
    names = sorted({others[one].campaign_id for one in at})
    if not names:
        return None
    # Before the comment is stored, and in a transaction of its own: rows of others are not to be
    # locked out of order, and a first comment that stays alone is no campaign.
    if len(names) > 1:
        await _merge(pool, names)
    else:
        await pool.execute(
            "update comment set campaign_id = id where id = $1 and campaign_id is null", names[0]
        )
    return names[0]


async def _merge(pool: Pool, names: Sequence[UUID]) -> None:
    """Make campaigns, and comments that stand alone, one campaign with the first's name."""
    async with pool.acquire() as conn, conn.transaction():
        # In the order of ids, as everybody locks comments.
        await conn.execute(
            """
            with locked as materialized (
                select id from comment
                where id = any($1::uuid[]) or campaign_id = any($1::uuid[])
                order by id for no key update
            )
            update comment set campaign_id = $2
            where id in (select id from locked) and campaign_id is distinct from $2
            """,
            list(names),
            names[0],
        )


async def sweep(pool: Pool) -> int:
    """Join what was posted at one moment, when neither could see the other; how many changed."""
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
            own = row["campaign_id"] or row["id"]
            await _merge(pool, sorted({found, own}))
            changed += 1
    return changed
