"""Webhooks over HTTP, for editors and the sites they cover."""

from typing import Any, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.articles.sites import asked_sites, one_site
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.problems import NotFound
from service.webhooks import actions, store
from service.webhooks.types import (
    STATES,
    ChangeWebhook,
    Deliveries,
    Delivery,
    DeliveryPosition,
    MadeWebhook,
    NewWebhook,
    Retried,
    State,
    Webhook,
    Webhooks,
)

PAGE = 50


async def get_webhooks(request: Request[Any]) -> Response:
    """The webhooks of a site, or of all that the editor covers."""
    editor = await require_editor(request)
    sites = await asked_sites(request, editor.covers, request.query_params.get("site"))
    found = await store.list_webhooks(request.state["pool"], [site.id for site in sites])
    return json_response(Webhooks(found))


async def post_webhook(request: Request[Any]) -> Response:
    """Add a webhook; the answer has its secret, this once."""
    editor = await require_editor(request)
    new = await read_json(request, NewWebhook)
    site = await one_site(request, editor.covers, request.query_params.get("site"))
    state = request.state
    await actions.check_address(new.url, allow_local=state["settings"].webhook_allow_local)
    async with state["pool"].acquire() as conn, conn.transaction():
        made = await actions.add_webhook(conn, state["keyring"], site.id, new, editor.id)
    return json_response(made, 201)


async def patch_webhook(request: Request[Any]) -> Response:
    """Change, pause or resume a webhook."""
    ident, _ = await _found(request)
    change = await read_json(request, ChangeWebhook)
    local = request.state["settings"].webhook_allow_local
    await actions.check_address(change.url, allow_local=local)
    return json_response(await actions.change_webhook(request.state["pool"], ident, change))


async def delete_webhook(request: Request[Any]) -> Response:
    """Remove a webhook and what was still to go there."""
    ident, _ = await _found(request)
    if not await store.delete_webhook(request.state["pool"], ident):
        raise NotFound("There is no such webhook.")
    return empty_response()


async def post_secret(request: Request[Any]) -> Response:
    """Another secret, shown this once."""
    ident, _ = await _found(request)
    state = request.state
    return json_response(await actions.rotate(state["pool"], state["keyring"], ident))


async def post_test(request: Request[Any]) -> Response:
    """Send a ping."""
    ident, site_id = await _found(request)
    return json_response(await actions.ping(request.state["pool"], site_id, ident), 202)


async def get_deliveries(request: Request[Any]) -> Response:
    """What was sent, waits, or is dead."""
    ident, _ = await _found(request)
    state = query_choice(request, "state", ("", *STATES))
    after = read_cursor(request, DeliveryPosition)
    limit = query_limit(request, PAGE)
    found = await store.list_deliveries(
        request.state["pool"], ident, cast("State | None", state or None), after, limit + 1
    )
    more = len(found) > limit
    last = found[limit - 1] if more else None
    cursor = write_cursor(DeliveryPosition(last.created_at, last.id)) if last else None
    return json_response(Deliveries(found[:limit], cursor))


async def get_delivery(request: Request[Any]) -> Response:
    """One delivery."""
    ident, _ = await _found(request)
    delivery_id = path_uuid(request, "delivery", "delivery")
    delivery = await store.get_delivery(request.state["pool"], ident, delivery_id)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return json_response(delivery)


async def post_retry(request: Request[Any]) -> Response:
    """Send a dead one again."""
    ident, _ = await _found(request)
    delivery_id = path_uuid(request, "delivery", "delivery")
    return json_response(await actions.retry(request.state["pool"], ident, delivery_id), 202)


async def post_retry_all(request: Request[Any]) -> Response:
    """Send all dead ones again."""
    ident, _ = await _found(request)
    return json_response(Retried(await actions.retry_all(request.state["pool"], ident)), 202)


async def _found(request: Request[Any]) -> tuple[UUID, UUID]:
    """The webhook that the path names, and its site: one of the editor's, or NotFound."""
    editor = await require_editor(request)
    ident = path_uuid(request, "webhook", "webhook")
    site_id = await store.get_site_of(request.state["pool"], ident)
    if site_id is None or not editor.covers(site_id):
        raise NotFound("There is no such webhook.")
    return ident, site_id


WEBHOOKS = "/v1/moderation/webhooks"
ONE = WEBHOOKS + "/{webhook}"

ENDPOINTS = [
    Endpoint(
        "GET", WEBHOOKS, get_webhooks, "Webhooks", access="editor", answer=Webhooks,
        query=("site",),
    ),
    Endpoint(
        "POST", WEBHOOKS, post_webhook, "Add a webhook", access="editor", body=NewWebhook,
        answer=MadeWebhook, status=201, query=("site",),
    ),
    Endpoint(
        "PATCH", ONE, patch_webhook, "Change, pause or resume a webhook", access="editor",
        body=ChangeWebhook, answer=Webhook,
    ),
    Endpoint("DELETE", ONE, delete_webhook, "Remove a webhook", access="editor", status=204),
    Endpoint(
        "POST", ONE + "/secret", post_secret, "Rotate a webhook's secret", access="editor",
        answer=MadeWebhook,
    ),
    Endpoint(
        "POST", ONE + "/test", post_test, "Send a ping", access="editor", answer=Delivery,
        status=202,
    ),
    Endpoint(
        "GET", ONE + "/deliveries", get_deliveries, "Deliveries of a webhook", access="editor",
        answer=Deliveries, query=("state", "cursor", "limit"),
    ),
    Endpoint(
        "GET", ONE + "/deliveries/{delivery}", get_delivery, "A delivery", access="editor",
        answer=Delivery,
    ),
    Endpoint(
        "POST", ONE + "/deliveries/{delivery}/retry", post_retry, "Send a dead delivery again",
        access="editor", answer=Delivery, status=202,
    ),
    Endpoint(
        "POST", ONE + "/retry", post_retry_all, "Send all dead deliveries again",
        access="editor", answer=Retried, status=202,
    ),
]  # fmt: skip
