"""Sites and the record over HTTP."""

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.administration import actions, store
from service.administration.types import (
    After,
    Before,
    EventList,
    Mailing,
    NewSite,
    SiteAnswer,
    SiteChange,
    SitesAnswer,
    SiteSupport,
)
from service.articles.sites import site_of
from service.articles.store import list_sites
from service.articles.types import Site
from service.core.http import (
    Endpoint,
    json_response,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.problems import Forbidden, NotFound
from service.settings import Settings

PAGE = 100


async def get_sites(request: Request[Any]) -> Response:
    """The editor's sites."""
    editor = await require_editor(request)
    after = read_cursor(request, After)
    limit = query_limit(request, PAGE)
    own = [
        _site(request, site)
        for site in await list_sites(request.state["pool"])
        if editor.covers(site.id) and (after is None or site.slug > after.value)
    ]
    cursor = write_cursor(After(own[limit - 1].slug)) if len(own) > limit else None
    return json_response(SitesAnswer(own[:limit], cursor))


async def add_site(request: Request[Any]) -> Response:
    """Add a site."""
    editor = await require_editor(request)
    if not editor.all_sites:
        raise Forbidden("Only an editor of every site can add one.")
    body = await read_json(request, NewSite)
    state = request.state
    async with state["pool"].acquire() as conn:
        site = await actions.add_site(
            conn, state["keyring"], editor, body.slug, body.name, body.origins
        )
    state["sites"].forget()
    return json_response(_site(request, site), 201)


async def change_site(request: Request[Any]) -> Response:
    """Change a site's name, origins, switches, or call for support."""
    editor = await require_editor(request)
    body = await read_json(request, SiteChange)
    site = await site_of(request)
    if not editor.covers(site.id):
        raise NotFound("There is no such site.")
    name = None if body.name is UNSET else body.name
    origins = None if body.origins is UNSET else body.origins
    marked = None if body.words_marked is UNSET else body.words_marked
    confirm = None if body.confirm_readers is UNSET else body.confirm_readers
    async with request.state["pool"].acquire() as conn:
        changed = await actions.change_site(
            conn, editor, site.slug, name, origins, marked=marked, confirm=confirm,
            support=None if body.support is UNSET else body.support,
        )  # fmt: skip
    request.state["sites"].forget()
    return json_response(_site(request, changed))


def _site(request: Request[Any], site: Site) -> SiteAnswer:
    settings: Settings = request.state["settings"]
    mail: Mailing = "ready"
    if not settings.mails_readers:
        mail = "no_public_url" if settings.smtp else "no_server"
    support = SiteSupport(
        site.support_enabled, site.support_headline, site.support_text, site.support_url,
        site.sensitive_tags,
    )  # fmt: skip
    return SiteAnswer(
        site.slug, site.name, site.origins, site.words_marked, support, site.confirm_readers, mail
    )


async def get_events(request: Request[Any]) -> Response:
    """Who changed what of members, sites, keys and ways in; newest first."""
    editor = await require_editor(request)
    before = read_cursor(request, Before)
    limit = query_limit(request, PAGE)
    sites = None if editor.all_sites else editor.site_ids
    found = await store.list_events(
        request.state["pool"], sites, before.id if before else None, limit + 1
    )
    cursor = write_cursor(Before(found[limit - 1].id)) if len(found) > limit else None
    return json_response(EventList(found[:limit], cursor))


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/moderation/sites", get_sites, "One's sites", access="editor",
        answer=SitesAnswer, query=("cursor", "limit"),
    ),
    Endpoint(
        "POST", "/v1/moderation/sites", add_site, "Add a site", access="editor",
        body=NewSite, answer=SiteAnswer, status=201,
    ),
    Endpoint(
        "PATCH", "/v1/moderation/sites/{site}", change_site,
        "Change a site: name, origins, switches, support",
        access="editor", body=SiteChange, answer=SiteAnswer,
    ),
    Endpoint(
        "GET", "/v1/moderation/account-events", get_events,
        "Who changed what of members, sites, keys and ways in", access="editor",
        answer=EventList, query=("cursor", "limit"),
    ),
]  # fmt: skip
