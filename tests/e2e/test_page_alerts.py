"""The bar that asks, and the states after it. Real subscriptions are Firefox's part."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import json
from typing import Any

import pytest
from e2e.visitors import MakeVisitor, Visitor, violations
from playwright.async_api import Locator, Page, Request, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.notifications]

ALERTS = '<article-alerts site="default" worker="/push-worker.js" {}></article-alerts>'
AT_ONCE = 'visits="1" delay="0"'
LONG = "<h1>An article</h1>" + "<p>A paragraph of the article.</p>" * 80
DAY = 86_400_000

# Chromium can't subscribe without its vendor's service: a subscription as any browser makes it,
# which outlives its page as any does.
SUBSCRIBE = """
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const made = () => JSON.parse(localStorage.getItem('browser:made'));
PushManager.prototype.getSubscription = async () => {
  const { endpoint, keys, key } = made() ?? {};
  return endpoint ? { endpoint, options: { applicationServerKey: new Uint8Array(key).buffer },
    unsubscribe: async () => { localStorage.removeItem('browser:made'); return true },
    toJSON: () => ({ endpoint, expirationTime: null, keys }) } : null;
};
PushManager.prototype.subscribe = async function ({ applicationServerKey }) {
  const pair = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  const p256dh = text(await crypto.subtle.exportKey('raw', pair.publicKey));
  const auth = text(crypto.getRandomValues(new Uint8Array(16)));
  const endpoint = `http://127.0.0.1:9/push/${crypto.randomUUID()}`;
  localStorage.setItem('browser:made', JSON.stringify(
    { endpoint, keys: { p256dh, auth }, key: [...applicationServerKey] }));
  localStorage.setItem('browser:times', Number(localStorage.getItem('browser:times') ?? 0) + 1);
  return this.getSubscription();
};
"""

SCOPES = "navigator.serviceWorker.getRegistrations().then(all => all.map(r => r.scope))"


def prompt(answer: str) -> str:
    """The browser's own prompt, answered; and a note that it was opened."""
    return f"""
    Object.defineProperty(Notification, 'permission', {{
      configurable: true, get: () => localStorage.getItem('browser:permission') ?? 'default' }});
    window.prompts = 0;
    Notification.requestPermission = async () => {{
      window.prompts++;
      localStorage.setItem('browser:permission', '{answer}');
      return '{answer}';
    }};"""


async def open_page(
    visitor: Visitor, key: str, answer: str = "granted", attributes: str = AT_ONCE, **more: Any
) -> Page:
    await visitor.context.add_init_script(SUBSCRIBE + prompt(answer))
    return await visitor.article(key, ALERTS.format(attributes), LONG, **more)


def bar_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Enable notifications?")


def off(page: Page) -> Locator:
    return page.get_by_role("button", name="Turn on")


def on(page: Page) -> Locator:
    return page.get_by_text("Article alerts are on in this browser.")


async def kept(page: Page) -> Any:
    return await page.evaluate("JSON.parse(localStorage.getItem('rejoinder:push:default'))")


async def keep(page: Page, name: str, value: object) -> None:
    await page.evaluate(
        "([name, value]) => localStorage.setItem(`rejoinder:${name}:default`, value)",
        [name, json.dumps(value)],
    )


async def now(page: Page) -> int:
    found: int = await page.evaluate("Date.now()")
    return found


async def test_ok_by_keyboard_turns_alerts_on_and_off(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    calls: list[Request] = []
    page.on("request", lambda r: calls.append(r) if "/push/subscriptions" in r.url else None)
    bar = bar_of(page)
    await expect(bar).to_contain_text("short alert when we publish")
    assert await page.evaluate("window.prompts") == 0  # never on load
    assert await page.evaluate(SCOPES) == []
    # Whoever reads or writes meanwhile goes on doing so.
    assert await page.evaluate("document.activeElement.tagName") == "BODY"
    await bar.locator("[name=accept]").focus()
    await page.keyboard.press("Enter")
    await expect(on(page)).to_be_visible()
    assert await page.evaluate("window.prompts") == 1
    scopes = await page.evaluate(SCOPES)
    assert scopes == [f"{visitor.server.url}/push-worker/default/"]  # clashes with no other worker
    mine = await kept(page)
    assert set(mine) == {"wanted", "topics", "id", "token", "key_id", "endpoint", "at"}
    sent = calls[0].post_data_json
    assert {"subscription", "topics", "time_zone", "locale", "key_id"} == set(sent)
    await expect(page.get_by_role("button", name="Turn off")).to_be_focused()
    async with page.expect_response(f"**/push/subscriptions/{mine['id']}") as answer:
        await page.keyboard.press("Enter")
    assert (await answer.value).status == 204
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    await expect(off(page)).to_be_focused()
    # What happens elsewhere meanwhile draws it anew, under the reader's finger.
    await off(page).evaluate("button => { button.dataset.drawn = 'before' }")
    await page.evaluate(
        "dispatchEvent(new StorageEvent('storage', { key: 'rejoinder:push:default' }))"
    )
    await expect(page.locator("article-alerts [data-drawn]")).to_have_count(0)
    await expect(off(page)).to_be_focused()
    await page.reload()
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar).to_have_count(0)


async def test_no_thanks_is_remembered(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    bar = bar_of(page)
    await expect(bar).to_be_visible()
    await page.evaluate("scrollTo(0, 900)")
    await bar.locator("[name=decline]").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Article alerts are off.")).to_be_attached()
    await expect(off(page)).to_be_focused()
    assert await page.evaluate("scrollY") == 900  # and the reader is where they were
    await page.reload()
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar).to_have_count(0)
    assert await page.evaluate("window.prompts") == 0
    await off(page).click()
    await expect(bar.locator("[name=accept]")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(bar).to_have_count(0)
    await expect(off(page)).to_be_focused()


async def test_it_asks_twice_at_most(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await expect(bar_of(page)).to_be_visible()
    # Shown is asked, answered or not.
    for days, asks in ((0, 0), (89, 0), (91, 1), (400, 0)):
        times = await page.evaluate(
            "JSON.parse(localStorage.getItem('rejoinder:push-asked:default')).times"
        )
        await keep(page, "push-asked", {"at": await now(page) - days * DAY, "times": times})
        await page.reload()
        await expect(off(page)).to_be_visible()
        await page.wait_for_timeout(1_500)
        await expect(bar_of(page)).to_have_count(asks)


async def test_nobody_is_asked_on_the_first_visit(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, attributes='delay="0"')
    # Further pages, in other tabs too, belong to the same visit.
    for _ in range(2):
        await expect(off(page)).to_be_visible()
        await page.wait_for_timeout(1_500)
        await expect(bar_of(page)).to_have_count(0)
        page = await visitor.article(key, ALERTS.format('delay="0"'))
    await page.goto("about:blank")
    page = await visitor.article(key)
    await keep(page, "visits", {"n": 1, "at": await now(page) - 31 * 60_000})
    page = await visitor.article(key, ALERTS.format('delay="0"'))
    await expect(bar_of(page)).to_be_visible()


@pytest.mark.parametrize("way", ["delay", "scroll"])
async def test_it_waits_for_a_while_or_a_scroll(visitor: Visitor, key: str, way: str) -> None:
    page = await open_page(visitor, key, attributes='visits="1" delay="8" scroll="0.3"')
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar_of(page)).to_have_count(0)
    if way == "scroll":
        await page.mouse.move(500, 500)
        await page.mouse.wheel(0, 100)
        await page.wait_for_timeout(300)
        await expect(bar_of(page)).to_have_count(0)
        await page.mouse.wheel(0, 2_500)
        await expect(bar_of(page)).to_be_visible(timeout=3_000)
    else:
        await expect(bar_of(page)).to_be_visible(timeout=12_000)


BLOCKED = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "remove the block",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "permissions or settings",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15": "Safari’s settings",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1": "the device’s settings",
    "Somebody/1.0": "beside the address bar",
}


@pytest.mark.parametrize("agent", BLOCKED)
async def test_a_blocked_browser_is_told_how_to_undo_it(
    visitors: MakeVisitor, key: str, agent: str
) -> None:
    visitor = await visitors(user_agent=agent)
    page = await open_page(visitor, key, "denied")
    await page.locator("article-alerts [name=accept]").click()
    # Where it was pressed, and where the state stands.
    said = page.get_by_role("region", name="Article alerts")
    await expect(said).to_contain_text(BLOCKED[agent])
    await expect(page.locator("article-alerts .state")).to_contain_text(BLOCKED[agent])
    await expect(bar_of(page)).to_have_count(0)
    await said.get_by_role("button", name="Close").click()
    await expect(said).to_have_count(0)
    assert await kept(page) is None
    await page.reload()
    await expect(page.locator("article-alerts .state")).to_contain_text(BLOCKED[agent])


async def test_a_prompt_that_is_closed_is_no_answer(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "default")
    await page.locator("article-alerts [name=accept]").click()
    await expect(bar_of(page)).to_have_count(0)
    await expect(off(page)).to_be_focused()
    assert await page.evaluate("window.prompts") == 1
    assert await kept(page) is None


UNSUPPORTED = {
    "Mozilla/5.0 (X11; Linux x86_64) Old/1.0": "can’t show article alerts.",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1": "add this site to your home screen first",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/500.0]": "open inside another app",
}


@pytest.mark.parametrize("agent", UNSUPPORTED)
async def test_a_browser_without_push_is_told_so(
    visitors: MakeVisitor, key: str, agent: str
) -> None:
    visitor = await visitors(user_agent=agent)
    await visitor.context.add_init_script("delete window.PushManager")
    page = await visitor.article(key, ALERTS.format(AT_ONCE))
    await expect(page.locator("article-alerts .state")).to_contain_text(UNSUPPORTED[agent])
    await page.wait_for_timeout(1_500)
    await expect(bar_of(page)).to_have_count(0)


async def test_a_changed_key_makes_a_new_subscription(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()
    first = await kept(page)
    # The next page finds the subscription made with a key that is no longer the site's.
    await page.evaluate(
        """const made = JSON.parse(localStorage.getItem('browser:made'));
        localStorage.setItem('browser:made', JSON.stringify({ ...made, key: Array(65).fill(0) }))"""
    )
    async with page.expect_response(f"**/push/subscriptions/{first['id']}") as answer:
        await page.reload()
    assert (await answer.value).request.method == "DELETE"
    await expect(on(page)).to_be_visible()
    assert await page.evaluate("localStorage.getItem('browser:times')") == "2"
    assert (await kept(page))["id"] != first["id"]
    assert await page.evaluate("window.prompts") == 0


async def test_a_service_that_fails_is_tried_again(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)

    async def fail(route: Route) -> None:
        await route.fulfill(status=503)

    await page.route("**/push/subscriptions", fail)
    await page.locator("article-alerts [name=accept]").click()
    said = page.get_by_role("region", name="Article alerts")
    await expect(said).to_contain_text("Alerts couldn’t be turned on just now.")
    await expect(said.get_by_role("button", name="Try again")).to_be_focused()
    await expect(on(page)).to_have_count(0)
    await page.unroute("**/push/subscriptions", fail)
    await page.keyboard.press("Enter")
    await expect(page.locator("article-alerts [name=accept]")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(on(page)).to_be_visible()
    assert await page.evaluate("localStorage.getItem('browser:times')") == "1"
    assert (await kept(page))["id"]


async def test_half_a_subscription_is_mended_at_the_next_visit(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await page.route("**/push/subscriptions", lambda route: route.abort())
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.get_by_role("region", name="Article alerts")).to_be_visible()
    assert "id" not in await kept(page)
    page = await visitor.article(key, ALERTS.format(AT_ONCE))
    await expect(on(page)).to_be_visible()
    assert (await kept(page))["id"]
    assert await page.evaluate("localStorage.getItem('browser:times')") == "1"


async def test_offline(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await expect(bar_of(page)).to_be_visible()
    await visitor.context.set_offline(True)
    await page.locator("article-alerts [name=accept]").click()
    said = page.get_by_role("region", name="Article alerts")
    await expect(said).to_contain_text("without a connection")
    await visitor.context.set_offline(False)
    await expect(on(page)).to_be_visible()
    await expect(said).to_have_count(0)
    mine = await kept(page)
    # Turned off without a connection: at once here, at the service when it can be reached.
    await visitor.context.set_offline(True)
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    assert await page.evaluate("localStorage.getItem('browser:made')") is None
    async with page.expect_response(f"**/push/subscriptions/{mine['id']}") as answer:
        await visitor.context.set_offline(False)
    assert ((await answer.value).request.method, (await answer.value).status) == ("DELETE", 204)


async def test_a_slow_service_keeps_nobody_from_turning_alerts_off(
    visitor: Visitor, key: str
) -> None:
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()

    async def hang(_: Route) -> None:
        """No answer at all."""

    await visitor.context.route("**/v1/sites/**", hang)
    page = await visitor.article(key, ALERTS.format(AT_ONCE))
    await expect(on(page)).to_be_visible(timeout=5_000)
    await page.get_by_role("button", name="Turn off").click()
    await expect(off(page)).to_be_visible(timeout=5_000)
    assert await page.evaluate("localStorage.getItem('browser:made')") is None


async def test_a_browser_that_refuses_is_named(visitor: Visitor, key: str) -> None:
    await visitor.context.add_init_script(
        "addEventListener('DOMContentLoaded', () => { PushManager.prototype.subscribe = async () =>"
        " { throw new DOMException('no push service', 'AbortError') } })"
    )
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    said = page.get_by_role("region", name="Article alerts")
    await expect(said).to_contain_text("In private windows")
    await said.get_by_role("button", name="Close").click()
    await expect(page.get_by_text("This browser wouldn’t turn alerts on.")).to_be_visible()


async def test_another_tab_follows(visitor: Visitor, key: str) -> None:
    one = await open_page(visitor, key)
    await expect(bar_of(one)).to_be_visible()
    two = await visitor.article(key, ALERTS.format(AT_ONCE))
    await two.wait_for_timeout(1_500)
    await expect(bar_of(two)).to_have_count(0)  # asked there
    await off(two).click()
    await two.locator("article-alerts [name=accept]").click()
    await expect(on(two)).to_be_visible()
    await expect(on(one)).to_be_visible()
    await expect(bar_of(one)).to_have_count(0)
    await one.get_by_role("button", name="Turn off").click()
    await expect(off(two)).to_be_visible()


async def test_a_change_in_the_browsers_settings_shows(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, ALERTS.format('visits="99"'))
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    session = await visitor.context.new_cdp_session(page)
    about = await session.send("Target.getTargetInfo")
    for setting, said in (("denied", "are blocked"), ("prompt", "are off.")):
        await session.send(
            "Browser.setPermission",
            {
                "permission": {"name": "notifications"},
                "setting": setting,
                "origin": visitor.server.url,
                "browserContextId": about["targetInfo"]["browserContextId"],
            },
        )
        await expect(page.get_by_text(f"Article alerts {said}")).to_be_visible()


TOPICS = f'{AT_ONCE} topics="world, local, harbour-news, climate-energy, schools, culture"'


async def expect_clean(visitor: Visitor, page: Page, axe: str) -> None:
    """The page broke no policy; what axe-core then does to it isn't the page's."""
    assert visitor.errors == []
    assert await violations(page, axe) == []
    visitor.errors.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(320, 480), (1000, 700)])
@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_the_bar_fits_and_is_accessible(
    visitors: MakeVisitor, key: str, axe: str, scheme: str, width: int, height: int, lang: str
) -> None:
    visitor = await visitors(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = await open_page(visitor, key, attributes=TOPICS, page_lang=lang)
    bar = page.locator("article-alerts section")
    await expect(bar).to_be_visible()
    box = await bar.bounding_box()
    assert box
    assert min(box["x"], box["y"]) >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    # All of it within reach, however low the window is.
    await page.locator("article-alerts [name=decline]").click(trial=True)
    await page.locator("article-alerts [name=topic]").last.click(trial=True)
    await expect_clean(visitor, page, axe)
    await page.locator("article-alerts [name=accept]").click()
    await page.locator("article-alerts [name=settings]").click()
    save = page.locator("article-alerts [name=save]")
    await expect(save).to_be_visible()
    # Pale as long as the settings are on their way, when it does nothing yet.
    await expect(save).not_to_have_attribute("aria-busy", "true")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect_clean(visitor, page, axe)


async def test_topics_by_keyboard(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, attributes=TOPICS)
    group = page.get_by_role("group", name="What would you like to hear about?")
    boxes = group.get_by_role("checkbox")
    await expect(boxes).to_have_count(6)
    await boxes.first.focus()
    for _ in range(6):
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Choose at least one topic.")
    await expect(boxes.first).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.get_by_text("Choose at least one topic.")).to_be_hidden()
    await page.locator("article-alerts [name=accept]").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("on in this browser: Climate energy.")).to_be_visible()
    settings = page.get_by_role("button", name="Settings")
    await settings.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("checkbox", name="Local").focus()
    await page.keyboard.press("Space")
    await page.route("**/push/subscriptions/*", lambda route: route.abort())
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("That couldn’t be saved just now.")).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Local")).to_be_checked()
    await page.unroute_all()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("browser: Climate energy and Local.")).to_be_visible()
    await expect(settings).to_be_focused()
    assert (await kept(page))["topics"] == ["climate-energy", "local"]


async def test_the_topics_that_the_site_has(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, attributes=f'{AT_ONCE} topics="*"')
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()
    assert (await kept(page))["topics"] == []  # all, those to come included
    topics: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        found = await (await route.fetch()).json()
        await route.fulfill(json={**found, "topics": topics})

    # Nothing to choose from: nothing offers it, how many and when apart.
    await page.route("**/v1/sites/default/push", answer)
    await page.reload()
    await expect(on(page)).to_be_visible()
    await page.wait_for_timeout(500)
    await page.get_by_role("button", name="Settings").click()
    await expect(page.get_by_role("combobox")).to_be_visible()
    await expect(page.locator("article-alerts [name=topic]")).to_have_count(0)
    topics += [{"slug": "world", "name": "The World"}, {"slug": "arts", "name": "Arts & Letters"}]
    await page.reload()
    await page.get_by_role("button", name="Settings").click()
    await expect(page.locator("article-alerts [name=topic]")).to_have_count(2)
    await page.get_by_role("checkbox", name="The World").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("on in this browser: Arts & Letters.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("on in this browser: Arts & Letters.")).to_be_visible()
    assert (await kept(page))["topics"] == ["arts"]
