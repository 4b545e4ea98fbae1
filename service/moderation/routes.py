"""The desk's API."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_moderator
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    path_uuid,
    query_limit,
    query_uuid,
    read_cursor,
    read_json,
)
from service.core.problems import Invalid
from service.moderation import actions, claims, queue, queue_store
from service.moderation.filters import QUERY, read_filter, site_of, sites_of
from service.moderation.live import get_events
from service.moderation.queue_store import Filter
from service.moderation.types import (
    VIEWS,
    Batch,
    Claims,
    Counts,
    Decisions,
    Detail,
    Ledger,
    LedgerPosition,
    NewClaims,
    Queue,
    QueuePosition,
)

PAGE = 50
LARGEST = 4 * 1024 * 1024  # 500 decisions, each with a note of 1,000 characters, escaped


async def get_queue(request: Request[Any]) -> Response:
    """A page of the queue."""
    moderator = await require_moderator(request)
    after = read_cursor(request, QueuePosition)
    limit = query_limit(request, PAGE)
    async with request.state["pool"].acquire() as conn, conn.transaction():
        wanted = await read_filter(request, conn, moderator)
        if after is not None and after.order != wanted.order:
            raise Invalid.field("cursor", "Not a cursor of this list")
        return json_response(await queue.read_queue(conn, moderator, wanted, after, limit))


async def get_counts(request: Request[Any]) -> Response:
    """How much waits in each view."""
    moderator = await require_moderator(request)
    async with request.state["pool"].acquire() as conn, conn.transaction():
        sites = await sites_of(request, conn, moderator, request.query_params.get("site"))
        counts = {
            view: await queue_store.count_items(conn, Filter(view=view, sites=sites))
            for view in VIEWS
        }
    return json_response(Counts(counts))


async def claim(request: Request[Any]) -> Response:
    """Lease the next items to the caller."""
    moderator = await require_moderator(request)
    body = await read_json(request, NewClaims)
    pool = request.state["pool"]
    async with pool.acquire() as conn:
        sites = await sites_of(request, conn, moderator, body.site)
    wanted = Filter(view=body.view, sites=sites)
    return json_response(await claims.claim(pool, moderator, wanted, body.limit))


async def release(request: Request[Any]) -> Response:
    """Release the caller's claims, or one."""
    moderator = await require_moderator(request)
    item = query_uuid(request, "item")
    await claims.release(request.state["pool"], moderator, None if item is None else [item])
    return empty_response()


async def decide(request: Request[Any]) -> Response:
    """Take decisions."""
    moderator = await require_moderator(request)
    body = await read_json(request, Decisions, LARGEST)
    pool = request.state["pool"]
    return _decided(request, await actions.decide(pool, moderator, body.decisions, body.batch_id))


async def undo(request: Request[Any]) -> Response:
    """Take a batch back."""
    moderator = await require_moderator(request)
    batch = path_uuid(request, "batch", "batch")
    return _decided(request, await actions.undo(request.state["pool"], moderator, batch))


def _decided(request: Request[Any], decided: actions.Decided) -> Response:
    # This process shows its own change at once.
    for article_id, version in decided.versions.items():
        request.state["threads"].changed(article_id, version)
    return json_response(decided.batch)


async def get_comment(request: Request[Any]) -> Response:
    """Everything about one comment."""
    moderator = await require_moderator(request)
    ident = path_uuid(request, "comment", "comment")
    async with request.state["pool"].acquire() as conn:
        return json_response(await queue.read_detail(conn, moderator, ident))


async def get_ledger(request: Request[Any]) -> Response:
    """The ledger, newest first."""
    moderator = await require_moderator(request)
    site_id = await site_of(request, moderator, request.query_params.get("site"))
    after = read_cursor(request, LedgerPosition)
    limit = query_limit(request, PAGE)
    async with request.state["pool"].acquire() as conn:
        return json_response(
            await queue.read_ledger(
                conn, moderator, site_id, after.before if after else None, limit
            )
        )


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/moderation/queue", get_queue, "A page of the queue", access="moderator",
        answer=Queue, query=(*QUERY, "cursor", "limit"),
    ),
    Endpoint(
        "GET", "/v1/moderation/counts", get_counts, "How much waits in each view",
        access="moderator", answer=Counts, query=("site",),
    ),
    Endpoint(
        "POST", "/v1/moderation/claims", claim, "Lease the next items", access="moderator",
        body=NewClaims, answer=Claims,
    ),
    Endpoint(
        "DELETE", "/v1/moderation/claims", release, "Release one's claims", access="moderator",
        status=204, query=("item",),
    ),
    Endpoint(
        "POST", "/v1/moderation/decisions", decide, "Decide comments", access="moderator",
        body=Decisions, answer=Batch, largest=LARGEST,
    ),
    Endpoint(
        "POST", "/v1/moderation/batches/{batch}/undo", undo, "Take a batch of decisions back",
        access="moderator", answer=Batch,
    ),
    Endpoint(
        "GET", "/v1/moderation/events", get_events, "What happens, as server-sent events",
        access="moderator", query=("site",),
    ),
    Endpoint(
        "GET", "/v1/moderation/comments/{comment}", get_comment, "Everything about one comment",
        access="moderator", answer=Detail,
    ),
    Endpoint(
        "GET", "/v1/moderation/ledger", get_ledger, "The ledger", access="moderator",
        answer=Ledger, query=("site", "cursor", "limit"),
    ),
]  # fmt: skip
