"""What a publisher's system is told of its site."""

from datetime import datetime
from uuid import UUID

import msgspec


class SignIn(msgspec.Struct, frozen=True):
    """What readers' tokens of the site must say. `on`: there is something that verifies them."""

    on: bool
    required: bool
    issuer: str | None
    audience: str | None


class Connection(msgspec.Struct, frozen=True):
    """A site as its publisher's system sees it, with the release that answers."""

    site: str
    name: str
    origins: list[str]
    release: str
    sign_in: SignIn


class Place(msgspec.Struct, frozen=True):
    """How far somebody has read: which imported comment was the last, and which change."""

    change_id: UUID
    imported_at: datetime
    imported_id: UUID

    @property
    def imported(self) -> tuple[datetime, UUID]:
        """The place among what was imported."""
        return self.imported_at, self.imported_id


class ChangeRow(msgspec.Struct, frozen=True):
    """A comment with the row of the ledger that tells it, or the moment at which it came."""

    imported_at: datetime | None
    change_id: UUID | None
    id: UUID
    parent_id: UUID | None
    author_name: str
    badge: str | None
    body: str
    html: str
    status: str
    reason: str | None
    version: int
    created_at: datetime
    edited_at: datetime | None
    article_key: str
    article_url: str
    article_title: str
    subject: str | None
    source: str | None
    source_id: str | None


class ChangedAuthor(msgspec.Struct, frozen=True):
    """Who wrote it; `subject` is the publisher's own id of a reader who had signed in."""

    name: str
    badge: str | None
    subject: str | None


class ChangedArticle(msgspec.Struct, frozen=True):
    """Under which article."""

    key: str
    url: str
    title: str


class Origin(msgspec.Struct, frozen=True):
    """Where a comment was imported from, and its id there."""

    source: str
    id: str


class ChangedComment(msgspec.Struct, frozen=True):
    """A comment as it stands now, whatever has become of it. A removed one has no text."""

    id: UUID
    parent_id: UUID | None
    author: ChangedAuthor
    article: ChangedArticle
    imported: Origin | None
    body: str
    html: str
    status: str
    reason: str | None
    version: int
    created_at: datetime
    edited_at: datetime | None


class Changes(msgspec.Struct, frozen=True):
    """Comments that have changed, each once. `cursor` goes on after them; `more`: at once."""

    items: list[ChangedComment]
    cursor: str
    more: bool
