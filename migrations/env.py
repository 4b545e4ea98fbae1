"""Alembic's entry: runs the revisions over one asyncpg connection, one node at a time."""

import asyncio
import os

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# Any number that no other program uses: two nodes that start at once queue up here.
ADVISORY_LOCK = 7_238_911_402_551


def run(connection: Connection) -> None:
    """Run the revisions in one transaction; a second caller waits, then finds nothing to do."""
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        connection.execute(text("set local lock_timeout = '60s'"))
        connection.execute(text(f"select pg_advisory_xact_lock({ADVISORY_LOCK})"))
        connection.execute(text("set local lock_timeout = '5s'"))
        connection.execute(text("set local statement_timeout = '10min'"))
        # Read the version only once the lock is held, or the second node would
        # repeat what the first has just done.
        context.run_migrations()


async def main() -> None:
    """Connect to the address in the configuration (ours) or DATABASE_URL (plain alembic)."""
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    url = "postgresql+asyncpg://" + url.split("://", 1)[1]
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
