"""From a template to bytes, and the headers of these pages."""

import hashlib
import re
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from babel.dates import format_date, format_time, get_timezone_name
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import Response

from service.articles.types import Site
from service.thread_page.addresses import Addresses
from service.web.words import FOLDER as CATALOGUES
from service.web.words import Catalogue

FOLDER = Path(__file__).parent

# Stricter than the desk's: nothing runs here. A data block (JSON-LD) is no script to this policy:
# a browser asks it only about what it would execute (HTML, "prepare the script element").
POLICY = (
    b"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)

# What no HTML or XML document may hold, though a comment may: C1 controls and noncharacters
# (HTML 13.2.3.5; XML 1.0, section 2.2).
UNSPEAKABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


class Visit(msgspec.Struct, frozen=True):
    """Who reads what, and how: the site, where its pages are, the language, the time zone.

    `only`: the message that says who may write where this page can't take it, None where it can.
    `letters`: readers may ask for e-mail.
    """

    site: Site
    addresses: Addresses
    words: Catalogue
    zone: tzinfo
    only: str | None = None
    letters: bool = False


def _digest() -> str:
    state = hashlib.blake2b(digest_size=8)
    for path in sorted([*FOLDER.rglob("*"), *CATALOGUES.glob("*.json")]):
        if path.suffix in {".py", ".html", ".json"}:
            state.update(path.read_bytes())
    return state.hexdigest()


# Part of every tag: a page that another release would write differently is another page.
CODE = _digest()


def shown_time(words: Catalogue, when: datetime, zone: tzinfo) -> str:
    """A time to the minute, with its zone's short name."""
    return _shown_time(words.lang, when.replace(second=0, microsecond=0), zone)


# Each new version of a thread writes nearly the same times again.
@lru_cache(maxsize=5000)
def _shown_time(lang: str, when: datetime, zone: tzinfo) -> str:
    local = when.astimezone(zone)
    day = format_date(local, "long", locale=lang)
    clock = format_time(local, "short", locale=lang)
    return f"{day}, {clock} {get_timezone_name(local, 'short', locale=lang)}"


@pass_context
def _moment(context: Context, when: datetime) -> Markup:
    words: Catalogue = context["words"]
    shown = shown_time(words, when, context["zone"])
    stamp = when.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(stamp, shown)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["moment"] = _moment
    return made


ENVIRONMENT = _environment()


# Anything that isn't plain: looking for these first is five times as fast.
ODD = re.compile("[^\t\n\r -~\xa0-\ufdcf\ufdf0-\ufffd]+")


def speakable(text: str) -> str:
    """The text without what a document can't hold."""
    return ODD.sub(lambda run: UNSPEAKABLE.sub("\ufffd", run[0]), text)


def html(template: str, words: Catalogue, addresses: Addresses, **context: Any) -> bytes:  # noqa: ANN401 (a template's context)
    """One page, everything escaped but Markup. `w` says a text of the section `page`, or `a.b`."""
    page = ENVIRONMENT.get_template(template)
    say = words.say
    text = page.render(
        words=words,
        a=addresses,
        w=lambda key, **v: say(key if "." in key else f"page.{key}", **v),
        date=shown_time,
        **context,
    )
    return speakable(text).encode()


def page_headers(*, secret: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers of a page; `secret`: its address is nobody else's business."""
    return [
        (b"content-security-policy", POLICY),
        (b"referrer-policy", b"no-referrer" if secret else b"strict-origin-when-cross-origin"),
    ]


def private(
    body: bytes, status: int = 200, *, secret: bool = False, headers: dict[str, str] | None = None
) -> Response:
    """A page for one reader: kept by nobody, found by no search engine."""
    return Response(
        body,
        status_code=status,
        media_type="text/html",
        headers={
            **{name.decode(): value.decode() for name, value in page_headers(secret=secret)},
            "cache-control": "no-store",
            "x-robots-tag": "noindex",
            **(headers or {}),
        },
    )
