"""The policy over HTTP: read, put, try."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor, require_moderator
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.outbound import check_target
from service.core.problems import Invalid, TooManyRequests
from service.core.text import SURROGATE
from service.moderation import policies, policy_store
from service.moderation.filters import one_site
from service.moderation.policy_types import (
    PolicyAnswer,
    PolicyVersions,
    Progress,
    PutPolicy,
    SimulatePolicy,
    Simulation,
    Tried,
    TryText,
    VersionPosition,
)
from service.moderation.simulation import Simulator
from service.screening.proposals import check_policy

PAGE = 50
# Two lists of 5,000 words of the greatest length, in letters of three bytes.
LARGEST = 4 * 1024 * 1024
STREAM = "text/event-stream"


async def get_policy(request: Request[Any]) -> Response:
    """The policy of a site, or an old version of it."""
    moderator = await require_moderator(request)
    site = await one_site(request, moderator, request.query_params.get("site"))
    version = _version(request)
    found = await policies.read_policy(
        request.state["pool"], site, request.state["scorer"], version
    )
    return json_response(found if moderator.role == "editor" else policies.for_moderators(found))


async def put_policy(request: Request[Any]) -> Response:
    """A new version of a site's policy."""
    editor = await require_editor(request)
    put = await read_json(request, PutPolicy, LARGEST)
    site = await one_site(request, editor, request.query_params.get("site"))
    if put.policy.external is not None:
        local = request.state["settings"].webhook_allow_local
        await check_target("$.policy.external.url", put.policy.external.url, allow_local=local)
    pool = request.state["pool"]
    version = await policies.put_policy(pool, editor, site.id, put)
    # This process shows its own change at once; the others hear of it.
    request.state["policies"].forget()
    request.state["threads"].forget_all()
    return json_response(await policies.read_policy(pool, site, request.state["scorer"], version))


async def get_versions(request: Request[Any]) -> Response:
    """Who put a policy, and when."""
    moderator = await require_moderator(request)
    site = await one_site(request, moderator, request.query_params.get("site"))
    after = read_cursor(request, VersionPosition)
    limit = query_limit(request, PAGE)
    found = await policy_store.list_versions(
        request.state["pool"], site.id, after.below if after else None, limit + 1
    )
    more = len(found) > limit
    cursor = write_cursor(VersionPosition(found[limit - 1].version)) if more else None
    return json_response(PolicyVersions(found[:limit], cursor))


async def simulate(request: Request[Any]) -> Response:
    """What a policy would have done; as server-sent events for whoever accepts these."""
    moderator = await require_moderator(request)
    body = await read_json(request, SimulatePolicy, LARGEST)
    site = await one_site(request, moderator, body.site)
    await asyncio.to_thread(check_policy, body.policy)
    simulator: Simulator = request.state["simulator"]
    if simulator.busy:
        raise TooManyRequests(1, "Other policies are being tried; try again in a second.")
    in_force = await request.state["policies"].of(site.id)
    running = simulator.run(site.id, body.days, body.policy, in_force.policy)
    if STREAM in request.headers.get("accept", ""):
        return EventSourceResponse(_events(running), ping=15, send_timeout=30)
    # Whoever has gone away needs no answer, and no further work.
    async with contextlib.aclosing(running):
        async for part in running:
            if isinstance(part, Simulation):
                return json_response(part)
            if await request.is_disconnected():
                break
    return empty_response()


async def try_text(request: Request[Any]) -> Response:
    """What a policy makes of a text."""
    moderator = await require_moderator(request)
    body = await read_json(request, TryText, LARGEST)
    site = await one_site(request, moderator, body.site)
    await asyncio.to_thread(check_policy, body.policy)
    if SURROGATE.search(body.text):
        raise Invalid.field("$.text", "Contains a lone surrogate")
    return json_response(
        await policies.try_text(request.state["scorer"], site.id, body.policy, body.text)
    )


async def _events(
    running: AsyncGenerator[Progress | Simulation],
) -> AsyncIterator[ServerSentEvent]:
    async with contextlib.aclosing(running):
        async for part in running:
            event = "progress" if isinstance(part, Progress) else "result"
            yield ServerSentEvent(msgspec.json.encode(part).decode(), event=event)


def _version(request: Request[Any]) -> int | None:
    value = request.query_params.get("version")
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise Invalid.field("version", "Expected the number of a version")
    return int(value)


POLICY = "/v1/moderation/policy"

ENDPOINTS = [
    Endpoint(
        "GET", POLICY, get_policy, "The policy of a site", access="moderator",
        answer=PolicyAnswer, query=("site", "version"),
    ),
    Endpoint(
        "PUT", POLICY, put_policy, "Put a policy", access="editor", body=PutPolicy,
        answer=PolicyAnswer, query=("site",), largest=LARGEST,
    ),
    Endpoint(
        "GET", POLICY + "/versions", get_versions, "The versions of a policy", access="moderator",
        answer=PolicyVersions, query=("site", "cursor", "limit"),
    ),
    Endpoint(
        "POST", POLICY + "/simulate", simulate, "Try a policy on the last days' comments",
        access="moderator", body=SimulatePolicy, answer=Simulation, largest=LARGEST,
    ),
    Endpoint(
        "POST", POLICY + "/try", try_text, "Try a policy on a text", access="moderator",
        body=TryText, answer=Tried, largest=LARGEST,
    ),
]  # fmt: skip
