"""Which figures each picture of the statistics shows, and what it says in words."""

from collections.abc import Callable
from datetime import date

from service.moderation.charts import Chart, Colour, Series
from service.moderation.stats_store import Day

HOUR, DAY = 60, 24 * 60
WEEK = 7
NOTES = {"day": "", "week": "by week"}
MOST_BARS = 120  # more days than that are shown by the week
LONG_IN_MINUTES, LONG_IN_HOURS = 3 * HOUR, 3 * DAY
COUNTED = [name for name in Day.__struct_fields__ if not name.endswith("minutes") and name != "day"]
Picture = Callable[[list[Day], str], Chart]


def volume(days: list[Day], zone: str) -> Chart:
    """Comments, by what the machine made of them."""
    total = sum(day.comments for day in days)
    said = f"{_period(days, zone)}: {total:,} comments{_most(days, 'comments')}."
    days, each = _bars(days)
    return Chart(
        title=f"Comments a {each}",
        summary=said,
        days=[day.day for day in days],
        series=[
            _counts("Published", "one", [day.published for day in days]),
            _counts("Held", "two", [day.held for day in days]),
            _counts("Spam", "three", [day.spam for day in days]),
        ],
        note=NOTES[each],
        nothing="No comments in this period",
    )


def decisions(days: list[Day], zone: str) -> Chart:
    """What people decided."""
    total = sum(day.decisions for day in days)
    said = f"{_period(days, zone)}: {total:,} decisions{_most(days, 'decisions')}."
    days, each = _bars(days)
    return Chart(
        title=f"Decisions a {each}",
        summary=said,
        days=[day.day for day in days],
        series=[
            _counts("Published", "one", [day.let_through for day in days]),
            _counts("Rejected", "two", [day.rejected for day in days]),
            _counts("Marked as spam", "three", [day.marked_spam for day in days]),
        ],
        note=NOTES[each],
        nothing="No decisions in this period",
    )


def time_to_decision(days: list[Day], zone: str) -> Chart:
    """How long held comments waited, in the unit that gives small numbers."""
    longest = max((day.p90_minutes or 0 for day in days), default=0)
    size, unit, word = 1, " min", "minutes"
    if longest > LONG_IN_MINUTES:
        size, unit, word = HOUR, " h", "hours"
    if longest > LONG_IN_HOURS:
        size, unit, word = DAY, " d", "days"
    decided = sum(day.median_minutes is not None for day in days)
    longest = longest / size
    said = f"half of a day's within the lower line, nine in ten within the upper, {longest:,.3g}"
    return Chart(
        title="Time from posting to decision",
        summary=f"{_period(days, zone)}: held comments were decided on {decided} days"
        + (f"; {said} {word} at most." if decided else "."),
        days=[day.day for day in days],
        series=[
            Series("Half within", "one", [_in(day.median_minutes, size) for day in days]),
            Series("Nine in ten within", "two", [_in(day.p90_minutes, size) for day in days]),
        ],
        stacked=False,
        whole=False,
        unit=unit,
        nothing="Nothing that was held has been decided in this period",
    )


def disagreement(days: list[Day], zone: str) -> Chart:
    """Of what people judged, the share in which they went against the machine."""
    judged = sum(day.judged for day in days)
    overruled = sum(day.overruled for day in days)
    missed = sum(day.missed for day in days)
    said = (
        f"{_period(days, zone)}: of {judged:,} comments that people judged, they published "
        f"{overruled:,} which the machine had held or put to spam, and refused {missed:,} which "
        "it had published."
    )
    days, each = _bars(days)
    return Chart(
        title=f"Where people and machine differ, by {each}",
        summary=said,
        days=[day.day for day in days],
        series=[
            Series(
                "Published though held or spam", "one",
                [_share(day.overruled, day.judged) for day in days],
            ),
            Series(
                "Refused though published", "three",
                [_share(day.missed, day.judged) for day in days],
            ),
        ],
        whole=False,
        unit="%",
        note=NOTES[each],
        nothing="No disagreement in this period" if judged else "Nobody has judged anything yet",
    )  # fmt: skip


def engagement(days: list[Day], zone: str) -> Chart:
    """How often readers shared, and followed the call for support."""
    shares, support = sum(day.shares for day in days), sum(day.support for day in days)
    said = f"{_period(days, zone)}: {shares:,} shares and {support:,} support clicks."
    days, each = _bars(days)
    return Chart(
        title=f"Shares and support clicks a {each}",
        summary=said,
        days=[day.day for day in days],
        series=[
            _counts("Shares", "one", [day.shares for day in days]),
            _counts("Support clicks", "two", [day.support for day in days]),
        ],
        note=NOTES[each],
        nothing="Nothing was shared in this period",
    )


PICTURES: dict[str, Picture] = {
    "volume": volume,
    "decisions": decisions,
    "time-to-decision": time_to_decision,
    "disagreement": disagreement,
    "engagement": engagement,
}


def _bars(days: list[Day]) -> tuple[list[Day], str]:
    """The days, or the weeks that end today where there are too many; the oldest takes the rest."""
    if len(days) <= MOST_BARS:
        return days, "day"
    rest = len(days) % WEEK
    cuts = [0, *range(rest + WEEK, len(days), WEEK)]
    return [
        _sum(days[cut:to]) for cut, to in zip(cuts, [*cuts[1:], len(days)], strict=True)
    ], "week"


def _sum(days: list[Day]) -> Day:
    return Day(days[0].day, **{name: sum(getattr(day, name) for day in days) for name in COUNTED})


def _counts(name: str, colour: Colour, counts: list[int]) -> Series:
    return Series(name, colour, list(counts))


def _in(minutes: float | None, size: int) -> float | None:
    return None if minutes is None else minutes / size


def _share(part: int, of: int) -> float | None:
    return 100 * part / of if of else None


def _period(days: list[Day], zone: str) -> str:
    return f"{_date(days[0].day)} to {_date(days[-1].day)} ({zone})"


def _date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _most(days: list[Day], name: str) -> str:
    top = max(days, key=lambda day: getattr(day, name))
    count = getattr(top, name)
    return f", most on {_date(top.day)}, {count:,}" if count else ""
