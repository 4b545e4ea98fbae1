"""Who is told of comments, and of which."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from service.accounts.types import Email
from service.articles.types import PageIdentity


class Recipient(msgspec.Struct, frozen=True):
    """An address that a site writes to. `letters`: when the last few went, the newest first."""

    id: UUID
    site_id: UUID
    site: str
    site_name: str
    address: str
    lang: str
    letters: list[datetime]


class News(msgspec.Struct, frozen=True):
    """A published comment of which a recipient hasn't been told; `reply`: to one of theirs.

    `title` is the article's; its address where no publisher has registered it.
    """

    comment_id: UUID
    reply: bool
    author_name: str
    body: str
    article_id: UUID
    key: str
    url: str
    title: str


class Subscribed(msgspec.Struct, frozen=True):
    """An article on which a recipient hears of comments."""

    id: UUID
    title: str


class Follow(msgspec.Struct, frozen=True):
    """What a reader has asked to follow; `confirmed` once the address is its owner's word."""

    id: UUID
    address: str
    lang: str
    article_id: UUID
    title: str
    url: str
    confirmed: bool


class NewFollow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Follows an article. `email` of whoever has no reader's token; `article` where it is new."""

    email: Email | UnsetType = UNSET
    article: PageIdentity | UnsetType = UNSET


class Following(msgspec.Struct, frozen=True):
    """`asked`: a letter is on its way, if the address is one and its owner wants any."""

    state: Literal["none", "asked", "following"]
