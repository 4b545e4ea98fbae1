"""Importing over HTTP, and old permalinks: which comment had this id where it comes from."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_key
from service.articles.sites import site_of
from service.articles.types import Site
from service.comments import pages
from service.comments.types import Placed
from service.core.http import Endpoint, json_response, read_json
from service.core.problems import Invalid, NotFound, Told
from service.transfer import receiving_store, store
from service.transfer.receiving import Receiving
from service.transfer.receiving_types import (
    LARGEST,
    ImportAnswer,
    ImportBatch,
    ImportState,
    RawBatch,
)
from service.transfer.rules import LONGEST_SOURCE_ID, SOURCE

ANY = "any"  # where a page knows the id alone


async def post_import(request: Request[Any]) -> Response:
    """Store a batch of comments of an old system; what is here already is left as it is."""
    site, source = await _publisher_site(request)
    batch = await read_json(request, RawBatch, LARGEST)
    async with request.state["pool"].acquire() as conn:
        return json_response(await Receiving(conn, site, source, batch).run())


async def get_import(request: Request[Any]) -> Response:
    """All that has come from an old system so far."""
    site, source = await _publisher_site(request)
    pool = request.state["pool"]
    articles, readers, comments = await receiving_store.get_totals(pool, site.id, source)
    unscreened = await receiving_store.count_unscreened(pool, site.id)
    return json_response(ImportState(source, articles, readers, comments, unscreened))


async def _publisher_site(request: Request[Any]) -> tuple[Site, str]:
    """The site of the publisher's key, and the source that is named."""
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    source = request.path_params["source"]
    if not SOURCE.fullmatch(source):
        raise Invalid.field("source", "Expected up to 40 of a-z 0-9 . _ -, a letter or digit first")
    return site, source


async def get_by_source(request: Request[Any]) -> Response:
    """A published comment by its old id, and where it stands. `any` is whichever source has it."""
    state = request.state
    site = await site_of(request)
    source, ident = request.path_params["source"], request.path_params["ident"]
    if not SOURCE.fullmatch(source) or not 0 < len(ident) <= LONGEST_SOURCE_ID or "\0" in ident:
        raise Invalid.field("source", "Expected a source's name and an id there")
    policy = (await state["policies"].of(site.id)).policy
    async with state["pool"].acquire() as conn:
        named = None if source == ANY else source
        found = await store.get_imported(conn, site.id, named, ident)
        if found is None:
            raise NotFound("There is no such comment.", told=Told("gone"))
        return json_response(await pages.read_comment(conn, site, found, policy, own=False))


IMPORTS = "/v1/sites/{site}/imports/{source}"

ENDPOINTS = [
    Endpoint(
        "POST", IMPORTS, post_import, "Import a batch of comments of another system",
        access="publisher", body=ImportBatch, answer=ImportAnswer, largest=LARGEST,
    ),
    Endpoint(
        "GET", IMPORTS, get_import, "What has been imported from another system",
        access="publisher", answer=ImportState,
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/comments/by-source/{source}/{ident}", get_by_source,
        "A comment by its id in the system that it was imported from", answer=Placed,
    ),
]  # fmt: skip
