"""Who a reader's request is of: an edit token's, or that of a reader whom the site knows."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import EDIT, bearer, caller, require_object
from service.articles.rules import check_key, check_url, normalised_url
from service.articles.sites import site_of
from service.articles.store import get_article
from service.articles.types import Site
from service.comments import reading, rules, store
from service.comments.types import NewComment, OwnComment, OwnReader, SentComment
from service.core.http import Endpoint, json_response
from service.core.problems import Forbidden, Invalid, NotFound, SignInRequired
from service.readers.confirmed import confirmed_reader, is_readers
from service.readers.store import get_reader_id
from service.readers.types import Reader, SignedIn
from service.readers.verifying import Readers, reader_of, require_reader

MOST_OWN = 100


async def writer(request: Request[Any], site: Site) -> SignedIn | None:
    """Who has signed in and writes; None for whoever gives a name, where one may.

    Raises Unauthenticated and SignInRequired.

    Our own tokens are letters and digits, so that none can be taken for a reader's, nor the other
    way round.
    """
    confirmed = await confirmed_reader(request, site)
    if confirmed is not None:
        if site.sign_in_required:
            raise SignInRequired
        return confirmed
    reader = await reader_of(request, site)
    if reader is not None:
        readers: Readers = request.state["readers"]
        return await readers.known(site, reader)
    if bearer(request):
        await caller(request)
        raise Forbidden("This token is not a reader's.")
    if site.sign_in_required:
        raise SignInRequired
    return None


def whole(sent: SentComment, signed: SignedIn | None) -> NewComment:
    """What was sent, with name and address, which only who has signed in may leave out."""
    for name in ("name", "email"):
        if signed is None and not isinstance(getattr(sent, name), str):
            raise Invalid.field(f"$.{name}", "Required of readers who have not signed in")
    return NewComment(
        name=sent.name if isinstance(sent.name, str) else "",
        email=sent.email if isinstance(sent.email, str) else "",
        body=sent.body,
        parent_id=sent.parent_id,
        website=sent.website,
        notify=sent.notify,
        ticket=sent.ticket,
        company=sent.company,
        article=sent.article,
        proof=sent.proof,
    )


async def require_author(request: Request[Any], site: Site, ident: UUID) -> None:
    """Raise unless the request is of the comment's author: by its edit token, or signed in."""
    if not is_readers(bearer(request)):
        await require_object(request, EDIT, ident)
    elif not await is_author(request, site, ident):
        raise Forbidden("This comment is somebody else's.")


async def is_author(request: Request[Any], site: Site, ident: UUID) -> bool:
    """Whether the comment is of the reader whose token this is; raises NotFound."""
    who = await known_as(request, site)
    async with request.state["pool"].acquire() as conn:
        comment = await store.get_comment(conn, site.id, ident)
        if comment is None:
            raise NotFound("There is no such comment.")
        return comment.reader_id == who.id


async def identity(request: Request[Any], site: Site) -> str | None:
    """What tells the reader whose token the request carries from all others; None without one."""
    confirmed = await confirmed_reader(request, site)
    if confirmed is not None:
        return str(confirmed.id)
    reader = await reader_of(request, site)
    return reader.subject if reader else None


class Known(msgspec.Struct, frozen=True):
    """Who has signed in or confirmed an address; no id of whom the site doesn't know yet."""

    reader: Reader
    id: UUID | None


async def known_as(request: Request[Any], site: Site) -> Known:
    """Whose token the request carries; raises Unauthenticated where it carries no reader's."""
    confirmed = await confirmed_reader(request, site)
    if confirmed is not None:
        return Known(confirmed.reader, confirmed.id)
    reader = await require_reader(request, site)
    pool = request.state["pool"]
    return Known(reader, await get_reader_id(pool, site.id, reader.subject))


async def get_reader(request: Request[Any]) -> Response:
    """Who has signed in, and their comments under an article, in whatever state."""
    if not is_readers(bearer(request)):
        await caller(request)
        raise Forbidden("This needs the token of a reader who has signed in.")
    site = await site_of(request)
    who = await known_as(request, site)
    if site.sign_in_required and not who.reader.subject:
        raise SignInRequired
    key, url = request.query_params.get("article"), request.query_params.get("url")
    address = normalised_url(check_url("url", url)) if url else None
    comments: list[OwnComment] = []
    if key:
        async with request.state["pool"].acquire() as conn:
            article = await get_article(conn, site.id, check_key(key), address)
            rows = (
                await reading.list_own(conn, article.id, who.id, MOST_OWN)
                if article and who.id
                else []
            )
        comments = [OwnComment(rules.author_answer(row), row.body) for row in rows]
    return json_response(OwnReader(who.reader.name, comments, who.reader.badge))


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/sites/{site}/reader", get_reader, "Who has signed in, and what is theirs",
        access="reader", answer=OwnReader, query=("article", "url"),
    ),
]  # fmt: skip
