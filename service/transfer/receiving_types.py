"""Comments that come over HTTP, and what is answered."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.transfer.reading.own import Article, Comment

LARGEST = 4 << 20  # bytes of a batch
MOST = 500  # comments or articles of a batch

Format = Literal["wordpress", "disqus", "isso", "remark42", "commento", "comentario", "json"]
Outcome = Literal["stored", "already", "waiting", "refused"]
Reason = Literal[
    "invalid", "twice", "too_long", "empty", "unknown_article", "other_site", "other_page",
    "no_date",
]  # fmt: skip


class _Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a batch says beside its comments.

    `format`: the kind of system, where the source's name isn't one. `orphans`: what becomes of a
    reply to what isn't here: it waits for a batch that has that, or becomes a root.
    """

    format: Format | None = None
    orphans: Literal["wait", "root"] = "wait"
    articles: Annotated[list[Article], Meta(max_length=MOST)] = []


class ImportBatch(_Frame, frozen=True, kw_only=True):
    """Up to 500 comments with their articles, in the fields of JSON lines (docs/import.md).

    An article that is registered here needs no entry: `article` of a comment is then its key.
    """

    comments: Annotated[list[Comment], Meta(max_length=MOST)]


class RawBatch(_Frame, frozen=True, kw_only=True):
    """The same before its comments are looked at: a bad one is to cost no other."""

    comments: Annotated[list[msgspec.Raw], Meta(max_length=MOST)]


class Received(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one comment; `id` is None where it has none that can be read."""

    id: str | None
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""


class ImportAnswer(msgspec.Struct, frozen=True):
    """What became of a batch: counts, and an item a comment, in order."""

    stored: int
    already: int
    waiting: int
    refused: int
    articles_made: int
    readers_made: int
    repaired: dict[str, int]
    items: list[Received]


class ImportState(msgspec.Struct, frozen=True):
    """All that has come from one source so far, and how much of the site waits for screening."""

    source: str
    articles: int
    readers: int
    comments: dict[str, int]
    unscreened: int
