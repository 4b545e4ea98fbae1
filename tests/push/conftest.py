"""What the push tests share: a push service, a sender that may reach it, and short cuts."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
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
