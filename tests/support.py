"""What fixtures and tests share beside fixtures."""

import contextlib
import functools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from service.app import create_app
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
