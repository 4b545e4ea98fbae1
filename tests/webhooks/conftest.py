"""What the tests of webhooks share: a receiver, a courier that may reach it, an editor's client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from thread import bearer
from webhooks.receiver import Inbox, Receiver

from service.articles.types import Site
from service.core.db import Pool
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.settings import Settings
from service.webhooks.delivery import Courier
from service.webhooks.sender import Sender

EVERY = ["comment.created", "comment.decided", "comment.reported", "reader.sanctioned"]

Add = Callable[..., Awaitable[tuple[str, Inbox]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that let messages go to this machine."""
    return msgspec.structs.replace(settings, webhook_allow_local=True)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver
        assert receiver.faults == []


@pytest_asyncio.fixture
async def courier(pool: Pool, keyring: Keyring) -> AsyncIterator[Courier]:
    async with open_session(allow_local=True, limit=50, total=2, connect=1) as session:
        yield Courier(pool, keyring, Sender(session, allow_local=True))


@pytest.fixture
async def editor(
    application: tuple[Any, dict[str, Any]], editor_token: str
) -> AsyncIterator[httpx.AsyncClient]:
    """An editor's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(editor_token),
    ) as editor:
        yield editor


@pytest.fixture
def add(editor: httpx.AsyncClient, receiver: Receiver, site: Site) -> Add:
    """Add a webhook; its id, and the inbox that it leads to."""

    async def add(*events: str) -> tuple[str, Inbox]:
        inbox = receiver.inbox()
        answer = await editor.post(
            "/v1/moderation/webhooks?site=default",
            json={"url": inbox.url, "events": events or EVERY},
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        inbox.secret = made["secret"]
        return made["webhook"]["id"], inbox

    return add
