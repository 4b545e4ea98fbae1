"""Requests, rows and answers of feeds."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Format = Literal["rss", "atom", "json", "sitemap"]
HubState = Literal["asked", "active", "denied", "failed"]

Address = Annotated[str, Meta(min_length=1, max_length=2000)]


class NewFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed to poll; `alert`: its new entries are alerted, too."""

    url: Address
    alert: bool = False


class Hub(msgspec.Struct, frozen=True):
    """The WebSub hub that tells when a feed has something new; active until the lease ends.

    `told_at`: when it last did. Until then, and after it has missed something, the feed is polled
    as if there were none.
    """

    url: str
    state: HubState
    lease_until: datetime | None
    told_at: datetime | None
    error: str | None


class Feed(msgspec.Struct, frozen=True):
    """A feed and how it does.

    `last_status`: HTTP's. `last_error`: why the last poll brought nothing, in words. `notice`: why
    entries went without an alert, the last time that some did. `stopped`: why it isn't polled any
    more. `entries` seen so far; `refused`: how many of those that it offers now are none of the
    site's, or can't be read, and the address of one.
    """

    id: UUID
    site: str
    url: str
    alert: bool
    format: Format | None
    title: str | None
    entries: int
    refused: int
    refused_url: str | None
    notice: str | None
    noticed_at: datetime | None
    last_poll_at: datetime | None
    last_status: int | None
    last_error: str | None
    failures: int
    next_poll_at: datetime | None
    stopped: str | None
    websub: Hub | None
    created_by: str | None
    created_at: datetime


class Feeds(msgspec.Struct, frozen=True):
    """The feeds of a site, or of all."""

    items: list[Feed]
    next_cursor: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """An entry as a feed gives it, in plain text. `ident`: its guid or id, where it has one.

    `image_credit`: whom it names for `image`; none where it may be another picture's.

    `by_day`: it tells the day only, so that its time of publication is not known.
    """

    ident: str | None
    url: str
    title: str
    summary: str | None = None
    image: str | None = None
    image_credit: str | None = None
    tags: list[str] = []
    published_at: datetime | None = None
    by_day: bool = False

    @property
    def time(self) -> datetime | None:
        """When it was published, where that is known to the minute."""
        return None if self.by_day else self.published_at


class Document(msgspec.Struct, frozen=True):
    """What was read. `unread`: entries that have no address or no title.

    `parts`: the sitemaps of an index. `hub` and `topic`: WebSub's. `floor`: seconds that the feed
    asks to wait between two polls; `rhythm`: seconds in which it says that it changes.
    """

    format: Format
    title: str | None
    entries: list[Entry]
    unread: int = 0
    parts: list[str] = []
    hub: str | None = None
    topic: str | None = None
    floor: float | None = None
    rhythm: float | None = None


class Claimed(msgspec.Struct, frozen=True):
    """A feed that this worker has leased."""

    id: UUID
    site_id: UUID
    site: str
    url: str
    lease: UUID
    alert: bool
    etag: str | None
    modified: str | None
    primed_at: datetime | None
    newest: datetime | None
    floor: float | None
    failures: int
    poked: bool


class KnownEntry(msgspec.Struct, frozen=True):
    """An entry that was seen before."""

    identity: bytes
    url: str
    title: str
    article_id: UUID | None
    made: bool


class Subscription(msgspec.Struct, frozen=True):
    """What is agreed with a hub, secret sealed."""

    feed_id: UUID
    hub: str
    topic: str
    secret: bytes
    state: HubState
    asked_at: datetime
    lease_until: datetime | None
    told_at: datetime | None
    next_try_at: datetime


class Unsubscribe(msgspec.Struct, frozen=True):
    """What a hub is told when nobody listens any more."""

    feed_id: UUID
    hub: str
    topic: str
