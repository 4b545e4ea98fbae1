"""Confirming an address over HTTP, for a page of the publisher's own."""

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from service.articles.sites import site_of
from service.comments.routes import State
from service.core.address import client_address
from service.core.http import Endpoint, json_response, read_json
from service.correspondence import confirming
from service.correspondence.pages import LINKS
from service.correspondence.types import Confirmed, UsedLink


async def confirm(request: Request[Any]) -> Response:
    """Confirm an address by the key of a mailed link."""
    state: State = request.state
    site = await site_of(request)
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await state["limiter"].take(LINKS, state["keyring"].digest("address", address))
    link = await read_json(request, UsedLink)
    name = None if link.name is UNSET else link.name
    async with state["pool"].acquire() as conn, conn.transaction():
        reader = await confirming.confirm(conn, site, link.key, name)
        token = await confirming.give_token(conn, site, reader, "post")
    return json_response(Confirmed(reader.reader.name, token), 201)


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/sites/{site}/reader/confirmations", confirm,
        "Confirm an e-mail address by the key of a mailed link",
        body=UsedLink, answer=Confirmed, status=201,
    ),
]  # fmt: skip
