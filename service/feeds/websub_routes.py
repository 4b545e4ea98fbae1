"""What hubs ask and tell, at an address that only the hub was told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from service.core.http import Endpoint, empty_response, read_bytes
from service.core.jobs import enqueue
from service.core.problems import Invalid, NotFound
from service.feeds import hub_store as store
from service.feeds import hubs
from service.feeds.actions import POLL_JOB
from service.feeds.fetching import LARGEST
from service.feeds.hubs import CALLBACK, TOKEN
from service.feeds.outcome_store import poke
from service.feeds.types import Subscription
from service.feeds.words import one_line

log = structlog.get_logger("rejoinder.feeds")

SOONEST = timedelta(seconds=15)  # after the poll before, however often a hub tells
LONGEST_REASON = 200
LONGEST_CHALLENGE = 2000
QUERY = ("hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds", "hub.reason")


async def get_callback(request: Request[Any]) -> Response:
    """Confirm what was asked of the hub, and nothing else (sections 5.2 and 5.3)."""
    feed_id = _feed_of(request)
    query = request.query_params
    mode, topic = query.get("hub.mode"), query.get("hub.topic", "")
    pool = request.state["pool"]
    agreed = await store.get_subscription(pool, feed_id)
    wanted = agreed is not None and agreed.topic == topic
    if mode == "denied" and wanted:
        why = one_line(query.get("hub.reason", ""), LONGEST_REASON)
        told = f"The hub refuses: {why}" if why else "The hub refuses"
        await store.note_denied(pool, feed_id, told, hubs.DENIED_FOR)
        return empty_response()
    challenge = query.get("hub.challenge", "")
    if not 0 < len(challenge) <= LONGEST_CHALLENGE:
        raise Invalid.field("hub.challenge", f"Expected 1 to {LONGEST_CHALLENGE} characters")
    if mode == "subscribe" and agreed is not None and wanted and _is_asked(agreed):
        lease = _lease(query.get("hub.lease_seconds", ""))
        renew = max(lease * hubs.RENEW_AT, hubs.SOONEST_RENEWAL)
        await store.note_verified(pool, feed_id, lease, renew)
    elif mode != "unsubscribe" or wanted:
        raise NotFound("Nothing of this kind was asked.")
    return Response(
        challenge, media_type="text/plain", headers={"x-content-type-options": "nosniff"}
    )


async def post_callback(request: Request[Any]) -> Response:
    """Look at once: the hub has something new. One without the right signature is ignored."""
    feed_id = _feed_of(request)
    state = request.state
    agreed = await store.get_subscription(state["pool"], feed_id)
    if agreed is None:
        return Response(status_code=410)  # the hub may forget us (section 7)
    body = await read_bytes(request, LARGEST)
    signature = request.headers.get("x-hub-signature")
    if not hubs.is_signed(state["keyring"], agreed, signature, body):
        log.warning("hub's signature is wrong", feed=str(feed_id))
        return empty_response()
    async with state["pool"].acquire() as conn, conn.transaction():
        await store.note_told(conn, feed_id)
        if await poke(conn, feed_id, SOONEST):
            await enqueue(conn, POLL_JOB, b"", key=str(feed_id))
    return empty_response()


def _feed_of(request: Request[Any]) -> UUID:
    token = request.path_params["token"]
    feed_id: UUID | None = request.state["keyring"].read_object_token(TOKEN, token)
    if feed_id is None:
        raise NotFound("There is nothing here.")
    return feed_id


def _is_asked(agreed: Subscription) -> bool:
    asked = agreed.asked_at > datetime.now(UTC) - hubs.ASKS_BACK
    return agreed.state in {"asked", "active"} and asked


def _lease(value: str) -> timedelta:
    if not (value.isascii() and value.isdigit()):
        return hubs.USUAL_LEASE
    return min(timedelta(seconds=int(value[:9])), hubs.LONGEST_LEASE)


ENDPOINTS = [
    Endpoint(
        "GET", CALLBACK, get_callback, "A WebSub hub confirms what it was asked", query=QUERY,
    ),
    Endpoint(
        "POST", CALLBACK, post_callback, "A WebSub hub has something new of a feed", status=204,
        largest=LARGEST,
    ),
]  # fmt: skip
