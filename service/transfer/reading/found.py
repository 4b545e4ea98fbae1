"""What readers yield, and what their fields have in common."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.core.text import SURROGATE
from service.transfer.reading.input import CONTROL
from service.transfer.types import Notes, SourceArticle, SourceComment

# The web is younger, and what is dated later than tomorrow hasn't been written yet.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FORMS = ("%Y-%m-%d %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d")
EPOCH = re.compile(r"-?\d{8,13}(?:\.\d+)?")
MILLISECONDS = 10**11  # a number from which on it counts these
FINE = re.compile(r"(\.\d{6})\d+")  # Go writes nanoseconds


class Found(NamedTuple):
    """An article or a comment, and the line that it begins in."""

    line: int
    what: SourceArticle | SourceComment


Reading = Iterator[Found]


def date_of(text: object) -> datetime | None:
    """A date in any of the forms that exports use, UTC where it says nothing; None where none.

    None also where it can't be meant: year 0, 9999, or before there was a web.
    """
    moment = _parsed(str(text).strip()) if isinstance(text, str | int | float) else None
    if moment is None:
        return None
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if EARLIEST <= moment <= datetime.now(UTC) + timedelta(days=1) else None


def _parsed(text: str) -> datetime | None:
    if EPOCH.fullmatch(text):
        number = float(text)
        seconds = number / 1000 if abs(number) >= MILLISECONDS else number
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    try:
        return datetime.fromisoformat(FINE.sub(r"\1", text))
    except ValueError:
        pass
    for form in FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (date_of gives it a zone)
        except ValueError:
            continue
    return None


def plain(value: object, notes: Notes) -> str:
    """A field as text that a database can hold; '' for none."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if SURROGATE.search(text):
        text, halves = SURROGATE.subn("\ufffd", text)
        notes.repair("halves of characters", halves)
    if CONTROL.search(text):
        text, dropped = CONTROL.subn("", text)
        notes.repair("control characters dropped", dropped)
    return text


def whole(value: object) -> int:
    """A number of votes; 0 where it is none."""
    try:
        return max(-(2**31), min(int(str(value)), 2**31 - 1))
    except ValueError:
        return 0
