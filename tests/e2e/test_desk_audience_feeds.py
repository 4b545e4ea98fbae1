"""At the desk's page of alerts: who subscribed and who went, and the feeds they come from."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from e2e.policy_page import open_page, sign_in_link
from e2e.test_desk_accessible import LOOKS
from e2e.visitors import MakeVisitor, Visitor, violations
from feeds.newsagent import Newsagent
from feeds.papers import Item, wordpress
from live import LiveServer
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.browser

SUBSCRIBERS = "Who came, who went, and why"
FEEDS = "Feeds that alerts come from"


@pytest.fixture
async def conn(live_server: LiveServer) -> "AsyncIterator[asyncpg.Connection[Any]]":
    conn = await asyncpg.connect(live_server.database_url)
    await conn.execute("delete from subscription")
    yield conn
    await conn.execute("delete from subscription")
    await conn.execute("delete from feed")
    await conn.close()


@pytest.fixture
async def agent() -> AsyncIterator[Newsagent]:
    async with Newsagent() as agent:
        yield agent


@pytest.fixture
async def page(visitor: Visitor, live_server: LiveServer) -> Page:
    page = await visitor.page()
    await page.goto(sign_in_link(live_server, "editor"))
    await open_page(page, "Alerts")
    return page


async def readers(
    conn: "asyncpg.Connection[Any]", count: int, came: int, went: int | None, why: str | None,
    topics: str = "{}",
) -> None:  # fmt: skip
    """Subscriptions of so many days ago, and when and why they ended."""
    await conn.execute(
        """
        insert into subscription (site_id, id, endpoint_hash, endpoint, p256dh, auth, topics,
            vapid_key_id, created_at, removed_at, removed_reason)
        select s.id, gen_random_uuid(), sha256(gen_random_uuid()::text::bytea),
            'https://updates.push.services.mozilla.com/' || n,
            decode(repeat('04', 65), 'hex'), decode(repeat('01', 16), 'hex'), $4::text::text[],
            (select id from vapid_key where site_id = s.id and retired_at is null),
            now() - make_interval(days => $2), now() - make_interval(days => $3), $5
        from site s, generate_series(1, $1) n where s.slug = 'default'
        """,
        count,
        came,
        went,
        topics,
        why,
    )


@pytest.fixture
async def audience(conn: "asyncpg.Connection[Any]") -> None:
    await readers(conn, 40, 2, None, None)
    await readers(conn, 7, 9, None, None, "{harbour}")
    await readers(conn, 12, 3, 1, "unsubscribed")
    await readers(conn, 5, 200, 60, "gone")


async def opened(page: Page, summary: str) -> Locator:
    """One of the parts that are loaded when they are opened, by keyboard."""
    box = page.locator("details.alerts-aside").filter(has_text=summary)
    await box.locator("summary").first.focus()
    await page.keyboard.press("Enter")
    await expect(box.locator(".loading")).to_have_count(0)
    return box


async def test_who_came_and_who_went(page: Page, audience: None) -> None:
    box = await opened(page, SUBSCRIBERS)
    await expect(box).to_contain_text("59 came, 12 went.")
    await expect(box.get_by_role("img")).to_have_attribute(
        "aria-label", "59 came and 12 went in 30 days."
    )
    assert await box.locator("rect.added").count() == 3
    assert await box.locator("rect.removed").count() == 1
    why = box.get_by_role("region", name="Why they went").locator("tbody tr")
    await expect(why.filter(has_text="Turned off on the page")).to_contain_text("1212")
    await expect(why.filter(has_text="Permission taken back")).to_contain_text("05")
    wants = box.get_by_role("region", name="What subscribers want").locator("tbody tr")
    await expect(wants.filter(has_text="To all alerts")).to_contain_text("40")
    await expect(wants.filter(has_text="Topic “harbour”")).to_contain_text("7")
    await box.get_by_text("The numbers in it").press("Enter")
    days = box.get_by_role("region", name="Came and went by day").locator("tbody tr")
    await expect(days).to_have_count(30)


async def test_nobody_came(page: Page, conn: None) -> None:
    box = await opened(page, SUBSCRIBERS)
    await expect(box).to_contain_text("0 came, 0 went.")
    await expect(box).to_contain_text("Nobody has gone in 90 days.")
    await expect(box.get_by_role("img")).to_have_count(0)


async def test_feeds_are_added_alerted_from_and_removed(
    page: Page, conn: None, agent: Newsagent
) -> None:
    paper = agent.page("feed")
    paper.says(wordpress(Item("ferry")))
    box = await opened(page, FEEDS)
    await expect(box).to_contain_text("No feed is polled.")
    add = box.get_by_role("button", name="Add a feed")
    await add.press("Enter")
    dialog = page.get_by_role("dialog", name="Add a feed")
    await dialog.get_by_label("Address").fill("ftp://news.example/feed")
    await dialog.get_by_role("button", name="Add").press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("http")
    await dialog.get_by_label("Address").fill(paper.url)
    await dialog.get_by_role("button", name="Add").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(add).to_be_focused()
    one = box.locator(f"[data-feed='{paper.url}']")
    await expect(one.locator(".badge")).to_have_text("Articles")
    await one.get_by_role("button", name="Alert new entries").press("Enter")
    await expect(one.locator(".badge")).to_have_text("Articles and alerts")
    await expect(one.get_by_role("button", name="Stop alerts")).to_be_focused()
    page.once("dialog", lambda asked: asked.accept())
    await one.get_by_role("button", name="Remove").press("Enter")
    await expect(box).to_contain_text("No feed is polled.")
    await expect(add).to_be_focused()


async def test_how_a_feed_does_is_said(
    page: Page, conn: "asyncpg.Connection[Any]", agent: Newsagent
) -> None:
    paper = agent.page("feed")
    paper.says(wordpress(Item("ferry")))
    await conn.execute(
        """
        insert into feed (site_id, id, url, given, host, alert, title, format, refused,
            refused_url, notice, noticed_at, last_poll_at, last_error, failures, stopped,
            next_poll_at)
        select id, gen_random_uuid(), $1, $1, '127.0.0.1', true, 'The Courier', 'rss', 3,
            'https://elsewhere.example/', '40 new entries came at once', now(), now(),
            'It answered 410', 1, 'It answered 410', null
        from site where slug = 'default'
        """,
        paper.url,
    )
    box = await opened(page, FEEDS)
    one = box.locator(f"[data-feed='{paper.url}']")
    await expect(one.locator(".badge")).to_have_text("Stopped")
    for said in ("RSS · 0 entries", "It answered 410", "3 of its entries can",
                 "https://elsewhere.example/", "40 new entries came at once"):  # fmt: skip
        await expect(one).to_contain_text(said)
    await one.get_by_role("button", name="Start again").press("Enter")
    await expect(one.locator(".badge")).to_have_text("Articles and alerts")
    await expect(one.get_by_role("button", name="Start again")).to_have_count(0)


async def test_moderators_see_neither(visitor: Visitor, live_server: LiveServer) -> None:
    page = await visitor.page()
    await page.goto(sign_in_link(live_server, "moderator"))
    await open_page(page, "Alerts")
    await expect(page.locator(".alerts-line")).to_be_visible()
    await expect(page.locator("details.alerts-aside")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_them(
    visitors: MakeVisitor, audience: None, agent: Newsagent, axe: str, look: dict[str, Any]
) -> None:
    visitor = await visitors(**look)
    page = await visitor.page()
    agent.page("feed").says(wordpress(Item("ferry")))
    await page.goto(sign_in_link(visitor.server, "editor"))
    await open_page(page, "Alerts")
    await expect((await opened(page, SUBSCRIBERS)).get_by_role("img")).to_be_visible()
    box = await opened(page, FEEDS)
    await box.get_by_role("button", name="Add a feed").click()
    await page.get_by_role("dialog").get_by_label("Address").fill(agent.page("feed").url)
    assert await violations(page, axe) == []
    await page.get_by_role("dialog").get_by_role("button", name="Add").click()
    await expect(box.locator("[data-feed]")).to_have_count(1)
    assert await violations(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
