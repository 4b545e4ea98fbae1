"""SQL of reports: what readers say of a comment, how much that weighs, what came of it."""

from collections.abc import Sequence
from uuid import UUID

from service.comments.types import CommentRow
from service.core.db import Conn
from service.core.events import notify_desk


async def insert_report(
    conn: Conn,
    comment: CommentRow,
    reporter: bytes,
    reason: str,
    note: str | None,
    page: bytes | None = None,
) -> bool:
    """Report; False where this reader has already. Needs a transaction; locks the comment.

    `page` is what the same reader was known by before signing in: its report becomes this one.
    """
    # Locked first: of two reports at once, the second must count the first.
    await conn.execute("select from comment where id = $1 for no key update", comment.id)
    if page is not None:
        answered = await conn.fetchval(
            "select outcome from report where comment_id = $1 and reporter = $2", comment.id, page
        )
        if answered is not None:
            return False
        await conn.execute(
            "delete from report where comment_id = $1 and reporter = $2", comment.id, page
        )
    done = await conn.execute(
        """
        insert into report (site_id, comment_id, reporter, reason, note)
        values ($1, $2, $3, $4, $5) on conflict do nothing
        """,
        comment.site_id,
        comment.id,
        reporter,
        reason,
        note,
    )
    await weigh(conn, [comment.id])
    if done != "INSERT 0 1":
        return False
    await notify_desk(conn, comment.site_id, "reported", [comment.id])
    return True


async def is_reported(conn: Conn, comment_id: UUID, reporter: bytes) -> bool:
    """Whether somebody has reported a comment, whatever came of it."""
    return bool(
        await conn.fetchval(
            "select exists (select from report where comment_id = $1 and reporter = $2)",
            comment_id,
            reporter,
        )
    )


async def weigh(conn: Conn, comment_ids: Sequence[UUID]) -> None:
    """Count and weigh the open reports of comments, which the caller has locked.

    A report is right with the share of the reporter's answered reports that were upheld, smoothed
    by Laplace's rule towards one in three, and together they are the noisy-or (Pearl 1988, 4.3.2).
    Who has fewer than three answered is unknown, and all unknown together are at most even odds:
    a new identity costs nothing, so a hundred of them must not outweigh one reader who is right.
    """
    await conn.execute(
        """
        update comment c set reports = w.open, report_weight = w.weight
        from (
            select n.id, count(r.reporter) as open,
                1 - greatest(0.5, exp(coalesce(sum(ln(1 - p.right)) filter (where not p.known), 0)))
                    * exp(coalesce(sum(ln(1 - p.right)) filter (where p.known), 0)) as weight
            from unnest($1::uuid[]) as n (id)
            left join report r on r.comment_id = n.id and r.outcome is null
            left join lateral (
                select count(*) >= 3 as known,
                    (count(*) filter (where outcome = 'upheld') + 1.0) / (count(*) + 3.0)
                    * case when r.reason in ('irrelevant_content', 'ad', 'other') then 0.5
                        else 1 end as right
                from (
                    select outcome from report
                    where site_id = r.site_id and reporter = r.reporter and outcome is not null
                    limit 200
                ) answered
            ) p on r.reporter is not null
            group by n.id
        ) w
        where c.id = w.id
        """,
        list(comment_ids),
    )


async def answer_reports(
    conn: Conn, upheld: Sequence[UUID], dismissed: Sequence[UUID], batch_id: UUID
) -> None:
    """Close the open reports of decided comments. Needs the caller's locks on these."""
    await conn.execute(
        """
        with closed as (
            update report set batch_id = $3,
                outcome = case when comment_id = any($1::uuid[]) then 'upheld' else 'dismissed' end
            where comment_id = any($1::uuid[] || $2::uuid[]) and outcome is null
        )
        update comment set reports = 0, report_weight = 0
        where id = any($1::uuid[] || $2::uuid[]) and reports > 0
        """,
        list(upheld),
        list(dismissed),
        batch_id,
    )


async def reopen_reports(conn: Conn, comment_ids: Sequence[UUID], batch_id: UUID) -> None:
    """Open again what a batch has closed. Needs the caller's locks on these comments."""
    rows = await conn.fetch(
        """
        update report set outcome = null, batch_id = null
        where batch_id = $1 and comment_id = any($2::uuid[]) returning comment_id
        """,
        batch_id,
        list(comment_ids),
    )
    await weigh(conn, list({row["comment_id"] for row in rows}))
