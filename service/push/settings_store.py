"""All SQL of what a site decides about its alerts."""

from datetime import datetime, time
from typing import Literal
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to

PauseReason = Literal["restored", "editor"]


class PushSettings(msgspec.Struct, frozen=True):
    """What a site decides; without a row the defaults, as in migration 0015.

    `daily_cap`: alerts that one browser gets within 24 hours, 0 is any number. Quiet hours in the
    reader's time zone. `check_url`: nothing is sent before the article's address answers 200. Of
    the texts, '' is none. `inactive_days`: how long a subscription may go without a sign of life,
    0 is for ever.
    """

    daily_cap: int = 20
    quiet_from: time | None = None
    quiet_until: time | None = None
    check_url: bool = False
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    icon: str = ""
    badge: str = ""
    inactive_days: int = 180
    paused_at: datetime | None = None
    paused_reason: PauseReason | None = None


async def get_settings(conn: Executor, site_id: UUID) -> PushSettings:
    """The settings of a site."""
    row = await conn.fetchrow(
        """
        select daily_cap, quiet_from, quiet_until, check_url, utm_source, utm_medium, utm_campaign,
            icon, badge, inactive_days, paused_at, paused_reason
        from push_setting where site_id = $1
        """,
        site_id,
    )
    return row_to(PushSettings, row) if row else PushSettings()


async def put_settings(conn: Conn, site_id: UUID, settings: PushSettings) -> None:
    """Store a site's settings; whether alerts are paused is pause's and resume's alone."""
    await conn.execute(
        """
        insert into push_setting (
            site_id, daily_cap, quiet_from, quiet_until, check_url, utm_source, utm_medium,
            utm_campaign, icon, badge, inactive_days
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (site_id) do update set
            daily_cap = excluded.daily_cap, quiet_from = excluded.quiet_from,
            quiet_until = excluded.quiet_until, check_url = excluded.check_url,
            utm_source = excluded.utm_source, utm_medium = excluded.utm_medium,
            utm_campaign = excluded.utm_campaign, icon = excluded.icon, badge = excluded.badge,
            inactive_days = excluded.inactive_days, updated_at = now()
        """,
        site_id,
        settings.daily_cap,
        settings.quiet_from,
        settings.quiet_until,
        settings.check_url,
        settings.utm_source,
        settings.utm_medium,
        settings.utm_campaign,
        settings.icon,
        settings.badge,
        settings.inactive_days,
    )


async def pause(conn: Executor, site_id: UUID, reason: PauseReason) -> None:
    """Pause a site's alerts; one that is paused already keeps its reason and time."""
    await conn.execute(
        """
        insert into push_setting (site_id, paused_at, paused_reason) values ($1, now(), $2)
        on conflict (site_id) do update set paused_at = now(), paused_reason = $2,
            updated_at = now()
        where push_setting.paused_at is null
        """,
        site_id,
        reason,
    )


async def is_paused(conn: Executor, site_id: UUID) -> bool:
    """Whether a site's alerts wait."""
    found: bool = await conn.fetchval(
        "select exists (select from push_setting where site_id = $1 and paused_at is not null)",
        site_id,
    )
    return found


async def resume(conn: Executor, site_id: UUID) -> None:
    """Let a site's alerts go out again."""
    await conn.execute(
        """
        update push_setting set paused_at = null, paused_reason = null, updated_at = now()
        where site_id = $1 and paused_at is not null
        """,
        site_id,
    )
