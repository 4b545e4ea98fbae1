"""The bar that asks, and the states after it. Real pushes are Firefox's part (tests/push)."""

import pytest
from e2e.visitors import MakeVisitor, Visitor
from playwright.async_api import Page, Request, expect

pytestmark = pytest.mark.browser

ALERTS = '<article-alerts site="default" worker="/push-worker.js" delay="0"></article-alerts>'

# Chromium can't subscribe without its vendor's service: a subscription as any browser makes it.
SUBSCRIBE = """
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
window.made = null;
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  const pair = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  const p256dh = text(await crypto.subtle.exportKey('raw', pair.publicKey));
  const auth = text(crypto.getRandomValues(new Uint8Array(16)));
  const endpoint = `http://127.0.0.1:9/push/${crypto.randomUUID()}`;
  const options = { applicationServerKey: applicationServerKey.buffer ?? applicationServerKey };
  localStorage.setItem('made', Number(localStorage.getItem('made') ?? 0) + 1);
  return window.made = { options, unsubscribe: async () => { window.made = null; return true },
    toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }) };
};
PushManager.prototype.getSubscription = async () => window.made;
"""


SCOPES = "navigator.serviceWorker.getRegistrations().then(all => all.map(r => r.scope))"


def prompt(answer: str) -> str:
    """The browser's own prompt, answered; and a note that it was opened."""
    return f"""
    let permission = 'default';
    Object.defineProperty(Notification, 'permission', {{
      configurable: true, get: () => permission }});
    window.prompts = 0;
    Notification.requestPermission = async () => {{
      window.prompts++;
      return permission = '{answer}';
    }};"""


async def open_page(visitor: Visitor, key: str, answer: str) -> Page:
    await visitor.context.add_init_script(SUBSCRIBE + prompt(answer))
    return await visitor.article(key, ALERTS)


async def test_ok_by_keyboard_turns_alerts_on_and_off(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "granted")
    calls: list[Request] = []
    page.on("request", lambda r: calls.append(r) if "/push/subscriptions" in r.url else None)
    bar = page.get_by_role("region", name="Enable notifications?")
    await expect(bar).to_contain_text("short alert when we publish")
    assert await page.evaluate("window.prompts") == 0  # never on load
    assert await page.evaluate(SCOPES) == []
    await bar.locator("[name=accept]").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Article alerts are on in this browser.")).to_be_visible()
    assert await page.evaluate("window.prompts") == 1
    scopes = await page.evaluate(SCOPES)
    assert scopes == [f"{visitor.server.url}/push-worker/"]  # clashes with no other worker
    kept = await page.evaluate("JSON.parse(localStorage.getItem('rejoinder:push:default'))")
    assert set(kept) == {"id", "token", "key_id"}
    sent = calls[0].post_data_json
    assert {"subscription", "topics", "time_zone", "locale", "key_id"} == set(sent)
    await expect(page.get_by_role("button", name="Turn off")).to_be_focused()
    async with page.expect_response(f"**/push/subscriptions/{kept['id']}") as answer:
        await page.keyboard.press("Enter")
    assert (await answer.value).status == 204
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    await expect(bar).to_have_count(0)


async def test_no_thanks_is_remembered(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "granted")
    bar = page.get_by_role("region", name="Enable notifications?")
    await expect(bar).to_be_visible()
    await bar.locator("[name=decline]").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Article alerts are off.")).to_be_visible()
    await expect(page.get_by_role("button", name="Turn on")).to_be_focused()
    await page.reload()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    await expect(bar).to_have_count(0)
    assert await page.evaluate("window.prompts") == 0
    await page.get_by_role("button", name="Turn on").click()
    await expect(bar.locator("[name=accept]")).to_be_focused()


async def test_it_asks_twice_at_most(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "granted")
    bar = page.get_by_role("region", name="Enable notifications?")
    past = "Date.now() - 91 * 86400000"
    for times, asks in ((1, 1), (2, 0)):
        await page.evaluate(
            f"""localStorage.setItem('rejoinder:push-refused:default',
                JSON.stringify({{ at: {past}, times: {times} }}))"""
        )
        await page.reload()
        await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
        await expect(bar).to_have_count(asks)


async def test_a_blocked_browser_is_told_how_to_undo_it(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "denied")
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.get_by_text("Article alerts are blocked in this browser.")).to_be_visible()
    await expect(page.get_by_role("region", name="Enable notifications?")).to_have_count(0)


async def test_a_browser_without_push_is_told_so(visitors: MakeVisitor, key: str) -> None:
    visitor = await visitors()
    await visitor.context.add_init_script("delete window.PushManager")
    page = await visitor.article(key, ALERTS)
    await expect(page.get_by_text("show article alerts.")).to_be_visible()


async def test_a_changed_key_makes_a_new_subscription(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, "granted")
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.get_by_text("Article alerts are on")).to_be_visible()
    assert await page.evaluate("localStorage.getItem('made')") == "1"
    # The next page finds the subscription made with a key that is no longer the site's.
    await visitor.context.add_init_script(
        """Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
        window.made = { options: { applicationServerKey: new Uint8Array(65).buffer },
            unsubscribe: async () => { window.made = null; return true } };"""
    )
    first = await page.evaluate("JSON.parse(localStorage.getItem('rejoinder:push:default'))")
    async with page.expect_response(f"**/push/subscriptions/{first['id']}") as answer:
        await page.reload()
    assert (await answer.value).request.method == "DELETE"
    await expect(page.get_by_text("Article alerts are on")).to_be_visible()
    assert await page.evaluate("localStorage.getItem('made')") == "2"


async def test_a_missing_worker_shows_the_reader_nothing(visitor: Visitor, key: str) -> None:
    heard: list[str] = []
    page = await visitor.article(key)
    page.on("console", lambda message: heard.append(message.text))
    await page.evaluate(
        """() => { const alerts = document.createElement('article-alerts');
            alerts.setAttribute('worker', '/missing.js'); document.body.append(alerts) }"""
    )
    await page.wait_for_timeout(500)
    await expect(page.locator("article-alerts")).to_be_hidden()
    assert any("there is no script at" in text for text in heard)
