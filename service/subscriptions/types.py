"""Who is told of comments, and of which."""

from datetime import datetime
from uuid import UUID

import msgspec


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
