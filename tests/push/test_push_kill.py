"""Workers killed with SIGKILL in the middle of a fan-out: nobody lost, few told twice."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from push.push_desk import Desk
from push.push_service import Browser, PushService

from service.articles.types import Site
from service.core.db import Pool
from service.push import actions
from service.push.delivery import WINDOW
from service.push.types import Subscribe

AUDIENCE = 1200
KILLS = 3
AT_ONCE = 2  # batches that one worker of these tests has in hand


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
    service: PushService, pool: Pool, state: dict[str, Any], site: Site
) -> list[Browser]:
    browsers = [service.browser() for _ in range(AUDIENCE)]
    async with pool.acquire() as conn, conn.transaction():
        for browser in browsers:
            body = msgspec.convert({"subscription": browser.json()}, type=Subscribe)
            await actions.subscribe(conn, state["keyring"], site.id, body, b"address")
    return browsers


async def test_killed_workers_lose_nobody(
    desk: Desk, service: PushService, pool: Pool, state: dict[str, Any], site: Site
) -> None:
    browsers = await _audience(service, pool, state, site)
    alert = await desk.start(size=100)
    url, secret = await _url(pool), state["settings"].secret.decode()
    for kill in range(1, KILLS + 1):
        enough = asyncio.Event()
        target = service.received + 150 + 37 * kill

        def look(target: int = target, enough: asyncio.Event = enough) -> None:
            if service.received >= target:
                enough.set()

        service.arrived = look
        async with _worker(url, secret) as worker:
            await asyncio.wait_for(enough.wait(), 60)
            worker.send_signal(signal.SIGKILL)
            assert await worker.wait() == -signal.SIGKILL
        counts = await desk.counts(alert)
        assert counts.pending > 0, "killed too late to prove anything"
        # What time would do: the dead worker's leases run out.
        await pool.execute("update delivery_batch set leased_until = now() where lease is not null")
    await desk.courier.deliver()
    counts = await desk.counts(alert)
    assert (counts.audience, counts.accepted, counts.pending) == (AUDIENCE, AUDIENCE, 0)
    assert await desk.state(alert) == "sent"
    assert all(browser.messages for browser in browsers), "somebody was never told"
    twice = sum(len(browser.messages) - 1 for browser in browsers)
    assert twice <= KILLS * AT_ONCE * WINDOW
    # A second copy is the same message to the same topic and tag: it replaces the first.
    for browser in browsers:
        assert len({message["notification"]["tag"] for message in browser.messages}) == 1
        assert len({message["receipt"] for message in browser.messages}) == 1
        assert len({headers["Topic"] for headers in browser.headers}) == 1


async def test_worker_killed_between_freezing_and_sending_leaves_work_that_a_sweep_finds(
    desk: Desk, service: PushService, pool: Pool, state: dict[str, Any], site: Site
) -> None:
    await _audience(service, pool, state, site)
    alert = await desk.schedule()
    await pool.execute("delete from pgqueuer")  # every wake-up is lost
    from service.push.jobs import Push  # noqa: PLC0415 (only here)

    push = Push(pool, desk.courier)
    await push.sweep()
    assert await desk.state(alert) == "sending"
    await pool.execute("delete from pgqueuer")
    await push.sweep()
    assert await pool.fetchval("select count(*) from pgqueuer where entrypoint = 'push-deliver'")
    await push.deliver(b"")
    assert (await desk.counts(alert)).accepted == AUDIENCE
    assert await desk.state(alert) == "sent"
