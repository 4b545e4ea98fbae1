"""Failures of these pages, as pages."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from service.articles.types import Site
from service.comments.types import LONGEST_BODY
from service.core.problems import (
    BodyTooLarge,
    FieldError,
    Forbidden,
    InternalError,
    Invalid,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooManyRequests,
    Unavailable,
)
from service.settings import Settings
from service.thread_page import render
from service.thread_page.addresses import Addresses
from service.web.words import Catalogue, best_catalogue, lookup

# What is missing, by the name that missing() was given; and every other failure by its kind.
MISSING = {"site": "noSite", "article": "noArticle", "comment": "noComment"}
KINDS: list[tuple[type[Problem], str]] = [
    (BodyTooLarge, "tooLong"),
    (Invalid, "noPage"),
    (Forbidden, "elsewhere"),
    (TooManyRequests, "tooOften"),
    (MethodNotAllowed, "noMethod"),
    (Unavailable, "away"),
    (InternalError, "broken"),
    (NotFound, "nothing"),
    (MalformedRequest, "unreadable"),
]

# Those from which the thread is the way back.
BACK = {"noPage", "noComment", "elsewhere", "tooLong", "unreadable"}

# Whose page it is where no site is known.
NOBODY = Site(UUID(int=0), "", "", [])


def missing(what: str) -> NotFound:
    """The failure that a page tells by name: `site`, `article` or `comment`."""
    return NotFound(errors=[FieldError(what, "is not there")])


def words_of(request: Request[Any]) -> tuple[Catalogue, str | None]:
    """The page's words, and the language that its address asks for, where it does."""
    asked = lookup(request.query_params.get("lang", ""))
    words = asked or best_catalogue(request.headers.get("accept-language", ""))
    return words, asked.lang if asked else None


def addresses_of(request: Request[Any], site: str) -> Addresses:
    """Where the pages of a site are, seen from this request."""
    settings: Settings = request.state["settings"]
    _, asked = words_of(request)
    return Addresses(settings.public_url or "", settings.prefix, site, asked)


def error_page(request: Request[Any], problem: Problem) -> Response:
    """A failure for a person: what it means, and the way back where there is one."""
    say, _ = words_of(request)
    where = request.path_params
    addresses = addresses_of(request, where.get("site", ""))
    name = next((name for kind, name in KINDS if isinstance(problem, kind)), "unreadable")
    if isinstance(problem, NotFound) and problem.errors:
        name = MISSING[problem.errors[0].path]
    if isinstance(problem, Forbidden) and "comment" in where:
        name = "noKey"
    thread = "article" in where and name in BACK
    body = render.html(
        "error.html",
        say,
        addresses,
        site=request.state["sites"].known(where.get("site", "")) or NOBODY,
        title=say.say(f"page.{name}Title"),
        text=say.say(f"page.{name}Text", n=LONGEST_BODY),
        back=addresses.thread(where["article"]) if thread else None,
    )
    return render.private(body, problem.status, secret="comment" in where, headers=problem.headers)
