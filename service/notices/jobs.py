"""By the clock: alarms are looked after each minute, digests told when they are due."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog

from service.core.db import Conn, Pool
from service.core.jobs import Tick
from service.core.tokens import Keyring
from service.moderation.stats_store import list_days
from service.notices import figures_store as figures
from service.notices import store
from service.notices.announce import Announcer
from service.notices.letters import alarm_letter
from service.notices.rules import REMINDER, WEEK_DAYS, is_expected, last_due, mark_of, turn_of
from service.notices.types import (
    Alarm,
    AlarmKind,
    Digest,
    Failing,
    Figures,
    Newsroom,
    State,
    Turn,
)
from service.screening.hours import zone_of
from service.settings import Settings

log = structlog.get_logger("rejoinder.notices")

RECENT = timedelta(minutes=15)
MOST_ARTICLES = 5
SUMS = (
    "comments", "published", "held", "spam", "decisions", "let_through", "rejected", "marked_spam",
    "judged", "overruled", "missed",
)  # fmt: skip


class Watch:
    """Measures, and announces what has turned."""

    def __init__(self, pool: Pool, announcer: Announcer) -> None:
        """Any number of these may watch at once: each turn is told by one of them."""
        self._pool = pool
        self._announcer = announcer

    async def check(self, now: datetime | None = None) -> None:
        """Look at every site's alarms."""
        now = now or datetime.now(UTC)
        async with self._pool.acquire() as conn:
            rooms = await store.list_newsrooms(conn)
            if not rooms:
                return
            await store.forget_unwanted(conn)
            states = await store.list_states(conn)
            measured = await _measure(conn, now, rooms)
            for room in rooms:
                for alarm, found in measured[room.site_id].items():
                    state = states.get((room.site_id, alarm))
                    turn = _turn(room, alarm, state, found, now)
                    if turn:
                        await self._tell(conn, room, (alarm, turn), state, found, now)

    async def _tell(
        self,
        conn: Conn,
        room: Newsroom,
        what: tuple[AlarmKind, Turn],
        state: State | None,
        found: Figures,
        now: datetime,
    ) -> None:
        alarm, turn = what
        since = state.since if state and state.since else now
        told = Alarm(site=room.slug, alarm=alarm, turn=turn, since=since, at=now, figures=found)
        try:
            async with conn.transaction():
                if await _take(conn, room, told):
                    await self._announcer.announce(conn, room, told)
        except Exception:  # one site's trouble must not keep the others' alarms back
            log.exception("alarm not announced", site=room.slug, alarm=alarm)

    async def digest(self, now: datetime | None = None) -> None:
        """Tell each site's digest that is due."""
        now = now or datetime.now(UTC)
        async with self._pool.acquire() as conn:
            for room in await store.list_newsrooms(conn):
                if room.rules.digest == "off":
                    continue
                due = last_due(room.rules, room.zone, now)
                if due <= room.digest_at:
                    continue
                try:
                    async with conn.transaction():
                        if await store.take_digest(conn, room.site_id, due):
                            told = await count_digest(conn, room, due, now)
                            await self._announcer.announce(conn, room, told)
                except Exception:  # as above
                    log.exception("digest not announced", site=room.slug)


async def _measure(
    conn: Conn, now: datetime, rooms: list[Newsroom]
) -> dict[Any, dict[AlarmKind, Figures]]:
    """What each site's alarms are about, those alone that it wants."""
    held = await figures.measure_held(conn, now)
    comments = await figures.measure_jump(conn, figures.COMMENTS, now, rooms)
    reports = await figures.measure_jump(conn, figures.REPORTS, now, rooms)
    failing = await figures.measure_failing(conn, now - RECENT)
    found: dict[Any, dict[AlarmKind, Figures]] = {room.site_id: {} for room in rooms}
    for alarm, measured in (("held", held), ("comments", comments), ("reports", reports)):
        for site_id, one in measured.items():
            found.setdefault(site_id, {})[alarm] = one  # type: ignore[index]  # of the tuple above
    for room in rooms:
        if store.is_on(room.rules, "classifier"):
            found[room.site_id]["classifier"] = failing.get(room.site_id, Failing(0, 0))
    return found


def _turn(
    room: Newsroom, alarm: AlarmKind, state: State | None, found: Figures, now: datetime
) -> Turn | None:
    least = room.rules.jump_comments if alarm == "comments" else room.rules.jump_reports
    mark = mark_of(room.rules, found, least, now)
    expected = is_expected(room, now) if alarm == "held" else True
    if isinstance(found, Failing) and not found.screened:
        # Without a comment nobody knows whether it works again.
        mark, expected = "between", False
    return turn_of(state, mark, now, expected=expected)


async def _take(conn: Conn, room: Newsroom, told: Alarm) -> bool:
    """Write the turn down; False where another worker was faster."""
    said = alarm_letter(told, room).headline
    match told.turn:
        case "begun":
            taken = await store.begin_alarm(conn, room.site_id, told.alarm, told.at, said)
        case "lasting":
            taken = await store.remind(conn, room.site_id, told.alarm, told.at, REMINDER, said)
        case "over":
            taken = await store.end_alarm(conn, room.site_id, told.alarm, told.at, said)
    return taken is not None


async def count_digest(conn: Conn, room: Newsroom, due: datetime, now: datetime) -> Digest:
    """The day, or the seven, before a digest is due, by the newsroom's clock."""
    zone = zone_of(room.zone)
    weekly = room.rules.digest == "weekly"
    end = datetime.combine(due.astimezone(zone).date(), time(), zone)
    begin = end - timedelta(days=WEEK_DAYS if weekly else 1)
    days = await list_days(conn, [room.site_id], begin, room.zone)
    counted = [day for on, day in days.items() if begin.date() <= on < end.date()]
    waiting, oldest = await figures.count_waiting(conn, room.site_id)
    period = (room.site_id, begin, end)
    campaigns = await figures.count_campaigns(conn, *period)
    return Digest(
        site=room.slug,
        at=now,
        period="weekly" if weekly else "daily",
        first=begin.date().isoformat(),
        last=(end - timedelta(days=1)).date().isoformat(),
        **{name: sum(getattr(day, name) for day in counted) for name in SUMS},
        reports=await figures.count_reports(conn, *period),
        waiting=waiting,
        oldest=oldest,
        campaigns=campaigns.campaigns,
        in_campaigns=campaigns.comments,
        articles=await figures.list_lively(conn, *period, MOST_ARTICLES),
    )


def ticks(pool: Pool, keyring: Keyring, settings: Settings) -> list[Tick]:
    """What notices do by the clock."""
    watch = Watch(pool, Announcer(keyring, settings))
    return [
        Tick("notices-check", "* * * * *", watch.check),
        Tick("notices-digest", "*/5 * * * *", watch.digest),
    ]
