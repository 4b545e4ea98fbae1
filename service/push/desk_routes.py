"""Alerts at the desk over HTTP: moderators see, editors change."""

from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor, require_moderator
from service.accounts.types import Moderator
from service.articles.rules import check_key
from service.articles.sites import asked_sites, one_site
from service.articles.types import Site
from service.core.http import (
    Endpoint,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.problems import Invalid
from service.push import audience_store
from service.push import desk_actions as actions
from service.push import desk_store as store
from service.push.desk_types import (
    STATES,
    After,
    AlertSettings,
    DeskAlert,
    DeskAlertDetail,
    DeskAlerts,
    PutAlertSettings,
    Reach,
    Resume,
)
from service.push.preferences import checked_topics
from service.push.types import MOST_TOPICS, AlertState, PostAlert

PAGE = 20


async def get_alerts(request: Request[Any]) -> Response:
    """Alerts of the moderator's sites."""
    moderator = await require_moderator(request)
    state = query_choice(request, "state", ("", *STATES))
    after = read_cursor(request, After)
    limit = query_limit(request, PAGE)
    asked = await asked_sites(request, moderator.covers, request.query_params.get("site"))
    sites = [site.id for site in asked]
    article = request.query_params.get("article")
    key = check_key(article) if article else None
    chosen = cast("AlertState | None", state or None)
    async with request.state["pool"].acquire() as conn:
        found = await store.list_alerts(conn, sites, chosen, key, after, limit + 1)
        paused = await store.list_paused(conn, sites)
    cursor = write_cursor(After(found[limit - 1].id)) if len(found) > limit else None
    return json_response(DeskAlerts(found[:limit], cursor, paused))


async def get_alert(request: Request[Any]) -> Response:
    """One alert, its deliveries over time, by push service, and by title."""
    moderator = await require_moderator(request)
    ident = path_uuid(request, "id", "alert")
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.describe(conn, moderator, ident))


async def post_alert(request: Request[Any]) -> Response:
    """Schedule an alert by hand."""
    editor = await require_editor(request)
    site = await _one_site(request, editor)
    body = await read_json(request, PostAlert)
    hold = request.state["settings"].alert_hold
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.add(conn, editor, site, body, hold), 202)


async def delete_alert(request: Request[Any]) -> Response:
    """Cancel an alert that is still held or scheduled."""
    editor = await require_editor(request)
    ident = path_uuid(request, "id", "alert")
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.cancel(conn, editor, ident))


async def get_settings(request: Request[Any]) -> Response:
    """What a site decides about its alerts, and whether they are paused."""
    moderator = await require_moderator(request)
    site = await _one_site(request, moderator)
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.describe_settings(conn, site))


async def put_settings(request: Request[Any]) -> Response:
    """Change what a site decides."""
    editor = await require_editor(request)
    site = await _one_site(request, editor)
    body = await read_json(request, PutAlertSettings)
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.put_settings(conn, editor, site, body))


async def post_pause(request: Request[Any]) -> Response:
    """Pause a site's alerts."""
    editor = await require_editor(request)
    site = await _one_site(request, editor)
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.pause(conn, editor, site))


async def post_resume(request: Request[Any]) -> Response:
    """Resume a site's alerts."""
    editor = await require_editor(request)
    site = await _one_site(request, editor)
    body = await read_json(request, Resume)
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.resume(conn, editor, site, body))


async def get_reach(request: Request[Any]) -> Response:
    """How many browsers an alert of these topics would go to."""
    moderator = await require_moderator(request)
    site = await _one_site(request, moderator)
    labels = [one for one in request.query_params.get("topics", "").split(",") if one.strip()]
    if len(labels) > MOST_TOPICS:
        raise Invalid.field("topics", f"Expected at most {MOST_TOPICS}")
    topics = checked_topics(labels, "topics")
    article = request.query_params.get("article")
    key = check_key(article) if article else None
    async with request.state["pool"].acquire() as conn:
        return json_response(Reach(await audience_store.count_reach(conn, site.id, topics, key)))


async def _one_site(request: Request[Any], moderator: Moderator) -> Site:
    return await one_site(request, moderator.covers, request.query_params.get("site"))


ALERTS = "/v1/moderation/alerts"

ENDPOINTS = [
    Endpoint(
        "GET", ALERTS, get_alerts, "Alerts of one's sites", access="moderator",
        answer=DeskAlerts, query=("site", "state", "article", "cursor", "limit"),
    ),
    Endpoint(
        "POST", ALERTS, post_alert, "Schedule an alert by hand", access="editor",
        body=PostAlert, answer=DeskAlert, status=202, query=("site",),
    ),
    Endpoint(
        "GET", ALERTS + "/settings", get_settings, "What a site decides about alerts",
        access="moderator", answer=AlertSettings, query=("site",),
    ),
    Endpoint(
        "PUT", ALERTS + "/settings", put_settings, "Change what a site decides about alerts",
        access="editor", body=PutAlertSettings, answer=AlertSettings, query=("site",),
    ),
    Endpoint(
        "POST", ALERTS + "/pause", post_pause, "Pause a site's alerts", access="editor",
        answer=AlertSettings, query=("site",),
    ),
    Endpoint(
        "POST", ALERTS + "/resume", post_resume, "Resume a site's alerts", access="editor",
        body=Resume, answer=AlertSettings, query=("site",),
    ),
    Endpoint(
        "GET", ALERTS + "/reach", get_reach, "How many an alert would go to",
        access="moderator", answer=Reach, query=("site", "topics", "article"),
    ),
    Endpoint(
        "GET", ALERTS + "/{id}", get_alert, "An alert and what became of it",
        access="moderator", answer=DeskAlertDetail,
    ),
    Endpoint(
        "DELETE", ALERTS + "/{id}", delete_alert, "Cancel an alert at the desk",
        access="editor", answer=DeskAlert,
    ),
]  # fmt: skip
