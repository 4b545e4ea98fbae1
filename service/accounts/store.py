"""All SQL of accounts."""

from collections.abc import Sequence
from uuid import UUID

from service.accounts.types import ApiKey, MemberSite, Moderator, NewModeratorToken
from service.core.db import Conn, Executor, row_to

MODERATOR = """
select m.id, m.email, m.name, m.role, m.all_sites,
    array(select s.site_id from moderator_site s where s.moderator_id = m.id) as site_ids
from moderator m
"""


async def insert_key(conn: Executor, key: ApiKey, token_hash: bytes) -> None:
    """Store a new key."""
    await conn.execute(
        "insert into api_key (site_id, id, token_hash, scopes) values ($1, $2, $3, $4)",
        key.site_id,
        key.id,
        token_hash,
        key.scopes,
    )


async def get_key(conn: Executor, token_hash: bytes) -> ApiKey | None:
    """The living key with this hash, noted as used, at most once an hour."""
    row = await conn.fetchrow(
        """
        select id, site_id, scopes, quota, keeps, trusted,
            coalesce(last_used_at < now() - interval '1 hour', true) as due
        from api_key where token_hash = $1 and revoked_at is null
        """,
        token_hash,
    )
    if row is None:
        return None
    if row["due"]:
        await conn.execute("update api_key set last_used_at = now() where id = $1", row["id"])
    return ApiKey(**{name: row[name] for name in ApiKey.__struct_fields__})


async def upsert_moderator(
    conn: Conn, ident: UUID, email: str, name: str, name_key: str, role: str, *, all_sites: bool
) -> UUID:
    """Add a moderator or change the role of the one with this e-mail; the id."""
    found: UUID = await conn.fetchval(
        """
        insert into moderator (id, email, name, name_key, role, all_sites)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (email) do update
        set role = excluded.role, all_sites = excluded.all_sites, disabled_at = null,
            removed_at = null,
            name = case when $3 = '' then moderator.name else $3 end,
            name_key = case when $3 = '' then moderator.name_key else $4 end
        returning id
        """,
        ident,
        email,
        name,
        name_key,
        role,
        all_sites,
    )
    return found


async def set_moderator_sites(conn: Conn, moderator_id: UUID, site_ids: Sequence[UUID]) -> None:
    """Make these the moderator's sites. Needs a transaction."""
    await conn.execute("delete from moderator_site where moderator_id = $1", moderator_id)
    await conn.execute(
        "insert into moderator_site (site_id, moderator_id) select unnest($1::uuid[]), $2",
        list(site_ids),
        moderator_id,
    )


async def get_moderator(conn: Conn, moderator_id: UUID) -> Moderator:
    """The moderator with this id, who is there, active or not."""
    row = await conn.fetchrow(MODERATOR + " where m.id = $1", moderator_id)
    assert row is not None  # noqa: S101 (no moderator is ever deleted)
    return row_to(Moderator, row)


async def get_moderator_by_email(conn: Conn, email: str) -> Moderator | None:
    """The active moderator with this e-mail."""
    row = await conn.fetchrow(MODERATOR + " where m.email = $1 and m.disabled_at is null", email)
    return row_to(Moderator, row) if row else None


async def get_moderator_by_token(conn: Executor, token_hash: bytes, kind: str) -> Moderator | None:
    """Whose living token this is; it is noted as used, at most once an hour."""
    row = await conn.fetchrow(
        """
        select m.id, m.email, m.name, m.role, m.all_sites,
            array(select s.site_id from moderator_site s where s.moderator_id = m.id) as site_ids,
            coalesce(t.last_used_at < now() - interval '1 hour', true) as due
        from moderator m join moderator_token t on t.moderator_id = m.id
        where t.token_hash = $1 and t.kind = $2 and m.disabled_at is null
            and (t.expires_at is null or t.expires_at > now())
        """,
        token_hash,
        kind,
    )
    if row is None:
        return None
    fields = dict(row)
    if fields.pop("due"):
        await conn.execute(
            "update moderator_token set last_used_at = now() where token_hash = $1", token_hash
        )
    return Moderator(**fields)


async def insert_moderator_token(conn: Conn, token: NewModeratorToken) -> UUID:
    """Store a token that lasts so long, None for good; its id."""
    ident: UUID = await conn.fetchval(
        """
        insert into moderator_token
            (token_hash, moderator_id, kind, expires_at, label, method, agent)
        values ($1, $2, $3, now() + $4::interval, $5, $6, $7)
        returning id
        """,
        token.token_hash,
        token.moderator_id,
        token.kind,
        token.lasts,
        token.label,
        token.method,
        token.agent,
    )
    return ident


async def delete_moderator_token(conn: Executor, token_hash: bytes, kind: str) -> bool:
    """Use a token up; True for the one caller that it was still there for."""
    done = await conn.execute(
        """
        delete from moderator_token
        where token_hash = $1 and kind = $2 and (expires_at is null or expires_at > now())
        """,
        token_hash,
        kind,
    )
    return done == "DELETE 1"


async def delete_sessions(conn: Conn, moderator_id: UUID, but: UUID | None = None) -> int:
    """End all sessions of a moderator, and the links that would open another; how many ended.

    `but` is the session that goes on.
    """
    ended = await conn.fetch(
        """
        delete from moderator_token
        where moderator_id = $1 and kind in ('session', 'link') and id is distinct from $2
        returning kind
        """,
        moderator_id,
        but,
    )
    return sum(row["kind"] == "session" for row in ended)


async def delete_expired_tokens(conn: Executor) -> None:
    """Forget the tokens that no longer open anything."""
    await conn.execute("delete from moderator_token where expires_at < now()")


async def list_member_sites(conn: Conn, moderator: Moderator) -> list[MemberSite]:
    """The moderator's sites, by name."""
    rows = await conn.fetch(
        "select slug, name, words_marked from site where $1 or id = any($2::uuid[]) order by name",
        moderator.all_sites,
        moderator.site_ids,
    )
    return [row_to(MemberSite, row) for row in rows]


async def list_slugs(conn: Conn) -> dict[UUID, str]:
    """What every site is called in addresses."""
    return {row["id"]: row["slug"] for row in await conn.fetch("select id, slug from site")}
