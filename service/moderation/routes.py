"""The desk's API."""

from typing import Any, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_moderator
from service.accounts.types import Moderator
from service.articles.sites import Sites
from service.core.http import (
    Endpoint,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
)
from service.core.problems import Forbidden, Invalid, NotFound
from service.moderation import actions, queue
from service.moderation.store import Filter
from service.moderation.types import (
    ORDERS,
    VIEWS,
    Batch,
    Decisions,
    Detail,
    Ledger,
    LedgerPosition,
    Order,
    Queue,
    QueuePosition,
    View,
)

PAGE = 50
LONGEST_SEARCH = 200


async def get_queue(request: Request[Any]) -> Response:
    """A page of the queue."""
    moderator = await require_moderator(request)
    wanted = Filter(
        view=cast(View, query_choice(request, "view", VIEWS)),
        order=cast(Order, query_choice(request, "order", ORDERS)),
        site_id=await _site(request, moderator),
        words=_text(request, "q"),
        section=_text(request, "section"),
        article=_text(request, "article"),
        reader=_reader(request),
    )
    after = read_cursor(request, QueuePosition)
    if after is not None and after.order != wanted.order:
        raise Invalid.field("cursor", "Not a cursor of this list")
    limit = query_limit(request, PAGE)
    async with request.state["pool"].acquire() as conn:
        return json_response(await queue.read_queue(conn, moderator, wanted, after, limit))


async def decide(request: Request[Any]) -> Response:
    """Take decisions."""
    moderator = await require_moderator(request)
    body = await read_json(request, Decisions)
    decided = await actions.decide(request.state["pool"], moderator, body.decisions)
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
    site_id = await _site(request, moderator)
    after = read_cursor(request, LedgerPosition)
    limit = query_limit(request, PAGE)
    async with request.state["pool"].acquire() as conn:
        return json_response(
            await queue.read_ledger(
                conn, moderator, site_id, after.before if after else None, limit
            )
        )


async def _site(request: Request[Any], moderator: Moderator) -> UUID | None:
    """The site asked for; raises NotFound and Forbidden."""
    slug = request.query_params.get("site")
    if not slug:
        return None
    sites: Sites = request.state["sites"]
    site = await sites.find(slug)
    if site is None:
        raise NotFound("There is no such site.")
    if not moderator.covers(site.id):
        raise Forbidden("You are not a member of this site.")
    return site.id


def _text(request: Request[Any], name: str) -> str | None:
    value = request.query_params.get(name)
    if value and (len(value) > LONGEST_SEARCH or "\x00" in value):
        raise Invalid.field(name, f"Expected at most {LONGEST_SEARCH} characters")
    return value or None


def _reader(request: Request[Any]) -> UUID | None:
    value = request.query_params.get("reader")
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise Invalid.field("reader", "Expected an id") from error


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/moderation/queue", get_queue, "A page of the queue", access="moderator",
        answer=Queue,
        query=("site", "view", "order", "q", "section", "article", "reader", "cursor", "limit"),
    ),
    Endpoint(
        "POST", "/v1/moderation/decisions", decide, "Decide comments", access="moderator",
        body=Decisions, answer=Batch,
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
