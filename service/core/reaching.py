"""The first connection of a command: whoever can't have it is told why, and what to set."""

import os
import ssl
from urllib.parse import parse_qs, urlsplit

import asyncpg

from service.core.db import connect, current_revision

OLDEST = 15  # the major version of PostgreSQL
PATIENCE = 20  # seconds until a machine that says nothing is taken for none

FORM = "Set DATABASE_URL to postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
ENCODED = "In it : / ? # [ ] @ % of a password are percent-encoded (/ is %2F)."


class DatabaseError(Exception):
    """The database can't be used; the message says why, and what to set. No password is in it."""


async def reach(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection, which the caller closes; raises DatabaseError."""
    where = _where(url)
    try:
        conn = await connect(url, timeout=PATIENCE)
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        # Others than the driver's own words repeat what they couldn't read: of a password, a half.
        why = f" ({error})" if isinstance(error, asyncpg.InterfaceError) else ""
        raise DatabaseError(f"DATABASE_URL can't be read{why}.\n{FORM}\n{ENCODED}") from error
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"PostgreSQL at {where} refuses: {error}.\n{_remedy(error)}") from error
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseError(f"No PostgreSQL at {where}: {_reason(error)}.\n{FORM}") from error
    version = conn.get_server_version()
    if version.major < OLDEST:
        await conn.close()
        raise DatabaseError(
            f"PostgreSQL at {where} is version {version.major}; {OLDEST} or newer is needed."
            f"\n{FORM}"
        )
    return conn


async def check(url: str, *, migrated: bool = False) -> None:
    """Raises DatabaseError where the database can't be used; `migrated`: nor without tables."""
    conn = await reach(url)
    try:
        if migrated and await current_revision(conn) is None:
            raise DatabaseError("The database is not migrated: run `rejoinder migrate`.")
    finally:
        await conn.close()


def _where(url: str) -> str:
    """Host and port as the address has them, for people; raises DatabaseError."""
    try:
        parts = urlsplit(url)
        hosts = parts.netloc.rpartition("@")[2] or ", ".join(parse_qs(parts.query).get("host", []))
    except ValueError:
        hosts = "@"
    # What stands before a mark that isn't encoded would be shown for the host.
    if url.count("@") > 1 or "@" in hosts or ("@" not in parts.netloc and "@" in url):
        raise DatabaseError(f"DATABASE_URL can't be read.\n{FORM}\n{ENCODED}")
    return hosts or "this machine"


def _reason(error: Exception) -> str:
    # TLS and names have numbers of their own.
    ours = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if ours and number > 0 else str(error) or "it doesn't answer"


def _remedy(error: asyncpg.PostgresError) -> str:
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return f"`createdb` makes a database. {FORM}"
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return f"{FORM}\n{ENCODED}"
    return FORM
