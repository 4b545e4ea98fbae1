"""What the tests of feeds share: a publisher's site, a poller that may reach it, short cuts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from feeds.hub import Hub
from feeds.newsagent import Newsagent, Page
from feeds.reader import Reader
from thread import bearer

from service.articles.types import Site
from service.core.db import Pool
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.feeds.fetching import Fetcher
from service.feeds.hubs import Hubs
from service.feeds.polling import Poller
from service.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that let feeds be on this machine."""
    return msgspec.structs.replace(settings, feed_allow_local=True)


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Newsagent]:
    async with Newsagent() as agent:
        yield agent


@pytest.fixture
def page(agent: Newsagent) -> Page:
    return agent.page()


@pytest_asyncio.fixture
async def poller(pool: Pool, keyring: Keyring) -> AsyncIterator[Poller]:
    async with open_session(allow_local=True, limit=20, total=2, connect=1) as session:
        fetcher = Fetcher(session, allow_local=True)
        hubs = Hubs(pool, keyring, fetcher.post, "https://comments.example")
        yield Poller(pool, fetcher, hubs, hold=0)


@pytest_asyncio.fixture
async def publisher(
    application: tuple[Any, dict[str, Any]], publisher_key: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A publisher's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(publisher_key),
    ) as publisher:
        yield publisher


@pytest_asyncio.fixture
async def hub(client: httpx.AsyncClient) -> AsyncIterator[Hub]:
    async with Hub(client) as hub:
        yield hub


@pytest.fixture
def reader(publisher: httpx.AsyncClient, poller: Poller, pool: Pool, site: Site) -> Reader:
    return Reader(publisher, poller, pool, site)
