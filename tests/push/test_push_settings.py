"""What a site decides about its alerts, as it is stored."""

from datetime import time

from service.articles.types import Site
from service.core.db import Pool
from service.push.settings_store import PushSettings, get_settings, pause, put_settings, resume


async def test_defaults_are_the_same_with_a_row_and_without(pool: Pool, site: Site) -> None:
    assert await get_settings(pool, site.id) == PushSettings()
    await pool.execute("insert into push_setting (site_id) values ($1)", site.id)
    assert await get_settings(pool, site.id) == PushSettings()


async def test_what_is_put_is_what_is_got_and_leaves_a_pause(pool: Pool, site: Site) -> None:
    await pause(pool, site.id, "restored")
    await pause(pool, site.id, "editor")
    put = PushSettings(
        daily_cap=3, quiet_from=time(22), quiet_until=time(7, 30), check_url=True,
        utm_source="rejoinder", utm_medium="push", utm_campaign="alerts",
        icon="https://courier.example/icon.png", badge="https://courier.example/badge.png",
        inactive_days=90,
    )  # fmt: skip
    async with pool.acquire() as conn:
        await put_settings(conn, site.id, put)
    paused = await get_settings(pool, site.id)
    assert (paused.daily_cap, paused.quiet_until) == (3, time(7, 30))
    assert paused.paused_at is not None
    assert paused.paused_reason == "restored"
    await resume(pool, site.id)
    assert await get_settings(pool, site.id) == put
