"""Small files of each kind, and what is read of them; a site's export and another database."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from everything import fill
from exports import Read
from restored import exported
from support import run_sql, with_database

from service.articles.types import Site
from service.core.db import Conn, Pool, connect
from service.transfer.reading.formats import READERS
from service.transfer.reading.found import Found
from service.transfer.reading.input import Input
from service.transfer.types import Notes


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file of this format and content."""

    def reading(name: str, content: str | bytes) -> tuple[list[Found], Notes]:
        path = tmp_path / "export"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        notes = Notes()
        return list(READERS[name](Input(path, notes), notes)), notes

    return reading


@pytest.fixture
async def file(
    client: httpx.AsyncClient, pool: Pool, site: Site, publisher_key: str, tmp_path: Path
) -> Path:
    """The export of a site that has everything."""
    await fill(client, pool, site, publisher_key)
    await pool.execute("update comment set notify = parent_id is null")
    path = tmp_path / "site.jsonl"
    async with pool.acquire() as conn:
        path.write_bytes(await exported(conn, site))
    return path


@pytest.fixture
async def elsewhere(server_url: str, template: str) -> AsyncIterator[Conn]:
    """Another database, which knows nothing."""
    name = f"rejoinder_test_{uuid.uuid4().hex[:12]}"
    await run_sql(server_url, f"create database {name} template {template}")
    conn = await connect(with_database(server_url, name))
    yield conn
    await conn.close()
    await run_sql(server_url, f"drop database {name} with (force)")
