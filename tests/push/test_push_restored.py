"""A database that was restored or copied starts with its alerts paused; the same one doesn't."""

import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from push.push_desk import Desk, Subscriber, there
from push.push_service import PushService
from support import run_sql, with_database

from service.articles import actions as articles
from service.articles.types import PutArticle, Site
from service.core import embedded
from service.core.db import Pool, open_pool
from service.core.embedded import _program
from service.push import actions
from service.push.jobs import Push, open_push
from service.push.restored import Watch, is_other, joined, mark_of
from service.push.settings_store import get_settings, pause, resume
from service.settings import Settings


@pytest.fixture
def push(pool: Pool, desk: Desk, local: Settings) -> Push:
    return Push(pool, desk.courier, there, Watch(pool, local))


@pytest.fixture
async def elsewhere(server_url: str) -> AsyncIterator[str]:
    """An empty database."""
    name = f"rejoinder_restored_{uuid.uuid4().hex[:12]}"
    await run_sql(server_url, f"create database {name}")
    yield with_database(server_url, name)
    await run_sql(server_url, f"drop database {name} with (force)")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def take_dump(url: str, to: Path) -> None:
    subprocess.run([_program("pg_dump"), "-Fc", "-f", str(to), url], check=True)


def restore(dump: Path, url: str, *options: str) -> None:
    subprocess.run([_program("pg_restore"), *options, "-d", url, str(dump)], check=True)


async def reason(pool: Pool, site: Site) -> str | None:
    return (await get_settings(pool, site.id)).paused_reason


async def test_a_worker_that_starts_again_pauses_nothing(
    pool: Pool, state: dict[str, Any], site: Site, desk: Desk, local: Settings
) -> None:
    await desk.schedule()
    for _ in range(3):
        async with open_push(pool, state["keyring"], local):
            pass
    assert await reason(pool, site) is None
    assert await pool.fetchval("select count(*) from database_identity") == 1


async def test_a_dump_restored_elsewhere_is_paused_and_sends_nothing(
    push: Push,
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    local: Settings,
    elsewhere: str,
    dump: Path,
    state: dict[str, Any],
) -> None:
    pool, site, database_url = desk.pool, desk.site, str(local.database_url)
    browser = service.browser()
    await subscribe(browser)
    await push.sweep()  # the database is known
    await desk.start("frozen")
    await desk.schedule("due")
    take_dump(database_url, dump)
    await push.deliver(b"")
    await push.sweep()
    await push.deliver(b"")
    assert len(browser.messages) == 2

    restore(dump, elsewhere)
    moved = msgspec.structs.replace(local, database_url=elsewhere)
    async with open_pool(elsewhere) as copy, open_push(copy, state["keyring"], moved) as other:
        assert await reason(copy, site) == "restored"
        await other.sweep()
        await other.deliver(b"")
        assert len(browser.messages) == 2, "nothing is sent again"
        rows = await copy.fetch("select state from alert order by id")
        assert [row["state"] for row in rows] == ["sending", "scheduled"]
        assert not await Watch(copy, local).look(), "said once"
        await resume(copy, site.id)
        await other.sweep()
        assert await reason(copy, site) is None, "resumed is resumed"
    assert await reason(pool, site) is None, "the first one goes on"


async def test_a_dump_restored_into_the_same_place_is_paused(
    pool: Pool, push: Push, site: Site, desk: Desk, database_url: str, dump: Path
) -> None:
    await push.sweep()
    await desk.schedule()
    take_dump(database_url, dump)
    restore(dump, database_url, "--clean", "--if-exists")
    await pool.expire_connections()
    alert = await pool.fetchval("select id from alert")
    await push.start(alert.bytes)  # the job was in the dump, too: it may come before any sweep
    assert await reason(pool, site) == "restored"
    assert await pool.fetchval("select state from alert") == "scheduled"


async def test_a_clone_is_paused(settings: Settings, server_url: str, database_url: str) -> None:
    async with open_pool(database_url) as pool:
        async with pool.acquire() as conn:
            site = await articles.add_site(conn, "default", "The Courier", ["https://news.example"])
            put = PutArticle(url="https://news.example/one", title="The boat sails", alert=True)
            await actions.publish_article(conn, site, "one", put, 0)
        assert not await Watch(pool, settings).look()
    name = f"rejoinder_clone_{uuid.uuid4().hex[:12]}"
    original = database_url.partition("?")[0].rsplit("/", 1)[1]
    await run_sql(server_url, f"create database {name} template {original}")
    try:
        async with open_pool(with_database(server_url, name)) as clone:
            assert await Watch(clone, settings).look()
            assert await reason(clone, site) == "restored"
    finally:
        await run_sql(server_url, f"drop database {name} with (force)")


async def test_nothing_to_send_to_and_nothing_sent_is_nothing_to_pause(
    pool: Pool, site: Site, local: Settings
) -> None:
    await pool.execute("insert into database_identity (fingerprint) values ('alert=1 system=1')")
    assert await Watch(pool, local).look()
    assert await reason(pool, site) is None


async def test_what_an_editor_paused_is_paused_because_of_the_restore(
    pool: Pool, site: Site, desk: Desk, local: Settings
) -> None:
    await desk.schedule()
    await pause(pool, site.id, "editor")
    await pool.execute("insert into database_identity (fingerprint) values ('alert=1')")
    assert await Watch(pool, local).look()
    assert await reason(pool, site) == "restored"


async def test_without_the_right_to_ask_the_rest_alone_counts(
    pool: Pool, site: Site, desk: Desk, local: Settings, server_url: str, database_url: str
) -> None:
    await desk.schedule()
    role = f"reader_{uuid.uuid4().hex[:8]}"
    for sql in (
        f"create role {role} login",
        "revoke execute on function pg_control_system() from public",
        "revoke execute on function pg_walfile_name(pg_lsn) from public",
        f"grant all on all tables in schema public to {role}",
    ):
        await run_sql(database_url, sql)
    try:
        async with open_pool(database_url.replace("postgres@", f"{role}@")) as limited:
            watch = Watch(limited, local)
            assert not await watch.look()
            assert not await watch.look()
        seen = await pool.fetchval("select fingerprint from database_identity")
        assert seen.split()[0].startswith("alert=")
        assert "system=" not in seen
        assert not await Watch(pool, local).look(), "more is seen: no restore"
        more = await pool.fetchval("select fingerprint from database_identity")
        assert "system=" in more
        assert "timeline=" in more
        assert await reason(pool, site) is None
    finally:
        for sql in (f"drop owned by {role}", f"drop role {role}"):
            await run_sql(database_url, sql)


def test_what_can_t_be_seen_now_is_kept() -> None:
    known = joined(None, {"alert": "1", "system": "7"})
    assert joined(known, {"alert": "1"}) == known
    assert not is_other(known, {"alert": "1"})
    assert is_other(known, {"alert": "1", "system": "8"})
    assert not is_other(None, {"alert": "1"})


def test_a_copied_folder_has_other_files(tmp_path: Path) -> None:
    data = tmp_path / "first"
    with embedded.use(data, ("-c", "fsync=off")):
        first = mark_of(embedded.Cluster(data).folder)
        assert first
    wait_until_stopped(data)
    with embedded.use(data, ("-c", "fsync=off")):
        assert mark_of(embedded.Cluster(data).folder) == first, "a restart is none"
    wait_until_stopped(data)
    subprocess.run(["cp", "-a", str(data), str(tmp_path / "second")], check=True)
    assert mark_of(embedded.Cluster(tmp_path / "second").folder) not in {first, None}
    assert mark_of(None) is None
    assert mark_of(tmp_path / "nowhere") is None


def wait_until_stopped(data: Path) -> None:
    for _ in range(200):
        if embedded.Cluster(data).postmaster() is None:
            return
        embedded.time.sleep(0.1)
    raise AssertionError("the server still runs")
