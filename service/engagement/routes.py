"""Engagement over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.articles.rules import check_key
from service.articles.sites import site_of
from service.articles.store import get_article
from service.core.address import client_address
from service.core.http import Endpoint, empty_response, read_json
from service.core.limits import Limit
from service.core.problems import NotFound
from service.engagement import store
from service.engagement.types import Engagement

COUNTED = Limit("engagement", burst=20, every=3)


async def count(request: Request[Any]) -> Response:
    """Count a share or a support click."""
    state = request.state
    site = await site_of(request)
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await state["limiter"].take(COUNTED, state["keyring"].digest("address", address))
    body = await read_json(request, Engagement)
    key = check_key(request.path_params["article"])
    article = await get_article(state["pool"], site.id, key, None)
    if article is None:
        raise NotFound("There is no such article.")
    await store.count(state["pool"], site.id, article.id, body)
    return empty_response()


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/sites/{site}/articles/{article}/engagement", count,
        "Count a share or a support click", body=Engagement, status=204,
    ),
]  # fmt: skip
