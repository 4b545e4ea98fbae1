"""What the push tests share: a push service, a sender that may reach it, and short cuts."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from bench.push import certify
from push.push_desk import Desk, Subscriber
from push.push_service import Browser, PushService

from service.articles.types import Site
from service.core.db import Pool
from service.push import actions
from service.push.delivery import Courier
from service.push.sender import Sender, open_sender
from service.push.types import Subscribe
from service.settings import Settings


@pytest_asyncio.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as service:
        yield service
        assert service.faults == []


@pytest.fixture
def local(state: dict[str, Any]) -> Settings:
    """Settings that let messages go to this machine, without a hold."""
    return msgspec.structs.replace(state["settings"], push_allow_local=True, alert_hold=0)


@pytest_asyncio.fixture
async def sender() -> AsyncIterator[Sender]:
    async with open_sender(allow_local=True) as sender:
        yield sender


@pytest.fixture
async def http2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    """The origin of push_http2.mjs."""
    if shutil.which("node") is None:
        pytest.skip("NODE.JS IS MISSING: nothing was sent over HTTP/2")
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, "")  # restored in the end
    script = Path(__file__).parent / "push_http2.mjs"
    process = await asyncio.create_subprocess_exec(
        "node", script, *certify(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"https://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """That of 127.0.0.1, which senders made from now on believe."""
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, "")  # restored in the end
    key, certificate = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
async def http2_sender(identity: ssl.SSLContext) -> Any:
    """A sender that believes it."""
    async with open_sender(allow_local=True) as sender:
        yield sender


@pytest.fixture
def courier(pool: Pool, state: dict[str, Any], local: Settings, sender: Sender) -> Courier:
    return Courier(pool, state["keyring"], local, sender)


@pytest.fixture
def subscribe(pool: Pool, state: dict[str, Any], site: Site) -> Subscriber:
    """Subscribe a browser; its id."""

    async def subscribe(browser: Browser, topics: Sequence[str] = (), **more: Any) -> UUID:
        body = msgspec.convert(
            {"subscription": browser.json(), "topics": list(topics), **more}, type=Subscribe
        )
        async with pool.acquire() as conn:
            return await actions.subscribe(conn, state["keyring"], site.id, body, b"address")

    return subscribe


@pytest.fixture
def desk(pool: Pool, site: Site, courier: Courier) -> Desk:
    return Desk(pool, site, courier)
