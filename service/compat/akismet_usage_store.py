"""SQL of what a key was used for, site by site and month by month."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from service.core.db import Executor, row_to

Order = Literal["total", "spam", "ham", "missed_spam", "false_positives"]


class SiteUse(msgspec.Struct, frozen=True):
    """What one site used a key for in a month."""

    site: str
    spam: int
    ham: int
    missed_spam: int
    false_positives: int


async def count_checks(conn: Executor, api_key_id: UUID, month: date) -> int:
    """How many comments a key had judged in the month of this day."""
    count: int = await conn.fetchval(
        """
        select coalesce(sum(spam + ham), 0)::bigint from key_usage
        where api_key_id = $1 and day >= date_trunc('month', $2::date)
            and day < date_trunc('month', $2::date) + interval '1 month'
        """,
        api_key_id,
        month,
    )
    return count


async def list_site_use(
    conn: Executor,
    api_key_id: UUID,
    month: date,
    *,
    containing: str,
    order: Order,
    limit: int,
    offset: int,
) -> tuple[list[SiteUse], int]:
    """A page of the sites that used a key in a month, the most first, and how many there are."""
    rows = await conn.fetch(
        """
        with used as (
            select blog as site, sum(spam)::bigint as spam, sum(ham)::bigint as ham,
                sum(missed_spam)::bigint as missed_spam,
                sum(false_positives)::bigint as false_positives
            from key_usage
            where api_key_id = $1 and blog <> '' and strpos(lower(blog), lower($3)) > 0
                and day >= date_trunc('month', $2::date)
                and day < date_trunc('month', $2::date) + interval '1 month'
            group by blog
        )
        select site, spam, ham, missed_spam, false_positives from used
        order by case $4
            when 'spam' then spam when 'ham' then ham when 'missed_spam' then missed_spam
            when 'false_positives' then false_positives else spam + ham
        end desc, site
        limit $5 offset $6
        """,
        api_key_id,
        month,
        containing,
        order,
        limit,
        offset,
    )
    total: int = await conn.fetchval(
        """
        select count(distinct blog) from key_usage
        where api_key_id = $1 and blog <> '' and strpos(lower(blog), lower($3)) > 0
            and day >= date_trunc('month', $2::date)
            and day < date_trunc('month', $2::date) + interval '1 month'
        """,
        api_key_id,
        month,
        containing,
    )
    return [row_to(SiteUse, row) for row in rows], total
