"""Workers killed with SIGKILL in the middle of a fan-out: nobody lost, few told twice."""

import asyncio
import contextlib
import hashlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from push.push_desk import Desk, there
from push.push_service import Browser, PushService

from service.articles.types import Site
from service.core.db import Pool, uuid7
from service.push import actions
from service.push.delivery import MOST_OF_ONE, WINDOW

AUDIENCE = 20_000
KILLS = 6
WORKERS = 2


async def _url(pool: Pool) -> str:
    async with pool.acquire() as conn:
        name = await conn.fetchval("select current_database()")
        address = conn._addr  # type: ignore[attr-defined]
        user = conn._params.user  # type: ignore[attr-defined]
    if isinstance(address, str):
        return f"postgresql://{user}@/{name}?host={Path(address).parent}"
    return f"postgresql://{user}@{address[0]}:{address[1]}/{name}"


@contextlib.asynccontextmanager
async def _worker(url: str, secret: str) -> AsyncIterator[asyncio.subprocess.Process]:
    script = Path(__file__).with_name("push_worker.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), url, secret, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _audience(
    service: PushService, pool: Pool, state: dict[str, Any], site: Site, number: int
) -> list[Browser]:
    """Subscribed browsers, of which every tenth has something to say before it takes a message."""
    scripts = [(410,) * 9, (404,) * 9, (503,), (429,), (500, 429)]
    browsers = [
        service.browser(*(scripts[n // 10 % len(scripts)] if n % 10 == 0 else ()))
        for n in range(number)
    ]
    async with pool.acquire() as conn:
        key = await actions.ensure_vapid_key(conn, state["keyring"], site.id)
        await conn.copy_records_to_table(
            "subscription",
            columns=[
                "site_id", "id", "endpoint", "endpoint_hash", "p256dh", "auth", "topics",
                "vapid_key_id",
            ],
            records=[
                (
                    site.id, uuid7(), browser.endpoint,
                    hashlib.sha256(browser.endpoint.encode()).digest(), browser.p256dh,
                    browser.auth, [], key.id,
                )
                for browser in browsers
            ],
        )  # fmt: skip
    return browsers


async def test_workers_killed_again_and_again_lose_nobody_and_the_two_counts_agree(
    desk: Desk, service: PushService, pool: Pool, state: dict[str, Any], site: Site
) -> None:
    browsers = await _audience(service, pool, state, site, AUDIENCE)
    alert = await desk.start()
    url, secret = await _url(pool), state["settings"].secret.decode()
    for kill in range(1, KILLS + 1):
        enough = asyncio.Event()
        target = service.received + AUDIENCE // (KILLS + 3) + 37 * kill

        def look(target: int = target, enough: asyncio.Event = enough) -> None:
            if service.received >= target:
                enough.set()

        service.arrived = look
        async with contextlib.AsyncExitStack() as workers:
            running = [
                await workers.enter_async_context(_worker(url, secret)) for _ in range(WORKERS)
            ]
            await asyncio.wait_for(enough.wait(), 120)
            for worker in running:
                worker.send_signal(signal.SIGKILL)
            assert [await worker.wait() for worker in running] == [-signal.SIGKILL] * WORKERS
        counts = await desk.counts(alert)
        assert counts.pending > 0, "killed too late to prove anything"
        assert counts.audience == AUDIENCE
        # What time would do: the dead workers' leases run out, push services have rested.
        await pool.execute("update delivery_batch set leased_until = now() where lease is not null")
    for _ in range(4):
        counts = await desk.again(alert)
    taken = sum(bool(browser.messages) for browser in browsers)
    ended = AUDIENCE // 10 * 2 // 5  # 410 and 404
    assert (counts.accepted, counts.gone, counts.pending) == (taken, ended, 0)
    assert taken + ended == AUDIENCE, "somebody was never told"
    assert service.answers[201] == service.received
    assert await desk.state(alert) == "sent"
    # Again only what was under way.
    twice = sum(len(browser.messages) - 1 for browser in browsers if browser.messages)
    assert twice <= KILLS * WORKERS * MOST_OF_ONE * WINDOW
    # A second copy is the same message to the same topic and tag: it replaces the first.
    for browser in browsers:
        if browser.messages:
            assert len({message["notification"]["tag"] for message in browser.messages}) == 1
            assert len({message["receipt"] for message in browser.messages}) == 1
            assert len({headers["Topic"] for headers in browser.headers}) == 1
    removed = await pool.fetchval("select count(*) from subscription where removed_reason = 'gone'")
    assert removed == ended


async def test_worker_killed_between_freezing_and_sending_leaves_work_that_a_sweep_finds(
    desk: Desk, service: PushService, pool: Pool, state: dict[str, Any], site: Site
) -> None:
    await _audience(service, pool, state, site, 120)
    alert = await desk.schedule()
    await pool.execute("delete from pgqueuer")  # every wake-up is lost
    from service.push.jobs import Push  # noqa: PLC0415 (only here)
    from service.push.restored import Watch  # noqa: PLC0415 (the same)

    push = Push(pool, desk.courier, there, Watch(pool, state["settings"]))
    await push.sweep()
    assert await desk.state(alert) == "sending"
    await pool.execute("delete from pgqueuer")
    await push.sweep()
    assert await pool.fetchval("select count(*) from pgqueuer where entrypoint = 'push-deliver'")
    await push.deliver(b"")
    for _ in range(2):
        counts = await desk.again(alert)
    assert (counts.accepted, counts.gone) == (114, 6)
    assert await desk.state(alert) == "sent"
