"""What a reader takes along: docs/readers.md tells of each part."""

from datetime import datetime
from uuid import UUID

import msgspec

from service.comments.types import Status
from service.correspondence.types import OwnArticle, OwnItem, StopReason


class Person(msgspec.Struct, frozen=True):
    """Who a reader is. `subject` at the publisher's, of those who sign in there."""

    id: UUID
    name: str
    address: str | None
    subject: str | None
    confirmed_at: datetime | None
    created_at: datetime
    lang: str | None


class OwnSanction(msgspec.Struct, frozen=True):
    """What a reader was told, in force or over; not by whom."""

    kind: str
    reason: str
    until: datetime | None
    created_at: datetime
    lifted_at: datetime | None


class OwnFollow(msgspec.Struct, frozen=True):
    """An article that the address follows, or was said to and never confirmed."""

    article: OwnArticle
    asked_at: datetime
    confirmed_at: datetime | None


class OwnNotice(msgspec.Struct, frozen=True):
    """A comment that the reader was told of, or is about to be; `reply`: to one of theirs."""

    comment: UUID
    reply: bool
    created_at: datetime
    told_at: datetime | None


class OwnLink(msgspec.Struct, frozen=True):
    """A link that was mailed. `comment`: which it asked about; None: it opened the page."""

    comment: UUID | None
    lang: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class OwnBrowser(msgspec.Struct, frozen=True):
    """A browser that knows the reader: `page` has the page open, `post` may write as them."""

    kind: str
    created_at: datetime
    expires_at: datetime


class OwnWaiting(msgspec.Struct, frozen=True):
    """A letter that waits for the mail server, or that it didn't take."""

    kind: str
    created_at: datetime
    given_up: bool


class OwnStop(msgspec.Struct, frozen=True):
    """Why the address gets no letters; `everywhere`: from any site of this installation."""

    reason: StopReason
    everywhere: bool
    created_at: datetime


class OwnLetters(msgspec.Struct, frozen=True, kw_only=True):
    """All about e-mail. `went`: the last few letters about comments.

    `came_back`: on how many days mail came back for the time being.
    """

    lang: str | None
    went: list[datetime]
    stopped: list[OwnStop]
    came_back: int
    waiting: list[OwnWaiting]
    links: list[OwnLink]
    told: list[OwnNotice]


class OwnDecision(msgspec.Struct, frozen=True, rename={"from_status": "from", "to_status": "to"}):
    """A row of the ledger, without who decided and what moderators note for each other."""

    actor: str
    from_status: Status | None
    to_status: Status
    reason: str | None
    at: datetime


class OwnJudgement(msgspec.Struct, frozen=True):
    """What the machine made of a text. `risk` 0 to 1."""

    verdict: str
    reason: str | None
    risk: float
    model: str | None
    at: datetime


class OwnContest(msgspec.Struct, frozen=True):
    """What the reader said against a decision."""

    text: str
    at: datetime


class OwnSource(msgspec.Struct, frozen=True):
    """Where a comment was imported from."""

    source: str
    id: str
    at: datetime


class Beside(msgspec.Struct, frozen=True):
    """What stands in the comment's own row and the page doesn't show.

    `address_kept`: a keyed hash of the network address is, which nothing turns back.
    """

    parent: UUID | None
    website: str | None
    badge: str | None
    notify: bool
    address_kept: bool


class TakenItem(OwnItem, frozen=True, kw_only=True):
    """A comment with all that is kept of it."""

    beside: Beside
    decisions: list[OwnDecision]
    judgements: list[OwnJudgement]
    contests: list[OwnContest]
    sources: list[OwnSource]


class TypedItem(msgspec.Struct, frozen=True):
    """What somebody wrote under the address; `disowned`: its owner said that it isn't theirs."""

    id: UUID
    article: OwnArticle
    name: str
    body: str
    status: Status
    created_at: datetime
    disowned: bool
