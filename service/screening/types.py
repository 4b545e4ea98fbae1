"""What goes into a screening and what comes out of it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Verdict = Literal["publish", "hold", "spam"]
Effect = Literal["nothing", "hold", "spam"]

REASONS = (
    "offensive", "abusive", "spam", "banned_word", "ad", "illegal_content",
    "harassment_bullying", "misinformation", "hate_speech", "irrelevant_content", "other",
)  # fmt: skip
Reason = Literal[
    "offensive", "abusive", "spam", "banned_word", "ad", "illegal_content",
    "harassment_bullying", "misinformation", "hate_speech", "irrelevant_content", "other",
]  # fmt: skip

Probability = Annotated[float, Meta(ge=0, le=1)]
# Two stars at most: each one more multiplies what a match may cost.
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^*]*(\*[^*]*){0,2}$")]


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which score on a label holds, and from which it is spam; None: never."""

    hold: Probability | None = None
    spam: Probability | None = None


Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of some weekdays (0 is Monday) by the wall's clock.

    They last into the next day where they end no later than they begin.
    """

    days: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(min_length=1, max_length=7)]
    begin: Clock = msgspec.field(name="from")
    end: Clock = msgspec.field(name="to")


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody is at the desk, and what becomes of comments outside of these hours.

    `hold`: all wait. `hold_risky`: those wait of which any check says something, or of which a
    label's score reaches half of what holds it otherwise (policy.RISKY). `close`: nobody can post;
    an edit waits.
    """

    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    windows: Annotated[list[Window], Meta(min_length=1, max_length=50)]
    outside: Literal["hold", "hold_risky", "close"] = "hold"


class External(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check elsewhere (external.py): where it is, and by which of the site's keys it is asked."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    key: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a site makes of signals. A label without a threshold takes the model's own.

    `signals` says what each check does that has no field of its own (policy.CHOSEN). A reader is
    new, which `first_comment` is about, until `new_readers` comments of theirs are published.
    """

    mode: Literal["post", "pre"] = "post"
    thresholds: dict[str, Threshold] = {}
    banned_words: Annotated[list[Word], Meta(max_length=5000)] = []
    suspect_words: Annotated[list[Word], Meta(max_length=5000)] = []
    links: Annotated[int, Meta(ge=1)] | None = 3
    first_comment: Effect = "nothing"
    fast_form: Effect = "nothing"
    honeypot: Effect = "hold"
    duplicate: Effect = "hold"
    rate: Effect = "nothing"
    history_rate: Probability | None = 0.5
    history_sample: Annotated[int, Meta(ge=1)] = 5
    unknown_language: Effect = "nothing"
    # When a word of the packaged lists holds: never, where the classifier has no ground, always.
    word_lists: Literal["nothing", "ungrounded", "always"] = "ungrounded"
    signals: dict[str, Effect] = {}
    new_readers: Annotated[int, Meta(ge=1, le=50)] = 1
    close_after_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    # Seconds between two comments of a reader under one article, where that has none of its own.
    slow_mode: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    hours: Hours | None = None
    external: External | None = None
    # When a reader's browser must do a moment's work before a comment is taken.
    puzzle: Literal["never", "attack", "always"] = "attack"
    # Whether authors may ask once for a second look at what isn't published (contesting.py).
    contest: bool = False


class SitePolicy(msgspec.Struct, frozen=True):
    """A policy as it stands; version 0 is the one that nobody has changed yet."""

    site_id: UUID
    version: int
    policy: Policy


class Span(msgspec.Struct, frozen=True):
    """Characters (code points of the text) that carry a score, and how much of it."""

    begin: int
    end: int
    weight: float


class Scores(msgspec.Struct, frozen=True):
    """What the classifier says; `error` where it failed, and then there are no scores.

    `share` is that of the letters which the scores are about: 1 where all is in languages that the
    classifier has learnt, 0 where nothing is, and then the scores say nothing.
    """

    model: str | None
    scores: dict[str, float]
    language: str
    grounded: bool
    thresholds: dict[str, Threshold]
    evidence: dict[str, list[Span]] = {}
    error: str | None = None
    share: float | None = None

    @property
    def judged(self) -> float:
        """The share, where it wasn't measured by the language."""
        return float(self.grounded) if self.share is None else self.share


class History(msgspec.Struct, frozen=True):
    """What became of the reader's earlier comments on this site. No standing unconfirmed."""

    confirmed: bool
    published: int
    refused: int


class Duplicates(msgspec.Struct, frozen=True):
    """Earlier comments of the last days with the same or nearly the same text."""

    exact_by_others: int = 0
    exact_by_reader: int = 0
    near: int = 0
    near_refused: int = 0


class QuestionArticle(msgspec.Struct, frozen=True):
    """The article that a comment is about."""

    key: str
    url: str | None
    title: str


class QuestionComment(msgspec.Struct, frozen=True):
    """A text to judge, and what readers will see beside it; `id` where it is an edit."""

    name: str
    body: str
    website: str | None
    parent_id: UUID | None = None
    id: UUID | None = None


class Question(msgspec.Struct, frozen=True, tag="comment.check", tag_field="type"):
    """What a check elsewhere is asked. No e-mail and no address, of the reader or the network."""

    site: str
    article: QuestionArticle
    comment: QuestionComment


class ExternalAnswer(msgspec.Struct, frozen=True):
    """What a check elsewhere said, or why nothing usable (`failure`); how long it took."""

    verdict: Literal["ok", "hold", "spam"] | None = None
    score: float | None = None
    reason: str | None = None
    failure: str | None = None
    seconds: float = 0.0


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a verdict needs, gathered before. Checks touch no connection."""

    body: str
    name: str
    website: str | None
    article_mode: Literal["post", "pre"] | None
    policy: SitePolicy
    scores: Scores
    history: History
    duplicates: Duplicates
    recent_by_reader: int
    recent_by_address: int
    sanction: str | None
    form_age: timedelta | None
    honeypot: bool
    external: ExternalAnswer | None = None
    now: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `score` 0 to 1 where there is one; `fires` whether a rule applies."""

    check: str
    fires: bool = False
    score: float | None = None
    evidence: dict[str, Any] = {}


class Signal(msgspec.Struct, frozen=True):
    """A finding and what the policy made of it."""

    check: str
    verdict: Effect
    fires: bool = False
    score: float | None = None
    evidence: dict[str, Any] = {}


class Screening(msgspec.Struct, frozen=True):
    """The outcome of one run. `risk` 0 to 1 orders the queue; `reason` is a reason code.

    `packed`: what the verdict was made of, for judging it by another policy (facts.py).
    """

    verdict: Verdict
    reason: Reason | None
    risk: float
    signals: list[Signal]
    model: str | None
    policy_version: int
    packed: bytes = b""
