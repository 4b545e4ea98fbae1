"""What a publisher's system asks of its site, and the plugin's download."""

import hashlib
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_key
from service.articles.sites import site_of
from service.articles.types import Site
from service.core.http import LONGEST_LIST, Endpoint, json_response, query_limit
from service.integrations.changes import read_changes
from service.integrations.packing import plugin_zip
from service.integrations.types import Changes, Connection, SignIn
from service.readers.verifying import Readers


async def _publisher_site(request: Request[Any]) -> Site:
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    return site


async def get_connection(request: Request[Any]) -> Response:
    """Tell a publisher's system its site, so that it can say what is wrong with its settings."""
    site = await _publisher_site(request)
    readers: Readers = request.state["readers"]
    trust = await readers.trust(site.id)
    settings = trust.settings
    sign_in = SignIn(trust.on, site.sign_in_required, settings.issuer, settings.audience)
    release = version("rejoinder")
    return json_response(
        Connection(site.slug, site.name, site.origins, release, sign_in),
        headers={"cache-control": "no-store"},
    )


async def get_changes(request: Request[Any]) -> Response:
    """Tell a publisher's system what has become of comments, so that it can keep a copy."""
    site = await _publisher_site(request)
    after = request.query_params.get("after")
    limit = query_limit(request, LONGEST_LIST)
    changes = await read_changes(request.state["pool"], site.id, after, limit)
    return json_response(changes, headers={"cache-control": "no-store"})


async def get_plugin(request: Request[Any]) -> Response:
    """The plugin for WordPress, ready for its upload page."""
    data = plugin_zip()
    etag = f'"{hashlib.blake2b(data, digest_size=9).hexdigest()}"'
    headers = {
        "etag": etag,
        "cache-control": "public, max-age=60",
        "content-disposition": 'attachment; filename="rejoinder.zip"',
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type="application/zip")


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/sites/{site}/connection", get_connection,
        "The key's site: its origins, its readers' sign-in, the release",
        access="publisher", answer=Connection,
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/changes", get_changes,
        "What has become of the site's comments, in order",
        access="publisher", answer=Changes, query=("after", "limit"),
    ),
]  # fmt: skip

DOWNLOADS = [
    Endpoint(
        "GET", "/integrations/wordpress.zip", get_plugin, "The plugin for WordPress",
        documented=False,
    ),
]  # fmt: skip
