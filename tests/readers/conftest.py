"""An editor who sets readers' sign-in up, and readers who use it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from readers.publisher import SECRET, Shown, SigningKey
from thread import bearer, new, thread

from service.settings import Settings

SIGN_IN = "/v1/moderation/sites/default/sign-in"

Editor = Callable[..., Awaitable[httpx.Response]]
Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that let keys be read from this machine."""
    return msgspec.structs.replace(settings, webhook_allow_local=True)


@pytest.fixture
def editor(client: httpx.AsyncClient, editor_token: str) -> Editor:
    """What an editor asks of the site's sign-in."""

    async def call(method: str, path: str = "", body: Any = None) -> httpx.Response:
        return await client.request(method, SIGN_IN + path, json=body, headers=bearer(editor_token))

    return call


@pytest_asyncio.fixture
async def with_secret(editor: Editor) -> None:
    """The site believes tokens of the publisher's secret."""
    assert (await editor("POST", "/keys", {"secret": SECRET})).status_code == 201


@pytest.fixture
def signing() -> SigningKey:
    return SigningKey("one")


@pytest_asyncio.fixture
async def shown(signing: SigningKey) -> AsyncIterator[Shown]:
    async with Shown(signing) as shown:
        yield shown
        assert not shown.followed


@pytest.fixture
def post_as(client: httpx.AsyncClient) -> Post:
    """Post with a token, and neither name nor address."""

    async def post(token: str, body: str = "The bridge is shut.", **more: Any) -> httpx.Response:
        article = more.pop("article_key", "a-1")
        sent = {k: v for k, v in new(body, article).items() if k not in {"name", "email"}}
        headers = {**bearer(token), **more.pop("headers", {})}
        return await client.post(thread(article), json={**sent, **more}, headers=headers)

    return post
