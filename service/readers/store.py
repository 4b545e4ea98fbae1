"""All SQL of readers who have signed in, and of the settings for it."""

from collections.abc import Sequence
from uuid import UUID

from service.core.db import Conn, Executor, row_to, uuid7
from service.readers.types import KeyRow, NewKeyRow, Reader, Settings, SignedIn

KEY = """
select k.id, k.algorithm, k.kid, k.sealed, k.jwk, k.created_at,
    coalesce(nullif(m.name, ''), m.email) as created_by
from reader_sign_in_key k left join moderator m on m.id = k.created_by
"""


async def get_settings(conn: Executor, site_id: UUID) -> Settings:
    """A site's settings; empty where none were ever put."""
    row = await conn.fetchrow(
        "select issuer, audience, jwks_url from reader_sign_in where site_id = $1", site_id
    )
    return row_to(Settings, row) if row else Settings()


async def put_settings(conn: Conn, site_id: UUID, settings: Settings) -> None:
    """Store a site's settings."""
    await conn.execute(
        """
        insert into reader_sign_in (site_id, issuer, audience, jwks_url) values ($1, $2, $3, $4)
        on conflict (site_id) do update
        set issuer = excluded.issuer, audience = excluded.audience, jwks_url = excluded.jwks_url
        """,
        site_id,
        settings.issuer,
        settings.audience,
        settings.jwks_url,
    )


async def is_required(conn: Executor, site_id: UUID) -> bool:
    """Whether only readers who have signed in may comment."""
    return bool(await conn.fetchval("select sign_in_required from site where id = $1", site_id))


async def set_required(conn: Conn, site_id: UUID, *, required: bool) -> None:
    """Say whether only readers who have signed in may comment."""
    await conn.execute("update site set sign_in_required = $2 where id = $1", site_id, required)


async def lock_site(conn: Conn, site_id: UUID) -> str:
    """Wait for every other change of this site's settings; its slug. Needs a transaction."""
    slug: str = await conn.fetchval(
        "select slug from site where id = $1 for no key update", site_id
    )
    return slug


async def list_keys(conn: Executor, site_id: UUID) -> list[KeyRow]:
    """A site's keys, newest first."""
    rows = await conn.fetch(KEY + " where k.site_id = $1 order by k.id desc", site_id)
    return [row_to(KeyRow, row) for row in rows]


async def insert_keys(
    conn: Conn, site_id: UUID, keys: Sequence[NewKeyRow], created_by: UUID | None
) -> None:
    """Store new keys."""
    await conn.executemany(
        """
        insert into reader_sign_in_key (site_id, id, algorithm, kid, sealed, jwk, created_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
            (site_id, key.id, key.algorithm, key.kid, key.sealed, key.jwk, created_by)
            for key in keys
        ],
    )


async def delete_key(conn: Conn, site_id: UUID, ident: UUID) -> str | None:
    """Forget a key; its algorithm, None where there was none."""
    algorithm: str | None = await conn.fetchval(
        "delete from reader_sign_in_key where site_id = $1 and id = $2 returning algorithm",
        site_id,
        ident,
    )
    return algorithm


async def get_reader_id(conn: Executor, site_id: UUID, subject: str) -> UUID | None:
    """Who has this subject here; None for who was never seen."""
    ident: UUID | None = await conn.fetchval(
        "select id from reader where site_id = $1 and subject = $2", site_id, subject
    )
    return ident


async def ensure_reader(conn: Executor, site_id: UUID, reader: Reader, name_key: str) -> SignedIn:
    """Whoever has this subject, made where nobody has: of two at once, both are the same one.

    Name and address are what the token says now. Nothing is written where that is known already.
    """
    row = await conn.fetchrow(
        """
        select id, email as key from reader
        where site_id = $1 and subject = $2 and name = $3 and contact is not distinct from $4
        """,
        site_id,
        reader.subject,
        reader.name,
        reader.email,
    )
    if row is None:
        ident = uuid7()
        row = await conn.fetchrow(
            """
            insert into reader (
                site_id, id, email, name, name_key, confirmed_at, subject, contact
            ) values ($1, $5, $6, $3, $7, now(), $2, $4)
            on conflict (site_id, subject) where subject is not null do update
            set name = excluded.name, name_key = excluded.name_key, contact = excluded.contact
            returning id, email as key
            """,
            site_id,
            reader.subject,
            reader.name,
            reader.email,
            ident,
            str(ident),
            name_key,
        )
    assert row is not None  # noqa: S101 (an upsert returns its row)
    return SignedIn(row["id"], row["key"], reader)
