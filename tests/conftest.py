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
from support import (
    SECRET,
    Standing,
    add_default_site,
    add_member,
    add_publisher_key,
    client_of,
    run_sql,
    running_app,
    settings_of,
    with_database,
)

from service.articles.types import Site
from service.core import embedded
from service.core.db import Conn, Pool, connect, open_pool
from service.core.migrating import migrate
from service.core.tokens import Keyring
from service.settings import Settings

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


@pytest.fixture(scope="session")
async def maintenance(server_url: str) -> AsyncIterator[Conn]:
    """A connection that makes and drops databases: a new one for each costs more than a clone."""
    conn = await connect(server_url)
    yield conn
    await conn.close()


@pytest.fixture
async def database_url(server_url: str, template: str, maintenance: Conn) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = f"rejoinder_test_{uuid.uuid4().hex[:12]}"
    # By copying files: the default writes each page to the log as well, in half again the time.
    await maintenance.execute(f"create database {name} template {template} strategy file_copy")
    yield with_database(server_url, name)
    await maintenance.execute(f"drop database {name} with (force)")


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
    """Settings as an operator would have them; no rate limits."""
    return settings_of(database_url, tmp_path)


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
    return await add_default_site(state)


@pytest.fixture
async def client(
    application: tuple[Any, dict[str, Any]], site: Site
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application; the site is there."""
    async with client_of(application[0]) as client:
        yield client


@pytest.fixture
async def publisher_key(state: dict[str, Any], site: Site) -> str:
    """A key of the site with every scope."""
    return await add_publisher_key(state, site)


@pytest.fixture
async def moderator_token(state: dict[str, Any], site: Site) -> str:
    """An API token of a moderator of every site."""
    return await add_member(state, "mod@courier.example", "moderator")


@pytest.fixture
async def editor_token(state: dict[str, Any], site: Site) -> str:
    """An API token of an editor of every site."""
    return await add_member(state, "editor@courier.example", "editor")


@pytest.fixture(scope="session")
async def standing(
    server_url: str, template: str, maintenance: Conn, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Standing]:
    """One application for tests of what is refused, of which there are hundreds."""
    name = f"rejoinder_standing_{uuid.uuid4().hex[:12]}"
    await maintenance.execute(f"create database {name} template {template} strategy file_copy")
    settings = settings_of(with_database(server_url, name), tmp_path_factory.mktemp("standing"))
    async with running_app(settings) as (application, state), client_of(application) as client:
        site = await add_default_site(state)
        yield Standing(
            client=client,
            state=state,
            publisher_key=await add_publisher_key(state, site),
            moderator_token=await add_member(state, "mod@courier.example", "moderator"),
            editor_token=await add_member(state, "editor@courier.example", "editor"),
        )
    await maintenance.execute(f"drop database {name} with (force)")


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
