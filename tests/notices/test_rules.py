"""When an alarm begins and ends, and when a digest is due."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.notices.rules import (
    CALM,
    REMINDER,
    is_expected,
    last_due,
    mark_of,
    next_due,
    turn_of,
)
from service.notices.types import Failing, Held, Jump, Newsroom, Rules, State
from service.screening.hours import zone_of
from service.screening.types import Hours, Window

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)  # a Tuesday
ZONES = ["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Pacific/Kiritimati"]  # fmt: skip
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis adds the zone)


def held(minutes: float | None, late: int = 1) -> Held:
    oldest = None if minutes is None else NOW - timedelta(minutes=minutes)
    return Held(5, late, oldest)


@pytest.mark.parametrize(
    ("minutes", "mark"),
    [(None, "over"), (59, "over"), (60, "over"), (61, "between"), (119, "between"),
     (120, "reached"), (5000, "reached")],
)  # fmt: skip
def test_what_waits(minutes: float | None, mark: str) -> None:
    assert mark_of(Rules(held_minutes=120), held(minutes), 0, NOW) == mark


@pytest.mark.parametrize(
    ("count", "before", "mark"),
    [
        (29, [0, 0, 0, 0], "between"),  # a small site: the least number counts
        (30, [0, 0, 0, 0], "reached"),
        (20, [0, 0, 0, 0], "over"),
        (89, [30, 30, 30, 30], "between"),
        (90, [30, 30, 30, 30], "reached"),
        (62, [30, 30, 30, 30], "over"),
        (90, [30, 4000, 30, 30], "reached"),  # last week's jump makes none usual
        (90, [30], "reached"),
        (5000, [], "over"),  # nothing is known of the first week
    ],
)
def test_a_jump(count: int, before: list[int], mark: str) -> None:
    rules = Rules(jump_times=3.0)
    assert mark_of(rules, Jump(count, before), rules.jump_comments, NOW) == mark


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(0, 5000), max_size=4),
    st.floats(1.5, 100),
    st.integers(1, 1000),
)
def test_a_jump_is_never_small_and_more_is_never_less(
    count: int, before: list[int], times: float, least: int
) -> None:
    order = ["over", "between", "reached"]
    rules = Rules(jump_times=times)
    marks = [mark_of(rules, Jump(n, before), least, NOW) for n in (count, count + 1)]
    assert order.index(marks[0]) <= order.index(marks[1])
    if marks[0] == "reached":
        assert count >= least
    if count < least * CALM:
        assert marks[0] == "over"


@pytest.mark.parametrize(
    ("screened", "failed", "mark"),
    [(100, 0, "over"), (100, 4, "between"), (100, 5, "reached"), (1, 1, "between"),
     (10, 2, "reached"), (11, 2, "between"), (3, 3, "reached")],
)  # fmt: skip
def test_failures(screened: int, failed: int, mark: str) -> None:
    rules = Rules(failing_count=5, failing_share=0.2)
    assert mark_of(rules, Failing(screened, failed), 0, NOW) == mark


@given(
    st.lists(
        st.tuples(st.sampled_from(["reached", "between", "over"]), st.booleans()), max_size=400
    )
)
def test_told_once_when_it_begins_once_when_it_ends_and_seldom_between(
    minutes: list[tuple[Any, bool]],
) -> None:
    state: State | None = None
    told: list[tuple[str, datetime]] = []
    for n, (mark, expected) in enumerate(minutes):
        now = NOW + timedelta(minutes=7 * n)
        turn = turn_of(state, mark, now, expected=expected)
        if turn is None:
            continue
        assert turn != "begun" or (mark == "reached" and expected)
        assert turn != "over" or mark == "over"
        since = now if turn == "begun" else None if turn == "over" else state and state.since
        state = State("held", since, now, "")
        told.append((turn, now))
    turns = [turn for turn, _ in told]
    ends = [turn for turn in turns if turn != "lasting"]
    assert ends == (["begun", "over"] * len(turns))[: len(ends)]
    for (_, before), (turn, after) in pairwise(told):
        if turn == "lasting":
            assert after - before >= REMINDER


def newsroom(**rules: Any) -> Newsroom:
    windows = [Window([0, 1, 2, 3, 4], "09:00", "18:00")]
    return Newsroom(
        site_id=UUID(int=0), slug="courier", name="The Courier", zone="Europe/Lisbon",
        hours=Hours("Europe/Lisbon", windows), digest_at=NOW, rules=Rules(**rules),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("08:59", False), ("09:10", False), ("09:30", True), ("17:59", True), ("18:00", False)],
)
def test_nobody_is_called_to_an_empty_desk(clock: str, *, expected: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    now = NOW.replace(hour=hour, minute=minute)  # Lisbon keeps UTC in winter
    assert is_expected(newsroom(), now) is expected
    assert is_expected(newsroom(staffed_only=False), now)


@given(moments, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 6), st.booleans())
def test_a_digest_is_due_once_a_day_or_week_at_its_hour(
    now: datetime,
    zone: str,
    hour: int,
    day: int,
    weekly: bool,  # noqa: FBT001 (Hypothesis gives it)
) -> None:
    rules = Rules(digest="weekly" if weekly else "daily", digest_hour=hour, digest_day=day)
    last, after = last_due(rules, zone, now), next_due(rules, zone, now)
    assert after
    assert last <= now < after
    # A day of the clock's change may have 23 or 25 hours, and Kiritimati's a day more or less.
    assert abs(after - last - timedelta(days=7 if weekly else 1)) <= timedelta(hours=1)
    assert last_due(rules, zone, after) == after
    here = last.astimezone(zone_of(zone))
    if weekly:
        assert here.weekday() == day
    assert here.hour in {hour, (hour + 1) % 24}  # the hour itself may be skipped


def test_a_day_by_the_newsroom_s_clock() -> None:
    rules = Rules(digest="daily", digest_hour=7)
    here = last_due(rules, "America/New_York", NOW)
    assert here == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert next_due(Rules(), "UTC", NOW) is None
