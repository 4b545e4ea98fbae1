"""Rendered pages: kept while they are true, and not a moment longer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support import running_app
from thread import new, post, read, thread

from service.comments.threads import Rendering, Threads, etag_of, rendering
from service.core.db import Pool
from service.core.events import Events
from service.settings import Settings

ARTICLE = uuid4()
KEY = ("default", "a-1", b"")


def page(version: int, body: bytes = b"{}", article: UUID = ARTICLE) -> Rendering:
    return rendering(body, article, version, etag_of(article, version))


@pytest.fixture
def threads() -> Threads:
    events = Events("postgresql://nowhere")
    events.alive = True
    return Threads(events)


async def give(rendered: Rendering) -> Rendering:
    return rendered


async def test_a_page_is_rendered_once_for_all_who_ask_at_once(threads: Threads) -> None:
    calls = 0

    async def render() -> Rendering:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return page(1)

    pages = await asyncio.gather(*(threads.get(KEY, render) for _ in range(50)))
    assert calls == 1
    assert len({id(p) for p in pages}) == 1
    assert threads.kept(KEY) is pages[0]


async def test_a_rendering_that_raced_with_a_write_is_not_kept(threads: Threads) -> None:
    begun, written = asyncio.Event(), asyncio.Event()

    async def render() -> Rendering:
        begun.set()
        await written.wait()
        return page(1)

    reading = asyncio.create_task(threads.get(KEY, render))
    await begun.wait()
    threads.changed(ARTICLE, 2)
    written.set()
    assert (await reading).version == 1
    assert threads.kept(KEY) is None


async def test_a_reader_who_wrote_while_others_read_sees_the_own_write(threads: Threads) -> None:
    begun, written = asyncio.Event(), asyncio.Event()

    async def old() -> Rendering:
        begun.set()
        await written.wait()
        return page(1)

    first = asyncio.create_task(threads.get(KEY, old))
    await begun.wait()
    threads.changed(ARTICLE, 2)
    mine = asyncio.create_task(threads.get(KEY, lambda: give(page(2))))
    await asyncio.sleep(0)
    written.set()
    assert (await mine).version == 2
    await first
    kept = threads.kept(KEY)
    assert kept is not None
    assert kept.version == 2


async def test_an_old_notice_does_not_forget_a_newer_page(threads: Threads) -> None:
    await threads.get(KEY, lambda: give(page(5)))
    threads.changed(ARTICLE, 4)
    assert threads.kept(KEY) is not None
    threads.changed(ARTICLE, 6)
    assert threads.kept(KEY) is None


async def test_a_page_begun_before_a_gap_is_not_kept_after_it(threads: Threads) -> None:
    async def render() -> Rendering:
        threads._events.alive = False
        threads.forget_all()
        threads._events.alive = True
        return page(1)

    await threads.get(KEY, render)
    assert threads.kept(KEY) is None


async def test_without_notices_nothing_kept_is_used(threads: Threads) -> None:
    await threads.get(KEY, lambda: give(page(1)))
    threads._events.alive = False
    assert (await threads.get(KEY, lambda: give(page(2)))).version == 2


async def test_a_failed_rendering_fails_for_all_and_is_tried_again(threads: Threads) -> None:
    async def fail() -> Rendering:
        await asyncio.sleep(0.01)
        raise ConnectionError

    results = await asyncio.gather(
        *(threads.get(KEY, fail) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(result, ConnectionError) for result in results)
    assert (await threads.get(KEY, lambda: give(page(1)))).version == 1


async def test_memory_is_bounded(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.comments.threads.MOST_BYTES", 50_000)
    for n in range(100):
        key = ("default", "a-1", str(n).encode())
        await threads.get(key, lambda: give(page(1, b"x" * 500)))
    assert threads._bytes <= 50_000
    assert sum(p.size for p in threads._pages.values()) == threads._bytes
    assert sum(len(keys) for keys in threads._keys.values()) == len(threads._pages)


async def test_a_write_on_one_process_shows_on_the_other(settings: Settings, site: Any) -> None:
    async with running_app(settings) as (one, _), running_app(settings) as (other, _):
        base = "https://comments.example"
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(one), base_url=base) as writer,
            httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url=base) as reader,
        ):
            await post(writer, "First.")
            assert (await read(reader))["count"] == 1
            await post(writer, "Second.")
            assert (await read(writer))["count"] == 2, "a writer reads its own write at once"
            for _ in range(100):
                if (await read(reader))["count"] == 2:
                    break
                await asyncio.sleep(0.02)
            else:
                pytest.fail("the other process never heard of it")


async def test_a_process_whose_notices_are_cut_off_reads_the_database(
    client: httpx.AsyncClient, state: dict[str, Any], pool: Pool
) -> None:
    await post(client, "First.")
    await read(client)
    await pool.execute(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query = 'select 1'
        """
    )
    for _ in range(100):
        if not state["events"].alive:
            break
        await asyncio.sleep(0.02)
    # Written behind the process's back, with no notice that it could hear.
    await pool.execute("update article set comment_count = 7")
    assert (await read(client))["count"] == 7
    for _ in range(200):
        if state["events"].alive:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the process never listened again")


async def test_many_writers_and_readers_never_see_an_old_count(client: httpx.AsyncClient) -> None:
    async def write(n: int) -> None:
        await client.post(thread(), json=new(f"Remark {n}.", email=f"r{n}@readers.example"))

    async def watch() -> None:
        last = 0
        for _ in range(60):
            count = (await read(client))["count"]
            assert count >= last
            last = count
            await asyncio.sleep(0)

    await asyncio.gather(*(write(n) for n in range(40)), *(watch() for _ in range(5)))
    assert (await read(client))["count"] == 40
