"""Up, down, up, and two nodes at once."""

import asyncio
import subprocess
import sys

import asyncpg
from support import run_sql, with_database

from service.core.db import connect, current_revision
from service.core.migrating import downgrade, migrate, newest_revision

SCHEMA = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' order by 1, 2
"""


async def schema(url: str) -> list[asyncpg.Record]:
    conn = await connect(url)
    try:
        return await conn.fetch(SCHEMA)
    finally:
        await conn.close()


async def test_up_down_up_gives_the_same_schema(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_updown")
    url = with_database(server_url, "rejoinder_updown")
    await asyncio.to_thread(migrate, url)
    first = await schema(url)
    await asyncio.to_thread(downgrade, url)
    left = {row["table_name"] for row in await schema(url)}
    assert {name for name in left if not name.startswith("pgqueuer")} == {"alembic_version"}
    await asyncio.to_thread(migrate, url)
    assert await schema(url) == first
    await run_sql(server_url, "drop database rejoinder_updown with (force)")


async def test_two_nodes_that_start_at_once_migrate_once(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_twonodes")
    url = with_database(server_url, "rejoinder_twonodes")
    code = f"from service.core.migrating import migrate; migrate({url!r})"
    nodes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for node in nodes:
        _, errors = await node.communicate()
        assert node.returncode == 0, errors.decode()
    conn = await connect(url)
    assert await current_revision(conn) == newest_revision()
    await conn.close()
    await run_sql(server_url, "drop database rejoinder_twonodes with (force)")
