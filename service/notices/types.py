"""Rules, rows and answers of notices."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from service.core.outbox import Failure
from service.screening.types import Hours

AlarmKind = Literal["held", "comments", "reports", "classifier"]
ALARMS: tuple[AlarmKind, ...] = ("held", "comments", "reports", "classifier")
Turn = Literal["begun", "lasting", "over"]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Minutes = Annotated[int, Meta(ge=5, le=7 * 24 * 60)]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom a site tells what. None in `held_minutes`, `jump_times`, `failing_count`: no such alarm.

    `time_zone` None: that of the staffed hours, else UTC. Day 0 of a weekly digest is Monday. What
    the numbers of the alarms mean, rules.py says.
    """

    recipients: Annotated[list[Annotated[str, Meta(max_length=254)]], Meta(max_length=20)] = []
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    digest: Literal["off", "daily", "weekly"] = "off"
    digest_hour: Annotated[int, Meta(ge=0, le=23)] = 7
    digest_day: Annotated[int, Meta(ge=0, le=6)] = 0
    held_minutes: Minutes | None = 120
    staffed_only: bool = True
    jump_times: Annotated[float, Meta(ge=1.5, le=100)] | None = 3.0
    jump_comments: Count = 30
    jump_reports: Count = 10
    failing_count: Count | None = 5
    failing_share: Annotated[float, Meta(gt=0, le=1)] = 0.2


class Newsroom(msgspec.Struct, frozen=True, kw_only=True):
    """A site that has rules, and the clock it lives by."""

    site_id: UUID
    slug: str
    name: str
    zone: str
    hours: Hours | None
    digest_at: datetime
    rules: Rules


class Held(msgspec.Struct, frozen=True, tag="held", tag_field="kind"):
    """Held comments: how many wait, how many too long, and since when the oldest does."""

    waiting: int
    late: int
    oldest: datetime | None


class Jump(msgspec.Struct, frozen=True, tag="jump", tag_field="kind"):
    """How many came in the last hour, and in the same hour of each of the last weeks."""

    count: int
    before: list[int]


class Failing(msgspec.Struct, frozen=True, tag="failing", tag_field="kind"):
    """Screenings of the last quarter of an hour, and those in which something failed."""

    screened: int
    failed: int


Figures = Held | Jump | Failing


class State(msgspec.Struct, frozen=True):
    """How an alarm stands. `since` None: it is over; `said` is the last that was told of it."""

    alarm: AlarmKind
    since: datetime | None
    told_at: datetime
    said: str


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced as `desk.alarm`."""

    site: str
    alarm: AlarmKind
    turn: Turn
    since: datetime
    at: datetime
    figures: Figures


class Title(msgspec.Struct, frozen=True):
    """An article and how many comments it got."""

    title: str
    comments: int


class Campaign(msgspec.Struct, frozen=True):
    """Campaigns that comments of the period belong to, and how many do."""

    campaigns: int
    comments: int


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced as `desk.digest`: the days from `first` to `last`, and what waits now."""

    site: str
    at: datetime
    period: Literal["daily", "weekly"]
    first: str
    last: str
    comments: int
    published: int
    held: int
    spam: int
    decisions: int
    let_through: int
    rejected: int
    marked_spam: int
    judged: int
    overruled: int
    missed: int
    reports: int
    waiting: int
    oldest: datetime | None
    campaigns: int
    in_campaigns: int
    articles: list[Title]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a site's notices stand.

    `saved` False: nobody has put rules, and nothing is announced. `zone` is the clock in force,
    `staffed` whether there is a schedule of staffed hours, `mail` whether mail can be sent.
    """

    site: str
    saved: bool
    rules: Rules
    zone: str
    staffed: bool
    mail: bool
    next_digest: datetime | None
    alarms: list[State]
    failures: list[Failure]
    updated_by: str | None
    updated_at: datetime | None


class Sent(msgspec.Struct, frozen=True):
    """A test that was handed to the outbox, and for how many."""

    recipients: int
