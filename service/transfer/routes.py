"""Old permalinks: which comment had this id in the system that it was imported from."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.articles.sites import site_of
from service.comments import pages
from service.comments.types import Placed
from service.core.http import Endpoint, json_response
from service.core.problems import Invalid, NotFound, Told
from service.transfer import store
from service.transfer.rules import LONGEST_SOURCE_ID, SOURCE

ANY = "any"  # where a page knows the id alone


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


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/sites/{site}/comments/by-source/{source}/{ident}", get_by_source,
        "A comment by its id in the system that it was imported from", answer=Placed,
    ),
]  # fmt: skip
