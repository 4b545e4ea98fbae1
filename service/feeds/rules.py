"""What feeds decide without touching anything: what is new, who is alerted, when to look again."""

import hashlib
import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

import msgspec

from service.feeds.types import Entry

MINUTE, HOUR = 60.0, 3600.0
LEASE = timedelta(minutes=5)  # of a poll; well beyond the longest one

SHORTEST, LONGEST = 2 * MINUTE, 60 * MINUTE  # between two polls of a feed that answers
UNKNOWN = 15 * MINUTE  # while a feed's rhythm is not known
WITH_HUB = 60 * MINUTE
FIRST_RETRY, LONGEST_RETRY = 5 * MINUTE, 6 * HOUR
JITTER = 0.2  # so that what failed together does not come back together
FEWEST_GAPS, MOST_GAPS = 3, 20

OLDEST = timedelta(hours=6)  # an entry that is older alerts nobody
SKEW = timedelta(minutes=5)  # a clock of theirs may be ahead
FARTHEST = timedelta(days=7)  # what is dated later is a mistake
MOST_AT_ONCE = 3
MOST_A_DAY = 10
FLOOD = 20  # more than that at once is no news but an import


class Candidate(msgspec.Struct, frozen=True):
    """A new entry. `since`: when its article was registered, where it was."""

    entry: Entry
    since: datetime | None = None


class Choice(msgspec.Struct, frozen=True):
    """Who is alerted, oldest first: position among the candidates, and when (None: at once)."""

    alerts: list[tuple[int, datetime | None]] = []
    notice: str | None = None


def identity(entry: Entry, *, by_address: bool = False) -> bytes:
    """What an entry is known by: its guid or id, else its address."""
    of_guid = entry.ident is not None and not by_address
    name = f"guid {entry.ident}" if of_guid else f"link {entry.url}"
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()


def identities(entries: Sequence[Entry]) -> list[bytes]:
    """The identity of each; a guid that several have says nothing, and their addresses do."""
    seen: dict[str | None, int] = {}
    for entry in entries:
        seen[entry.ident] = seen.get(entry.ident, 0) + 1
    return [identity(entry, by_address=seen[entry.ident] > 1) for entry in entries]


def newest_of(entries: Sequence[Entry], now: datetime, before: datetime | None) -> datetime | None:
    """The latest time seen; what is yet to come would hide what comes until then."""
    times = [entry.time for entry in entries if entry.time and entry.time <= now + SKEW]
    return max([*times, *([before] if before else [])], default=None)


def choose(
    candidates: Sequence[Candidate], now: datetime, newest: datetime | None, today: int
) -> Choice:
    """Whom to alert about, of what is new in one poll; `today`: alerts of the last 24 hours."""
    fresh = [n for n, one in enumerate(candidates) if _is_news(one, now, newest)]
    if len(fresh) > FLOOD:
        return Choice(
            notice=f"{len(fresh)} new entries came at once, as when a site is imported anew: "
            "they became articles, and nobody was alerted"
        )
    room = max(0, min(MOST_AT_ONCE, MOST_A_DAY - today))
    # Python's sort is stable: of entries with the same time, the feed's first counts as newer.
    latest = sorted(fresh, key=lambda n: candidates[n].entry.time or now, reverse=True)[:room]
    left = len(fresh) - len(latest)
    notice = (
        f"{left} of {len(fresh)} new entries became articles without an alert: a feed alerts "
        f"{MOST_AT_ONCE} at once and {MOST_A_DAY} within 24 hours at most"
    )
    return Choice(
        [(n, _later(candidates[n].entry, now)) for n in reversed(latest)], notice if left else None
    )


def _is_news(one: Candidate, now: datetime, newest: datetime | None) -> bool:
    time = one.entry.time
    if time is None:
        return one.since is None or one.since > now - OLDEST
    return (newest is None or time > newest) and now - OLDEST < time <= now + FARTHEST


def _later(entry: Entry, now: datetime) -> datetime | None:
    return entry.time if entry.time and entry.time > now + SKEW else None


def next_interval(
    times: Sequence[datetime], *, floor: float | None, rhythm: float | None, hub: bool
) -> float:
    """Seconds until the next poll of a feed that has answered; `times` of its latest entries.

    Half the usual gap between entries. `rhythm`, what the feed says of itself, counts only until
    its own is known: WordPress writes "hourly" whatever the site does.
    """
    if hub:
        return WITH_HUB
    ordered = sorted(times)
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(ordered)][
        -MOST_GAPS:
    ]
    own = median(gaps) / 2 if len(gaps) >= FEWEST_GAPS else min(rhythm or UNKNOWN, UNKNOWN)
    return min(max(own, floor or 0.0, SHORTEST), LONGEST)


def retry_interval(failures: int, asked: float | None, chance: float | None = None) -> float:
    """Seconds until the next poll after so many failures in a row; `asked`: Retry-After."""
    chance = random.random() if chance is None else chance  # noqa: S311 (no secret hangs on it)
    wait = min(FIRST_RETRY * 2.0 ** min(failures - 1, 10), LONGEST_RETRY)
    wait *= 1 + JITTER * (2 * chance - 1)
    return min(max(wait, asked or 0.0), LONGEST_RETRY)
