"""Two sites, and editors of different reach."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from thread import bearer

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.articles.types import Site

Call = Callable[..., Awaitable[httpx.Response]]
V1 = "/v1/moderation"


@pytest.fixture
async def other(state: dict[str, Any], site: Site) -> Site:
    """A second site."""
    async with state["pool"].acquire() as conn:
        return await articles.add_site(conn, "herald", "The Herald", ["https://herald.example"])


@pytest.fixture
async def caller(client: httpx.AsyncClient, state: dict[str, Any]) -> Any:
    """Makes a function that calls the API as somebody."""

    async def make(email: str, role: str = "editor", sites: tuple[Site, ...] = ()) -> Call:
        async with state["pool"].acquire() as conn:
            await accounts.add_moderator(conn, email, role, [s.id for s in sites])  # type: ignore[arg-type]
            token = await accounts.create_api_token(conn, email)

        async def call(method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
            return await client.request(
                method, V1 + path, json=body, params=query, headers=bearer(token)
            )

        return call

    return make


@pytest.fixture
async def chief(caller: Any) -> Call:
    """An editor of every site."""
    made: Call = await caller("chief@courier.example")
    return made


@pytest.fixture
async def local(caller: Any, site: Site) -> Call:
    """An editor of the site `default` only."""
    made: Call = await caller("local@courier.example", "editor", (site,))
    return made
