"""What the desk reads and writes of alerts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from service.push.settings_store import PauseReason
from service.push.types import AlertState, Counts

STATES: tuple[AlertState, ...] = ("scheduled", "sending", "sent", "cancelled")

# The look-ahead refuses a line feed at the end, which `$` alone lets pass.
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Campaign = Annotated[str, Meta(max_length=100)]
Picture = Annotated[str, Meta(max_length=500)]


class DeskAlert(msgspec.Struct, frozen=True):
    """An alert as the desk shows it. `paused`: it waits because its site's alerts do."""

    id: UUID
    site: str
    article: str
    url: str
    title: str
    body: str
    edition: int
    state: AlertState
    paused: bool
    breaking: bool
    topics: list[str]
    created_at: datetime
    send_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    check_failed: str | None
    counts: Counts


class DeskAlerts(msgspec.Struct, frozen=True):
    """A page of alerts, newest first. `paused`: of the sites asked for, those that are."""

    items: list[DeskAlert]
    next_cursor: str | None
    paused: list[str]


class After(msgspec.Struct, frozen=True):
    """Where the list goes on."""

    id: UUID


class ServiceCounts(msgspec.Struct, frozen=True):
    """What became of the messages to one push service."""

    origin: str
    accepted: int
    gone: int
    failed: int
    skipped: int
    pending: int


class EditionCounts(msgspec.Struct, frozen=True):
    """How an edition, and so a title, of the same article fared."""

    id: UUID
    edition: int
    title: str
    state: AlertState
    accepted: int
    shown: int
    clicked: int


class DeskAlertDetail(msgspec.Struct, frozen=True):
    """One alert. `timeline`: seconds since its start and how many were accepted by then."""

    alert: DeskAlert
    timeline: list[tuple[int, int]]
    services: list[ServiceCounts]
    editions: list[EditionCounts]


class OverdueAlert(msgspec.Struct, frozen=True):
    """An alert that is sent late, or again, if it is sent on resuming."""

    id: UUID
    title: str
    state: AlertState


class Pause(msgspec.Struct, frozen=True):
    """Why a site's alerts wait, how many are overdue, and the oldest of these."""

    at: datetime
    reason: PauseReason
    overdue: int
    oldest: list[OverdueAlert]


class PutAlertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a site decides; quiet hours are the reader's, and '' is none of the texts."""

    daily_cap: Annotated[int, Meta(ge=0, le=1000)]
    quiet_from: Clock | None
    quiet_until: Clock | None
    check_url: bool
    utm_source: Campaign
    utm_medium: Campaign
    utm_campaign: Campaign
    icon: Picture
    badge: Picture
    inactive_days: Annotated[int, Meta(ge=0, le=3650)]


class AlertSettings(msgspec.Struct, frozen=True):
    """A site's settings, whether its alerts are paused, and how many browsers they reach."""

    site: str
    settings: PutAlertSettings
    pause: Pause | None
    subscribers: int


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of alerts that are overdue."""

    overdue: Literal["send", "cancel"]


class Reach(msgspec.Struct, frozen=True):
    """How many browsers ask for alerts of these topics, before caps and quiet hours."""

    subscribers: int
