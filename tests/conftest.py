"""Fixtures on a real PostgreSQL: one server a run, a migrated template, a clone a test."""

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from live import LiveServer, run_live_server
from support import SECRET, run_sql, running_app, with_database

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.articles.types import Site
from service.core import embedded
from service.core.db import Conn, Pool, connect, open_pool
from service.core.migrating import migrate
from service.core.tokens import Keyring
from service.push.actions import ensure_vapid_key
from service.settings import Settings

ORIGIN = "https://news.example"
# No test is timed: the machines are shared.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

MEMORY_WANTED = 4 << 30  # bytes; the databases of a run take some 500 MB


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what a missing tool has kept from being checked."""
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"NOT CHECKED: {report.nodeid}: {report.longrepr[2]}", red=True)


def folder_for_databases() -> str | None:
    """Memory where there is plenty, else None, the system's own: a test begins with a clone.

    On a disk a clone may take half a second, in memory fifteen milliseconds. Containers are
    often given 64 MB of it, which is not enough.
    """
    memory = Path("/dev/shm")  # noqa: S108  mkdtemp makes a folder of its own in it
    if memory.is_dir() and os.access(memory, os.W_OK):
        return str(memory) if shutil.disk_usage(memory).free > MEMORY_WANTED else None
    return None


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server: TEST_DATABASE_URL, or the embedded one in a folder of its own."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="rejoinder-tests-", dir=folder_for_databases()))
    try:
        options = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
        with embedded.use(folder, options) as url:
            yield url
        deadline = 100
        while embedded.Cluster(folder).postmaster() and deadline:
            deadline -= 1
            embedded.time.sleep(0.1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated database to clone."""
    name = f"rejoinder_template_{uuid.uuid4().hex[:12]}"
    asyncio.run(run_sql(server_url, f"create database {name}"))
    migrate(with_database(server_url, name))
    yield name
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = f"rejoinder_test_{uuid.uuid4().hex[:12]}"
    await run_sql(server_url, f"create database {name} template {template}")
    yield with_database(server_url, name)
    await run_sql(server_url, f"drop database {name} with (force)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the test's own database."""
    async with open_pool(database_url, largest=10) as pool:
        yield pool


@pytest.fixture(scope="session")
async def shared_database(server_url: str, template: str) -> AsyncIterator[str]:
    """A database for tests that roll back."""
    name = f"rejoinder_shared_{uuid.uuid4().hex[:12]}"
    await run_sql(server_url, f"create database {name} template {template}")
    yield with_database(server_url, name)
    await run_sql(server_url, f"drop database {name} with (force)")


@pytest.fixture
async def conn(shared_database: str) -> AsyncIterator[Conn]:
    """A connection in a transaction that is rolled back."""
    conn = await connect(shared_database)
    transaction = conn.transaction()
    await transaction.start()
    try:
        yield conn
    finally:
        await transaction.rollback()
        await conn.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as an operator would have them; rate limits on."""
    return Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "REJOINDER_DATA": str(tmp_path),
            "REJOINDER_SECRET": SECRET,
            "REJOINDER_PUBLIC_URL": "https://comments.example",
            "REJOINDER_RATE_LIMITS": "off",
        }
    )


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    """The application on the test's own database."""
    async with running_app(settings) as running:
        yield running


@pytest.fixture
def state(application: tuple[Any, dict[str, Any]]) -> dict[str, Any]:
    """What the application's handlers share."""
    return application[1]


@pytest.fixture
async def site(state: dict[str, Any]) -> Site:
    """The site `default`."""
    async with state["pool"].acquire() as conn:
        site = await articles.add_site(conn, "default", "The Courier", [ORIGIN])
        await ensure_vapid_key(conn, state["keyring"], site.id)
    return site


@pytest.fixture
async def client(
    application: tuple[Any, dict[str, Any]], site: Site
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application; the site is there."""
    transport = httpx.ASGITransport(application[0], raise_app_exceptions=True)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://comments.example"
    ) as client:
        yield client


@pytest.fixture
async def publisher_key(state: dict[str, Any], site: Site) -> str:
    """A key of the site with every scope."""
    return await accounts.create_key(state["pool"], site.id, ["publish", "classify"])


@pytest.fixture
async def moderator_token(state: dict[str, Any], site: Site) -> str:
    """An API token of a moderator of every site."""
    async with state["pool"].acquire() as conn:
        await accounts.add_moderator(conn, "mod@courier.example", "moderator", [])
        return await accounts.create_api_token(conn, "mod@courier.example")


@pytest.fixture
async def editor_token(state: dict[str, Any], site: Site) -> str:
    """An API token of an editor of every site."""
    async with state["pool"].acquire() as conn:
        await accounts.add_moderator(conn, "editor@courier.example", "editor", [])
        return await accounts.create_api_token(conn, "editor@courier.example")


@pytest.fixture
def keyring() -> Keyring:
    """The keyring of the tests' secret."""
    return Keyring(SECRET.encode())


@pytest.fixture(scope="session")
def live_server(server_url: str, template: str) -> Iterator[LiveServer]:
    """A real server process with worker and demo, on a database of its own."""
    name = f"rejoinder_live_{uuid.uuid4().hex[:12]}"
    asyncio.run(run_sql(server_url, f"create database {name} template {template}"))
    with run_live_server(with_database(server_url, name), SECRET) as live:
        yield live
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))
