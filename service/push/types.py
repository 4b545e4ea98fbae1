"""Requests, answers and rows of push."""

from datetime import datetime
from typing import Annotated, Literal, TypedDict
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.articles.sites import Sites
from service.articles.types import ArticleAnswer
from service.core.db import Pool
from service.core.limits import Limiter
from service.core.tokens import Keyring
from service.settings import Settings

Urgency = Literal["very-low", "low", "normal", "high"]
AlertState = Literal["scheduled", "sending", "sent", "cancelled"]
Event = Literal["shown", "clicked"]
Removal = Literal["unsubscribed", "gone", "refused"]

DAY = 24 * 3600
LONGEST_TTL = 28 * DAY
MOST_TOPICS = 200  # that a page is offered; a reader may want all but one of them

Label = Annotated[str, Meta(min_length=1, max_length=100)]
Topics = Annotated[list[Label], Meta(max_length=MOST_TOPICS)]
# Shapes only: a browser may know a time zone that this machine's tables don't have yet. The
# look-ahead refuses a line feed at the end, which `$` alone lets pass.
TimeZone = Annotated[
    str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$(?!\n)", max_length=64)
]
Locale = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$(?!\n)", max_length=35)
]


class State(TypedDict):
    """What push needs of the application's state."""

    settings: Settings
    pool: Pool
    keyring: Keyring
    limiter: Limiter
    sites: Sites


class SubscriptionKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser's public key and its secret, base64url (RFC 8291, section 2)."""

    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=100)]


class PushSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """PushSubscriptionJSON as browsers write it (W3C Push API, section 9)."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=2000)]
    keys: SubscriptionKeys
    expiration_time: float | None = None


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A browser's subscription; no topics means all alerts.

    `key_id` tells which VAPID key the browser subscribed with; the current one by default.
    """

    subscription: PushSubscription
    topics: Topics = []
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    key_id: Annotated[str, Meta(max_length=64)] | None = None


class Subscribed(msgspec.Struct, frozen=True):
    """A subscription's id and the token that changes or ends it."""

    id: UUID
    token: str


class PatchSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    topics: Topics | UnsetType = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET


class Preferences(msgspec.Struct, frozen=True):
    """What a subscription asks for."""

    id: UUID
    topics: list[str]
    time_zone: str | None
    locale: str | None


class Topic(msgspec.Struct, frozen=True):
    """Something that alerts can be asked for by."""

    slug: str
    name: str


class PushAnswer(msgspec.Struct, frozen=True):
    """What a page needs to subscribe: the VAPID key (base64url), its id, and the topics."""

    public_key: str
    key_id: str
    topics: list[Topic]


class PostAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert for an article; what is left out comes from the article."""

    article: Annotated[str, Meta(min_length=1, max_length=200)]
    title: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    body: Annotated[str, Meta(max_length=2000)] | None = None
    topics: Topics | None = None
    send_at: datetime | None = None
    urgency: Urgency = "normal"
    ttl: Annotated[int, Meta(ge=0, le=LONGEST_TTL)] = DAY
    edition: Annotated[int, Meta(ge=1, le=10_000)] = 1


class AlertRef(msgspec.Struct, frozen=True):
    """An alert in the answer to a PUT of its article."""

    id: UUID
    state: AlertState


class PublishAnswer(msgspec.Struct, frozen=True):
    """The answer to a PUT of an article."""

    article: ArticleAnswer
    alert: AlertRef | None


class Counts(msgspec.Struct, frozen=True):
    """audience = accepted + gone + failed + skipped + pending, always."""

    audience: int
    accepted: int
    gone: int
    failed: int
    skipped: int
    pending: int
    shown: int
    clicked: int


class AlertAnswer(msgspec.Struct, frozen=True):
    """An alert as publishers read it.

    `check_failed`: what the article's address answered last, where the site waits for it.
    """

    id: UUID
    state: AlertState
    article: str
    edition: int
    title: str
    topics: list[str]
    send_at: datetime
    counts: Counts
    check_failed: str | UnsetType = UNSET


class PostReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one notification; `receipt` came with it."""

    receipt: Annotated[str, Meta(max_length=100)]
    event: Event


class VapidKey(msgspec.Struct, frozen=True):
    """A site's key as it is stored: `private_key` sealed (vapid.py)."""

    site_id: UUID
    id: str
    public_key: bytes
    private_key: bytes


class Subscription(msgspec.Struct, frozen=True):
    """A living subscription, as far as a message to it needs."""

    id: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str


class NewSubscription(msgspec.Struct, frozen=True):
    """A checked subscription to be stored."""

    endpoint: str
    endpoint_hash: bytes
    p256dh: bytes
    auth: bytes
    topics: list[str]
    time_zone: str | None
    locale: str | None
    vapid_key_id: str
    address_hash: bytes


class Alert(msgspec.Struct, frozen=True):
    """An alert as it is stored."""

    id: UUID
    site_id: UUID
    article_id: UUID
    article_key: str
    edition: int
    title: str
    body: str
    image: str | None
    url: str
    topics: list[str]
    urgency: Urgency
    ttl: int
    state: AlertState
    send_at: datetime
    started_at: datetime | None
    checks: int = 0
    check_failed: str | None = None


class Batch(msgspec.Struct, frozen=True):
    """A leased part of an alert's audience; `outcomes` has one letter for each subscription.

    `probing`: its push service has rested, and this finds out whether it is back.
    """

    alert_id: UUID
    number: int
    lease: UUID
    origin: str
    subscription_ids: list[UUID]
    outcomes: str
    attempts: int
    probing: bool = False
