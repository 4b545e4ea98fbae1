"""Requests, answers and rows of push."""

from datetime import datetime, time
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
Removal = Literal["unsubscribed", "gone", "refused", "inactive"]

DAY = 24 * 3600
LONGEST_TTL = 28 * DAY
MOST_TOPICS = 200  # that a page is offered; a reader may want all but one of them
MOST_FOLLOWED = 200  # articles of one subscription

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


DailyCap = Annotated[int, Meta(ge=1, le=1000)]
ArticleKey = Annotated[str, Meta(min_length=1, max_length=200)]
Followed = Annotated[list[ArticleKey], Meta(max_length=MOST_FOLLOWED)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]


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


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quiet hours in the reader's own time zone; two times that are the same are none."""

    begin: Clock = msgspec.field(name="from")
    end: Clock = msgspec.field(name="until")


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A browser's subscription; no topics means all alerts, or only those of `articles`.

    `key_id` tells which VAPID key the browser subscribed with; the current one by default. What
    is left out of the last five stays as the reader chose it before: with this endpoint, else
    with the subscription whose token is `previous`.
    """

    subscription: PushSubscription
    topics: Topics = []
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    key_id: Annotated[str, Meta(max_length=64)] | None = None
    daily_cap: DailyCap | UnsetType | None = UNSET
    quiet: Quiet | UnsetType | None = UNSET
    articles: Followed | UnsetType = UNSET
    muted: Topics | UnsetType = UNSET
    previous: Annotated[str, Meta(max_length=100)] | None = None


class Subscribed(msgspec.Struct, frozen=True):
    """A subscription's id and the token that changes or ends it."""

    id: UUID
    token: str


class PatchSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. No topics means all alerts."""

    topics: Topics | UnsetType = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    daily_cap: DailyCap | UnsetType | None = UNSET
    quiet: Quiet | UnsetType | None = UNSET
    articles: Followed | UnsetType = UNSET
    muted: Topics | UnsetType = UNSET


class Preferences(msgspec.Struct, frozen=True):
    """What a subscription asks for.

    No topics means all alerts, or only those of `articles` where there are some; `["*"]` means
    all beside them.
    """

    id: UUID
    topics: list[str]
    time_zone: str | None
    locale: str | None
    daily_cap: int | None
    quiet: Quiet | None
    articles: list[str]
    muted: list[str]


class Choices(msgspec.Struct, frozen=True):
    """The same as it is stored, as far as it outlives the browser's endpoint."""

    topics: list[str] = []
    daily_cap: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    articles: list[UUID] = []
    muted: list[str] = []


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
    """An alert for an article; what is left out comes from the article.

    `breaking` goes beyond daily caps and quiet hours.
    """

    article: Annotated[str, Meta(min_length=1, max_length=200)]
    title: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    body: Annotated[str, Meta(max_length=2000)] | None = None
    topics: Topics | None = None
    send_at: datetime | None = None
    urgency: Urgency = "normal"
    ttl: Annotated[int, Meta(ge=0, le=LONGEST_TTL)] = DAY
    edition: Annotated[int, Meta(ge=1, le=10_000)] = 1
    breaking: bool = False


class AlertRef(msgspec.Struct, frozen=True):
    """An alert in the answer to a PUT of its article."""

    id: UUID
    state: AlertState


class PublishAnswer(msgspec.Struct, frozen=True):
    """The answer to a PUT of an article."""

    article: ArticleAnswer
    alert: AlertRef | None


class Counts(msgspec.Struct, frozen=True):
    """audience = accepted + gone + failed + skipped + pending, always.

    Of the skipped ones `skipped_cap` had enough alerts within a day already, and for
    `skipped_quiet` it would have been stale after their quiet hours.
    """

    audience: int
    accepted: int
    gone: int
    failed: int
    skipped: int
    pending: int
    shown: int
    clicked: int
    skipped_cap: int = 0
    skipped_quiet: int = 0


class AlertAnswer(msgspec.Struct, frozen=True):
    """An alert as publishers read it.

    `check_failed`: what the article's address answered last, where the site waits for it.
    `paused`: it waits because its site's alerts do.
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
    breaking: bool = False
    paused: bool = False


class PostReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one notification; `receipt` came with it."""

    receipt: Annotated[str, Meta(max_length=100)]
    event: Event


class PostFewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader wants fewer like an alert; `endpoint` is known to their browser alone."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=2000)]
    receipt: Annotated[str, Meta(max_length=100)]


class Fewer(msgspec.Struct, frozen=True):
    """What is muted and how many come a day from now on."""

    muted: list[str]
    daily_cap: int | None


class VapidKey(msgspec.Struct, frozen=True):
    """A site's key as it is stored: `private_key` sealed (vapid.py)."""

    site_id: UUID
    id: str
    public_key: bytes
    private_key: bytes


class Subscription(msgspec.Struct, frozen=True):
    """A living subscription, as far as a message to it needs.

    `fresh`: it was reached within a day, and since then never refused anything.
    """

    id: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str
    fresh: bool


class NewSubscription(msgspec.Struct, frozen=True):
    """A checked subscription to be stored."""

    endpoint: str
    endpoint_hash: bytes
    p256dh: bytes
    auth: bytes
    choices: Choices
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
    breaking: bool = False


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
