"""Requests and answers of moderation."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.comments.types import CommentAnswer, Status
from service.core.http import check_time
from service.screening.types import Reason, Signal

View = Literal["held", "reported", "new", "spam", "rejected", "published"]
VIEWS: tuple[View, ...] = ("held", "reported", "new", "spam", "rejected", "published")
Order = Literal["risk", "oldest", "newest"]
ORDERS: tuple[Order, ...] = ("risk", "oldest", "newest")
Action = Literal["publish", "reject", "spam", "hold"]
Outcome = Literal["applied", "unchanged", "conflict", "missing"]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of one comment. Without `version` it applies to whatever is there.

    `campaign`: every comment of its campaign that no person has decided yet is decided alike.
    """

    comment_id: UUID
    action: Action
    reason: Reason | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    campaign: bool = False


class Decisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 500 decisions, taken as one batch.

    A caller that has chosen the `batch_id` may send the same again when no answer came: it is taken
    once.
    """

    decisions: Annotated[list[Decision], Meta(min_length=1, max_length=500)]
    batch_id: UUID | None = None


class DecidedBy(msgspec.Struct, frozen=True):
    """Who decided what in the meantime."""

    actor: str
    moderator: str | None
    to_status: Status
    created_at: datetime


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one decision; `decided` tells, of a conflict, who was faster."""

    comment_id: UUID
    outcome: Outcome
    status: Status | None
    version: int | None
    decided: DecidedBy | None = None


class Batch(msgspec.Struct, frozen=True):
    """What came of a batch, in the order in which it was sent; last, campaigns' other comments."""

    batch_id: UUID
    results: list[Result]


class Taken(msgspec.Struct, frozen=True):
    """What a batch made of one comment, and what it was before."""

    comment_id: UUID
    from_status: Status
    to_status: Status
    version: int
    reason_before: str | None


class BatchEntry(msgspec.Struct, frozen=True):
    """A ledger row under a batch's id."""

    comment_id: UUID
    from_status: Status
    to_status: Status
    version: int
    moderator_id: UUID | None
    undoes: UUID | None


class Claim(msgspec.Struct, frozen=True):
    """Who is looking at an item, and until when nobody else is given it."""

    moderator: str
    own: bool
    until: datetime


class Campaign(msgspec.Struct, frozen=True):
    """Near copies of one text: how many, how many in this view, how many one decision decides."""

    id: UUID
    size: int
    waiting: int
    decided: int


class QueueArticle(msgspec.Struct, frozen=True):
    """The article of a queued comment."""

    key: str
    title: str
    url: str
    section: str | None


class ReaderCounts(msgspec.Struct, frozen=True):
    """A reader's record on the site."""

    id: UUID
    name: str
    confirmed: bool
    published: int
    held: int
    refused: int


class QueueItem(CommentAnswer, frozen=True, kw_only=True):
    """A comment as moderators read it: its text, its e-mail, every reason.

    `contested`: its author asks for a second look, which stands among its `reports`.
    """

    site: str
    body: str
    email: str
    website: str | None
    risk: float
    reports: int
    version: int
    signals: list[Signal]
    article: QueueArticle
    reader: ReaderCounts
    contested: bool
    claim: Claim | None = None
    campaign: Campaign | UnsetType = UNSET


class Queue(msgspec.Struct, frozen=True):
    """A page of the queue; `count` is the whole view's items, up to 10,000."""

    items: list[QueueItem]
    next_cursor: str | None
    count: int


class Counts(msgspec.Struct, frozen=True):
    """Items by view; each stops counting at 10,000 comments."""

    counts: dict[View, int]


class NewClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for the next items of a view, of one site or of all."""

    view: View = "held"
    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    site: Annotated[str, Meta(max_length=100)] | None = None


class Claims(msgspec.Struct, frozen=True):
    """What the caller has claimed in a view, until when; its own from before are renewed."""

    items: list[QueueItem]
    next_cursor: str | None
    until: datetime | None


class LedgerEntry(msgspec.Struct, frozen=True):
    """One line of the ledger. `moderator` is a name or an e-mail; `undoes` a batch taken back."""

    id: UUID
    comment_id: UUID
    actor: str
    moderator: str | None
    from_status: Status | None
    to_status: Status
    version: int
    reason: str | None
    note: str | None
    batch_id: UUID | None
    undoes: UUID | None
    created_at: datetime


class Ledger(msgspec.Struct, frozen=True):
    """A page of the ledger, newest first."""

    items: list[LedgerEntry]
    next_cursor: str | None


class ReportEntry(msgspec.Struct, frozen=True):
    """One report; who sent it is shown to nobody."""

    reason: str
    note: str | None
    created_at: datetime


class Detail(QueueItem, frozen=True, kw_only=True):
    """Everything about one comment: also its ledger, reports, the reader's others, the thread.

    `context` is what it answers to, the root first; `replies` the first ten answers to it;
    `members` up to twenty others of its campaign, the newest first.
    """

    ledger: list[LedgerEntry]
    report_notes: list[ReportEntry]
    history: list[CommentAnswer]
    context: list[CommentAnswer]
    replies: list[CommentAnswer]
    members: list[CommentAnswer]


class NewSanction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold: the reader's comments wait for review. Ban: the reader may not comment.

    `until` None is for good; `reason` is told to the reader. `remove_comments` also rejects what
    the reader has posted in the last seven days, as one batch that can be undone.
    """

    kind: Literal["hold", "ban"]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    until: datetime | None = None
    remove_comments: bool = False

    def __post_init__(self) -> None:
        """Only what the database can hold; msgspec makes a ValueError a refusal."""
        if self.until is not None:
            check_time(self.until)


class SanctionAnswer(msgspec.Struct, frozen=True):
    """A sanction; `active` while it is neither lifted nor over."""

    id: UUID
    kind: str
    reason: str
    until: datetime | None
    created_at: datetime
    created_by: str | None
    lifted_at: datetime | None
    active: bool


class Sanctioned(msgspec.Struct, frozen=True):
    """A new sanction; with removed comments also the batch, to undo, and how many they are."""

    sanction: SanctionAnswer
    batch_id: UUID | None
    removed: int


class ReaderDetail(msgspec.Struct, frozen=True):
    """A reader as moderators see one: record, sanctions, newest comments."""

    id: UUID
    site: str
    name: str
    email: str
    confirmed: bool
    created_at: datetime
    counts: ReaderCounts
    sanctions: list[SanctionAnswer]
    comments: list[CommentAnswer]


class QueuePosition(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the queue goes on: after this item, in this order.

    `seen` is an id newer than all that was there when the first page was read.
    """

    order: Order
    urgency: float
    created_at: datetime
    id: UUID
    seen: UUID

    def __post_init__(self) -> None:
        """A cursor comes back from outside; msgspec makes a ValueError a refusal."""
        check_time(self.created_at)


class LedgerPosition(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the ledger goes on."""

    before: UUID
