"""SQL of screening what was imported."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to
from service.screening.background import Screened
from service.transfer.rules import uuid_at


class Position(msgspec.Struct, frozen=True):
    """Where the queue is read on: behind this comment."""

    held: bool
    id: UUID


TOP = Position(held=True, id=UUID(int=2**128 - 1))


class Waiting(msgspec.Struct, frozen=True):
    """An imported comment that waits to be screened.

    `fresh` is false where that isn't needed any more: it was edited, and screened by that.
    """

    id: UUID
    site_id: UUID
    held: bool
    body: str
    author_name: str
    website: str | None
    created_at: datetime
    fresh: bool


async def lock_screening(conn: Conn) -> bool:
    """Let nobody else screen what waits, until the transaction ends; False if somebody does."""
    return bool(
        await conn.fetchval(
            "select pg_try_advisory_xact_lock(hashtextextended('rejoinder.screening', 0))"
        )
    )


async def is_posted_to(conn: Executor, since: datetime) -> bool:
    """Whether anybody has posted a comment since, on any site: ids tell when they were made."""
    found: bool = await conn.fetchval(
        "select exists (select from comment where id > $1)", uuid_at(since)
    )
    return found


async def count_waiting(conn: Executor, most: int) -> int:
    """How many wait, counted up to `most`."""
    count: int = await conn.fetchval(
        "select count(*) from (select from unscreened limit $1) counted", most
    )
    return count


async def list_waiting(conn: Executor, limit: int, after: Position = TOP) -> list[Waiting]:
    """The next to be screened: held ones first, then the newest."""
    rows = await conn.fetch(
        """
        select c.id, c.site_id, u.held, c.body, c.author_name, c.website, c.created_at,
            c.version = 1
            and not exists (select from screening s where s.comment_id = c.id) as fresh
        from (
            select comment_id, held from unscreened
            where (held, comment_id) < ($2, $3)
            order by held desc, comment_id desc limit $1
        ) u
        join comment c on c.id = u.comment_id
        order by u.held desc, u.comment_id desc
        """,
        limit,
        after.held,
        after.id,
    )
    return [row_to(Waiting, row) for row in rows]


async def insert_screenings(
    conn: Executor, waiting: Sequence[Waiting], screened: Sequence[Screened]
) -> None:
    """Take comments out of the queue, and store what was said of the fresh ones, dated as they are.

    One statement, so that their locks are held for a moment; in the order of ids (see
    comments/changes.py). What another has taken out meanwhile, or its author edited, is left alone.
    """
    fresh = [one for one in waiting if one.fresh]
    await conn.execute(
        """
        with given as materialized (
            select * from unnest(
                $2::uuid[], $3::uuid[], $4::real[], $5::text[], $6::text[], $7::int[], $8::text[],
                $9::text[], $10::text[], $11::bytea[]
            ) g (comment_id, id, risk, scores, model, policy, verdict, reason, signals, packed)
        ), taken as (
            delete from unscreened where comment_id = any($1::uuid[]) returning comment_id
        ), fresh as materialized (
            select c.id, c.site_id, c.created_at from comment c
            where c.id in (select comment_id from taken) and c.version = 1
                and not exists (select from screening s where s.comment_id = c.id)
            order by c.id for no key update
        ), changed as (
            update comment c set risk = g.risk, scores = g.scores::real[]
            from given g join fresh f on f.id = g.comment_id where c.id = g.comment_id
        )
        insert into screening (
            site_id, id, comment_id, comment_version, model, policy_version, verdict, reason, risk,
            signals, packed, created_at
        )
        select f.site_id, g.id, f.id, 1, g.model, g.policy, g.verdict, g.reason, g.risk,
            g.signals::json, g.packed, f.created_at
        from given g join fresh f on f.id = g.comment_id
        """,
        [one.id for one in waiting],
        [one.id for one in fresh],
        [uuid_at(one.created_at) for one in fresh],
        [said.risk for said in screened],
        [_array(said.scores) for said in screened],
        [said.model for said in screened],
        [said.policy_version for said in screened],
        [said.verdict for said in screened],
        [said.reason for said in screened],
        [said.signals for said in screened],
        [said.packed for said in screened],
    )


def _array(scores: Sequence[float | None]) -> str:
    """An array as PostgreSQL reads it, as none of arrays can be given."""
    return "{" + ",".join("null" if one is None else repr(one) for one in scores) + "}"
