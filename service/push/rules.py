"""What push decides without touching anything: topics, times, answers of push services."""

import email.utils
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

LONGEST_SLUG = 100

Outcome = Literal["a", "g", "f", "s", "p"]
OUTCOME_NAMES: dict[str, str] = {
    "a": "accepted", "g": "gone", "f": "failed", "s": "skipped", "p": "retried",
}  # fmt: skip

FIRST_RETRY = 5.0  # seconds; doubled for each further attempt
LONGEST_RETRY = 900.0
LONGEST_RETRY_AFTER = 3600.0  # a service that asks for more is asked again then
MOST_PASSES = 24  # about four hours with the delays above
SHORTEST_CHASE = 600.0  # seconds for which even an alert with TTL 0 is tried again
MOST_REFUSALS = 3  # consecutive, with no success ever: the subscription was made for another key


def slug(label: str) -> str:
    """A topic's name as it is compared: "Climate & Energy" is climate-energy. May be empty.

    Letters of every script stay, marks with them: without its marks Hindi is another word.
    """
    kept = "".join(
        c if unicodedata.category(c)[0] in "LNM" else "-"
        for c in unicodedata.normalize("NFKC", label).casefold()
    )
    return "-".join(part for part in kept.split("-") if part)[:LONGEST_SLUG].rstrip("-")


def slugs(labels: Iterable[str]) -> list[str]:
    """The distinct topics of some labels, in order."""
    return list(dict.fromkeys(s for s in map(slug, labels) if s))


Why = Literal["key", "token", "size", "other"]

# How each vendor says that a subscription was made for another VAPID key: Mozilla (401), Google
# (403, before 2024 also 400), Apple (400).
WRONG_KEY = re.compile(
    rb"VAPID public key mismatch|credentials used to create the subscription"
    rb"|does not correspond to the sender ID|UnauthorizedRegistration|MismatchSenderId"
    rb"|VapidPkHashMismatch"
)
# How they say that our own token is at fault (its `sub`, its times, its signature): Apple (403),
# Google (403), Mozilla (401).
BAD_TOKEN = re.compile(rb'BadJwt|ExpiredJwt|invalid JWT|"errno": ?109')


class Answer(msgspec.Struct, frozen=True):
    """What a push service answered. `retry_after` in seconds where the outcome is `p`.

    `why` a message failed for good: the subscription is another VAPID `key`'s, our `token` is
    wrong, the message's `size`, or something `other`.
    """

    outcome: Outcome
    retry_after: float | None = None
    why: Why | None = None

    @property
    def refused(self) -> bool:
        """Whether this counts against the subscription: our own faults don't."""
        return self.why in {"key", "other"}


def read_answer(status: int, retry_after: str | None, now: datetime, said: bytes = b"") -> Answer:
    """What a status means (RFC 8030, sections 5 and 7.3, and the vendors' habits).

    406 is what Windows says for 429. Everything else in the 400s is a refusal; `said` is the
    beginning of the answer's body, which tells whose fault it is.
    """
    match status:
        case 200 | 201 | 202:
            return Answer("a")
        case 404 | 410:
            return Answer("g")
        case 406 | 408 | 429:
            return Answer("p", read_retry_after(retry_after, now))
        case _ if status >= 500:  # noqa: PLR2004 (the protocol's class of answers)
            return Answer("p", read_retry_after(retry_after, now))
        case 413:
            return Answer("f", why="size")
        case _:
            return Answer("f", why=_why_refused(status, said))


def _why_refused(status: int, said: bytes) -> Why | None:
    if status < 400:  # noqa: PLR2004 (a redirect: of the service, not of the subscription)
        return None
    if WRONG_KEY.search(said):
        return "key"
    return "token" if BAD_TOKEN.search(said) else "other"


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date (RFC 9110, section 10.2.3), capped."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_RETRY_AFTER)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the second of numbers without end
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def retry_delay(attempts: int, asked: float | None) -> float:
    """Seconds until a batch is tried again after `attempts` passes; never sooner than asked.

    A date that is over (a service's clock may be behind ours) asks for nothing: passes that follow
    one another by seconds would use up all there are within minutes.
    """
    backoff = min(FIRST_RETRY * 2.0 ** min(attempts, 20), LONGEST_RETRY)
    return max(asked, min(backoff, FIRST_RETRY)) if asked else backoff


def needs_rest(answers: Sequence[Answer]) -> bool:
    """Whether a push service is down or wants a rest, by what it said to a window of messages.

    One message alone says nothing: services ask for patience with a single device, too.
    """
    waiting = sum(answer.outcome == "p" for answer in answers)
    return waiting > 1 and 2 * waiting >= len(answers)


def in_turn(outcomes: str, skip: int) -> list[int]:
    """The positions that are pending, from another one on each time.

    A pass ends early where a whole window gets nothing through; without taking turns the
    same few could keep all others from ever being tried.
    """
    pending = [index for index, outcome in enumerate(outcomes) if outcome == "p"]
    start = skip % len(pending) if pending else 0
    return pending[start:] + pending[:start]


def time_left(ttl: int, started_at: datetime, now: datetime) -> tuple[int, bool]:
    """The TTL that a message sent now may have, and whether it is worth sending at all."""
    age = (now - started_at).total_seconds()
    return max(0, int(ttl - age)), age <= max(ttl, SHORTEST_CHASE)


def collapse_topic(alert_id: UUID) -> str:
    """The Topic of an alert's messages: a copy sent twice replaces the first (RFC 8030, 5.4)."""
    return alert_id.hex  # 32 characters, all of them base64url's
