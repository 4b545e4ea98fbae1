"""All SQL of identities elsewhere."""

from uuid import UUID

from service.core.db import Conn


async def get_bound(conn: Conn, issuer: str, subject: str) -> UUID | None:
    """The moderator, active or not, whom this identity signs in."""
    found: UUID | None = await conn.fetchval(
        "select moderator_id from moderator_identity where issuer = $1 and subject = $2",
        issuer,
        subject,
    )
    return found


async def bind(conn: Conn, issuer: str, subject: str, moderator_id: UUID) -> bool:
    """Let this identity sign the moderator in; False where either is bound already."""
    done = await conn.execute(
        """
        insert into moderator_identity (issuer, subject, moderator_id) values ($1, $2, $3)
        on conflict do nothing
        """,
        issuer,
        subject,
        moderator_id,
    )
    return done == "INSERT 0 1"


async def get_active(conn: Conn, moderator_id: UUID) -> bool:
    """Whether a moderator may come in at all."""
    found: bool | None = await conn.fetchval(
        "select disabled_at is null from moderator where id = $1", moderator_id
    )
    return bool(found)
