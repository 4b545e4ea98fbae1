"""Engagement over HTTP."""

import hashlib
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.articles.sites import site_of
from service.core.address import client_address
from service.core.http import Endpoint, empty_response, read_json
from service.core.limits import Limit
from service.core.tokens import Keyring
from service.engagement import actions
from service.engagement.types import Engagement, Support

ARTICLE = "/v1/sites/{site}/articles/{article}"
COUNTED = Limit("engagement", burst=20, every=3)
SHARED = "public, max-age=0, s-maxage=5, stale-while-revalidate=30"


async def count(request: Request[Any]) -> Response:
    """Count a share or a support click."""
    state = request.state
    site = await site_of(request)
    address = client_address(request.scope, state["settings"].trusted_proxies)
    keyring = state["keyring"]
    await state["limiter"].take(COUNTED, keyring.digest("address", address))
    body = await read_json(request, Engagement)
    key = request.path_params["article"]
    who = partial(_who, keyring, address.encode())
    await actions.count(state["pool"], state["limiter"], site, key, body, who)
    return empty_response()


def _who(keyring: Keyring, address: bytes, about: bytes) -> bytes:
    return keyring.digest("engagement", address + b"\x00" + about)


async def get_support(request: Request[Any]) -> Response:
    """Whether to show the support box, and its texts. Every switch is the server's to say."""
    site = await site_of(request)
    key, url = request.path_params["article"], request.query_params.get("url")
    body = msgspec.json.encode(
        await actions.describe_support(request.state["pool"], site, key, url)
    )
    etag = f'W/"{hashlib.blake2b(body, digest_size=9).hexdigest()}"'
    headers = {"etag": etag, "cache-control": SHARED}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


ENDPOINTS = [
    Endpoint(
        "POST", ARTICLE + "/engagement", count,
        "Count a share or a support click", body=Engagement, status=204,
    ),
    Endpoint(
        "GET", ARTICLE + "/support", get_support,
        "Whether to show the support box, and its texts", answer=Support, query=("url",),
    ),
]  # fmt: skip
