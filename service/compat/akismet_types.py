"""What Akismet's clients send, and what is answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

SenderKind = Literal["address", "author", "email", "host"]
Said = Literal["spam", "ham"]

LONGEST_TEXT = 20_480  # characters of a comment that are judged and kept
LONGEST_FIELD = 1_000


class Fields(msgspec.Struct, frozen=True):
    """A form as it was read: the last value of each name, and what was wrong with its encoding."""

    values: dict[str, str] = {}
    note: str = ""

    def get(self, name: str, longest: int = LONGEST_FIELD) -> str:
        """One field, trimmed and cut; empty where it wasn't sent."""
        return self.values.get(name, "").strip()[:longest]


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A comment somewhere else: the parameters of comment-check, submit-spam and submit-ham.

    `filled_trap` is what stands in a field that people don't see: the one that
    `honeypot_field_name` names, or that of WordPress's plugin. `ran_no_script`: nor did that one's
    script run. `languages` are the site's, two letters each. `tells_agent`: this client always
    sends what it knows of the reader's browser, so that what it leaves out wasn't there.
    """

    blog: str
    user_ip: str
    user_agent: str = ""
    referrer: str = ""
    permalink: str = ""
    kind: str = ""
    author: str = ""
    email: str = ""
    url: str = ""
    content: str = ""
    written_at: datetime | None = None
    article_changed_at: datetime | None = None
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    filled_trap: str = ""
    ran_no_script: bool = False
    recheck_reason: str = ""
    is_test: bool = False
    tells_agent: bool = False


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What 30 days know of a sender.

    `checked` comments of it were judged here and `taken` of them for spam; people said of `spam`
    and of `ham` that they are.
    """

    kind: SenderKind
    checked: int = 0
    taken: int = 0
    spam: int = 0
    ham: int = 0


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the classifier makes of a submission, in log-odds of spam; None where it was empty."""

    text: float | None = None
    author: float | None = None
    language: str = "und"
    grounded: bool = True


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a verdict needs.

    `said` is what the same key has said of the very text before. `banned` and `suspect`: a word of
    the site's lists is in it.
    """

    submission: Submission
    judgement: Judgement = Judgement()
    records: Sequence[Record] = ()
    said: Said | None = None
    banned: bool = False
    suspect: bool = False


class Weight(msgspec.Struct, frozen=True):
    """One signal and what it adds to the log-odds of spam."""

    signal: str
    weight: float


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict. `discard`: so blatant that nobody needs to look."""

    spam: bool
    discard: bool = False
    weights: Sequence[Weight] = ()

    @property
    def total(self) -> float:
        """Log-odds of spam."""
        return sum(weight.weight for weight in self.weights)
