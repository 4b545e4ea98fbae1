"""SQL of policies: versions, and what a simulation reads."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to
from service.moderation.policy_types import PolicyVersion
from service.screening.types import Policy


class PutVersion(msgspec.Struct, frozen=True):
    """A policy that was put."""

    version: int
    policy: Policy
    created_by: str | None
    created_at: datetime


async def get_version(conn: Executor, site_id: UUID, version: int | None) -> PutVersion | None:
    """A version of a site's policy, the newest where none is asked for."""
    row = await conn.fetchrow(
        """
        select p.version, p.rules as policy, coalesce(nullif(m.name, ''), m.email) as created_by,
            p.created_at
        from policy p left join moderator m on m.id = p.created_by
        where p.site_id = $1 and ($2::int is null or p.version = $2)
        order by p.version desc limit 1
        """,
        site_id,
        version,
    )
    if row is None:
        return None
    return PutVersion(**{**row, "policy": msgspec.json.decode(row["policy"], type=Policy)})


async def list_versions(
    conn: Executor, site_id: UUID, below: int | None, limit: int
) -> list[PolicyVersion]:
    """Versions, newest first."""
    rows = await conn.fetch(
        """
        select p.version, coalesce(nullif(m.name, ''), m.email) as created_by, p.created_at
        from policy p left join moderator m on m.id = p.created_by
        where p.site_id = $1 and ($2::int is null or p.version < $2)
        order by p.version desc limit $3
        """,
        site_id,
        below,
        limit,
    )
    return [row_to(PolicyVersion, row) for row in rows]


class Page(msgspec.Struct, frozen=True):
    """Screenings of a window. `facts`: comment id and facts, row after row; `others` have none."""

    facts: bytes
    others: list[UUID]
    count: int
    last: UUID | None


PAGE = """
select
    string_agg(uuid_send(comment_id) || packed, ''::bytea order by id desc) filter (where known)
        as facts,
    array_agg(id order by id desc) filter (where not known) as others,
    count(*) as count, (array_agg(id order by id))[1] as last
from (
    select id, comment_id, packed,
        coalesce(get_byte(packed, 0) = $4 and length(packed) = $5, false) as known
    from screening where site_id = $1 and id >= $2 and id < $3 order by id desc limit $6
) newest
"""


async def read_page(
    conn: Executor, site_id: UUID, since: UUID, before: UUID, layout: tuple[int, int], limit: int
) -> Page:
    """Screenings from one id to before another, newest first, in one value: rows cost more."""
    row = await conn.fetchrow(PAGE, site_id, since, before, *layout, limit)
    assert row is not None  # noqa: S101 (an aggregate answers a row)
    return Page(row["facts"] or b"", row["others"] or [], row["count"], row["last"])


async def read_decided(conn: Executor, site_id: UUID, since: UUID) -> bytes:
    """What people decided last and nothing has changed since: comment id and one byte, in rows.

    1: published; 2: refused. Every change of a comment is in the ledger: where the last row that
    isn't the machine's is a moderator's, the decision stands. Held is undecided.
    """
    decided: bytes | None = await conn.fetchval(
        """
        select string_agg(
            uuid_send(comment_id) || case to_status when 'published' then '\\x01'::bytea
                else '\\x02'::bytea end, ''::bytea
        )
        from (
            select distinct on (comment_id) comment_id, actor, to_status from ledger
            where site_id = $1 and id >= $2 and actor <> 'machine'
            order by comment_id, id desc
        ) last
        where actor = 'moderator' and to_status in ('published', 'rejected', 'spam')
        """,
        site_id,
        since,
    )
    return decided or b""


async def list_texts(conn: Executor, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Name and text of comments."""
    rows = await conn.fetch(
        "select id, author_name, body from comment where id = any($1::uuid[])", ids
    )
    return {row["id"]: (row["author_name"], row["body"]) for row in rows}


async def lock_policy(conn: Conn, site_id: UUID) -> None:
    """Queue up with whoever else puts a policy of this site; until the commit."""
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"rejoinder.policy {site_id}"
    )
