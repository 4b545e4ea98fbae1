"""Running it: health, readiness, metrics, the description of the API."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service import openapi
from service.core.db import current_revision
from service.core.http import Endpoint, json_response
from service.core.migrating import newest_revision


class Health(msgspec.Struct, frozen=True):
    """Whether the process answers."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether everything that requests need is there: "ok", or what is wrong."""

    database: str
    migrations: str
    model: str


async def healthz(_request: Request[Any]) -> Response:
    """The process answers."""
    return json_response(Health("ok"))


async def readyz(request: Request[Any]) -> Response:
    """Everything that requests need is there; 503 otherwise."""
    state = request.state
    model = "ok" if state["scorer"].model else "not loaded: comments are held"
    try:
        async with state["pool"].acquire(timeout=5) as conn:
            current = await current_revision(conn)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return json_response(Readiness(type(error).__name__, "unknown", model), 503)
    expected = newest_revision()
    migrations = "ok" if current == expected else f"at {current}, expected {expected}"
    ready = Readiness("ok", migrations, model)
    return json_response(ready, 200 if migrations == model == "ok" else 503)


async def metrics(_request: Request[Any]) -> Response:
    """Prometheus's text format."""
    registry = REGISTRY
    if values.ValueClass is values.MutexValue:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
    # Several processes keep their counters in files; whichever is asked adds them up.
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def endpoints(others: Sequence[Endpoint]) -> list[Endpoint]:
    """These, and the description of these and `others`."""
    listed: list[Endpoint] = []

    async def description(request: Request[Any]) -> Response:
        settings = request.state["settings"]
        return json_response(openapi.document(listed, settings.public_url or ""))

    async def docs(request: Request[Any]) -> Response:
        return HTMLResponse(openapi.page(listed, request.state["settings"].prefix))

    own = [
        Endpoint("GET", "/healthz", healthz, "Whether the process answers", answer=Health),
        Endpoint("GET", "/readyz", readyz, "Whether it can work", answer=Readiness),
        Endpoint("GET", "/metrics", metrics, "Metrics for Prometheus"),
        Endpoint("GET", "/openapi.json", description, "This description"),
        Endpoint("GET", "/docs", docs, "This description as a page"),
    ]
    listed += [*others, *own]
    return own
