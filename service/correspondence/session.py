"""Who a reader's page is open for: a cookie that goes to that page alone.

The element in the publisher's pages has no cookie, as those are dead there. This is a page of our
own, and an address with a key in it would stay in histories. A form needs the session's token of
its own: a page that sends no referrer sends no Origin either.
"""

import hmac
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.articles.types import Site
from service.comments.routes import State
from service.core.problems import Forbidden
from service.core.tokens import token_hash
from service.correspondence.confirming import LASTS
from service.readers.confirmed_store import get_reader_by_token
from service.readers.types import SignedIn
from service.thread_page.addresses import ME

COOKIE = "rejoinder_reader"


class Session(msgspec.Struct, frozen=True):
    """A page that is open."""

    reader: SignedIn
    token: str
    csrf: str


async def session_of(request: Request[Any], site: Site) -> Session | None:
    """Whose page is open in this browser."""
    state: State = request.state
    token = request.cookies.get(COOKIE, "")
    if not token.isascii() or not token:
        return None
    reader = await get_reader_by_token(state["pool"], site.id, token_hash(token), "page")
    if reader is None:
        return None
    return Session(reader, token, state["keyring"].digest("reader-csrf", token).hex())


def check_csrf(session: Session, given: str) -> None:
    """Raise Forbidden for a form that isn't this session's."""
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden("This form was sent from another site.")


def begin(request: Request[Any], site: Site, response: Response, token: str) -> None:
    """Open the page in this browser."""
    settings = request.state["settings"]
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LASTS["page"].total_seconds()),
        path=settings.prefix + ME.format(site=site.slug),
        secure=settings.secure,
        httponly=True,
        samesite="lax",  # a link to the page from the publisher's opens it
    )


def end(request: Request[Any], site: Site, response: Response) -> None:
    """Close the page in this browser."""
    path = request.state["settings"].prefix + ME.format(site=site.slug)
    response.delete_cookie(COOKIE, path=path)
