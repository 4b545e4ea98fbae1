"""What fixtures and tests share beside fixtures."""

import contextlib
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from service.accounts import actions as accounts
from service.accounts.types import Role
from service.app import create_app
from service.articles import actions as articles
from service.articles.types import Site
from service.push.actions import ensure_vapid_key
from service.screening.scorer import Scorer
from service.settings import Settings


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}" + (f"?{query}" if query else "")


async def run_sql(url: str, sql: str) -> None:
    """Run one statement outside a transaction."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()


SECRET = "a secret of tests, long enough to be one"
ORIGIN = "https://news.example"
HOST = "https://comments.example"


@dataclass(frozen=True)
class Standing:
    """A running application that many tests share, and who may ask it what."""

    client: httpx.AsyncClient
    state: dict[str, Any]
    publisher_key: str
    moderator_token: str
    editor_token: str


def settings_of(database_url: str, data: Path) -> Settings:
    """Settings as an operator would have them; no rate limits."""
    return Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "REJOINDER_DATA": str(data),
            "REJOINDER_SECRET": SECRET,
            "REJOINDER_PUBLIC_URL": HOST,
            "REJOINDER_RATE_LIMITS": "off",
        }
    )


def client_of(application: Any) -> httpx.AsyncClient:
    """A client of an application that runs in this process."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url=HOST)


async def add_default_site(state: dict[str, Any]) -> Site:
    """The site `default`."""
    async with state["pool"].acquire() as conn:
        site = await articles.add_site(conn, "default", "The Courier", [ORIGIN])
        await ensure_vapid_key(conn, state["keyring"], site.id)
    return site


async def add_publisher_key(state: dict[str, Any], site: Site) -> str:
    """A key of the site with every scope."""
    return await accounts.create_key(state["pool"], site.id, ["publish", "classify"])


async def add_member(state: dict[str, Any], email: str, role: Role) -> str:
    """An API token of a new member of every site."""
    async with state["pool"].acquire() as conn:
        await accounts.add_moderator(conn, email, role, [])
        return await accounts.create_api_token(conn, email)


@functools.cache
def loaded_scorer() -> Scorer:
    """The real classifier, loaded once a run."""
    return Scorer.loaded()


@contextlib.asynccontextmanager
async def running_app(settings: Settings) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    """The application with its lifespan run, and its state."""
    edge: Any = create_app(settings, scorer=loaded_scorer())
    async with edge.app.router.lifespan_context(edge.app) as state:

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await edge({**scope, "state": dict(state)}, receive, send)

        yield app, state


def plan_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan of `explain (format json)` and all that is below it."""
    return [plan, *(node for below in plan.get("Plans", []) for node in plan_nodes(below))]
