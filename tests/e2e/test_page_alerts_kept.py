"""What the alerts' question and state survive: a page that changes, a full storage, odd values."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import pytest
from e2e.test_page_alerts import (
    ALERTS,
    AT_ONCE,
    SCOPES,
    SUBSCRIBE,
    TOPICS,
    bar_of,
    kept,
    off,
    on,
    open_page,
    prompt,
)
from e2e.visitors import Visitor
from playwright.async_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.notifications]

FULL = """
const set = Storage.prototype.setItem;
Storage.prototype.setItem = function (name, value) {
  if (name.startsWith('rejoinder:')) throw new DOMException('full', 'QuotaExceededError');
  set.call(this, name, value);
};
if (FORBIDDEN) {
  const get = Storage.prototype.getItem;
  Storage.prototype.getItem = function (name) {
    if (name.startsWith('rejoinder:')) throw new DOMException('forbidden', 'SecurityError');
    return get.call(this, name);
  };
}
Cache.prototype.put = async () => { throw new DOMException('full', 'QuotaExceededError') };
"""

PAGE_CHANGES = {
    "another article": "alerts.setAttribute('article', 'another')",
    "an element of its own": "alerts.replaceWith(alerts.cloneNode())",
    "a turn without one": "alerts.remove(); setTimeout(() => main.prepend(alerts.cloneNode()))",
}


async def times_asked(page: Page) -> int:
    found: int = await page.evaluate(
        "JSON.parse(localStorage.getItem('rejoinder:push-asked:default'))?.times ?? 0"
    )
    return found


@pytest.mark.parametrize("change", PAGE_CHANGES)
async def test_a_page_that_goes_on_to_another_article_goes_on_asking(
    visitor: Visitor, key: str, change: str
) -> None:
    page = await open_page(visitor, key, attributes=TOPICS)
    await bar_of(page).get_by_role("checkbox", name="Local").uncheck()
    await page.evaluate(
        f"""() => {{ const alerts = document.querySelector('article-alerts');
            const main = document.querySelector('main'); {PAGE_CHANGES[change]} }}"""
    )
    await expect(bar_of(page)).to_be_visible()
    await expect(page.locator("article-alerts")).to_have_count(1)
    await expect(bar_of(page).get_by_role("checkbox", name="Local")).not_to_be_checked()
    await expect(bar_of(page).get_by_role("checkbox", name="World")).to_be_checked()
    assert await times_asked(page) == 1
    await page.locator("article-alerts [name=decline]").click()
    await page.evaluate("document.querySelector('article-alerts').setAttribute('article', 'c')")
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(500)
    await expect(bar_of(page)).to_have_count(0)


async def test_a_page_that_changes_its_language_goes_on_asking(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await expect(bar_of(page)).to_be_visible()
    await page.evaluate("document.documentElement.lang = 'de'")
    await expect(page.locator("article-alerts [lang=de] section")).to_be_visible()
    assert await times_asked(page) == 1
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.locator("article-alerts [name=turn-off]")).to_be_visible()


async def test_an_answer_outlives_the_change(visitor: Visitor, key: str) -> None:
    """The browser's prompt is still open while the page goes on."""
    await visitor.context.add_init_script(
        SUBSCRIBE
        + prompt("granted")
        + """
        const answer = Notification.requestPermission;
        Notification.requestPermission = async () => {
          await new Promise((go) => addEventListener('answer', go));
          return answer();
        };"""
    )
    page = await visitor.article(key, ALERTS.format(AT_ONCE))
    await page.locator("article-alerts [name=accept]").click()
    await page.evaluate("document.querySelector('article-alerts').setAttribute('article', 'b')")
    await expect(page.locator("article-alerts [name=accept]:not([aria-busy])")).to_be_visible()
    await page.evaluate("dispatchEvent(new Event('answer'))")
    await expect(on(page)).to_be_visible()
    await expect(bar_of(page)).to_have_count(0)


async def test_two_elements_of_a_page_say_the_same(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, attributes=f"{AT_ONCE}></article-alerts><article-alerts")
    await expect(bar_of(page)).to_have_count(1)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_have_count(2)
    await page.get_by_role("button", name="Turn off").last.click()
    await expect(off(page)).to_have_count(2)


async def test_back_on_a_page_it_says_what_is_so_by_now(visitor: Visitor, key: str) -> None:
    # A page that waits for the reader to come back hears nothing of what the next one does.
    await visitor.context.add_init_script(
        "addEventListener('storage', (event) => event.stopImmediatePropagation())"
    )
    page = await open_page(visitor, key)
    await expect(bar_of(page)).to_be_visible()
    other = await visitor.article(key, ALERTS.format(AT_ONCE))
    await off(other).click()
    await other.locator("article-alerts [name=accept]").click()
    await expect(on(other)).to_be_visible()
    await expect(bar_of(page)).to_be_visible()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await expect(on(page)).to_be_visible()
    await expect(bar_of(page)).to_have_count(0)


@pytest.mark.parametrize("forbidden", ["false", "true"])
async def test_a_full_or_forbidden_storage(visitor: Visitor, key: str, forbidden: str) -> None:
    await visitor.context.add_init_script(FULL.replace("FORBIDDEN", forbidden))
    page = await open_page(visitor, key)
    # Every page would ask anew: none does.
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar_of(page)).to_have_count(0)
    await off(page).click()
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()
    await page.reload()
    await expect(on(page)).to_be_visible()
    async with page.expect_response("**/push/subscriptions/*") as answer:
        await page.get_by_role("button", name="Turn off").click()
    assert ((await answer.value).request.method, (await answer.value).status) == ("DELETE", 204)
    await expect(off(page)).to_be_visible()
    assert await page.evaluate("localStorage.getItem('browser:made')") is None


async def test_a_permission_that_is_taken_back(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()
    mine = await kept(page)
    await page.evaluate("localStorage.setItem('browser:permission', 'denied')")
    async with page.expect_response(f"**/push/subscriptions/{mine['id']}") as answer:
        await page.reload()
    assert ((await answer.value).request.method, (await answer.value).status) == ("DELETE", 204)
    await expect(page.locator("article-alerts .blocked")).to_be_visible()
    assert await kept(page) is None
    # Given again, it is for the reader to turn them on; and asked has been asked.
    await page.evaluate("localStorage.setItem('browser:permission', 'granted')")
    await page.reload()
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar_of(page)).to_have_count(0)


@pytest.mark.parametrize("delay", ["Infinity", "3000000"])
async def test_a_delay_longer_than_a_timer_takes(visitor: Visitor, key: str, delay: str) -> None:
    page = await open_page(visitor, key, attributes=f'visits="1" delay="{delay}" scroll="none"')
    await expect(off(page)).to_be_visible()
    await page.wait_for_timeout(1_500)
    await expect(bar_of(page)).to_have_count(0)


async def test_a_browser_that_names_its_language_oddly(visitor: Visitor, key: str) -> None:
    await visitor.context.add_init_script(
        """Object.defineProperty(navigator, 'language', { get: () => 'en-US@posix' });
        const options = Intl.DateTimeFormat.prototype.resolvedOptions;
        Intl.DateTimeFormat.prototype.resolvedOptions = function () {
          return { ...options.call(this), timeZone: '+05:30' };
        };"""
    )
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()


async def test_topics_in_a_script_that_runs_the_other_way(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key, attributes=TOPICS, page_lang="ar")
    for topic in ("culture", "schools", "harbour-news", "local"):
        await page.locator(f"article-alerts [value={topic}]").uncheck()
    await page.locator("article-alerts [name=accept]").click()
    said = page.locator("article-alerts .on [role=status]").first
    # Each for itself, and all of them as the sentence runs.
    names = "\u200f\u2068Climate energy\u2069 و\u2068World\u2069"
    await expect(said).to_contain_text(names)


async def test_what_the_first_version_kept(visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, key)
    await page.locator("article-alerts [name=accept]").click()
    await expect(on(page)).to_be_visible()
    old = await kept(page)
    await page.evaluate(
        """({ id, token, key_id }) => localStorage.setItem(
            'rejoinder:push:default', JSON.stringify({ id, token, key_id }))""",
        old,
    )
    await page.reload()
    await expect(on(page)).to_be_visible()
    for _ in range(100):
        if "wanted" in await kept(page):
            break
        await page.wait_for_timeout(100)
    assert (await kept(page))["wanted"] is True


STRICT = (
    "default-src 'none'; script-src {0}; style-src {0}; connect-src {0}; img-src {0}; "
    "worker-src 'self'"
)


@pytest.mark.parametrize(
    ("worker", "said"), [("/push-worker.js", "are on in"), ("/none.js", "couldn’t be turned on")]
)
async def test_another_origin_under_the_policy_that_the_guide_names(
    visitor: Visitor, key: str, worker: str, said: str
) -> None:
    """The page may fetch nothing of its own origin, and has only the worker there."""
    ours = visitor.server.url
    theirs = ours.replace("127.0.0.1", "localhost")
    html = f"""<!doctype html><html lang="en"><title>Article</title>
        <script type="module" src="{ours}/embed.js"></script>
        <article-alerts worker="{worker}" {AT_ONCE}></article-alerts></html>"""

    async def answer(route: Route) -> None:
        policy = {"Content-Security-Policy": STRICT.format(ours)}
        await route.fulfill(body=html, content_type="text/html", headers=policy)

    await visitor.context.add_init_script(SUBSCRIBE + prompt("granted"))
    page = await visitor.page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    await page.route(f"{theirs}/news/{key}", answer)
    await page.goto(f"{theirs}/news/{key}")
    await expect(bar_of(page)).to_be_visible()
    assert await page.evaluate(SCOPES) == []
    assert [url for url in asked if "push-worker" in url or "none.js" in url] == []
    await page.locator("article-alerts [name=accept]").click()
    await expect(page.locator("article-alerts .state")).to_contain_text(said)
    if worker == "/none.js":
        assert any("there is no push worker at" in text for text in heard)
