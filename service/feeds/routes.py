"""Feeds over HTTP: for publishers with their key, and for editors at the desk."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_editor, require_key
from service.articles.sites import asked_sites, one_site, site_of
from service.core.http import Endpoint, empty_response, json_response, path_uuid, read_json
from service.core.problems import NotFound
from service.feeds import actions, store
from service.feeds.types import Feed, Feeds, NewFeed


async def get_feeds(request: Request[Any]) -> Response:
    """The feeds of a publisher's site."""
    site_id = await _publisher_site(request)
    return json_response(Feeds(await store.list_feeds(request.state["pool"], [site_id])))


async def post_feed(request: Request[Any]) -> Response:
    """Add a feed of a publisher's site."""
    site_id = await _publisher_site(request)
    return await _add(request, site_id, await read_json(request, NewFeed), None)


async def delete_feed(request: Request[Any]) -> Response:
    """Remove a feed of a publisher's site."""
    site_id = await _publisher_site(request)
    ident = path_uuid(request, "id", "feed")
    if await store.get_site_of(request.state["pool"], ident) != site_id:
        raise NotFound("There is no such feed.")
    await actions.remove_feed(request.state["pool"], ident)
    return empty_response()


async def get_desk_feeds(request: Request[Any]) -> Response:
    """The feeds of a site, or of all that the editor covers."""
    editor = await require_editor(request)
    sites = await asked_sites(request, editor.covers, request.query_params.get("site"))
    found = await store.list_feeds(request.state["pool"], [site.id for site in sites])
    return json_response(Feeds(found))


async def post_desk_feed(request: Request[Any]) -> Response:
    """Add a feed at the desk."""
    editor = await require_editor(request)
    new = await read_json(request, NewFeed)
    site = await one_site(request, editor.covers, request.query_params.get("site"))
    return await _add(request, site.id, new, editor.id)


async def delete_desk_feed(request: Request[Any]) -> Response:
    """Remove a feed at the desk."""
    editor = await require_editor(request)
    ident = path_uuid(request, "id", "feed")
    site_id = await store.get_site_of(request.state["pool"], ident)
    if site_id is None or not editor.covers(site_id):
        raise NotFound("There is no such feed.")
    await actions.remove_feed(request.state["pool"], ident)
    return empty_response()


async def _publisher_site(request: Request[Any]) -> UUID:
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    return site.id


async def _add(
    request: Request[Any], site_id: UUID, new: NewFeed, created_by: UUID | None
) -> Response:
    state = request.state
    local = state["settings"].feed_allow_local
    feed, created = await actions.add_feed(
        state["pool"], site_id, new, created_by, allow_local=local
    )
    return json_response(feed, 201 if created else 200)


OF_SITE = "/v1/sites/{site}/feeds"
AT_DESK = "/v1/moderation/feeds"

ENDPOINTS = [
    Endpoint(
        "GET", OF_SITE, get_feeds, "Feeds of a site", access="publisher", answer=Feeds,
    ),
    Endpoint(
        "POST", OF_SITE, post_feed, "Poll a feed for articles, with alerts if asked",
        access="publisher", body=NewFeed, answer=Feed, status=201,
    ),
    Endpoint(
        "DELETE", OF_SITE + "/{id}", delete_feed, "Remove a feed", access="publisher", status=204,
    ),
    Endpoint(
        "GET", AT_DESK, get_desk_feeds, "Feeds", access="editor", answer=Feeds, query=("site",),
    ),
    Endpoint(
        "POST", AT_DESK, post_desk_feed, "Add a feed", access="editor", body=NewFeed, answer=Feed,
        status=201, query=("site",),
    ),
    Endpoint(
        "DELETE", AT_DESK + "/{id}", delete_desk_feed, "Remove a feed at the desk",
        access="editor", status=204,
    ),
]  # fmt: skip
