"""Letters, links and what is stored of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.comments.types import Name, Status
from service.core.http import check_time

StopReason = Literal["asked", "bounced", "complained"]


class Excerpt(msgspec.Struct, frozen=True):
    """A comment in a letter: who wrote it where, its text, and links as text and address."""

    heading: str
    text: str
    links: list[tuple[str, str]]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says, before it is set in plain text and in HTML; all of it plain text.

    `action` is a button: its text and its address. `after` stands below it, `small` at the end,
    with `links`. `excerpts` stand above the button: published comments, in letters to addresses
    that are confirmed. Else never put into one what a stranger wrote: whoever types an address
    would write to its owner.
    """

    lang: str
    subject: str
    paragraphs: list[str]
    excerpts: list[Excerpt] = []
    action: tuple[str, str] | None = None
    after: list[str] = []
    small: list[str] = []
    links: list[tuple[str, str]] = []


class Subscription(msgspec.Struct, frozen=True):
    """What a letter is part of that comes again: by this its reader ends it.

    `name` makes the List-Id (`replies`, say). `unsubscribe` is an address of ours that ends it by a
    POST without cookies (RFC 8058), and shows a page with a button on a GET.
    """

    name: str
    unsubscribe: str


class Link(msgspec.Struct, frozen=True):
    """A link as it was mailed. `comment_id` where it asks whether that is the recipient's."""

    site_id: UUID
    address: str
    comment_id: UUID | None
    lang: str
    expires_at: datetime


class Due(msgspec.Struct, frozen=True):
    """A comment whose author is to be asked to confirm the address, and what that depends on.

    `title` is the article's; its host where no publisher has registered it.
    """

    site_id: UUID
    site: str
    site_name: str
    wanted: bool
    comment_id: UUID
    lang: str
    status: str
    address: str
    address_hash: bytes | None
    title: str
    created_at: datetime
    notify: bool


class Typed(msgspec.Struct, frozen=True):
    """The reader who is found by an address: whoever has typed it. `name` as it was typed last."""

    id: UUID
    name: str


class UsedLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Confirms an address by the key of a mailed link; `name` where another one is wanted."""

    key: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Name | UnsetType = UNSET


class Confirmed(msgspec.Struct, frozen=True):
    """Who has confirmed an address. `token` writes as them, as a bearer, and is shown once."""

    name: str
    token: str


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader wants to write under."""

    name: Name


class Named(msgspec.Struct, frozen=True):
    """What a reader writes under now."""

    name: str


class Mine(msgspec.Struct, frozen=True):
    """A comment and its article, as they stand on its author's page."""

    id: UUID
    author_name: str
    body: str
    html: str
    status: Status
    reason: str | None
    likes: int
    created_at: datetime
    edited_at: datetime | None
    article_key: str
    article_title: str
    article_url: str


class Profile(msgspec.Struct, frozen=True):
    """Who a reader is. `address` None of one who signs in at the publisher's without any."""

    name: str
    address: str | None
    confirmed_at: datetime | None
    sanction: str | None
    sanction_reason: str | None
    sanction_until: datetime | None


class After(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the list of one's own comments goes on."""

    created_at: datetime
    id: UUID

    def __post_init__(self) -> None:
        """A cursor comes back from outside; msgspec makes a ValueError a refusal."""
        check_time(self.created_at)


class OwnArticle(msgspec.Struct, frozen=True):
    """The article of an own comment."""

    key: str
    title: str
    url: str


class OwnItem(msgspec.Struct, frozen=True):
    """An own comment: its text as it was written, how it stands, and why."""

    id: UUID
    article: OwnArticle
    name: str
    body: str
    html: str
    status: Status
    reason: str | None
    likes: int
    created_at: datetime
    edited_at: datetime | None


class OwnList(msgspec.Struct, frozen=True):
    """A page of one's own comments, newest first."""

    items: list[OwnItem]
    next_cursor: str | None


class AskedLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to send a link that opens their page."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
