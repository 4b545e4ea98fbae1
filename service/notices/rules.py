"""When an alarm begins and when it is over, and when a digest is due. Pure functions.

An alarm begins at one mark and is over at a lower one, so that what hovers about a mark is told of
once. The marks:

- `held`: the oldest held comment has waited N minutes; over when none waits longer than half of
  that.
- `comments`, `reports`: in the last hour there were at least K times as many as usual, and no fewer
  than a least number. Usual is the median of the same hour of the week, by the newsroom's clock, in
  those of the last four weeks in which the site was there; before its first week has passed nothing
  is usual, and nothing a jump. Over below seven tenths of the mark.
- `classifier`: in the last quarter of an hour something failed in n screenings, or in two that are
  a share x of all; over when nothing has failed for as long.
"""

from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from service.notices.types import Failing, Figures, Held, Jump, Newsroom, Rules, State, Turn
from service.screening.hours import is_staffed, zone_of

CALM = 0.7  # the part of a jump's mark below which it is over
FEWEST_FAILURES = 2  # one may be a stray; with few comments two of them are not
REMINDER = timedelta(hours=4)
# Whoever has just come in needs no mail about what waited for them.
ARRIVING = timedelta(minutes=30)
WEEK_DAYS = 7

Mark = Literal["reached", "over", "between"]


def mark_of(rules: Rules, figures: Figures, least: int, now: datetime) -> Mark:
    """Where an alarm's figures stand. `least`: of a jump, the least number."""
    match figures:
        case Held():
            return _held(rules.held_minutes or 0, figures, now)
        case Jump():
            return _jump(rules.jump_times or 0, figures, least)
        case Failing():
            return _failing(rules, figures)


def _held(minutes: int, figures: Held, now: datetime) -> Mark:
    if figures.oldest is None:
        return "over"
    waited = (now - figures.oldest) / timedelta(minutes=1)
    if waited >= minutes:
        return "reached"
    return "between" if waited > minutes / 2 else "over"


def usual(before: list[int]) -> float | None:
    """What is usual, None where nothing is."""
    return float(median(before)) if before else None


def _jump(times: float, figures: Jump, least: int) -> Mark:
    mean = usual(figures.before)
    if mean is None:
        return "over"
    mark = max(least, times * mean)
    if figures.count >= mark:
        return "reached"
    return "between" if figures.count >= mark * CALM else "over"


def _failing(rules: Rules, figures: Failing) -> Mark:
    if figures.failed == 0:
        return "over"
    share = figures.failed / max(figures.screened, 1)
    if figures.failed >= (rules.failing_count or 0) or (
        figures.failed >= FEWEST_FAILURES and share >= rules.failing_share
    ):
        return "reached"
    return "between"


def is_expected(room: Newsroom, now: datetime) -> bool:
    """Whether somebody is at the desk, and long enough to have seen what waits."""
    if room.hours is None or not room.rules.staffed_only:
        return True
    minutes = timedelta(minutes=room.rules.held_minutes or 0)
    return is_staffed(room.hours, now) and is_staffed(room.hours, now - min(minutes, ARRIVING))


def turn_of(state: State | None, mark: Mark, now: datetime, *, expected: bool) -> Turn | None:
    """What is to be told now, if anything: begun once, lasting every four hours, over once.

    Where nobody is `expected` at the desk nothing begins and nobody is reminded.
    """
    lasting = state is not None and state.since is not None
    if not lasting:
        return "begun" if mark == "reached" and expected else None
    if mark == "over":
        return "over"
    due = state is not None and now - state.told_at >= REMINDER
    return "lasting" if due and expected else None


def last_due(rules: Rules, zone: str, now: datetime) -> datetime:
    """When a digest was due last, at the latest now."""
    clock = zone_of(zone)
    here = now.astimezone(clock)
    due = here.replace(hour=rules.digest_hour, minute=0, second=0, microsecond=0, fold=0)
    if rules.digest == "weekly":
        due -= timedelta(days=(here.weekday() - rules.digest_day) % WEEK_DAYS)
    days = WEEK_DAYS if rules.digest == "weekly" else 1
    while due.timestamp() > now.timestamp():
        due -= timedelta(days=days)
    return due.astimezone(now.tzinfo)


def next_due(rules: Rules, zone: str, now: datetime) -> datetime | None:
    """When the next digest is due; None: never."""
    if rules.digest == "off":
        return None
    days = WEEK_DAYS if rules.digest == "weekly" else 1
    last = last_due(rules, zone, now).astimezone(zone_of(zone))
    # By the wall's clock: a day may have 23 hours.
    return (last + timedelta(days=days)).astimezone(now.tzinfo)
