"""Requests, rows and answers of webhooks."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

EventKind = Literal[
    "comment.created",
    "comment.decided",
    "comment.reported",
    "reader.sanctioned",
    "desk.alarm",
    "desk.digest",
]
EVENTS: tuple[EventKind, ...] = get_args(EventKind)
State = Literal["pending", "delivered", "dead"]
STATES: tuple[State, ...] = ("pending", "delivered", "dead")
PING = "ping"

Address = Annotated[str, Meta(min_length=1, max_length=2000)]
Kinds = Annotated[list[EventKind], Meta(min_length=1, max_length=20)]


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new webhook: an https address, and the kinds of events that go there."""

    url: Address
    events: Kinds


class ChangeWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be otherwise; None leaves it. A webhook that isn't enabled hears nothing new."""

    url: Address | None = None
    events: Kinds | None = None
    enabled: bool | None = None


class Webhook(msgspec.Struct, frozen=True):
    """A webhook as editors see it.

    `stopped`: why the service itself has paused it. `failing_since`: nothing has got through since.
    `previous_until`: until when the secret before signs, too. `waiting` and `dead` deliveries.
    """

    id: UUID
    site: str
    url: str
    events: list[str]
    enabled: bool
    stopped: str | None
    failing_since: datetime | None
    previous_until: datetime | None
    created_by: str | None
    created_at: datetime
    waiting: int
    dead: int


class Webhooks(msgspec.Struct, frozen=True):
    """The webhooks of a site, or of all."""

    items: list[Webhook]
    next_cursor: str | None = None


class MadeWebhook(msgspec.Struct, frozen=True):
    """A webhook and its secret, which is shown this once."""

    webhook: Webhook
    secret: str


class Delivery(msgspec.Struct, frozen=True):
    """One event on its way to one webhook; `event_id` is what its header `webhook-id` says."""

    id: UUID
    event_id: UUID
    kind: str
    comment_id: UUID | None
    state: State
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    done_at: datetime | None


class Deliveries(msgspec.Struct, frozen=True):
    """Deliveries of a webhook, newest first."""

    items: list[Delivery]
    next_cursor: str | None


class DeliveryPosition(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a list of deliveries goes on: before this one."""

    created_at: datetime
    id: UUID


class Retried(msgspec.Struct, frozen=True):
    """How many dead deliveries wait again."""

    count: int


class Target(msgspec.Struct, frozen=True):
    """A webhook as the courier sees it, secrets sealed."""

    id: UUID
    url: str
    secret: bytes
    previous: bytes | None


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that this worker has leased."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    kind: str
    lease: UUID
    attempts: int
