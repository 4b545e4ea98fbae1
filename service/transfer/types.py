"""What a file of another system says, and what became of it."""

from collections import Counter
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Kept = Literal["published", "held", "spam", "rejected", "removed"]
Markup = Literal["html", "paragraphs", "markdown", "text"]

UNREADABLE = "the rest of the file, which can't be read"
ORPHANS = "replies to what isn't there, made roots"
MOST_SHOWN = 100  # lines of one kind of refusal that a report names


class WholeArticle(msgspec.Struct, frozen=True, array_like=True):
    """What only our own export tells of an article. `aliases` are keys and addresses."""

    summary: str | None
    image: str | None
    section: str | None
    tags: list[str]
    open: bool
    mode: str | None
    slow_mode: int | None
    support: bool | None
    aliases: list[str]
    image_credit: str | None = None


class PastDecision(msgspec.Struct, frozen=True, array_like=True):
    """A row of the ledger of the site that a comment comes from."""

    id: UUID
    actor: str
    moderator: str | None
    from_status: str | None
    to_status: str
    version: int
    reason: str | None
    note: str | None
    at: datetime


class Whole(msgspec.Struct, frozen=True, array_like=True):
    """What only our own export tells of a comment.

    `reader`: what its author is known by. `sources`: each an old system, the id there, and whether
    its state was decided there. `history`: the ledger, oldest first. `notify`: the author wants to
    hear of replies.
    """

    reader: str
    reason: str | None
    version: int
    reviewed: bool
    risk: float
    badge: str | None
    edited_at: datetime | None
    sources: list[tuple[str, str, bool]]
    history: list[PastDecision]
    notify: bool = False


class SourceArticle(msgspec.Struct, frozen=True, array_like=True):
    """A page that has comments. `key`: the old system's own stable id for it, if any.

    `url` may be a path where the old system knows no more.
    """

    source: str
    url: str
    title: str
    key: str | None = None
    published_at: datetime | None = None
    whole: WholeArticle | None = None


class SourceComment(msgspec.Struct, frozen=True, array_like=True):
    """A comment as the file has it. `article` and `parent` are the old system's ids, '' for none.

    `account` tells authors without an e-mail address apart. `created_at` is None where the file's
    date can't be meant. `markup`: what the body is written in; "paragraphs" is HTML in which line
    ends count, "text" goes with `html` that is shown already. `html` is the old system's own
    rendering, if it gave one beside.
    """

    source: str
    article: str
    parent: str
    name: str
    email: str
    body: str
    markup: Markup
    status: Kept
    created_at: datetime | None
    website: str = ""
    account: str = ""
    html: str = ""
    votes: int = 0
    whole: Whole | None = None


class Placed(msgspec.Struct, frozen=True):
    """A comment and what it will hang below, None for a root.

    That is the old system's id, and of the too deep isn't what it answered.
    """

    line: int
    comment: SourceComment
    parent: str | None


class ImportFileError(Exception):
    """A file, or what is beside it, that can't be used at all; the message says why."""


class Refused(msgspec.Struct, frozen=True):
    """Something that was left out, and where it stands."""

    line: int
    what: str


class Notes:
    """What was repaired, left out and refused on the way: counted by kind, the first with lines."""

    def __init__(self, most_shown: int = MOST_SHOWN) -> None:
        """Nothing yet. `most_shown`: refusals of a kind that are kept with their lines."""
        self._most_shown = most_shown
        self.repaired: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.first: dict[str, list[Refused]] = {}
        self.unmatched: Counter[str] = Counter()

    def repair(self, kind: str, count: int = 1) -> None:
        """Count something that was put right."""
        self.repaired[kind] += count

    def skip(self, kind: str, count: int = 1) -> None:
        """Count something that is no comment, and so isn't missing."""
        self.skipped[kind] += count

    def refuse(self, kind: str, line: int, what: str) -> None:
        """Count something that is left out though it may be a comment."""
        self.refused[kind] += 1
        shown = self.first.setdefault(kind, [])
        if len(shown) < self._most_shown:
            shown.append(Refused(line, what[:200]))


class Report(msgspec.Struct, frozen=True):
    """What an import did, or in a dry run would have done."""

    file: str
    format: str
    source: str
    site: str
    dry_run: bool
    articles: int
    articles_made: int
    comments: dict[str, int]
    already: int
    readers: int
    readers_made: int
    skipped: dict[str, int]
    repaired: dict[str, int]
    unmatched: dict[str, int]
    refused: dict[str, int]
    refused_first: dict[str, list[Refused]]
    seconds: float
    restored: dict[str, int] = {}

    @property
    def whole(self) -> bool:
        """Whether everything is in."""
        return not self.refused


class Wanted(msgspec.Struct, frozen=True):
    """What to import, as what. `moved` and `origins`: addresses, old to new."""

    format: str
    source: str
    moved: dict[str, str] = {}
    origins: dict[str, str] = {}
    dry_run: bool = False
    trust_confirmed: bool = False
