"""Requests and answers of engagement."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.articles.types import PageIdentity

Kind = Literal["share", "support"]

# What <share-bar> offers. Any other name is counted as OTHER: a stranger's words are in no
# report, and an article has a dozen counters a day, not as many as somebody thinks of.
CHANNELS = frozenset({
    "native", "copy", "email", "whatsapp", "facebook", "bluesky", "mastodon", "telegram",
    "threads", "x", "linkedin", "reddit",
})  # fmt: skip
OTHER = "other"


class Engagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader shared, or followed the link of the support box.

    `article` registers an article that nobody knows yet, as it does with a comment.
    """

    kind: Kind
    channel: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,30}$(?!\n)")] | None = None
    article: PageIdentity | None = None


class Support(msgspec.Struct, frozen=True):
    """Whether a page calls for support, and in the site's own words; null: it has none."""

    shown: bool
    headline: str | None = None
    text: str | None = None
    url: str | None = None


class Figures(msgspec.Struct, frozen=True):
    """What happened on one day of UTC. `comments` are those of the day that are published now."""

    day: date
    comments: int = 0
    shares: int = 0
    support: int = 0


class Totals(msgspec.Struct, frozen=True):
    """The same of all days there have been; `channels` are the shares by how they were made."""

    comments: int
    shares: int
    support: int
    channels: dict[str, int]
