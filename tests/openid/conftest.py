"""The application with a provider in the test's own hands."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from aiohttp import web
from openid_provider import CLIENT, EMAIL, SECRET, Browser, Liar

from service.accounts import actions as accounts
from service.core.db import Pool
from service.settings import OpenId, Settings


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    liar = Liar()
    runner = web.AppRunner(liar.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    liar.issuer = f"http://127.0.0.1:{port}"
    yield liar
    await runner.cleanup()


@pytest.fixture
def settings(settings: Settings, liar: Liar) -> Settings:
    """With the provider."""
    openid = OpenId(
        issuer=liar.issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        name="Sign in with the newsroom's account",
        require_verified=True,
    )
    return msgspec.structs.replace(settings, openid=openid)


@pytest.fixture
async def browser(client: httpx.AsyncClient, liar: Liar, pool: Pool) -> Browser:
    """Eve's, who is a member."""
    async with pool.acquire() as conn:
        await accounts.add_moderator(conn, EMAIL, "editor", [])
    return Browser(client, liar)
