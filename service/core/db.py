"""The pool, its codecs, and which revision the database is at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import asyncpg
import msgspec
from uuid_utils.compat import uuid7

__all__ = [
    "AWAY",
    "Conn",
    "Executor",
    "Pool",
    "connect",
    "open_pool",
    "row_to",
    "uuid7",
]

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Conn: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    # Whatever runs one statement; what needs a transaction takes a Conn.
    Executor: TypeAlias = Conn | Pool
else:
    Pool = asyncpg.Pool
    Conn = asyncpg.Connection
    Executor = asyncpg.Connection

# The database is away for the moment, and comes back.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

Row = TypeVar("Row", bound=msgspec.Struct)


def row_to(kind: type[Row], record: asyncpg.Record) -> Row:
    """One row as a struct, by keyword: a column too many raises TypeError."""
    return kind(**record)


async def _codecs(conn: Conn) -> None:
    # json travels as its own text; each reader decodes it to the type it expects.
    await conn.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )


async def connect(url: str, *, timeout: float = 60) -> "asyncpg.Connection[asyncpg.Record]":  # noqa: ASYNC109 (the driver's own)
    """One connection of its own, for listening and for commands. The caller closes it."""
    conn = await asyncpg.connect(
        url, timeout=timeout, server_settings={"application_name": "rejoinder"}
    )
    await _codecs(conn)
    return conn


class PooledConnection(asyncpg.Connection):
    """A connection that is given back as it is: nothing here outlives its transaction.

    asyncpg's own reset is one more round trip for every use, about a tenth of a posted comment.
    """

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


@asynccontextmanager
async def open_pool(url: str, *, largest: int = 16) -> AsyncIterator[Pool]:
    """Open a pool of up to `largest` connections; closed on leaving."""
    async with asyncpg.create_pool(
        url,
        min_size=1,
        max_size=largest,
        init=_codecs,
        connection_class=PooledConnection,
        command_timeout=30,
        server_settings={"application_name": "rejoinder"},
    ) as pool:
        yield pool


async def current_revision(conn: Conn) -> str | None:
    """The revision that the database is at, None where it was never migrated."""
    try:
        found: Any = await conn.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return str(found) if found else None
