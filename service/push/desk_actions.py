"""What editors do with alerts. Each change is one transaction, with its entry in the record."""

from datetime import time, timedelta
from uuid import UUID

from service.accounts.credentials_store import insert_event
from service.accounts.types import Event, Moderator
from service.articles.rules import KEY, check_url
from service.articles.store import get_article
from service.articles.types import Site
from service.core.db import Conn, Executor
from service.core.http import clean_text
from service.core.problems import Conflict, Invalid, NotFound
from service.push import actions, desk_store, rules, store
from service.push import settings_store as settings
from service.push.delivery_store import finish_alerts
from service.push.desk_types import (
    AlertSettings,
    DeskAlert,
    DeskAlertDetail,
    OverdueAlert,
    Pause,
    PutAlertSettings,
    Resume,
)
from service.push.settings_store import PushSettings
from service.push.types import PostAlert

LATE = timedelta(hours=2)  # after which an alert isn't sent without having asked
FEW = 10  # of the overdue ones, which are shown by title


async def find_alert(conn: Executor, moderator: Moderator, ident: UUID) -> DeskAlert:
    """An alert of the moderator's sites; raises NotFound."""
    site_id = await desk_store.get_site_of(conn, ident)
    if site_id is None or not moderator.covers(site_id):
        raise NotFound("There is no such alert.")
    alert = await desk_store.get_alert(conn, ident)
    assert alert is not None  # noqa: S101 (alerts are never deleted)
    return alert


async def describe(conn: Executor, moderator: Moderator, ident: UUID) -> DeskAlertDetail:
    """All about one alert; raises NotFound."""
    alert = await find_alert(conn, moderator, ident)
    steps = await desk_store.list_steps(conn, ident)
    return DeskAlertDetail(
        alert,
        [(0, 0), *steps] if steps else [],
        await desk_store.list_services(conn, ident),
        await desk_store.list_editions(conn, ident),
    )


async def cancel(conn: Conn, editor: Moderator, ident: UUID) -> DeskAlert:
    """Cancel an alert that isn't being sent yet; again is the same. Raises NotFound, Conflict."""
    async with conn.transaction():
        site_id = await desk_store.get_site_of(conn, ident)
        if site_id is None or not editor.covers(site_id):
            raise NotFound("There is no such alert.")
        cancelled = await store.cancel_alert(conn, site_id, ident)
        alert = await find_alert(conn, editor, ident)
        if alert.state != "cancelled":
            raise Conflict("The alert is being sent already or has been.")
        if cancelled:
            await _record(conn, editor, site_id, "alert cancelled", _named(alert))
    return alert


async def add(conn: Conn, editor: Moderator, site: Site, body: PostAlert, hold: int) -> DeskAlert:
    """Schedule an alert by hand.

    Raises what scheduling raises, and Conflict where this edition of the article has an alert:
    an editor who sees another one than was written would think that this one goes out.
    """
    async with conn.transaction():
        await desk_store.lock_site(conn, site.id)
        key = KEY.fullmatch(body.article)
        article = await get_article(conn, site.id, body.article, None) if key else None
        if article and await store.get_alert_of(conn, article.id, body.edition):
            raise Conflict(f"There is an alert of edition {body.edition} of this article already.")
        made = await actions.schedule_alert(conn, site, body, hold)
        alert = await find_alert(conn, editor, made.id)
        await _record(conn, editor, site.id, "alert added", _named(alert))
    return alert


async def describe_settings(conn: Executor, site: Site) -> AlertSettings:
    """What a site decides, and what waits while its alerts are paused."""
    found = await settings.get_settings(conn, site.id)
    return AlertSettings(
        site.slug,
        PutAlertSettings(
            daily_cap=found.daily_cap,
            quiet_from=_clock(found.quiet_from),
            quiet_until=_clock(found.quiet_until),
            check_url=found.check_url,
            utm_source=found.utm_source,
            utm_medium=found.utm_medium,
            utm_campaign=found.utm_campaign,
            icon=found.icon,
            badge=found.badge,
            inactive_days=found.inactive_days,
        ),
        await _pause(conn, site.id, found),
        await desk_store.count_subscribers(conn, site.id),
    )


async def _pause(conn: Executor, site_id: UUID, found: PushSettings) -> Pause | None:
    if found.paused_at is None or found.paused_reason is None:
        return None
    overdue = await _overdue(conn, site_id, found)
    return Pause(found.paused_at, found.paused_reason, len(overdue), overdue[:FEW])


async def _overdue(conn: Executor, site_id: UUID, found: PushSettings) -> list[OverdueAlert]:
    return await desk_store.list_overdue(
        conn,
        site_id,
        restored=found.paused_reason == "restored",
        late=LATE,
        least=int(rules.SHORTEST_CHASE),
    )


async def put_settings(
    conn: Conn, editor: Moderator, site: Site, put: PutAlertSettings
) -> AlertSettings:
    """Store a site's settings; raises Invalid."""
    after = _checked(put)
    async with conn.transaction():
        await desk_store.lock_site(conn, site.id)
        before = await settings.get_settings(conn, site.id)
        await settings.put_settings(conn, site.id, after)
        detail = {
            name.replace(
                "_", " "
            ): f"{_word(getattr(before, name))} → {_word(getattr(after, name))}"
            for name in PutAlertSettings.__struct_fields__
            if getattr(before, name) != getattr(after, name)
        }
        if detail:
            await _record(conn, editor, site.id, "alert settings changed", detail)
        return await describe_settings(conn, site)


def _checked(put: PutAlertSettings) -> PushSettings:
    if (put.quiet_from is None) != (put.quiet_until is None):
        raise Invalid.field("$.quiet_until", "Expected both ends of the quiet hours, or neither")
    if put.quiet_from is not None and put.quiet_from == put.quiet_until:
        raise Invalid.field("$.quiet_until", "Expected another time than the quiet hours' first")
    return PushSettings(
        daily_cap=put.daily_cap,
        quiet_from=time.fromisoformat(put.quiet_from) if put.quiet_from else None,
        quiet_until=time.fromisoformat(put.quiet_until) if put.quiet_until else None,
        check_url=put.check_url,
        utm_source=clean_text("$.utm_source", put.utm_source),
        utm_medium=clean_text("$.utm_medium", put.utm_medium),
        utm_campaign=clean_text("$.utm_campaign", put.utm_campaign),
        icon=_picture("$.icon", put.icon),
        badge=_picture("$.badge", put.badge),
        inactive_days=put.inactive_days,
    )


def _picture(path: str, url: str) -> str:
    """An https address, or ''; raises Invalid."""
    url = url.strip()
    if url and not (check_url(path, url).startswith("https://") and url.isascii()):
        raise Invalid.field(path, "Expected an address that begins with https://")
    return url


async def pause(conn: Conn, editor: Moderator, site: Site) -> AlertSettings:
    """Let a site's alerts wait; again is the same."""
    async with conn.transaction():
        await desk_store.lock_site(conn, site.id)
        before = await settings.get_settings(conn, site.id)
        await settings.pause(conn, site.id, "editor")
        if before.paused_at is None:
            await _record(conn, editor, site.id, "alerts paused", {})
        return await describe_settings(conn, site)


async def resume(conn: Conn, editor: Moderator, site: Site, body: Resume) -> AlertSettings:
    """Let a site's alerts go out again, the overdue ones as asked; again is the same."""
    async with conn.transaction():
        await desk_store.lock_site(conn, site.id)
        before = await settings.get_settings(conn, site.id)
        if before.paused_at is not None:
            overdue = await _overdue(conn, site.id, before)
            if body.overdue == "cancel":
                restored = before.paused_reason == "restored"
                idents = [alert.id for alert in overdue]
                await desk_store.cancel_overdue(conn, idents, restored=restored)
            await settings.resume(conn, site.id)
            detail = {"overdue": f"{len(overdue)}, {body.overdue}"} if overdue else {}
            await _record(conn, editor, site.id, "alerts resumed", detail)
    await finish_alerts(conn)
    return await describe_settings(conn, site)


def _clock(moment: time | None) -> str | None:
    return moment.strftime("%H:%M") if moment else None


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return str(value) if value not in {None, ""} else "none"


def _named(alert: DeskAlert) -> dict[str, str]:
    return {"title": alert.title[:200], "article": alert.article, "edition": str(alert.edition)}


async def _record(
    conn: Conn, editor: Moderator, site_id: UUID, action: str, detail: dict[str, str]
) -> None:
    await insert_event(conn, Event(action, editor.id, None, [site_id], detail))
