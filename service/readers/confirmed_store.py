"""SQL of readers who have confirmed an address, and of their tokens."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from service.core.db import Conn, Executor
from service.readers.types import Reader, SignedIn

TokenKind = Literal["page", "post"]
MOST_TOKENS = 20  # of a reader and kind: the oldest go

CONFIRMED = """
select r.id, r.email, r.name, r.contact from reader r
"""


def _signed(row: asyncpg.Record) -> SignedIn:
    return SignedIn(row["id"], row["email"], Reader("", row["name"], row["contact"]))


async def get_reader_by_token(
    conn: Executor, site_id: UUID, token_hash: bytes, kind: TokenKind
) -> SignedIn | None:
    """Whose token this is; None where it is no such one of this site, or is over."""
    row = await conn.fetchrow(
        CONFIRMED
        + """
        join reader_token t on t.reader_id = r.id
        where t.token_hash = $2 and t.site_id = $1 and t.kind = $3 and t.expires_at > now()
        """,
        site_id,
        token_hash,
        kind,
    )
    return _signed(row) if row else None


async def get_reader_by_address(
    conn: Executor, site_id: UUID, address: str, *, confirmed: bool = True
) -> SignedIn | None:
    """Who has confirmed this address; not `confirmed`: who had elsewhere, and was imported."""
    row = await conn.fetchrow(
        CONFIRMED
        + """
        where r.site_id = $1 and r.contact = $2 and r.subject is null
            and (r.confirmed_at is not null) = $3
        """,
        site_id,
        address,
        confirmed,
    )
    return _signed(row) if row else None


async def insert_token(
    conn: Conn,
    site_id: UUID,
    token_hash: bytes,
    reader_id: UUID,
    kind: TokenKind,
    lasts: timedelta,
) -> None:
    """Store a token, and forget the oldest of too many."""
    await conn.execute(
        """
        insert into reader_token (site_id, token_hash, reader_id, kind, expires_at)
        values ($1, $2, $3, $4, now() + $5)
        """,
        site_id,
        token_hash,
        reader_id,
        kind,
        lasts,
    )
    await conn.execute(
        """
        delete from reader_token where token_hash in (
            select token_hash from reader_token where reader_id = $1 and kind = $2
            order by created_at desc offset $3
        )
        """,
        reader_id,
        kind,
        MOST_TOKENS,
    )
