"""All SQL that tells a database from a copy of it (restored.py)."""

import asyncpg

from service.core.db import Conn

# The write-ahead log's own timeline: what the control file says of it is late after a recovery.
OPTIONAL = {
    "system": "select system_identifier::text from pg_control_system()",
    "timeline": "select left(pg_walfile_name(pg_current_wal_lsn()), 8)",
}
REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.UndefinedFunctionError,
)


async def get_parts(conn: Conn) -> dict[str, str]:
    """What every database tells: its own number, and that of its table of alerts."""
    row = await conn.fetchrow(
        """
        select oid::text as database, 'alert'::regclass::oid::text as alert
        from pg_database where datname = current_database()
        """
    )
    assert row is not None  # noqa: S101 (it is the one that answers)
    return dict(row)


async def get_optional(conn: Conn, name: str) -> str | None:
    """A part that managed services may keep to themselves; None where they do.

    Not in a transaction: being refused would end it.
    """
    try:
        found: str = await conn.fetchval(OPTIONAL[name])
    except REFUSED:
        return None
    return found


async def get_fingerprint(conn: Conn) -> str | None:
    """What was known of this database last; None where nobody has looked yet."""
    found: str | None = await conn.fetchval("select fingerprint from database_identity")
    return found


async def lock_identity(conn: Conn) -> None:
    """Let one worker decide at a time. Needs a transaction."""
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", "rejoinder.database_identity"
    )


async def put_fingerprint(conn: Conn, fingerprint: str) -> None:
    """Remember what is known of this database."""
    await conn.execute(
        """
        insert into database_identity (fingerprint) values ($1)
        on conflict (id) do update set fingerprint = $1, known_at = now()
        """,
        fingerprint,
    )


async def pause_all(conn: Conn) -> int:
    """Pause every site that has somebody to send to or an alert; how many.

    What an editor has paused is paused because of this from now on: more is asked on resuming.
    """
    done = await conn.execute(
        """
        insert into push_setting (site_id, paused_at, paused_reason)
        select s.id, now(), 'restored' from site s
        where exists (select from subscription u where u.site_id = s.id and u.removed_at is null)
            or exists (select from alert l where l.site_id = s.id)
        on conflict (site_id) do update set paused_at = now(), paused_reason = 'restored',
            updated_at = now()
        where push_setting.paused_reason is distinct from 'restored'
        """
    )
    return int(done.rpartition(" ")[2])
