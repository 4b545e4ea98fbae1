"""Letters, links and what is stored of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.comments.types import Name

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

    `title` is the article's; its address where no publisher has registered it.
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
