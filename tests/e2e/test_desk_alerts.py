"""The page of alerts in a browser, with a worker that sends them behind it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from e2e.policy_page import open_page, sign_in_link
from e2e.test_desk_accessible import LOOKS
from e2e.visitors import Api, MakeVisitor, Visitor, violations
from live import LiveServer
from playwright.async_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser

ALERTS = "/v1/moderation/alerts"


class Newsroom:
    """What happens elsewhere: articles, alerts, deliveries."""

    def __init__(self, api: Api, conn: "asyncpg.Connection[Any]") -> None:
        self.api = api
        self.conn = conn

    async def publish(self, key: str, title: str, *, alert: bool = False) -> str | None:
        server = self.api.server
        answer = await self.api.client.put(
            f"/v1/sites/default/articles/{key}",
            json={
                "url": f"{server.url}/news/{key}", "title": title, "summary": "All winter.",
                "section": "World", "alert": alert,
            },
            headers={"Authorization": f"Bearer {server.publisher_key}"},
        )  # fmt: skip
        found = answer.raise_for_status().json()["alert"]
        return found["id"] if found else None

    async def deliveries(self, ident: str, origin: str, outcomes: str, *progress: int) -> None:
        """Write what became of one batch."""
        await self.conn.execute(
            """
            insert into delivery_batch (site_id, alert_id, number, origin, subscription_ids,
                outcomes, not_before, done_at, progress)
            select site_id, id, (select count(*) + 1 from delivery_batch where alert_id = $1), $2,
                array_fill(id, array[length($3)]), $3, now(),
                case when position('p' in $3) = 0 then now() end, $4
            from alert where id = $1
            """,
            uuid.UUID(ident),
            origin,
            outcomes,
            list(progress),
        )

    async def sent(self, key: str, title: str, state: str = "sent") -> str:
        """An alert that went to some, or goes to them now, for ever."""
        ident = await self.publish(key, title, alert=True)
        assert ident
        await self.conn.execute(
            """
            update alert set state = $2, started_at = now() - interval '4 minutes',
                finished_at = case when $2 = 'sent' then now() end, shown = 812, clicked = 97
            where id = $1
            """,
            uuid.UUID(ident),
            state,
        )
        steps = [n for i in range(20) for n in (i * 5 + 1, (i + 1) * 45)]
        await self.deliveries(ident, "fcm.googleapis.com", "a" * 900 + "g" * 31 + "s" * 60, *steps)
        steps = [n for i in range(8) for n in (i * 17 + 3, (i + 1) * 40)]
        left = "p" * 90 if state == "sending" else "f" * 12
        rest = "a" * 320 + "g" * 9 + left
        await self.deliveries(ident, "updates.push.services.mozilla.com", rest, *steps)
        if state == "sending":
            await self.conn.execute(
                """
                update delivery_batch set not_before = now() + interval '1 hour'
                where alert_id = $1 and done_at is null
                """,
                uuid.UUID(ident),
            )
        return ident


@pytest_asyncio.fixture
async def newsroom(api: Api, live_server: LiveServer) -> AsyncIterator[Newsroom]:
    conn = await asyncpg.connect(live_server.database_url)
    # Other tests' browsers are gone: what goes to them would be tried for a day.
    await conn.execute("delete from subscription")
    yield Newsroom(api, conn)
    # What is still "sending" is no other test's.
    await conn.execute("delete from delivery_batch where done_at is null")
    await conn.execute(
        "update alert set state = 'sent', finished_at = now() where state = 'sending'"
    )
    await conn.execute("update push_setting set paused_at = null, paused_reason = null")
    await conn.close()


@pytest.fixture
async def page(visitor: Visitor, live_server: LiveServer) -> Page:
    page = await visitor.page()
    await page.goto(sign_in_link(live_server, "editor"))
    return page


def row(page: Page, title: str) -> Locator:
    return page.locator(".alert-row").filter(has=page.get_by_role("link", name=title))


async def write(page: Page, article: str, title: str, at: str = "") -> None:
    """Write an alert by keyboard."""
    await page.get_by_role("button", name="New alert").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New alert")
    await dialog.locator("[name=article]").select_option(label=article)
    await dialog.locator("[name=title]").fill(title)
    await expect(dialog.get_by_role("group", name="Preview")).to_contain_text(title)
    await expect(dialog.get_by_role("status")).to_contain_text("at most")
    if at:
        await dialog.locator("[name=send_at]").fill(at)
    page.once("dialog", lambda asked: asked.accept())
    await dialog.get_by_role("button", name="Send …").press("Enter")
    await expect(dialog).to_have_count(0)


async def test_an_alert_is_written_goes_out_and_another_is_cancelled(
    page: Page, newsroom: Newsroom, key: str
) -> None:
    await newsroom.publish(key, f"The boat {key}")
    await open_page(page, "Alerts")
    await write(page, f"The boat {key}", f"Now: {key}")
    first = row(page, f"Now: {key}")
    await expect(first.locator(".badge")).to_have_text("Sent")
    await write(page, f"The boat {key}", f"Later: {key}", "2027-06-01T08:00")
    second = row(page, f"Later: {key}")
    await expect(second).to_contain_text("edition 2")
    await expect(second.locator(".badge")).to_have_text("Scheduled")
    await second.get_by_role("button", name="Cancel").press("Enter")
    await expect(second.locator(".badge")).to_have_text("Cancelled")
    await expect(second.get_by_role("button", name="Cancel")).to_have_count(0)
    await expect(second.get_by_role("button", name="Details")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(second.get_by_role("region", name="By title").locator("tbody tr")).to_have_count(2)


async def test_what_is_refused_is_said_and_nothing_is_lost(
    page: Page, newsroom: Newsroom, key: str
) -> None:
    await newsroom.publish(key, f"The boat {key}", alert=True)
    await open_page(page, "Alerts")
    await page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog", name="New alert")
    await dialog.locator("[name=article]").select_option(label=f"The boat {key}")
    await expect(dialog.get_by_text("has had 1 alert")).to_be_visible()
    await dialog.locator("[name=title]").fill("Again")
    await dialog.locator("[name=edition]").fill("1")
    page.once("dialog", lambda asked: asked.accept())
    await dialog.get_by_role("button", name="Send …").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("There is an alert of edition 1")
    await expect(dialog.locator("[name=title]")).to_have_value("Again")
    await page.keyboard.press("Escape")


async def test_an_edition_that_was_written_stays_when_the_answer_comes_late(
    page: Page, newsroom: Newsroom, key: str
) -> None:
    await newsroom.publish(key, f"The boat {key}", alert=True)
    await open_page(page, "Alerts")
    await page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog", name="New alert")
    edition = dialog.locator("[name=edition]")
    await dialog.locator("[name=article]").select_option(label=f"The boat {key}")
    await expect(edition).to_have_value("2")
    written = asyncio.Event()

    async def late(route: Route) -> None:
        await written.wait()
        await route.continue_()

    await page.route("**/v1/moderation/alerts/reach?**", late)
    async with page.expect_response("**/v1/moderation/alerts/reach?**") as answered:
        await dialog.locator("[name=topics]").fill("harbour")
        await dialog.locator("[name=topics]").press("Tab")
        await edition.fill("7")
        written.set()
    await (await answered.value).finished()
    await page.evaluate("new Promise((seen) => setTimeout(seen, 100))")  # the page has read it
    await expect(edition).to_have_value("7")
    await dialog.locator("[name=article]").dispatch_event("change")
    await expect(edition).to_have_value("2")
    await page.keyboard.press("Escape")


async def test_figures_refresh_while_something_is_sent(
    page: Page, newsroom: Newsroom, key: str
) -> None:
    ident = await newsroom.sent(key, f"The boat {key}", "sending")
    await open_page(page, "Alerts")
    one = row(page, f"The boat {key}")
    await expect(one.locator(".badge")).to_have_text("Sending")
    await expect(one.locator(".counted")).to_contain_text("1,220 accepted, 90 waiting")
    await expect(one.locator(".seen")).to_contain_text("Shown 812")
    await one.get_by_role("button", name="Details").click()
    await expect(one.get_by_role("img")).to_have_attribute("aria-label", "1,220 of 1,410 accepted within 2 min of the start.")  # fmt: skip  # noqa: E501
    services = one.get_by_role("region", name="By push service")
    await expect(services.locator("tbody tr")).to_have_count(2)
    await newsroom.conn.execute(
        """
        update delivery_batch set outcomes = replace(outcomes, 'p', 'a'), done_at = now()
        where alert_id = $1 and done_at is null
        """,
        uuid.UUID(ident),
    )
    await expect(one.locator(".badge")).to_have_text("Sent")
    await expect(one.locator(".counted")).to_contain_text("1,310 accepted")
    await expect(services).to_contain_text("410")


async def test_a_pause_is_seen_by_all_and_ended_by_an_editor(
    page: Page, newsroom: Newsroom, visitors: MakeVisitor, live_server: LiveServer, key: str
) -> None:
    await open_page(page, "Alerts")
    page.once("dialog", lambda asked: asked.accept())
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".notice.paused")).to_contain_text("Alerts are paused")
    await newsroom.publish(key, f"The boat {key}", alert=True)
    await newsroom.conn.execute(
        "update push_setting set paused_reason = 'restored' where paused_at is not null"
    )

    other = await (await visitors()).page()
    await other.goto(sign_in_link(live_server, "moderator"))
    await open_page(other, "Alerts")
    await expect(other.locator(".notice.paused")).to_contain_text("restored or copied")
    await expect(row(other, f"The boat {key}").locator(".badge")).to_have_text("Paused")
    for name in ("Resume …", "Pause", "New alert", "Settings"):
        await expect(other.get_by_role("button", name=name)).to_have_count(0)

    await page.reload()
    await page.get_by_role("button", name="Resume …").press("Enter")
    dialog = page.get_by_role("dialog", name="Resume alerts")
    await expect(dialog).to_contain_text(f"The boat {key}")
    await expect(dialog.get_by_role("radio", name="Cancel them")).to_be_checked()
    await dialog.get_by_role("button", name="Resume").press("Enter")
    await expect(page.locator(".notice.paused")).to_have_count(0)
    await expect(row(page, f"The boat {key}").locator(".badge")).to_have_text("Cancelled")


async def test_settings_are_changed(page: Page, newsroom: Newsroom) -> None:
    await open_page(page, "Alerts")
    try:
        await page.get_by_role("button", name="Settings").click()
        dialog = page.get_by_role("dialog", name="Settings of alerts")
        await dialog.locator("[name=daily_cap]").fill("5")
        await dialog.locator("[name=quiet_from]").fill("22:00")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("both ends")
        await dialog.locator("[name=quiet_until]").fill("07:00")
        await dialog.locator("[name=icon]").fill("https://news.example/icon.png")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        await page.get_by_role("button", name="Settings").click()
        await expect(dialog.locator("[name=daily_cap]")).to_have_value("5")
        await expect(dialog.locator("[name=quiet_until]")).to_have_value("07:00")
        await expect(dialog.locator("[name=icon]")).to_have_value("https://news.example/icon.png")
    finally:
        await newsroom.conn.execute("delete from push_setting")


async def test_a_failure_is_said_and_tried_again(page: Page, newsroom: Newsroom, key: str) -> None:
    await newsroom.sent(key, f"The boat {key}")
    await page.route(f"**{ALERTS}?*", lambda route: route.abort())
    await open_page(page, "Alerts")
    foot = page.locator(".articles-foot")
    await expect(foot.get_by_role("alert")).to_contain_text("could not be reached")
    await page.unroute(f"**{ALERTS}?*")
    await foot.get_by_role("button", name="Try again").click()
    await expect(row(page, f"The boat {key}")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_alerts(
    visitors: MakeVisitor, newsroom: Newsroom, axe: str, look: dict[str, Any], key: str
) -> None:
    visitor = await visitors(**look)
    page = await visitor.page()
    await newsroom.sent(key, f"The boat {key}")
    await newsroom.sent(f"{key}-2", f"The bridge {key}", "sending")
    await page.goto(sign_in_link(visitor.server, "editor"))
    await open_page(page, "Alerts")
    one = row(page, f"The boat {key}")
    await one.get_by_role("button", name="Details").click()
    await expect(one.get_by_role("img")).to_be_visible()
    assert await violations(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("New alert", "Settings"):
        await page.get_by_role("button", name=name).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await violations(page, axe) == [], name
        await page.keyboard.press("Escape")
    page.once("dialog", lambda asked: asked.accept())
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Resume …").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page, axe) == []
