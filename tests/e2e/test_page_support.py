"""The call for support, which an editor lets show; and the counts of replies."""

import pytest
from e2e.bars_page import Newsroom, element, open_page, sent
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, text, violations, write
from live import LiveServer
from playwright.async_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser

WORDS = {
    "headline": "Nobody owns us but our readers",
    "text": "Nine of us report on this coast.\n\nPlease <b>join</b> them.",
    "url": "https://donate.example/herald",
}
INSIDE = "<p>Half of what it costs is paid by you.</p>"


@pytest.fixture(scope="module")
def newsroom(live_server: LiveServer) -> Newsroom:
    """An editor and a publisher."""
    return Newsroom(live_server)


def box(page: Page) -> Locator:
    """What asks for support."""
    return page.get_by_role("complementary")


async def donations(visitor: Visitor) -> None:
    """The newsroom's own donation page."""

    async def thank(route: Route) -> None:
        await route.fulfill(body="Thank you.", content_type="text/html")

    await visitor.context.route("https://donate.example/**", thank)


async def test_the_site_s_own_words(visitor: Visitor, newsroom: Newsroom, key: str) -> None:
    slug = await newsroom.site(**WORDS)
    page = await open_page(visitor, element("support-us", site=slug, article=key))
    await expect(box(page).get_by_role("heading")).to_have_text(WORDS["headline"])
    lines = box(page).locator("p")
    await expect(lines).to_have_text(
        ["Nine of us report on this coast.", "Please <b>join</b> them."]
    )
    link = box(page).get_by_role("link", name="Support us")
    assert await link.get_attribute("href") == WORDS["url"]
    assert await link.get_attribute("rel") == "noopener"


async def test_a_page_s_own_words_stand_before_the_site_s(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    slug = await newsroom.site(**WORDS)
    given = {"href": "/give", "headline": "Keep us afloat", "label": "Chip in"}
    page = await open_page(visitor, element("support-us", INSIDE, site=slug, article=key, **given))
    await expect(page.get_by_role("complementary", name="Keep us afloat")).to_be_visible()
    await expect(page.get_by_text("Half of what it costs")).to_be_visible()
    await expect(page.get_by_text("Nine of us")).to_have_count(0)
    link = box(page).get_by_role("link", name="Chip in")
    assert await link.get_attribute("href") == f"{visitor.server.url}/give"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "", "http://", "data:text/html,x"])
async def test_an_address_that_is_none_shows_nothing(href: str, visitor: Visitor, key: str) -> None:
    page = await open_page(visitor, element("support-us", INSIDE, article=key, href=href))
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    await expect(page.get_by_text("Half of what it costs")).to_be_hidden()


async def test_it_is_followed_counted_and_dismissed_by_keyboard(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await donations(visitor)
    body = element("support-us", INSIDE, article=key, href=WORDS["url"])
    page = await open_page(visitor, body, path=f"/news/{key}")
    seen = sent(page)
    link = box(page).get_by_role("link", name="Support us")
    await link.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("https://donate.example/**")
    assert [one["kind"] for one in seen] == ["support"]
    assert (await newsroom.totals(key))["support"] == 1
    await page.go_back()
    await link.focus()
    await page.keyboard.press("Tab")
    await expect(box(page).get_by_role("button", name="Not now")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(box(page)).to_have_count(0)
    await page.reload()
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    month = """(days) => localStorage.setItem('rejoinder:support:default',
        JSON.stringify(Date.now() - days * 86_400_000))"""
    await page.evaluate(month, 29)
    await page.reload()
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    await page.evaluate(month, 31)
    await page.reload()
    await expect(box(page)).to_be_visible()


async def test_who_dismisses_it_by_keyboard_goes_on_from_there(visitor: Visitor, key: str) -> None:
    body = "<a href='#top'>Above</a>" + element("support-us", INSIDE, article=key, href="/give")
    page = await open_page(visitor, f"{body}<a href='#more'>Below</a>")
    await box(page).get_by_role("button", name="Not now").focus()
    await page.keyboard.press("Enter")
    await expect(box(page)).to_have_count(0)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Below")).to_be_focused()


async def test_following_it_never_waits_for_the_count(visitor: Visitor, key: str) -> None:
    async def lost(route: Route) -> None:
        await route.abort()

    await donations(visitor)
    await visitor.context.route("**/engagement", lost)
    page = await open_page(visitor, element("support-us", INSIDE, article=key, href=WORDS["url"]))
    await box(page).get_by_role("link", name="Support us").click()
    await page.wait_for_url("https://donate.example/**")


async def test_an_editor_switches_it_off_and_on(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    slug = await newsroom.site(**WORDS)
    body = element("support-us", INSIDE, site=slug, article=key, href="/give")
    page = await open_page(visitor, body)
    await expect(box(page)).to_be_visible()
    await newsroom.support(slug, enabled=False)
    await page.reload()
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    await expect(page.get_by_text("Half of what it costs")).to_be_hidden()
    await newsroom.support(slug, enabled=True)
    await page.reload()
    await expect(box(page)).to_be_visible()


@pytest.mark.parametrize("article", [{"tags": ["Sensitive"]}, {"support": False}], ids=str)
async def test_never_under_a_sensitive_article(
    article: dict[str, object], visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await newsroom.put(key, **article)
    body = element("support-us", INSIDE, article=key, href="/give")
    page = await open_page(visitor, body + element("reader-count", article=key))
    await expect(page.locator("reader-count")).to_have_text("Leave a reply")
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    await expect(page.get_by_text("Half of what it costs")).to_be_hidden()


async def test_where_it_can_t_be_asked_nothing_is_shown(visitor: Visitor, key: str) -> None:
    async def lost(route: Route) -> None:
        await route.abort()

    await visitor.context.route("**/support?**", lost)
    body = element("support-us", INSIDE, article=key, href="/give")
    page = await open_page(visitor, body + element("share-bar", article=key))
    await expect(page.locator("share-bar [name=copy]")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await expect(box(page)).to_have_count(0)
    await expect(page.get_by_text("Half of what it costs")).to_be_hidden()


async def test_a_comment_changes_nothing_about_it(visitor: Visitor, key: str) -> None:
    """It asks neither for a comment nor because of one."""
    page = await visitor.article(key, element("support-us", INSIDE, article=key, href="/give"))
    await expect(box(page)).to_be_visible()
    before = await box(page).evaluate("one => one.outerHTML")
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    assert await box(page).evaluate("one => one.outerHTML") == before


@pytest.mark.parametrize(("scheme", "lang"), [("light", "en"), ("dark", "ar")])
async def test_it_fits_the_narrowest_page_of_another_origin(
    visitors: MakeVisitor, newsroom: Newsroom, key: str, scheme: str, lang: str
) -> None:
    visitor = await visitors(viewport={"width": 320, "height": 700}, color_scheme=scheme)
    slug = await newsroom.site(**{**WORDS, "headline": "Донау" * 24, "text": "x" * 1000})
    body = element("support-us", site=slug, article=key)
    page = await open_page(visitor, body, lang=lang, elsewhere=True)
    await expect(box(page)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    visitors: MakeVisitor, newsroom: Newsroom, axe: str, key: str, scheme: str
) -> None:
    visitor = await visitors(color_scheme=scheme, viewport={"width": 360, "height": 700})
    slug = await newsroom.site(**WORDS)
    heading = "<h1>The evening ferry</h1>"
    tags = ("reader-count", "share-bar", "support-us")
    body = heading + "".join(element(tag, site=slug, article=key) for tag in tags)
    # Not strict, as axe styles what it measures; and it takes a page without a colour for white.
    colour = "<style>body { background: Canvas; color: CanvasText }</style>"
    page = await open_page(visitor, body, strict=False, head=colour)
    await expect(box(page)).to_be_visible()
    await expect(page.locator("reader-count a")).to_be_visible()
    await page.get_by_role("button", name="Mastodon").click()
    await page.locator("share-bar [name=server]").fill("nowhere")
    await page.keyboard.press("Enter")
    await expect(page.locator("share-bar .wrong")).to_be_visible()
    assert await violations(page, axe) == []


async def test_counts_of_a_page_are_one_request(visitor: Visitor, api: Api, key: str) -> None:
    for _ in range(2):
        await api.post(key, text())
    keys = [f"{key}-{n}" for n in range(8)]
    elements = [element("reader-count", article=one) for one in (key, *keys, key)]
    page = await visitor.page()
    asked: list[str] = []
    page.on("request", lambda r: "/counts?" in r.url and asked.append(r.url))
    page = await open_counts(visitor, page, "".join(elements))
    counts = page.locator("reader-count")
    await expect(counts.first).to_have_text("2 replies")
    await expect(counts.last).to_have_text("2 replies")
    await expect(counts.nth(1)).to_have_text("Leave a reply")
    assert len(asked) == 1


async def test_a_front_page_of_many(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    keys = [f"{key}-{'x' * 60}-{n}" for n in range(250)]
    page = await visitor.page()
    asked: list[str] = []
    page.on("request", lambda r: "/counts?" in r.url and asked.append(r.url))
    elements = "".join(element("reader-count", article=one) for one in (*keys, key))
    page = await open_counts(visitor, page, elements)
    await expect(page.locator("reader-count").last).to_have_text("1 reply")
    await expect(page.locator("reader-count").first).to_have_text("Leave a reply")
    assert 1 < len(asked) < 8
    assert max(map(len, asked)) < 5_000


async def open_counts(visitor: Visitor, page: Page, body: str) -> Page:
    """A page that is listened to from its first request."""
    html = f"""<!doctype html><html lang="en"><title>Front page</title>
        <script type="module" src="/embed.js"></script><main>{body}</main>"""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    await page.route(f"{visitor.server.url}/front", answer)
    await page.goto(f"{visitor.server.url}/front")
    return page


async def test_a_count_follows_the_thread_on_its_page(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    other = element("reader-count", article=f"{key}-other")
    page = await visitor.article(key, element("reader-count", article=key), other)
    count = page.locator("reader-count").first
    await expect(count).to_have_text("1 reply")
    body = text()
    await write(page, body)
    await expect(count).to_have_text("2 replies")
    await expect(page.locator("reader-count").last).to_have_text("Leave a reply")
    own = comment_of(page, body)
    await own.get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Yes, remove it").click()
    await expect(count).to_have_text("1 reply")


async def test_a_count_leads_to_the_thread(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, element("reader-count", article=key), "<p>…</p>" * 200)
    link = page.locator("reader-count a")
    await expect(link).to_have_attribute("href", "#replies")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("reader-comments")).to_be_in_viewport()
    await page.keyboard.press("Tab")
    # The next stop is inside the thread, not back at the top of the page.
    assert await page.evaluate("document.activeElement.localName") == "reader-comments"


async def test_a_count_elsewhere_leads_to_the_thread_s_own_page(visitor: Visitor, key: str) -> None:
    elements = [
        element("reader-count", article=key),
        element("reader-count", article=key, href="/news/x#talk"),
        f'<a href="/mine">{element("reader-count", article=key)}</a>',
        element("reader-count", url="https://www.news.example/a/b/?utm_source=x"),
    ]
    page = await open_page(visitor, "".join(elements))
    counts = page.locator("reader-count")
    own = f"{visitor.server.url}/sites/default/articles/"
    await expect(counts.nth(0).locator("a")).to_have_attribute("href", own + key)
    await expect(counts.nth(1).locator("a")).to_have_attribute("href", "/news/x#talk")
    await expect(counts.nth(2)).to_have_text("Leave a reply")
    await expect(counts.nth(2).locator("a")).to_have_count(0)
    href = own + "news.example~a~b"
    await expect(counts.nth(3).locator("a")).to_have_attribute("href", href)


async def test_what_stands_inside_stays_where_it_can_t_be_counted(
    visitor: Visitor, key: str
) -> None:
    async def lost(route: Route) -> None:
        await route.abort()

    await visitor.context.route("**/counts?**", lost)
    inside = '<a href="/thread">Replies</a>'
    page = await open_page(visitor, element("reader-count", inside, article=key))
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_role("link", name="Replies")).to_be_visible()
