"""All SQL of passwords, identities, one's own tokens, and the record of changes."""

from datetime import datetime
from uuid import UUID

import msgspec

from service.accounts.types import (
    Credentials,
    Event,
    Session,
    SessionAnswer,
    TokenAnswer,
)
from service.core.db import Conn, Executor, row_to, uuid7

# For so long a session that a one-time link opened may set a password without the current one.
FRESH_LINK = "15 minutes"


async def insert_event(conn: Conn, event: Event) -> None:
    """Record a change, in the transaction that makes it."""
    await conn.execute(
        """
        insert into account_event (id, actor_id, action, moderator_id, site_ids, detail)
        values ($1, $2, $3, $4, $5, $6)
        """,
        uuid7(),
        event.actor_id,
        event.action,
        event.moderator_id,
        list(event.site_ids),
        msgspec.json.encode(event.detail),
    )


async def get_credentials(conn: Executor, email: str) -> Credentials | None:
    """The active moderator with this e-mail address, with or without a password."""
    row = await conn.fetchrow(
        """
        select m.id as moderator_id, p.hash
        from moderator m left join moderator_password p on p.moderator_id = m.id
        where m.email = $1 and m.disabled_at is null
        """,
        email,
    )
    return row_to(Credentials, row) if row else None


async def get_password(conn: Executor, moderator_id: UUID) -> tuple[str, datetime] | None:
    """The hash and since when."""
    row = await conn.fetchrow(
        "select hash, changed_at from moderator_password where moderator_id = $1", moderator_id
    )
    return (row["hash"], row["changed_at"]) if row else None


async def lock_password(conn: Conn, moderator_id: UUID) -> str | None:
    """The hash as it stands, of a moderator locked until the transaction ends."""
    await conn.execute("select from moderator where id = $1 for no key update", moderator_id)
    stored: str | None = await conn.fetchval(
        "select hash from moderator_password where moderator_id = $1", moderator_id
    )
    return stored


async def put_password(conn: Conn, moderator_id: UUID, hashed: str) -> None:
    """Make this the password."""
    await conn.execute(
        """
        insert into moderator_password (moderator_id, hash) values ($1, $2)
        on conflict (moderator_id) do update set hash = excluded.hash, changed_at = now()
        """,
        moderator_id,
        hashed,
    )


async def replace_hash(conn: Conn, moderator_id: UUID, before: str, after: str) -> None:
    """The same password under newer parameters, if it hasn't been changed meanwhile."""
    await conn.execute(
        "update moderator_password set hash = $3 where moderator_id = $1 and hash = $2",
        moderator_id,
        before,
        after,
    )


async def delete_password(conn: Conn, moderator_id: UUID) -> bool:
    """Leave no password; False where there was none."""
    done = await conn.execute(
        "delete from moderator_password where moderator_id = $1", moderator_id
    )
    return done == "DELETE 1"


async def get_session(conn: Executor, token_hash: bytes) -> Session | None:
    """The living session with this token."""
    row = await conn.fetchrow(
        """
        select id, coalesce(method = 'link' and created_at > now() - $2::text::interval, false)
            as fresh_link
        from moderator_token
        where token_hash = $1 and kind = 'session' and expires_at > now()
        """,
        token_hash,
        FRESH_LINK,
    )
    return row_to(Session, row) if row else None


async def list_tokens(conn: Executor, moderator_id: UUID) -> list[TokenAnswer]:
    """A moderator's API tokens, newest first."""
    rows = await conn.fetch(
        """
        select id, label, created_at, last_used_at from moderator_token
        where moderator_id = $1 and kind = 'api' order by created_at desc, id
        """,
        moderator_id,
    )
    return [row_to(TokenAnswer, row) for row in rows]


async def list_sessions(conn: Executor, moderator_id: UUID, current: UUID) -> list[SessionAnswer]:
    """A moderator's living sessions, newest first; `current` is the one that asks."""
    rows = await conn.fetch(
        """
        select id, method, agent, created_at, last_used_at, expires_at, id = $2 as current
        from moderator_token
        where moderator_id = $1 and kind = 'session' and expires_at > now()
        order by created_at desc, id
        """,
        moderator_id,
        current,
    )
    return [row_to(SessionAnswer, row) for row in rows]


async def delete_own_token(conn: Conn, moderator_id: UUID, kind: str, ident: UUID) -> str | None:
    """Delete one of a moderator's tokens; its label, None where there was none."""
    label: str | None = await conn.fetchval(
        """
        delete from moderator_token where moderator_id = $1 and kind = $2 and id = $3
        returning label
        """,
        moderator_id,
        kind,
        ident,
    )
    return label


async def delete_oldest_sessions(conn: Conn, moderator_id: UUID, keep: int) -> None:
    """Leave only the newest sessions of a moderator."""
    await conn.execute(
        """
        delete from moderator_token where id in (
            select id from moderator_token where moderator_id = $1 and kind = 'session'
            order by created_at desc, id offset $2
        )
        """,
        moderator_id,
        keep,
    )


async def list_issuers(conn: Executor, moderator_id: UUID) -> list[str]:
    """Where a moderator has an identity that signs in here."""
    rows = await conn.fetch(
        "select issuer from moderator_identity where moderator_id = $1 order by issuer",
        moderator_id,
    )
    return [row["issuer"] for row in rows]
