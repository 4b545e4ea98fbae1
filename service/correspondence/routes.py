"""Confirming an address, and what is one's own, for a page of the publisher's and for devices."""

from typing import Any
from uuid import UUID

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.accounts.auth import bearer, caller
from service.articles.sites import site_of
from service.articles.types import Site
from service.comments.authors import known_as
from service.comments.routes import CHANGES, State
from service.core.address import client_address
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    query_limit,
    read_cursor,
    read_json,
)
from service.core.problems import Forbidden, NotFound, Unavailable
from service.correspondence import confirming, linking, naming, own, taking
from service.correspondence.naming import RENAMES
from service.correspondence.pages import LINKS
from service.correspondence.sending import Postman
from service.correspondence.types import (
    After,
    AskedLink,
    Confirmed,
    Named,
    NewName,
    OwnList,
    UsedLink,
)
from service.readers.confirmed import confirmed_reader, is_readers
from service.web.words import best_catalogue

PAGE = 50


async def confirm(request: Request[Any]) -> Response:
    """Confirm an address by the key of a mailed link."""
    state: State = request.state
    site = await site_of(request)
    await state["limiter"].take(LINKS, _client(request))
    link = await read_json(request, UsedLink)
    name = None if link.name is UNSET else link.name
    async with state["pool"].acquire() as conn, conn.transaction():
        reader = await confirming.confirm(conn, site, link.key, name)
        token = await confirming.give_token(conn, site, reader, "post")
    return json_response(Confirmed(reader.reader.name, token), 201)


async def ask_for_link(request: Request[Any]) -> Response:
    """Have a link to one's own page sent; the same answer whether the address is known."""
    state: State = request.state
    site = await site_of(request)
    await state["limiter"].take(linking.ASKS, _client(request))
    asked = await read_json(request, AskedLink)
    if not state["settings"].mails_readers:
        raise Unavailable("No letters can be sent: a mail server or the public URL is not set.")
    lang = best_catalogue(request.headers.get("accept-language", "")).lang
    async with state["pool"].acquire() as conn:
        await linking.ask_for_link(conn, state["limiter"], site, asked.email, lang)
    return empty_response()


async def list_comments(request: Request[Any]) -> Response:
    """One's own comments in whatever state, newest first."""
    _, reader = await _reader(request)
    after = read_cursor(request, After)
    limit = query_limit(request, PAGE)
    if reader is None:
        return json_response(OwnList([], None))
    async with request.state["pool"].acquire() as conn:
        return json_response(await own.list_own(conn, reader, after, limit))


async def export(request: Request[Any]) -> Response:
    """All that is kept of oneself."""
    site, reader = await _reader(request)
    if reader is None:
        raise NotFound("Nothing is kept of you.")
    state: State = request.state
    postman = Postman(state["keyring"], state["settings"])
    return StreamingResponse(
        taking.export(state["pool"], state["keyring"], postman, site, reader),
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


async def erase(request: Request[Any]) -> Response:
    """Erase oneself and all that one wrote."""
    state: State = request.state
    site, reader = await _reader(request)
    await state["limiter"].take(CHANGES, _client(request))
    if reader is not None:
        for article_id, version in (await own.erase(state["pool"], site, reader)).items():
            state["threads"].changed(article_id, version)
    return empty_response()


async def rename(request: Request[Any]) -> Response:
    """Write under another name from now on."""
    state: State = request.state
    if not is_readers(bearer(request)):
        await caller(request)
        raise Forbidden("This needs a reader's token.")
    site = await site_of(request)
    reader = await confirmed_reader(request, site)
    if reader is None:
        raise Forbidden("Who signs in at the publisher's has their name from there.")
    new = await read_json(request, NewName)
    await state["limiter"].take(RENAMES, reader.id.bytes)
    async with state["pool"].acquire() as conn, conn.transaction():
        return json_response(Named(await naming.rename(conn, site, reader, new.name)))


async def _reader(request: Request[Any]) -> tuple[Site, UUID | None]:
    if not is_readers(bearer(request)):
        await caller(request)
        raise Forbidden("This needs a reader's token.")
    site = await site_of(request)
    return site, (await known_as(request, site)).id


def _client(request: Request[Any]) -> bytes:
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    return state["keyring"].digest("address", address)


READER = "/v1/sites/{site}/reader"

ENDPOINTS = [
    Endpoint(
        "POST", READER + "/confirmations", confirm,
        "Confirm an e-mail address by the key of a mailed link",
        body=UsedLink, answer=Confirmed, status=201,
    ),
    Endpoint(
        "POST", READER + "/links", ask_for_link, "Have a link to one's own page sent",
        body=AskedLink, status=204,
    ),
    Endpoint(
        "GET", READER + "/comments", list_comments, "One's own comments",
        access="reader", answer=OwnList, query=("cursor", "limit"),
    ),
    Endpoint(
        "GET", READER + "/export", export, "All that is kept of oneself", access="reader",
        answer=dict[str, Any],
    ),
    Endpoint(
        "PATCH", READER, rename, "Write under another name from now on",
        access="reader", body=NewName, answer=Named,
    ),
    Endpoint(
        "DELETE", READER, erase, "Erase oneself and all that one wrote", access="reader", status=204
    ),
]  # fmt: skip
