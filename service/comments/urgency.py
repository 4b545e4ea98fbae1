"""What raises a comment in the queue beside its scores. Pure functions.

A comment's urgency is the logarithm of the harm to be expected (how likely it is refused, times how
bad that would be, times how many will see it), and its age on the same scale; the sum is a column
that the database generates (migration 0005), so that an index holds it. These are its parts, as
logarithms of factors. The constants are set by hand.
"""

import math
from datetime import datetime

from service.screening.types import History

USUAL = 0.1  # the share of comments that newsrooms refuse, roughly
SAMPLE = 10  # comments that it takes for a record to count half
MOST, LEAST = 3.0, 0.5
LIVELY = 0.25  # a thread with a hundred comments weighs three times an empty one
DEEP = 0.15  # what a level of depth takes away: fewer scroll there
RIPENING = 21_600  # seconds of age that weigh as much as e times the harm, as the column has it


def standing(history: History) -> float:
    """How much likelier than others' the reader's comments were refused, smoothed and bounded.

    Of a confirmed reader only: anybody can type somebody else's e-mail.
    """
    if not history.confirmed:
        return 0.0
    decided = history.published + history.refused
    share = (history.refused + SAMPLE * USUAL) / (decided + SAMPLE)
    return math.log(min(MOST, max(LEAST, share / USUAL)))


def reach(comments: int, depth: int) -> float:
    """How many will see it, by the comments that its thread has already, and by its depth."""
    return LIVELY * math.log1p(max(0, comments)) - DEEP * depth


def reach_of_old(created: datetime, now: datetime) -> float:
    """The reach of a comment that comes with a past: its readers were there before.

    It takes the age away that it has on coming, so that it ages here from now on. What another
    system left waiting for years would stand above everything otherwise, and for ever.
    """
    return -max(0.0, (now - created).total_seconds()) / RIPENING
