"""Intervals and who is alerted: pure functions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.feeds import rules
from service.feeds.rules import Candidate
from service.feeds.types import Entry

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def candidate(minutes: float | None) -> Candidate:
    at = None if minutes is None else NOW - timedelta(minutes=minutes)
    return Candidate(Entry(None, "https://news.example/a", "A", published_at=at))


AGES = st.lists(st.none() | st.floats(-20_000, 20_000), max_size=60)


@given(AGES, st.none() | st.floats(0, 2000), st.integers(0, 12))
def test_nobody_is_flooded(ages: list[float | None], newest: float | None, today: int) -> None:
    seen = None if newest is None else NOW - timedelta(minutes=newest)
    candidates = [candidate(age) for age in ages]
    choice = rules.choose(candidates, NOW, seen, today)
    assert len(choice.alerts) <= max(0, min(3, 10 - today))
    for position, send_at in choice.alerts:
        time = candidates[position].entry.time
        assert time is None or (time > NOW - timedelta(hours=6) and (not seen or time > seen))
        assert send_at is None or send_at > NOW


@given(
    st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)), max_size=30),  # noqa: DTZ001
    st.none() | st.floats(0, 1e9),
    st.none() | st.floats(1, 1e9),
)
def test_a_feed_is_asked_within_the_hour(
    times: list[datetime], floor: float | None, rhythm: float | None
) -> None:
    wait = rules.next_interval(times, floor=floor, rhythm=rhythm, hub=False)
    assert 120 <= wait <= 3600
    assert wait >= min(floor or 0, 3600)


def test_the_rhythm_is_the_feed_s_own() -> None:
    times = [NOW - timedelta(minutes=20 * n) for n in range(6)]
    assert rules.next_interval(times, floor=None, rhythm=3600, hub=False) == 600
    assert rules.next_interval(times, floor=1800, rhythm=None, hub=False) == 1800
    assert rules.next_interval([], floor=None, rhythm=3600, hub=False) == 900
    assert rules.next_interval([], floor=None, rhythm=600, hub=False) == 600
    assert rules.next_interval([NOW] * 9, floor=None, rhythm=None, hub=False) == 120
    assert rules.next_interval(times, floor=None, rhythm=None, hub=True) == 3600


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9), st.floats(0, 1))
def test_a_failing_one_within_six_hours(failures: int, asked: float | None, chance: float) -> None:
    wait = rules.retry_interval(failures, asked, chance)
    assert 240 <= wait <= 6 * 3600
    assert wait >= min(asked or 0, 6 * 3600)
