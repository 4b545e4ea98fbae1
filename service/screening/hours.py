"""Staffed hours: whether somebody is at the desk, by the clock on the newsroom's wall."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
from numpy.typing import NDArray

from service.screening.types import Hours, Window

DAY = 24 * 60  # minutes
WEEK = 7 * DAY
# Every zone's clock is changed at a quarter of an hour, so between two quarters it runs evenly.
QUARTER = 15 * 60
MICROSECONDS = 1_000_000
THURSDAY = 3  # 1970 began on one


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"There is no time zone {name}") from error


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})


def check_zone(name: str) -> ZoneInfo:
    """The same of a name that somebody has written; raises ValueError.

    Some files beside the zones (`localtime`, `posix/UTC`) open here, and PostgreSQL fails for them.
    """
    if name not in _zones():
        raise ValueError(f"There is no time zone {name}")
    return zone_of(name)


@lru_cache(maxsize=64)
def _week(windows: tuple[tuple[tuple[int, ...], str, str], ...]) -> NDArray[np.bool_]:
    """Each minute of a week, Monday first."""
    staffed = np.zeros(WEEK, np.bool_)
    for days, begin, end in windows:
        first, last = _minute(begin), _minute(end)
        length = (last - first) % DAY or DAY
        for day in days:
            minutes = (np.arange(length) + day * DAY + first) % WEEK
            staffed[minutes] = True
    staffed.setflags(write=False)
    return staffed


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _key(windows: list[Window]) -> tuple[tuple[tuple[int, ...], str, str], ...]:
    return tuple((tuple(window.days), window.begin, window.end) for window in windows)


def is_staffed(hours: Hours, at: datetime) -> bool:
    """Whether a moment lies within the hours. An hour that the clock strikes twice counts twice."""
    return bool(_week(_key(hours.windows))[_minute_of_week(at, zone_of(hours.time_zone))])


def staffed_at(hours: Hours, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The same of many moments, in microseconds since 1970."""
    zone = zone_of(hours.time_zone)
    quarters, where = np.unique(at // (QUARTER * MICROSECONDS), return_inverse=True)
    offsets = np.array(
        [
            int(_offset(datetime.fromtimestamp(quarter * QUARTER, UTC), zone).total_seconds())
            for quarter in quarters.tolist()
        ],
        np.int64,
    )
    minutes = (at // MICROSECONDS + offsets[where]) // 60
    staffed: NDArray[np.bool_] = _week(_key(hours.windows))[(minutes + THURSDAY * DAY) % WEEK]
    return staffed


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """When the desk opens where it is empty, closes where it is staffed; None: never."""
    week = _week(_key(hours.windows))
    if week.all():
        return None
    zone = zone_of(hours.time_zone)
    moment = at.astimezone(UTC).replace(second=0, microsecond=0)
    here = _minute_of_week(moment, zone)
    ahead = int(np.argmax(np.roll(week, -here) != week[here]))
    later = moment + timedelta(minutes=ahead)
    if _offset(later, zone) == _offset(moment, zone):
        return later
    # The clock is put forward or back before then: it may skip or repeat the minute itself.
    for step in range(1, ahead + DAY):
        later = moment + timedelta(minutes=step)
        if week[_minute_of_week(later, zone)] != week[here]:
            return later
    return None


def _minute_of_week(at: datetime, zone: ZoneInfo) -> int:
    wall = at.astimezone(zone)
    return wall.weekday() * DAY + wall.hour * 60 + wall.minute
