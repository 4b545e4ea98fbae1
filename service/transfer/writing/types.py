"""The lines of an export, in the order in which they come. docs/export.md tells of each field."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

FORMAT = "rejoinder"
VERSION = 1
TO_AND_FROM = {"from_status": "from", "to_status": "to"}

# Checked of what is read: what a database can hold.
Moment = Annotated[datetime, Meta(tz=True)]
Whole = Annotated[int, Meta(ge=0, lt=2**31)]


class Line(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """An object of its own."""


class Header(Line, frozen=True, tag="header"):
    """What the file is. `articles` and `since`: what of the site is in it, None for all."""

    format: str
    version: int
    site: str
    name: str
    exported_at: Moment
    push_key: str | None
    articles: list[str] | None
    since: Moment | None


class ArticleLine(Line, frozen=True, tag="article"):
    """An article. `keys` and `urls`: by what else it is known; addresses are normalised."""

    key: str
    url: str
    title: str
    summary: str | None
    image: str | None
    section: str | None
    tags: list[str]
    published_at: Moment | None
    open: bool
    mode: str | None
    slow_mode: Annotated[int, Meta(ge=0, le=86_400)] | None
    support: bool | None
    keys: list[str]
    urls: list[str]
    image_credit: Annotated[str, Meta(max_length=200)] | None = None


class ReaderLine(Line, frozen=True, tag="reader"):
    """A reader. `email` is no address where the reader has none, or signs in by `subject`."""

    id: UUID
    name: str
    email: str
    subject: str | None
    contact: str | None
    confirmed_at: Moment | None
    created_at: Moment
    lang: str | None = None


class SourceId(msgspec.Struct, frozen=True):
    """Where a comment was imported from, and what it was there."""

    source: str
    id: str
    decided: bool


class CommentLine(Line, frozen=True, tag="comment"):
    """A comment. `article` is its key, `parent` the comment that it hangs below."""

    id: UUID
    article: str
    parent: UUID | None
    reader: UUID
    name: str
    badge: str | None
    website: str | None
    body: str
    html: str
    status: str
    reason: str | None
    version: Whole
    reviewed: bool
    risk: float
    likes: Whole
    created_at: Moment
    edited_at: Moment | None
    sources: list[SourceId]
    notify: bool = False


class DecisionLine(Line, frozen=True, tag="decision", rename=TO_AND_FROM):
    """A row of the ledger. `moderator` is a name, None where none had a hand in it."""

    id: UUID
    comment: UUID
    actor: str
    moderator: str | None
    from_status: str | None
    to_status: str
    version: Whole
    reason: str | None
    note: str | None
    at: Moment


class SanctionLine(Line, frozen=True, tag="sanction"):
    """What holds or bans a reader."""

    id: UUID
    reader: UUID
    sanction: str
    reason: str
    until: Moment | None
    moderator: str | None
    created_at: Moment
    lifted_at: Moment | None


class SubscriptionLine(Line, frozen=True, tag="subscription"):
    """A browser that is sent alerts, or was. Keys are base64url, `articles` keys of articles."""

    id: UUID
    endpoint: str | None
    p256dh: str | None
    auth: str | None
    push_key: str
    topics: list[str]
    muted: list[str]
    articles: list[str]
    locale: str | None
    time_zone: str | None
    daily_cap: int | None
    quiet_from: str | None
    quiet_until: str | None
    created_at: Moment
    removed_at: Moment | None
    removed_reason: str | None


class FollowLine(Line, frozen=True, tag="follow"):
    """An address that hears of an article's new comments. `article` is a key."""

    id: UUID
    article: str
    address: str
    lang: str
    asked_at: Moment
    confirmed_at: Moment


class MailStopLine(Line, frozen=True, tag="mail_stop"):
    """An address that gets no letters of this site, by its hash under the installation's secret."""

    address_hash: str
    reason: str
    created_at: Moment


class End(Line, frozen=True, tag="end"):
    """The last line, of which a file that was cut has none; how many stand before it."""

    lines: int


AnyLine = (
    End
    | Header
    | ArticleLine
    | ReaderLine
    | CommentLine
    | DecisionLine
    | SanctionLine
    | SubscriptionLine
    | FollowLine
    | MailStopLine
)


class Part(msgspec.Struct, frozen=True):
    """What of a site is wanted: all, articles by key, threads that something happened in since."""

    articles: list[str] | None = None
    since: Moment | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all."""
        return self.articles is None and self.since is None
