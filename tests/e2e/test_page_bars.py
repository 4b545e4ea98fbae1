"""Sharing: by the device's sheet, else by a copied link, e-mail and plain links; and counted."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from e2e.bars_page import Newsroom, element, open_page, sent
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, text, write
from live import LiveServer
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

NETWORKS = "whatsapp,facebook,bluesky,mastodon,telegram,threads,x,linkedin,reddit"
NO_CLIPBOARD = "Clipboard.prototype.writeText = async () => { throw new Error('not here') };"
SHEET = """
window.shares = [];
navigator.canShare = (what) => Boolean(what.url);
navigator.share = async (what) => {
  window.shares.push(what);
  if (window.refusal) throw new DOMException('no', window.refusal);
};
"""


@pytest.fixture(scope="module")
def newsroom(live_server: LiveServer) -> Newsroom:
    """An editor and a publisher."""
    return Newsroom(live_server)


async def counted(newsroom: Newsroom, key: str, **channels: int) -> None:
    """Wait until the publisher is told just these shares."""
    found: Any = None
    for _ in range(100):
        try:
            found = (await newsroom.totals(key))["channels"]
        except Exception:  # noqa: BLE001 (no such article yet)
            found = {}
        if found == channels:
            return
        await asyncio.sleep(0.1)
    assert found == channels


async def shared_address(page: Page) -> str:
    """What the e-mail would carry."""
    href = await page.get_by_role("link", name="E-mail").get_attribute("href")
    [url] = parse_qs(urlsplit(href or "").query)["body"]
    return url


async def test_sharing_where_nobody_has_commented_yet(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await open_page(visitor, element("share-bar", article=key), path=f"/news/{key}")
    seen = sent(page)
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    await expect(page.locator("share-bar").get_by_role("status")).to_have_text("Link copied")
    url = f"{visitor.server.url}/news/{key}"
    assert await page.evaluate("navigator.clipboard.readText()") == url
    await page.get_by_role("button", name="Link copied").click()  # twice is still one share
    network = page.get_by_role("link", name="Facebook")
    assert parse_qs(urlsplit(await network.get_attribute("href") or "").query) == {"u": [url]}

    async def facebook(route: Route) -> None:
        await route.fulfill(body="Facebook", content_type="text/html")

    await visitor.context.route("https://www.facebook.com/**", facebook)
    async with page.expect_popup() as popup:
        await network.click()
    opened = await popup.value
    assert await opened.evaluate("[opener, document.referrer]") == [None, ""]
    await counted(newsroom, key, copy=1, facebook=1)
    page_of = {"url": url, "title": "The evening ferry"}
    assert seen == [
        {"kind": "share", "channel": channel, "article": page_of}
        for channel in ("copy", "facebook")
    ]


@pytest.mark.parametrize(("given", "head", "query", "shared"), [
    ({}, "", "?id=7&utm_source=mail&fbclid=x&b=%20#part", "/news/bars?id=7&b=+"),
    ({}, "", "?utm_source=mail", "/news/bars"),
    ({}, '<link rel="canonical" href="/canonical?id=7#x">', "?a=1", "/canonical?id=7"),
    ({"url": "/given?ref=print"}, '<link rel="canonical" href="/c">', "", "/given?ref=print"),
    ({"url": "http://"}, '<link rel="canonical" href="/c">', "", "/c"),
])  # fmt: skip
async def test_what_is_shared(
    given: dict[str, str], head: str, query: str, shared: str, visitor: Visitor
) -> None:
    body = element("share-bar", article="a", networks="x", **given)
    page = await open_page(visitor, body, path="/news/bars" + query, head=head)
    assert await shared_address(page) == visitor.server.url + shared
    href = await page.get_by_role("link", name="X", exact=True).get_attribute("href")
    assert parse_qs(urlsplit(href or "").query)["url"] == [visitor.server.url + shared]


async def test_the_networks_are_the_newsroom_s_choice(visitor: Visitor) -> None:
    body = element("share-bar", article="a", networks="Reddit, x  nonsense,toString,,x")
    page = await open_page(visitor, body)
    await expect(page.locator("share-bar a")).to_have_text(["E-mail", "Reddit", "X"])
    for link in await page.locator("share-bar a[target]").all():
        assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    none = await open_page(visitor, element("share-bar", article="a", networks=""))
    await expect(none.locator("share-bar a")).to_have_text(["E-mail"])


async def test_copying_the_older_way(visitor: Visitor, newsroom: Newsroom, key: str) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.context.add_init_script(NO_CLIPBOARD)
    page = await open_page(visitor, element("share-bar", article=key), path=f"/news/{key}")
    copy = page.locator("share-bar [name=copy]")
    await copy.focus()
    await page.keyboard.press("Enter")
    await expect(copy).to_have_text("Link copied")
    await expect(copy).to_be_focused()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{visitor.server.url}/news/{key}"
    await expect(page.locator("share-bar textarea")).to_have_count(0)
    await counted(newsroom, key, copy=1)


async def test_copying_by_hand(visitor: Visitor, newsroom: Newsroom, key: str) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.context.add_init_script(NO_CLIPBOARD + "document.execCommand = () => false;")
    page = await open_page(visitor, element("share-bar", article=key), path=f"/news/{key}")
    seen = sent(page)
    await page.locator("share-bar [name=copy]").click()
    field = page.get_by_label("Copy this address")
    await expect(field).to_be_focused()
    await expect(field).to_have_value(f"{visitor.server.url}/news/{key}")
    assert seen == []
    await page.keyboard.press("Control+c")
    assert await page.evaluate("navigator.clipboard.readText()") == await field.input_value()
    await counted(newsroom, key, copy=1)
    # It and the question about a server stand in one place, each in the other's turn.
    mastodon = page.get_by_role("button", name="Mastodon")
    await mastodon.click()
    await expect(mastodon).to_have_attribute("aria-expanded", "true")
    await page.locator("share-bar [name=copy]").click()
    await expect(mastodon).to_have_attribute("aria-expanded", "false")
    await mastodon.click()
    await expect(page.get_by_label("Your Mastodon server")).to_be_focused()


async def test_the_device_s_own_sheet(visitor: Visitor, key: str) -> None:
    await visitor.context.add_init_script(SHEET)
    page = await open_page(visitor, element("share-bar", article=key), path=f"/news/{key}?fbclid=1")
    seen = sent(page)
    row = page.locator("share-bar").get_by_role("group", name="Share this article")
    await expect(row.locator("a, button")).to_have_text(["Share", "Copy link"])
    await page.evaluate("window.refusal = 'AbortError'")
    await page.get_by_role("button", name="Share", exact=True).click()
    assert seen == []
    await page.evaluate("window.refusal = ''")
    await page.get_by_role("button", name="Share", exact=True).click()
    url = f"{visitor.server.url}/news/{key}"
    shared = {"url": url, "title": "The evening ferry"}
    assert await page.evaluate("window.shares") == [shared, shared]
    await expect(row.locator("a")).to_have_count(0)
    assert [one["channel"] for one in seen] == ["native"]


async def test_a_sheet_that_fails_leaves_the_other_ways(visitor: Visitor) -> None:
    await visitor.context.add_init_script(SHEET + "window.refusal = 'NotAllowedError';")
    page = await open_page(visitor, element("share-bar", article="a", networks="x"))
    await page.get_by_role("button", name="Share", exact=True).click()
    await expect(page.locator("share-bar a")).to_have_text(["E-mail", "X"])
    await expect(page.locator("share-bar [name=copy]")).to_be_focused()
    await expect(page.locator("share-bar [name=share]")).to_have_count(0)


async def test_a_second_press_waits_for_the_open_sheet(visitor: Visitor) -> None:
    await visitor.context.add_init_script(SHEET + "window.refusal = 'InvalidStateError';")
    page = await open_page(visitor, element("share-bar", article="a", networks="x"))
    own = page.get_by_role("button", name="Share", exact=True)
    await own.click()
    assert len(await page.evaluate("window.shares")) == 1
    await expect(own).to_be_focused()
    await expect(page.locator("share-bar a")).to_have_count(0)


# What a script that cuts a title to a length may leave, and what a template may put around it.
TITLES = {
    "The ferry\n   sails & sails 🚢 ": "The ferry sails & sails 🚢",
    "The ferry \ud83d": "The ferry",
    "100 % — “quoted” #1?": "100 % — “quoted” #1?",
}


@pytest.mark.parametrize("title", TITLES)
async def test_any_title_is_shared_as_one_line(
    visitor: Visitor, newsroom: Newsroom, key: str, title: str
) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await open_page(visitor, element("p", "…"), path=f"/news/{key}")
    await page.evaluate(
        """([title, key]) => {
            document.title = title;
            const bar = document.createElement('share-bar');
            for (const [name, value] of Object.entries({ article: key, headline: title,
              networks: 'x,whatsapp' })) bar.setAttribute(name, value);
            document.querySelector('main').append(bar);
        }""",
        [title, key],
    )
    url, plain = f"{visitor.server.url}/news/{key}", TITLES[title]
    await page.locator("share-bar a").first.wait_for()
    hrefs = await page.locator("share-bar a").evaluate_all("all => all.map(a => a.href)")
    mail, x, whatsapp = (parse_qs(urlsplit(one).query) for one in hrefs)
    assert mail == {"subject": [plain], "body": [url]}
    assert x == {"url": [url], "text": [plain]}
    assert whatsapp == {"text": [f"{plain} {url}"]}
    await page.locator("share-bar [name=copy]").click()
    await counted(newsroom, key, copy=1)


async def test_a_page_without_a_title_or_with_a_broken_canonical_link(visitor: Visitor) -> None:
    body = element("share-bar", article="a", networks="whatsapp")
    page = await open_page(
        visitor, body, head='<link rel="canonical" href="http://"><title></title>'
    )
    await page.evaluate("document.title = ''")
    await page.evaluate("document.querySelector('share-bar').setAttribute('article', 'b')")
    href = f"https://wa.me/?text={quote(visitor.server.url + '/news/bars', safe='')}"
    await expect(page.locator("share-bar a").last).to_have_attribute("href", href)


async def test_a_sheet_that_can_t_share_a_page_is_not_offered(visitor: Visitor) -> None:
    await visitor.context.add_init_script(SHEET + "navigator.canShare = () => false;")
    page = await open_page(visitor, element("share-bar", article="a", networks="x"))
    await expect(page.locator("share-bar a")).to_have_text(["E-mail", "X"])
    await expect(page.locator("share-bar [name=share]")).to_have_count(0)


async def test_mastodon_asks_for_one_s_own_server_by_keyboard(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    async def server(route: Route) -> None:
        await route.fulfill(body="Mastodon", content_type="text/html")

    await visitor.context.route("https://social.example/**", server)
    body = element("share-bar", article=key, networks="mastodon", mastodon="news.example")
    page = await open_page(visitor, body, path=f"/news/{key}")
    opener = page.get_by_role("button", name="Mastodon")
    await opener.focus()
    await page.keyboard.press("Enter")
    field = page.get_by_label("Your Mastodon server")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("news.example")
    await page.keyboard.type("not a server")  # what was there is selected
    await page.keyboard.press("Enter")
    alert = page.locator("share-bar").get_by_role("alert")
    await expect(alert).to_contain_text("Please give a server")
    await expect(field).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(field).to_have_count(0)
    await expect(opener).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(field).to_be_focused()
    await page.keyboard.type("@Ada@Social.example")
    # What the window asks for, and not what it shows: no such server answers everywhere.
    async with visitor.context.expect_event(
        "request", lambda request: request.url.startswith("https://social.example/share?")
    ) as asked:
        await page.keyboard.press("Enter")
    [posted] = parse_qs(urlsplit((await asked.value).url).query)["text"]
    assert posted == f"The evening ferry {visitor.server.url}/news/{key}"
    await expect(opener).to_have_attribute("aria-expanded", "false")
    await counted(newsroom, key, mastodon=1)
    again = await open_page(visitor, body, path=f"/news/{key}")
    await again.get_by_role("button", name="Mastodon").click()
    await expect(again.get_by_label("Your Mastodon server")).to_have_value("social.example")


HOSTS = {
    "mastodon.social": "mastodon.social",
    " https://Mastodon.Social/@ada?x#y ": "mastodon.social",
    "@ada@mastodon.social": "mastodon.social",
    "ada@mastodon.social": "mastodon.social",
    "bücher.example": "xn--bcher-kva.example",
    "localhost": "", "": "", "a b.example": "", "javascript:alert(1)": "", "mastodon": "",
    "127.0.0.1": "", "evil.example\\@x.example": "", "https://": "", "a.example:8080": "",
    "user:pass@a.example": "",
}  # fmt: skip


async def test_what_is_a_server(visitor: Visitor) -> None:
    page = await open_page(visitor, "")
    found = await page.evaluate(
        """async (typed) => {
            const { hostOf } = await import('/widgets/share-server.js');
            return Object.fromEntries(typed.map((one) => [one, hostOf(one)]));
        }""",
        list(HOSTS),
    )
    assert found == HOSTS


async def test_a_share_works_where_it_can_t_be_counted(visitor: Visitor, key: str) -> None:
    async def lost(route: Route) -> None:
        await route.abort()

    async def network(route: Route) -> None:
        await route.fulfill(body="Reddit", content_type="text/html")

    await visitor.context.route("**/engagement", lost)
    await visitor.context.route("https://www.reddit.com/**", network)
    page = await open_page(visitor, element("share-bar", article=key, networks="reddit"))
    async with visitor.context.expect_event(
        "request", lambda request: request.url.startswith("https://www.reddit.com/submit?")
    ):
        await page.get_by_role("link", name="Reddit").click()


async def test_shares_of_another_origin_s_page_are_counted_without_a_preflight(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    body = element("share-bar", article=key, networks="x")
    page = await open_page(visitor, body, path=f"/news/{key}", elsewhere=True)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(f"{r.method} {urlsplit(r.url).path}"))
    await page.locator("share-bar [name=copy]").wait_for()
    async with page.expect_request("**/engagement"):
        await page.locator("share-bar a", has_text="E-mail").evaluate(
            "a => { a.removeAttribute('href'); a.click() }"
        )
    await counted(newsroom, key, email=1)
    assert [one for one in asked if "engagement" in one] == [
        f"POST /v1/sites/default/articles/{key}/engagement"
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "de", "ar"])
async def test_it_fits_the_narrowest_page(visitors: MakeVisitor, scheme: str, lang: str) -> None:
    visitor = await visitors(viewport={"width": 320, "height": 700}, color_scheme=scheme)
    body = element("share-bar", article="a", networks=NETWORKS)
    page = await open_page(visitor, body, lang=lang)
    await page.get_by_role("button", name="Mastodon").click()
    await page.locator("share-bar [name=server]").fill("x" * 200)
    await page.keyboard.press("Enter")
    await expect(page.locator("share-bar .wrong")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = await page.locator("share-bar :is(a, button, input)").evaluate_all(
        "all => all.filter((one) => one.getBoundingClientRect().height < 32).length"
    )
    assert small == 0


@pytest.mark.notifications
async def test_a_page_of_another_origin(visitor: Visitor, api: Api, key: str) -> None:
    """Localhost and 127.0.0.1 are two origins; only our host is in the page's policy."""
    warnings: list[str] = []
    body = element("article-alerts", delay="0") + element(
        "reader-comments", article=key, load="eager"
    )
    page = await open_page(visitor, body, elsewhere=True)
    page.on("console", lambda message: warnings.append(message.text))
    await page.reload()
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    assert (await api.thread(key))["count"] == 1
    await expect(page.locator("article-alerts")).to_be_hidden()
    assert any(re.search(r"/push-worker\.js is not on this page", one) for one in warnings)
