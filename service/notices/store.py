"""Rules, and how alarms stand: their SQL. What they measure is in figures_store."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from service.core.db import Conn, Executor
from service.notices.types import (
    ALARMS,
    AlarmKind,
    Newsroom,
    Rules,
    State,
)
from service.screening.types import Hours

FIELDS = tuple(Rules.__struct_fields__)
FALLBACK = "UTC"

NEWSROOMS = """
select r.site_id, s.slug, s.name, r.digest_at, p.hours,
    r.recipients, r.time_zone, r.digest, r.digest_hour, r.digest_day, r.held_minutes,
    r.staffed_only, r.jump_times::float8, r.jump_comments, r.jump_reports, r.failing_count,
    r.failing_share::float8
from notice_rule r
join site s on s.id = r.site_id
left join lateral (
    select rules -> 'hours' as hours from policy
    where site_id = r.site_id order by version desc limit 1
) p on true
where $1::uuid is null or r.site_id = $1
"""


async def list_newsrooms(conn: Executor, site_id: UUID | None = None) -> list[Newsroom]:
    """The sites that have rules, or the one that is asked for if it has."""
    return [_newsroom(row) for row in await conn.fetch(NEWSROOMS, site_id)]


def _newsroom(row: asyncpg.Record) -> Newsroom:
    hours = msgspec.json.decode(row["hours"], type=Hours | None) if row["hours"] else None
    return Newsroom(
        site_id=row["site_id"],
        slug=row["slug"],
        name=row["name"],
        zone=row["time_zone"] or (hours.time_zone if hours else FALLBACK),
        hours=hours,
        digest_at=row["digest_at"],
        # PostgreSQL's real has some seven digits, and nobody wrote more.
        rules=Rules(**{name: _rounded(row[name]) for name in FIELDS}),
    )


def _rounded(value: Any) -> Any:  # noqa: ANN401 (a column of any type)
    return round(value, 6) if isinstance(value, float) else value


async def get_hours(conn: Executor, site_id: UUID) -> Hours | None:
    """The staffed hours of a site's policy."""
    found = await conn.fetchval(
        """
        select rules -> 'hours' from policy where site_id = $1 order by version desc limit 1
        """,
        site_id,
    )
    return msgspec.json.decode(found, type=Hours | None) if found else None


async def get_editor(conn: Executor, site_id: UUID) -> tuple[str | None, datetime | None]:
    """Who has put the rules, and when."""
    row = await conn.fetchrow(
        """
        select m.email, r.updated_at from notice_rule r left join moderator m on m.id = r.updated_by
        where r.site_id = $1
        """,
        site_id,
    )
    return (row["email"], row["updated_at"]) if row else (None, None)


async def put_rules(
    conn: Conn, site_id: UUID, rules: Rules, digest_at: datetime, editor: UUID
) -> None:
    """Put a site's rules; what was told of alarms that are off now is forgotten."""
    values = [getattr(rules, name) for name in FIELDS]
    await conn.execute(PUT, site_id, *values, digest_at, editor)
    off = [alarm for alarm in ALARMS if not is_on(rules, alarm)]
    await conn.execute(
        "delete from notice_state where site_id = $1 and alarm = any($2::text[])", site_id, off
    )


PUT = """
insert into notice_rule (
    site_id, recipients, time_zone, digest, digest_hour, digest_day, held_minutes, staffed_only,
    jump_times, jump_comments, jump_reports, failing_count, failing_share, digest_at, updated_by
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (site_id) do update set
    recipients = $2, time_zone = $3,
    digest = $4, digest_hour = $5, digest_day = $6, held_minutes = $7, staffed_only = $8,
    jump_times = $9, jump_comments = $10, jump_reports = $11, failing_count = $12,
    failing_share = $13, updated_by = $15, updated_at = now(),
    -- Only another hour or day begins a new count: who is told may change while one is due.
    digest_at = case
        when (notice_rule.digest, notice_rule.digest_hour, notice_rule.digest_day,
            notice_rule.time_zone) is distinct from ($4, $5, $6, $3) then $14
        else notice_rule.digest_at
    end
"""


def is_on(rules: Rules, alarm: AlarmKind) -> bool:
    """Whether a site wants an alarm."""
    wanted = {
        "held": rules.held_minutes,
        "comments": rules.jump_times,
        "reports": rules.jump_times,
        "classifier": rules.failing_count,
    }
    return wanted[alarm] is not None


async def list_states(
    conn: Executor, site_id: UUID | None = None
) -> dict[tuple[UUID, AlarmKind], State]:
    """How each site's alarms stand; none of those that never were on."""
    rows = await conn.fetch(
        """
        select site_id, alarm, since, told_at, said from notice_state
        where $1::uuid is null or site_id = $1
        """,
        site_id,
    )
    return {
        (row["site_id"], row["alarm"]): State(
            row["alarm"], row["since"], row["told_at"], row["said"]
        )
        for row in rows
    }


async def begin_alarm(
    conn: Conn, site_id: UUID, alarm: AlarmKind, now: datetime, said: str
) -> datetime | None:
    """Turn an alarm on; None where somebody else has, or it isn't wanted any more."""
    since: datetime | None = await conn.fetchval(
        """
        insert into notice_state (site_id, alarm, since, told_at, said)
        select site_id, $2, $3, $3, $4 from notice_rule where site_id = $1
        on conflict (site_id, alarm) do update set since = $3, told_at = $3, said = $4
        where notice_state.since is null
        returning since
        """,
        site_id,
        alarm,
        now,
        said,
    )
    return since


async def remind(
    conn: Conn, site_id: UUID, alarm: AlarmKind, now: datetime, every: timedelta, said: str
) -> datetime | None:
    """Take the turn of reminding; since when the alarm lasts, None where it isn't our turn."""
    since: datetime | None = await conn.fetchval(
        """
        update notice_state set told_at = $3, said = $5
        where site_id = $1 and alarm = $2 and since is not null
            and told_at <= $3::timestamptz - $4::interval
        returning since
        """,
        site_id,
        alarm,
        now,
        every,
        said,
    )
    return since


async def end_alarm(
    conn: Conn, site_id: UUID, alarm: AlarmKind, now: datetime, said: str
) -> datetime | None:
    """Turn an alarm off; since when it lasted, None where somebody else has."""
    since: datetime | None = await conn.fetchval(
        """
        with before as (
            select since from notice_state
            where site_id = $1 and alarm = $2 and since is not null for update
        )
        update notice_state set since = null, told_at = $3, said = $4 from before
        where site_id = $1 and alarm = $2
        returning before.since
        """,
        site_id,
        alarm,
        now,
        said,
    )
    return since


async def forget_unwanted(conn: Executor) -> None:
    """Forget the alarms that were turned off while somebody was turning them on."""
    await conn.execute(
        """
        delete from notice_state s using notice_rule r
        where r.site_id = s.site_id and case s.alarm
            when 'held' then r.held_minutes is null
            when 'classifier' then r.failing_count is null
            else r.jump_times is null
        end
        """
    )


async def take_digest(conn: Conn, site_id: UUID, due: datetime) -> bool:
    """Take the turn of telling what was due; True for one caller."""
    done = await conn.execute(
        "update notice_rule set digest_at = $2 where site_id = $1 and digest_at < $2", site_id, due
    )
    return done == "UPDATE 1"
