"""Rows and results of learning from decisions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

ExampleLabel = Literal["spam", "ham", "abuse", "fine"]
ExampleSource = Literal["submit-spam", "submit-ham", "suggestscore"]
ModelStatus = Literal["live", "retired", "withdrawn", "refused"]
Outcome = Literal["promoted", "refused", "too_few"]


class Decided(msgspec.Struct, frozen=True):
    """A comment and the last that a person said of it, where that still is its status."""

    text: str
    status: str
    reason: str | None
    decided_at: datetime


class Judged(msgspec.Struct, frozen=True):
    """A comment that the shared model alone took for spam."""

    text: str
    created_at: datetime


class Example(msgspec.Struct, frozen=True):
    """A trusted example that a publisher's key sent."""

    api_key_id: UUID
    text: str
    label: ExampleLabel
    created_at: datetime


class Material(msgspec.Struct, frozen=True):
    """All that a site's model may learn from."""

    decided: list[Decided]
    judged: list[Judged]
    examples: list[Example]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a retraining came to. Losses are means over the held-out decisions, both heads.

    `gain` is before minus after, `low` and `high` its bootstrap 95 % interval; None where nothing
    was measured. `blind` is the loss of knowing only the share of refusals, `until` when the newest
    decision learnt from was taken. `left_out` are texts as new as what is held out which are near
    copies of what is learnt from: they are in neither part.
    """

    outcome: Outcome
    why: str
    compared: str
    decisions: int
    published: int
    refused: int
    judged: int = 0
    examples: int = 0
    trained: int = 0
    held_out: int = 0
    left_out: int = 0
    before: float | None = None
    after: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    blind: float | None = None
    until: datetime | None = None


class Made(msgspec.Struct, frozen=True):
    """A candidate: the shared model's id, its own name, and its content unless it is refused."""

    base: str
    name: str
    content: bytes | None


class LiveModel(msgspec.Struct, frozen=True):
    """A site's live model; `content` None where the asker has it already."""

    id: UUID
    content: bytes | None


class ModelRow(msgspec.Struct, frozen=True):
    """A model in the list of a site's; `number` counts from 1 a site."""

    number: int
    name: str
    status: ModelStatus
    report: Report
    created_at: datetime
    live_since: datetime | None
