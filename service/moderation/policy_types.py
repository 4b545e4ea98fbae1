"""Requests and answers about the policy."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from service.comments.types import Body
from service.screening.types import Effect, Policy, Reason, Signal, Threshold, Verdict

MOST_DAYS = 90


class PutPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new policy; `version` is the one that it was made from."""

    policy: Policy
    version: Annotated[int, Meta(ge=0)] | None = None


class PolicyAnswer(msgspec.Struct, frozen=True):
    """A policy as it stands. `thresholds_in_force`: the model's own where the policy has none."""

    site: str
    version: int
    policy: Policy
    defaults: Policy
    thresholds_in_force: dict[str, Threshold]
    created_by: str | None
    created_at: datetime | None


class PolicyVersion(msgspec.Struct, frozen=True):
    """A version of a policy: who put it, and when."""

    version: int
    created_by: str | None
    created_at: datetime


class PolicyVersions(msgspec.Struct, frozen=True):
    """The versions of a site's policy, newest first."""

    items: list[PolicyVersion]
    next_cursor: str | None


class VersionPosition(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the list of versions goes on: below this one."""

    below: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class SimulatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Try a policy on the comments of the last days."""

    policy: Policy
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 7
    site: Annotated[str, Meta(max_length=63)] | None = None


class TryText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Try a policy on a text."""

    policy: Policy
    text: Body
    site: Annotated[str, Meta(max_length=63)] | None = None


class Tried(msgspec.Struct, frozen=True):
    """What becomes of a text that a known reader sends now, unhurried, and for the first time."""

    verdict: Verdict
    reason: Reason | None
    signals: list[Signal]


class Outcomes(msgspec.Struct, frozen=True):
    """How many comments come to what."""

    published: int
    held: int
    spam: int


class ByPeople(msgspec.Struct, frozen=True):
    """How many of those that people published, and of those that they refused."""

    published_by_people: int
    refused_by_people: int


ExampleKind = Literal[
    "published_by_people", "refused_by_people", "now_published", "now_held", "now_spam"
]


class ExampleCheck(msgspec.Struct, frozen=True):
    """A check that would decide."""

    check: str
    verdict: Effect
    score: float | None


class Example(msgspec.Struct, frozen=True):
    """A comment that would fare otherwise than people decided, or than by the policy in force."""

    kind: ExampleKind
    comment_id: UUID
    author: str
    excerpt: str
    would: Verdict
    now: Verdict
    decided: Literal["published", "refused"] | None
    checks: list[ExampleCheck]


class Simulation(msgspec.Struct, frozen=True):
    """What a policy would have done.

    `now` is what the policy in force would; `against` and `agree` compare with what people
    decided: holding is against a comment that they published, and not against one that they
    refused. `unknown`: nobody has decided. Closing and slow mode take no part.
    """

    comments: int
    would: Outcomes
    now: Outcomes
    against: ByPeople
    agree: ByPeople
    unknown: int
    changed: int
    examples: list[Example]
    truncated: bool
    seconds: float


class Progress(msgspec.Struct, frozen=True):
    """How many texts have been read again, of how many."""

    done: int
    of: int
