"""What an answer means, and when to try again: pure functions."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import msgspec

from service.webhooks.types import PING

# Seconds until the next attempt: nearly two days in all, so that a receiver may be away for long.
BACKOFF = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
JITTER = 0.2  # so that what failed together does not come back together
LONGEST_WAIT = 24 * 3600
ASKS_FOR_TIME = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Answer(msgspec.Struct, frozen=True):
    """What came back: a status, or why there is none. `wait` in seconds, where it was asked for."""

    status: int | None
    error: str | None = None
    wait: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more, ever (Standard Webhooks, "410 Gone")."""
        return self.status == HTTPStatus.GONE


def read_answer(status: int, retry_after: str | None, now: datetime) -> Answer:
    """From status and headers; the body is never looked at, nor shown to anybody."""
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return Answer(status)
    error = f"The receiver answered {status}"
    if HTTPStatus(300) <= status < HTTPStatus(400):
        error += "; redirects are not followed"
    wait = _seconds(retry_after, now) if status in ASKS_FOR_TIME else None
    return Answer(status, error, wait)


def _seconds(value: str | None, now: datetime) -> float | None:
    """Retry-After (RFC 9110, section 10.2.3): seconds or a date."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), LONGEST_WAIT))
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), LONGEST_WAIT)


def next_wait(kind: str, failed: int, answer: Answer, chance: float | None = None) -> float | None:
    """Seconds until the next attempt after `failed` of them; None: there is none, it is dead.

    A ping is somebody who looks on: it says at once what is wrong.
    """
    if kind == PING or answer.gone or failed > len(BACKOFF):
        return None
    chance = random.random() if chance is None else chance  # noqa: S311 (no secret hangs on it)
    wait = BACKOFF[failed - 1] * (1 + JITTER * (2 * chance - 1))
    return max(wait, answer.wait or 0.0)
