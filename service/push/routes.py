"""Push over HTTP: publishing articles, alerts, subscriptions, receipts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import SUBSCRIPTION, check_site, require_key, require_object
from service.articles.sites import site_of
from service.articles.types import PutArticle, Site, article_answer
from service.core.address import client_address
from service.core.http import Endpoint, empty_response, json_response, path_uuid, read_json
from service.core.limits import Limit
from service.push import actions, preferences
from service.push.endpoints import check_endpoint
from service.push.types import (
    AlertAnswer,
    AlertRef,
    Fewer,
    PatchSubscription,
    PostAlert,
    PostFewer,
    PostReceipt,
    Preferences,
    PublishAnswer,
    PushAnswer,
    State,
    Subscribe,
    Subscribed,
)

# Generous: a mobile network or an office is one address to us.
SUBSCRIPTIONS = Limit("subscribe", burst=30, every=10)
# 300 a day: who makes endpoints up gets no further, and the first alert removes these.
SUBSCRIPTIONS_OF_A_DAY = Limit("subscribe-day", burst=300, every=24 * 3600 / 300)
FEWER = Limit("fewer", burst=30, every=10)
ONE_MINUTE = {"cache-control": "public, max-age=60"}


async def _publisher_site(request: Request[Any]) -> Site:
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    return site


async def put_article(request: Request[Any]) -> Response:
    """Register or update an article and, if asked, alert its readers."""
    state: State = request.state
    site = await _publisher_site(request)
    body = await read_json(request, PutArticle)
    key = request.path_params["article"]
    hold = state["settings"].alert_hold
    async with state["pool"].acquire() as conn:
        article, created, alert = await actions.publish_article(conn, site, key, body, hold)
    request.state["threads"].changed(article.id, article.thread_version)  # read here at once
    answer = PublishAnswer(
        article_answer(article), AlertRef(alert.id, alert.state) if alert else None
    )
    return json_response(answer, 201 if created else 200)


async def post_alert(request: Request[Any]) -> Response:
    """Schedule an alert."""
    state: State = request.state
    site = await _publisher_site(request)
    body = await read_json(request, PostAlert)
    async with state["pool"].acquire() as conn:
        alert = await actions.schedule_alert(conn, site, body, state["settings"].alert_hold)
        answer = await actions.describe_alert(conn, alert)
    return json_response(answer, 202)


async def get_alert(request: Request[Any]) -> Response:
    """Tell an alert's state and counts."""
    site = await _publisher_site(request)
    ident = path_uuid(request, "id", "alert")
    async with request.state["pool"].acquire() as conn:
        alert = await actions.find_alert(conn, site.id, ident)
        return json_response(await actions.describe_alert(conn, alert))


async def delete_alert(request: Request[Any]) -> Response:
    """Cancel an alert that is still held or scheduled."""
    site = await _publisher_site(request)
    ident = path_uuid(request, "id", "alert")
    async with request.state["pool"].acquire() as conn:
        alert = await actions.cancel_alert(conn, site.id, ident)
        return json_response(await actions.describe_alert(conn, alert))


async def get_push(request: Request[Any]) -> Response:
    """Tell what a page needs to subscribe."""
    state: State = request.state
    site = await site_of(request)
    async with state["pool"].acquire() as conn:
        answer = await actions.describe_push(conn, state["keyring"], site.id)
    return json_response(answer, headers=ONE_MINUTE)


async def post_subscription(request: Request[Any]) -> Response:
    """Store a browser's subscription."""
    state: State = request.state
    site = await site_of(request)
    settings, keyring = state["settings"], state["keyring"]
    address = client_address(request.scope, settings.trusted_proxies)
    address_hash = keyring.digest("address", address)
    await state["limiter"].take(SUBSCRIPTIONS, address_hash)
    await state["limiter"].take(SUBSCRIPTIONS_OF_A_DAY, address_hash)
    body = await read_json(request, Subscribe)
    await check_endpoint(
        body.subscription.endpoint, settings.push_hosts, allow_local=settings.push_allow_local
    )
    async with state["pool"].acquire() as conn:
        ident = await actions.subscribe(conn, keyring, site.id, body, address_hash)
    return json_response(Subscribed(ident, keyring.object_token(SUBSCRIPTION, ident)), 201)


async def patch_subscription(request: Request[Any]) -> Response:
    """Change what a reader has chosen."""
    site = await site_of(request)
    ident = path_uuid(request, "id", "subscription")
    await require_object(request, SUBSCRIPTION, ident)
    body = await read_json(request, PatchSubscription)
    async with request.state["pool"].acquire() as conn:
        return json_response(await preferences.change_subscription(conn, site.id, ident, body))


async def get_subscription(request: Request[Any]) -> Response:
    """Tell what a reader has chosen."""
    site = await site_of(request)
    ident = path_uuid(request, "id", "subscription")
    await require_object(request, SUBSCRIPTION, ident)
    async with request.state["pool"].acquire() as conn:
        return json_response(await preferences.find_preferences(conn, site.id, ident))


async def delete_subscription(request: Request[Any]) -> Response:
    """End a subscription."""
    site = await site_of(request)
    ident = path_uuid(request, "id", "subscription")
    await require_object(request, SUBSCRIPTION, ident)
    async with request.state["pool"].acquire() as conn:
        await actions.unsubscribe(conn, site.id, ident)
    return empty_response()


async def post_receipt(request: Request[Any]) -> Response:
    """Count that a notification was shown or clicked, once."""
    state: State = request.state
    body = await read_json(request, PostReceipt)
    async with state["pool"].acquire() as conn:
        await actions.take_receipt(conn, state["keyring"], body)
    return empty_response()


async def post_fewer(request: Request[Any]) -> Response:
    """Let a reader have fewer alerts like one that came."""
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await state["limiter"].take(FEWER, state["keyring"].digest("address", address))
    body = await read_json(request, PostFewer)
    async with state["pool"].acquire() as conn:
        return json_response(await preferences.want_fewer(conn, state["keyring"], body))


ENDPOINTS = [
    Endpoint(
        "PUT", "/v1/sites/{site}/articles/{article}", put_article,
        "Register or update an article, with an alert if asked",
        access="publisher", body=PutArticle, answer=PublishAnswer,
    ),
    Endpoint(
        "POST", "/v1/sites/{site}/alerts", post_alert, "Schedule an alert",
        access="publisher", body=PostAlert, answer=AlertAnswer, status=202,
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/alerts/{id}", get_alert, "An alert's state and counts",
        access="publisher", answer=AlertAnswer,
    ),
    Endpoint(
        "DELETE", "/v1/sites/{site}/alerts/{id}", delete_alert, "Cancel an alert",
        access="publisher", answer=AlertAnswer,
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/push", get_push, "What a page needs to subscribe",
        answer=PushAnswer,
    ),
    Endpoint(
        "POST", "/v1/sites/{site}/push/subscriptions", post_subscription, "Subscribe a browser",
        body=Subscribe, answer=Subscribed, status=201,
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/push/subscriptions/{id}", get_subscription,
        "What a subscription asks for",
        access="subscriber", answer=Preferences,
    ),
    Endpoint(
        "PATCH", "/v1/sites/{site}/push/subscriptions/{id}", patch_subscription,
        "Change a subscription",
        access="subscriber", body=PatchSubscription, answer=Preferences,
    ),
    Endpoint(
        "DELETE", "/v1/sites/{site}/push/subscriptions/{id}", delete_subscription,
        "End a subscription",
        access="subscriber", status=204,
    ),
    Endpoint(
        "POST", "/v1/push/receipts", post_receipt, "Count a shown or clicked notification",
        body=PostReceipt, status=204,
    ),
    Endpoint(
        "POST", "/v1/push/fewer", post_fewer, "Fewer alerts like this one",
        body=PostFewer, answer=Fewer,
    ),
]  # fmt: skip
