"""Alerts to npm's `web-push-testing`, a push service and browser in Node by somebody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from live import free_port
from npm import install
from push.push_desk import Desk

from service.core.db import Pool
from service.push import actions
from service.push.delivery import Courier
from service.push.sender import Sender
from service.push.types import PushSubscription, Subscribe
from service.settings import Settings

TRIES = 200


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed."""
    folder = tmp_path_factory.mktemp("web-push-testing")
    return install("web-push-testing@1", folder, "nothing was sent to web-push-testing")


@pytest.fixture
async def theirs(package: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The running server."""
    port = free_port()
    script = package / "src" / "bin" / "server.js"
    process = await asyncio.create_subprocess_exec(
        "node", script, str(port), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}") as client:
            for _ in range(TRIES):
                try:
                    await client.post("/status")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            yield client
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("lasts", [0, 3600])
async def test_it_reads_every_message(
    theirs: httpx.AsyncClient,
    desk: Desk,
    pool: Pool,
    state: dict[str, Any],
    local: Settings,
    sender: Sender,
    lasts: int,
) -> None:
    settings = msgspec.structs.replace(local, push_key_lasts=lasts)
    desk.courier = Courier(pool, state["keyring"], settings, sender)
    async with pool.acquire() as conn:
        push = await actions.describe_push(conn, state["keyring"], desk.site.id)
    options = {"userVisibleOnly": "true", "applicationServerKey": push.public_key}
    browsers = []
    for _ in range(3):
        made = (await theirs.post("/subscribe", json=options)).raise_for_status().json()["data"]
        browsers.append(made.pop("clientHash"))
        subscription = msgspec.convert(made, PushSubscription, strict=False)
        async with pool.acquire() as conn:
            body = Subscribe(subscription)
            await actions.subscribe(conn, state["keyring"], desk.site.id, body, b"address")
    for key in ("one", "two"):
        assert (await desk.send(key)).accepted == 3
    for browser in browsers:
        answer = await theirs.post("/get-notifications", json={"clientHash": browser})
        messages = answer.raise_for_status().json()["data"]["messages"]
        shown = [json.loads(message)["notification"]["navigate"] for message in messages]
        assert shown == ["https://news.example/one", "https://news.example/two"]
