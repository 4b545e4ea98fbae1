"""How often one reader is written to."""

from collections.abc import Sequence
from datetime import datetime, timedelta

# So long a moderator has to act before anybody is told.
HOLD = timedelta(minutes=5)
APART = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_A_DAY = 3


def remembered(letters: Sequence[datetime], now: datetime) -> list[datetime]:
    """The letters that matter for the next one, with the one that goes now; the newest first."""
    return [now, *letters][:MOST_A_DAY]


def next_letter(letters: Sequence[datetime]) -> datetime:
    """When the next one may go: an hour after the last; a day after the third within a day.

    `letters` as `remembered` gives them, at least one.
    """
    busy = len(letters) == MOST_A_DAY and letters[0] - letters[-1] < DAY
    return letters[0] + (DAY if busy else APART)
