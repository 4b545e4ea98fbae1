"""Staffed hours: weeks, nights, and the two days on which a clock is changed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screening.policies import MOMENTS, hours

from service.screening.hours import is_staffed, next_change, staffed_at, zone_of
from service.screening.types import Hours, Window

WORKDAYS = Hours("Europe/Berlin", [Window([0, 1, 2, 3, 4], "08:00", "18:00")])
NIGHTS = Hours("Europe/Berlin", [Window([4, 5], "22:00", "02:30")])
ALWAYS = Hours("UTC", [Window([0, 1, 2, 3, 4, 5, 6], "00:00", "00:00")])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "at", "staffed"),
    [
        # 2026-03-29 is the Sunday on which Berlin's clock is put forward at 01:00 UTC.
        (WORKDAYS, "2026-03-27 07:00", True),
        (WORKDAYS, "2026-03-27 06:59", False),
        (WORKDAYS, "2026-03-30 06:00", True),
        (WORKDAYS, "2026-03-30 05:59", False),
        (WORKDAYS, "2026-03-27 17:00", False),
        (WORKDAYS, "2026-03-29 10:00", False),
        # On 2026-10-25 02:30 strikes twice there, and the window ends at both of them.
        (NIGHTS, "2026-10-24 23:59", True),
        (NIGHTS, "2026-10-25 00:29", True),
        (NIGHTS, "2026-10-25 00:30", False),
        (NIGHTS, "2026-10-25 01:00", True),
        (NIGHTS, "2026-10-25 01:30", False),
        (NIGHTS, "2026-10-23 19:59", False),
        (NIGHTS, "2026-10-23 20:00", True),
        (ALWAYS, "2026-10-25 01:00", True),
    ],
)
def test_by_the_wall_s_clock(schedule: Hours, at: str, *, staffed: bool) -> None:
    assert is_staffed(schedule, utc(at)) is staffed


@pytest.mark.parametrize(
    ("schedule", "at", "change"),
    [
        (WORKDAYS, "2026-11-27 12:00", "2026-11-27 17:00"),
        (WORKDAYS, "2026-11-27 17:00:30", "2026-11-30 07:00"),
        # Over the change of the clock, one hour earlier and one later by UTC.
        (WORKDAYS, "2026-03-27 18:00", "2026-03-30 06:00"),
        (WORKDAYS, "2026-10-23 18:00", "2026-10-26 07:00"),
        (NIGHTS, "2026-10-24 20:00", "2026-10-25 00:30"),
        (NIGHTS, "2026-10-25 00:45", "2026-10-25 01:00"),
        # 02:00 to 03:00 isn't there on that night: what ends at 02:30 ends at 03:00.
        (NIGHTS, "2026-03-28 23:00", "2026-03-29 01:00"),
    ],
)
def test_the_next_change(schedule: Hours, at: str, change: str) -> None:
    assert next_change(schedule, utc(at)) == utc(change)


def test_who_is_always_there_never_leaves() -> None:
    assert next_change(ALWAYS, utc("2026-01-01 00:00")) is None


def test_an_unknown_zone_is_refused() -> None:
    for name in ("Europe/Atlantis", "../etc/passwd", "", "Europe"):
        with pytest.raises(ValueError, match="time zone"):
            zone_of(name)


@settings(max_examples=300, deadline=None)
@given(hours, st.lists(MOMENTS, min_size=1, max_size=40))
def test_many_moments_at_once_are_each_of_them(schedule: Hours, moments: list[datetime]) -> None:
    at = np.array([round(moment.timestamp() * 1_000_000) for moment in moments], np.int64)
    assert staffed_at(schedule, at).tolist() == [is_staffed(schedule, one) for one in moments]


@settings(max_examples=300, deadline=None)
@given(hours, MOMENTS)
def test_nothing_changes_before_the_next_change(schedule: Hours, at: datetime) -> None:
    change = next_change(schedule, at)
    now = is_staffed(schedule, at)
    if change is None:
        return
    assert change > at
    assert is_staffed(schedule, change) is not now
    minutes = int((change - at) / timedelta(minutes=1))
    for step in {0, 1, minutes // 2, minutes - 1, minutes}:
        between = min(at + timedelta(minutes=max(step, 0)), change - timedelta(seconds=1))
        if between >= at:
            assert is_staffed(schedule, between) is now
