"""Pure functions of importing: ids, names, addresses, what statuses mean here."""

import os
import re
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from service.accounts.actions import check_email
from service.articles.rules import check_url, origin_of
from service.articles.types import Site
from service.comments.rules import check_website
from service.core.problems import Invalid
from service.core.text import visible
from service.transfer.types import ImportFileError, Kept, SourceComment

LONGEST_NAME = 80
LONGEST_SOURCE_ID = 380  # so that a number still fits behind it in the column
LONGEST_EMAIL = 254
NAMELESS = "Anonymous"
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")

REASONS: dict[Kept, str | None] = {"spam": "spam", "rejected": "other"}
# Of what no machine has looked at: what is held is read first, and readers see the rest.
RISKS: dict[Kept, float] = {
    "published": 0.0,
    "held": 0.5,
    "spam": 1.0,
    "rejected": 0.5,
    "removed": 0.0,
}
# Where somebody has to say yes by default. Elsewhere "approved" is what nobody took away.
ASKS_PEOPLE = {"wordpress"}


def uuid_at(moment: datetime) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) as if made then: what is old stays old in every list."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    chance = int.from_bytes(os.urandom(10), "big")
    high = milliseconds << 80 | 0x7 << 76 | (chance >> 68) << 64
    return UUID(int=high | 0b10 << 62 | chance & (1 << 62) - 1)


def shown_name(name: str) -> str:
    """The author's name as a line, cut where it is no name any more."""
    return visible(name)[:LONGEST_NAME].strip() or NAMELESS


def reader_of(comment: SourceComment, source: str) -> str:
    """What finds the author among readers: the e-mail address.

    Where there is none, something that nobody can type as one: the account in the old system, or
    the name. Our own export names it.
    """
    if comment.whole is not None:
        return comment.whole.reader[:LONGEST_EMAIL]
    try:
        return check_email("email", comment.email)
    except Invalid:
        account = f"account {comment.account}" if comment.account else f"name {comment.name}"
        return f"{source} {account}"[:LONGEST_EMAIL]


def shown_website(website: str) -> str:
    """The author's website; '' where there is none that could be a link."""
    if website.strip() in {"", "http://", "https://"}:
        return ""
    try:
        return check_website(website) or ""
    except Invalid:
        return ""


def is_decision(status: Kept, format_: str) -> bool:
    """Whether a status is what a person made of a comment, as far as the old system lets us know.

    Spam may have been a filter's word, and was left standing. What was thrown away or removed may
    have been so for any reason, or by its author.
    """
    return status == "spam" or (status == "published" and format_ in ASKS_PEOPLE)


class Addresses:
    """Where pages are now that were somewhere else, and which of them are the site's."""

    def __init__(self, site: Site, moved: dict[str, str], origins: dict[str, str]) -> None:
        """`moved`: whole addresses or paths, old to new. `origins`: the same of origins."""
        self._site = site
        self._moved = {_bare(old): new for old, new in moved.items()}
        self._origins = {_host(old): new.rstrip("/") for old, new in origins.items()}
        self._own = {_host(origin): origin for origin in site.origins}

    def of(self, url: str) -> str | None:
        """The address of a page on one of the site's origins; None where it is on no such.

        Scheme and `www.` may be another than the origin's: http was what most sites were on.
        """
        url = self._moved.get(_bare(url), url).strip()
        # A blank is none that anybody could have followed; browsers write it so.
        url = url.replace(" ", "%20")
        if url.startswith("/") and not url.startswith("//"):
            url = self._site.origins[0] + url
        try:
            check_url("url", url)
            parts = urlsplit(url)
        except (Invalid, ValueError):
            return None
        host = _host(url)
        origin = self._origins.get(host) or self._own.get(host)
        if origin is None or origin_of(origin) not in self._site.origins:
            return None
        query = f"?{parts.query}" if parts.query else ""
        return f"{origin}{parts.path or '/'}{query}"[:2000]


def _bare(url: str) -> str:
    """An address without what doesn't matter in a list of them."""
    rest = re.sub(r"^https?://(www\.)?", "", url.strip().split("#")[0], flags=re.IGNORECASE)
    return rest.rstrip("/")


def _host(url: str) -> str:
    """Host and port of an address or an origin, without `www.`."""
    try:
        netloc = urlsplit(url if "//" in url else f"//{url}").netloc
    except ValueError:
        return ""
    return (
        netloc.rpartition("@")[2]
        .lower()
        .removeprefix("www.")
        .removesuffix(":443")
        .removesuffix(":80")
    )


def check_source(name: str) -> str:
    """The name of an old system; raises ImportFileError."""
    if not SOURCE.fullmatch(name):
        raise ImportFileError("A source is up to 40 of a-z 0-9 . _ - and begins with none of these")
    return name
