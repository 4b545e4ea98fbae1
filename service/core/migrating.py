"""The migrations. Beside the pool, because what they need takes a third of a second to load."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from pgqueuer.queries import Queries

import migrations
from service.core.db import connect

# PgQueuer brings its own tables; two nodes that start at once must not both create them.
QUEUE_LOCK = 7_238_911_402_552


def _configuration(url: str) -> Config:
    # Built in code: an installed wheel has no pyproject.toml to read.
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(migrations.__file__).parent))
    configuration.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return configuration


async def _install_queue(url: str) -> None:
    conn = await connect(url)
    try:
        await conn.execute("select pg_advisory_lock($1)", QUEUE_LOCK)
        queries = Queries.from_asyncpg_connection(conn)
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            async with conn.transaction():
                await queries.install()
    finally:
        await conn.close()


def migrate(url: str) -> None:
    """Bring the database to this release's schema. Safe on several nodes at once.

    Blocking, and starts an event loop of its own: call it from a thread or before any loop.
    Each revision works with the previous release still running.
    """
    command.upgrade(_configuration(url), "head")
    asyncio.run(_install_queue(url))


def downgrade(url: str, revision: str = "base") -> None:
    """Take the schema back to `revision`. Blocking; loses what newer tables held."""
    command.downgrade(_configuration(url), revision)


def newest_revision() -> str | None:
    """The revision that this release expects."""
    return ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()
