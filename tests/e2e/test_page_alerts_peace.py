"""How many alerts a reader gets and when, followed stories, and "fewer like this"."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from e2e.test_page_alerts import AT_ONCE, TOPICS, expect_clean, kept, on, open_page
from e2e.visitors import Api, MakeVisitor, Visitor, text
from live import LiveServer
from playwright.async_api import Page, Worker, expect

from service.core.db import connect
from service.core.tokens import Keyring
from service.push.receipts import make_receipt

pytestmark = [pytest.mark.browser, pytest.mark.notifications]


async def accepted(visitor: Visitor, key: str, attributes: str = AT_ONCE, **more: Any) -> Page:
    page = await open_page(visitor, key, attributes=attributes, **more)
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.locator("article-alerts [name=turn-off]")).to_be_visible()
    return page


async def chosen(page: Page) -> dict[str, Any]:
    """What the service knows of this browser."""
    mine = await kept(page)
    found: dict[str, Any] = await page.evaluate(
        """async ({ id, token }) => (await fetch(`/v1/sites/default/push/subscriptions/${id}`,
            { headers: { Authorization: `Bearer ${token}` } })).json()""",
        mine,
    )
    return found


async def test_how_many_and_when_by_keyboard(visitor: Visitor, key: str) -> None:
    page = await accepted(visitor, key)
    settings = page.get_by_role("button", name="Settings")
    await settings.focus()
    await page.keyboard.press("Enter")
    cap = page.get_by_role("combobox", name="How many alerts")
    await expect(cap).to_have_value("")
    await cap.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    quiet = page.get_by_role("checkbox", name="Quiet hours")
    times = page.locator("article-alerts [type=time]")
    await expect(times.first).to_be_hidden()
    await page.keyboard.press("Tab")
    await expect(quiet).to_be_focused()
    await page.keyboard.press("Space")
    await expect(times.first).to_be_visible()
    await page.get_by_label("From").fill("21:30")
    await page.get_by_role("button", name="Save").focus()
    await page.keyboard.press("Enter")
    await expect(settings).to_be_focused()
    await expect(settings).to_have_attribute("aria-expanded", "false")
    found = await chosen(page)
    assert (found["daily_cap"], found["topics"]) == (3, [])
    assert found["quiet"] == {"from": "21:30", "until": "07:00"}
    # The next page shows it, and undoes it.
    await page.reload()
    await settings.click()
    await expect(cap).to_have_value("3")
    await expect(page.get_by_label("From")).to_have_value("21:30")
    await quiet.uncheck()
    await cap.select_option("")
    await page.get_by_role("button", name="Save").click()
    await expect(settings).to_have_attribute("aria-expanded", "false")
    found = await chosen(page)
    assert (found["daily_cap"], found["quiet"]) == (None, None)
    assert visitor.errors == []


async def test_settings_that_cannot_be_had_are_said(visitor: Visitor, key: str) -> None:
    page = await accepted(visitor, key)
    await page.route("**/push/subscriptions/*", lambda route: route.abort())
    settings = page.get_by_role("button", name="Settings")
    await settings.click()
    await expect(page.get_by_text("Your settings couldn’t be loaded just now.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save")).to_be_hidden()
    await page.unroute_all()
    await settings.click()
    await settings.click()
    await expect(page.get_by_role("combobox")).to_be_visible()
    await page.get_by_role("combobox").select_option("1")
    await page.route("**/push/subscriptions/*", lambda route: route.abort())
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("That couldn’t be saved just now.")).to_be_visible()
    await expect(page.get_by_role("combobox")).to_have_value("1")


async def test_a_story_is_followed_alone_or_beside_the_others(
    visitor: Visitor, key: str, api: Api
) -> None:
    await api.post(key, text())  # which makes it an article
    attributes = f'{AT_ONCE} article="{key}"'
    page = await open_page(visitor, key, attributes=attributes)
    await page.locator("article-alerts [name=decline]").click()
    follow = page.get_by_role("button", name="Follow this story")
    stop = page.get_by_role("button", name="Stop following this story")
    await follow.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("alerts about the stories that you follow.")).to_be_visible()
    await expect(stop).to_be_focused()
    found = await chosen(page)
    assert (found["topics"], found["articles"]) == ([], [key])
    # It goes on being that one alone, whatever is mended at the next page.
    await page.evaluate(
        """const mine = JSON.parse(localStorage.getItem('rejoinder:push:default'));
        localStorage.setItem('rejoinder:push:default', JSON.stringify({ ...mine, at: 0 }))"""
    )
    async with page.expect_response("**/push/subscriptions"):
        await page.reload()
    await expect(page.get_by_text("alerts about the stories that you follow.")).to_be_visible()
    assert (await chosen(page))["articles"] == [key]
    # All the rest too.
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("checkbox", name="All other alerts too").check()
    await page.get_by_role("button", name="Save").click()
    await expect(on(page)).to_be_visible()
    found = await chosen(page)
    assert (found["topics"], found["articles"]) == (["*"], [key])
    await page.get_by_role("button", name="Stop following this story").click()
    await expect(follow).to_be_visible()
    found = await chosen(page)
    assert (found["topics"], found["articles"]) == ([], [])
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    # Who follows one story, and no longer does, gets nothing.
    await follow.click()
    await stop.click()
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    assert visitor.errors == []


async def test_a_story_that_nobody_knows_cannot_be_followed(visitor: Visitor, key: str) -> None:
    page = await accepted(visitor, key, f'{AT_ONCE} article="{key}-unknown"')
    await page.get_by_role("button", name="Follow this story").click()
    await expect(page.get_by_text("This story can’t be followed yet.")).to_be_visible()
    assert (await chosen(page))["articles"] == []


async def test_no_prompt_is_no_following(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "default", attributes=f'{AT_ONCE} article="{key}"')
    await page.locator("article-alerts [name=decline]").click()
    await page.get_by_role("button", name="Follow this story").click()
    assert await page.evaluate("window.prompts") == 1
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    assert await kept(page) is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_the_settings_fit_and_are_accessible(
    visitors: MakeVisitor, key: str, axe: str, api: Api, scheme: str, width: int, lang: str
) -> None:
    await api.post(key, text())
    visitor = await visitors(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = await accepted(visitor, key, f'{TOPICS} article="{key}"', page_lang=lang)
    await mute(page, ["sport", "harbour-news"])
    await page.locator("article-alerts [name=settings]").click()
    await page.locator("article-alerts [name=quiet]").check()
    await expect(page.locator("article-alerts [name=muted]")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect_clean(visitor, page, axe)


async def mute(page: Page, topics: list[str]) -> None:
    await page.evaluate(
        """async ([{ id, token }, muted]) => fetch(`/v1/sites/default/push/subscriptions/${id}`, {
            method: 'PATCH', body: JSON.stringify({ muted }),
            headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } })""",
        [await kept(page), topics],
    )


# The worker


async def worker_of(page: Page) -> Worker:
    """Chromium's worker, which can't subscribe: it has what the page's stand-in has."""
    workers = page.context.service_workers
    worker = workers[0] if workers else await page.context.wait_for_event("serviceworker")
    await worker.evaluate(
        """endpoint => { PushManager.prototype.getSubscription = async () => ({ endpoint }) }""",
        (await kept(page))["endpoint"],
    )
    return worker


# The browser drops, silently, what comes for a worker that is still installing.
ACTIVATED = """async () => (await navigator.serviceWorker.getRegistrations())
    .every(({ active }) => active?.state === 'activated')"""


async def deliver(visitor: Visitor, page: Page, message: dict[str, Any]) -> None:
    """A message as the push service would hand it over."""
    while not await page.evaluate(ACTIVATED):
        await page.wait_for_timeout(50)
    session = await visitor.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(r["registrationId"] for r in event["registrations"]),
    )
    await session.send("ServiceWorker.enable")
    while not found:
        await page.wait_for_timeout(50)
    for registration in found:
        await session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": visitor.server.url,
                "registrationId": registration,
                "data": json.dumps(message),
            },
        )


async def alerted(live_server: LiveServer) -> UUID:
    """An alert of a topic."""
    conn = await connect(live_server.database_url)
    try:
        alert: UUID = await conn.fetchval(
            """
            insert into alert (site_id, id, article_id, edition, title, body, url, topics, urgency,
                ttl, state, send_at, started_at)
            select a.site_id, gen_random_uuid(), a.id,
                (select coalesce(max(edition), 0) + 1 from alert where article_id = a.id), 'T', '',
                a.url, '{harbour-news}', 'normal', 60, 'sent', now(), now()
            from article a join site s on s.id = a.site_id where s.slug = 'default' limit 1
            returning id
            """
        )
    finally:
        await conn.close()
    return alert


SHOWN = """async () => {
    for (let tries = 0; tries < 100; tries++) {
      const [one] = await registration.getNotifications({ tag: 'one' });
      if (one) return { title: one.title, badge: one.badge, actions: one.actions };
      await new Promise((done) => setTimeout(done, 100));
    } }"""
TAP = """async () => {
    const [notification] = await registration.getNotifications({ tag: 'one' });
    self.kept ??= notification;
    const waits = [];
    const event = new NotificationEvent('notificationclick',
      { action: 'fewer', notification: self.kept });
    event.waitUntil = (what) => waits.push(what);
    dispatchEvent(event);
    await Promise.all(waits);
}"""


@pytest.mark.parametrize(("lang", "says"), [("en", "Fewer like this"), ("de", "Weniger davon")])
async def test_fewer_like_this(
    visitors: MakeVisitor, live_server: LiveServer, keyring: Keyring, key: str, lang: str, says: str
) -> None:
    visitor = await visitors(permissions=["notifications"])
    page = await open_page(visitor, key, page_lang=lang)
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.locator("article-alerts [name=turn-off]")).to_be_visible()
    worker = await worker_of(page)
    alert = await alerted(live_server)
    receipt = make_receipt(keyring, alert, UUID((await kept(page))["id"]))
    notification = {
        "title": "The ferry", "navigate": "/news/ferry", "tag": "one", "badge": "/demo/icon.svg",
    }  # fmt: skip
    await deliver(visitor, page, {"notification": notification, "receipt": receipt})
    found = await worker.evaluate(SHOWN)
    assert [(a["action"], a["title"]) for a in found["actions"]] == [("fewer", says)]
    assert found["badge"].endswith("/demo/icon.svg")
    pages = len(visitor.context.pages)
    for _ in range(2):
        await worker.evaluate(TAP)
    assert (await chosen(page))["muted"] == ["harbour-news"]
    assert len(visitor.context.pages) == pages, "nothing is opened"
    assert await worker.evaluate("registration.getNotifications({ tag: 'one' })") == []
    if lang != "en":
        return
    # And it can be taken back where alerts are turned off too.
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("checkbox", name="Harbour news").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("article-alerts [name=settings]")).to_be_focused()
    assert (await chosen(page))["muted"] == []


@pytest.mark.parametrize(
    "fails",
    ["throw new TypeError('no connection')", "return new Response('', { status: 503 })"],
    ids=["no connection", "503"],
)
async def test_fewer_like_this_that_does_not_get_through_is_said_later(
    visitors: MakeVisitor, live_server: LiveServer, keyring: Keyring, key: str, fails: str
) -> None:
    visitor = await visitors(permissions=["notifications"])
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.locator("article-alerts [name=turn-off]")).to_be_visible()
    worker = await worker_of(page)
    alert = await alerted(live_server)
    receipt = make_receipt(keyring, alert, UUID((await kept(page))["id"]))
    said = {"notification": {"title": "The ferry", "tag": "one"}, "receipt": receipt}
    await deliver(visitor, page, said)
    await worker.evaluate(SHOWN)
    await worker.evaluate(
        f"() => {{ self.online = fetch; self.fetch = async () => {{ {fails}; }}; }}"
    )
    await worker.evaluate(TAP)
    # Asked by the page: the worker may still be telling of what was shown, and then tells this.
    assert (await chosen(page))["muted"] == []
    await worker.evaluate("() => { self.fetch = self.online; }")
    await deliver(visitor, page, {"notification": {"title": "Another", "tag": "two"}})
    for _ in range(100):
        if (muted := (await chosen(page))["muted"]) == ["harbour-news"]:
            break
        await asyncio.sleep(0.1)
    assert muted == ["harbour-news"]
    # Once: whoever takes it back isn't told again.
    await worker.evaluate(
        """async () => {
        for (let tries = 0; tries < 100; tries++) {
          const kept = await caches.match(`${registration.scope}fewer`);
          if ((await kept.json()).length === 0) return;
          await new Promise((done) => setTimeout(done, 100));
        }
        throw new Error('it is still kept'); }"""
    )
