"""Following an article over HTTP."""

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import bearer, caller
from service.articles.actions import register_article
from service.articles.rules import check_key, check_url, normalised_url
from service.articles.sites import site_of
from service.articles.store import get_article
from service.articles.types import Article, PageIdentity, Site
from service.comments.authors import writer
from service.comments.routes import State
from service.core.address import client_address
from service.core.db import Conn
from service.core.http import Endpoint, empty_response, json_response, read_json
from service.core.limits import Limit
from service.core.problems import Forbidden
from service.correspondence.sending import Postman
from service.readers.confirmed import is_readers
from service.readers.types import SignedIn
from service.subscriptions import follow_store as store
from service.subscriptions.following import Follows, contact_of
from service.subscriptions.types import Following, NewFollow
from service.thread_page.errors import words_of

FOLLOW = "/v1/sites/{site}/articles/{article}/follow"
ASKS = Limit("follow", burst=5, every=60)


def follows_of(state: State) -> Follows:
    """What takes readers' wishes to follow."""
    return Follows(Postman(state["keyring"], state["settings"]), state["keyring"])


async def article_of(conn: Conn, site: Site, key: str, page: PageIdentity | None) -> Article:
    """The article, registered if its page is on the site's origins; raises NotFound."""
    url, title = (page.url, page.title) if page else (None, "")
    return await register_article(conn, site, check_key(key), url, title)


async def take_ask(request: Request[Any]) -> bytes:
    """Who asks, as a keyed hash; raises TooManyRequests."""
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    asked_from = state["keyring"].digest("address", address)
    await state["limiter"].take(ASKS, asked_from)
    return asked_from


async def post_follow(request: Request[Any]) -> Response:
    """Follow at once by a reader's token; else by a letter to the address that is given."""
    state: State = request.state
    site = await site_of(request)
    sent = await read_json(request, NewFollow)
    reader = await _reader(request, site) if bearer(request) else None
    asked_from = await take_ask(request)
    lang = words_of(request)[0].lang
    page = None if sent.article is UNSET else sent.article
    follows = follows_of(state)
    async with state["pool"].acquire() as conn, conn.transaction():
        article = await article_of(conn, site, request.path_params["article"], page)
        if reader is not None:
            await follows.follow(conn, site, article, reader, lang)
            return json_response(Following("following"))
        email = "" if sent.email is UNSET else sent.email
        await follows.ask(conn, site, article, email, lang, asked_from)
    return json_response(Following("asked"), 202)


async def get_follow(request: Request[Any]) -> Response:
    """Whether the reader follows an article."""
    state: State = request.state
    site = await site_of(request)
    reader = await _reader(request, site)
    async with state["pool"].acquire() as conn:
        article = await _known(request, conn, site)
        follows = article is not None and await store.is_following(
            conn, site.id, contact_of(reader), article.id
        )
    return json_response(Following("following" if follows else "none"))


async def delete_follow(request: Request[Any]) -> Response:
    """Follow an article no more."""
    state: State = request.state
    site = await site_of(request)
    reader = await _reader(request, site)
    async with state["pool"].acquire() as conn, conn.transaction():
        article = await _known(request, conn, site)
        if article is not None:
            await store.unset_follow(conn, site.id, contact_of(reader), article.id)
    return empty_response()


async def _known(request: Request[Any], conn: Conn, site: Site) -> Article | None:
    url = request.query_params.get("url")
    address = normalised_url(check_url("url", url)) if url else None
    return await get_article(conn, site.id, check_key(request.path_params["article"]), address)


async def _reader(request: Request[Any], site: Site) -> SignedIn:
    """The reader whose token the request carries; raises Unauthenticated and Forbidden."""
    if not is_readers(bearer(request)):
        await caller(request)
        raise Forbidden("This needs the token of a reader who is known.")
    reader = await writer(request, site)
    assert reader is not None  # noqa: S101 (a reader's token is that of one, or was refused)
    return reader


ENDPOINTS = [
    Endpoint(
        "GET", FOLLOW, get_follow, "Whether the reader follows an article by e-mail",
        access="reader", answer=Following, query=("url",),
    ),
    Endpoint(
        "POST", FOLLOW, post_follow, "Follow an article by e-mail",
        body=NewFollow, answer=Following, status=202,
    ),
    Endpoint(
        "DELETE", FOLLOW, delete_follow, "Follow an article by e-mail no more",
        access="reader", status=204, query=("url",),
    ),
]  # fmt: skip
