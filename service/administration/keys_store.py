"""SQL of publishers' keys as editors see them: what each may do, was used for and has sent."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from service.administration.types import ExampleAnswer, KeptText, KeyAnswer, NewKey, UsedDay
from service.core.db import Conn, Executor, row_to


async def insert_key(
    conn: Conn, ident: UUID, site_id: UUID, token_hash: bytes, new: NewKey, created_by: UUID | None
) -> None:
    """Store a new key."""
    await conn.execute(
        """
        insert into api_key (id, site_id, token_hash, scopes, label, created_by, quota, keeps)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        ident,
        site_id,
        token_hash,
        sorted(set(new.scopes)),
        new.label,
        created_by,
        new.quota,
        new.keeps,
    )


KEYS = """
select k.id, k.scopes, k.label, k.created_at, k.last_used_at, k.quota, k.keeps, k.trusted,
    coalesce(nullif(m.name, ''), m.email) as created_by,
    (select count(*) from example e where e.api_key_id = k.id) as examples,
    coalesce((
        select sum(u.calls) from key_usage u
        where u.api_key_id = k.id and u.day > (now() at time zone 'utc')::date - 30
    ), 0)::bigint as calls
from api_key k left join moderator m on m.id = k.created_by
"""


async def list_keys(conn: Executor, site_id: UUID) -> list[KeyAnswer]:
    """A site's living keys, newest first."""
    rows = await conn.fetch(
        KEYS + " where k.site_id = $1 and k.revoked_at is null order by k.id desc", site_id
    )
    return [row_to(KeyAnswer, row) for row in rows]


async def get_key(
    conn: Executor, sites: Sequence[UUID] | None, ident: UUID
) -> tuple[UUID, KeyAnswer] | None:
    """A living key of these sites, None for any, and its site."""
    row = await conn.fetchrow(
        """
        select site_id from api_key
        where id = $2 and revoked_at is null
            and ($1::uuid[] is null or site_id = any($1::uuid[]))
        """,
        sites,
        ident,
    )
    key = row and await conn.fetchrow(KEYS + " where k.id = $1", ident)
    return (row["site_id"], row_to(KeyAnswer, key)) if row and key else None


async def lock_key(conn: Conn, ident: UUID) -> None:
    """Wait for every other change of this key; needs a transaction."""
    await conn.execute("select from api_key where id = $1 for no key update", ident)


async def update_key(conn: Conn, key: KeyAnswer) -> None:
    """Put a key's label and what it may do."""
    await conn.execute(
        "update api_key set label = $2, quota = $3, keeps = $4, trusted = $5 where id = $1",
        key.id,
        key.label,
        key.quota,
        key.keeps,
        key.trusted,
    )


async def trust_examples(conn: Conn, ident: UUID, *, trusted: bool) -> None:
    """Let all that a key has said count, or nothing of it."""
    await conn.execute(
        "update example set trusted = $2 where api_key_id = $1 and trusted <> $2", ident, trusted
    )


async def revoke_key(
    conn: Conn, sites: Sequence[UUID] | None, ident: UUID
) -> tuple[UUID, str] | None:
    """Revoke a living key of these sites, None for any; its site and label."""
    row = await conn.fetchrow(
        """
        update api_key set revoked_at = now()
        where id = $2 and revoked_at is null
            and ($1::uuid[] is null or site_id = any($1::uuid[]))
        returning site_id, label
        """,
        sites,
        ident,
    )
    return (row["site_id"], row["label"]) if row else None


async def list_examples(
    conn: Executor, ident: UUID, before: UUID | None, limit: int
) -> list[ExampleAnswer]:
    """What a key says, newest first."""
    rows = await conn.fetch(
        """
        select id, text, label, source, score::float8 as score, trusted, created_at from example
        where api_key_id = $1 and ($2::uuid is null or id < $2)
        order by id desc limit $3
        """,
        ident,
        before,
        limit,
    )
    return [row_to(ExampleAnswer, row) for row in rows]


async def delete_examples(conn: Conn, ident: UUID, example: UUID | None) -> int:
    """Forget one thing that a key says, None for all of it; how many it were."""
    done = await conn.execute(
        "delete from example where api_key_id = $1 and ($2::uuid is null or id = $2)",
        ident,
        example,
    )
    return _count(done)


async def list_kept(conn: Executor, ident: UUID, before: UUID | None, limit: int) -> list[KeptText]:
    """The texts of a key that were stored, newest first."""
    rows = await conn.fetch(
        """
        select id, text, scores, created_at from kept_text
        where api_key_id = $1 and ($2::uuid is null or id < $2)
        order by id desc limit $3
        """,
        ident,
        before,
        limit,
    )
    return [_kept(row) for row in rows]


def _kept(row: asyncpg.Record) -> KeptText:
    scores = msgspec.json.decode(row["scores"], type=dict[str, float])
    return KeptText(**{**row, "scores": scores})


async def delete_kept(conn: Conn, ident: UUID, text: UUID | None) -> int:
    """Forget one stored text of a key, None for all; how many it were."""
    done = await conn.execute(
        "delete from kept_text where api_key_id = $1 and ($2::uuid is null or id = $2)",
        ident,
        text,
    )
    return _count(done)


def _count(done: str) -> int:
    return int(done.rpartition(" ")[2])


async def list_used(conn: Executor, ident: UUID) -> list[UsedDay]:
    """What a key was used for in the last 30 days, newest first."""
    rows = await conn.fetch(
        """
        select day, sum(calls)::bigint as calls, sum(spam)::bigint as spam,
            sum(ham)::bigint as ham, sum(missed_spam)::bigint as missed_spam,
            sum(false_positives)::bigint as false_positives
        from key_usage
        where api_key_id = $1 and day > (now() at time zone 'utc')::date - 30
        group by day order by day desc
        """,
        ident,
    )
    return [row_to(UsedDay, row) for row in rows]
