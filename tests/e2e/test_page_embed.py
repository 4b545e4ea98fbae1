"""How the elements get into a page: tags and divs, at once or when seen, on another's origin."""

from html import escape
from typing import Any

import pytest
from e2e.visitors import Api, Visitor, comment_of, text
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

KIB = 1024
DIVS = """
<div data-rejoinder="count" data-site="default" data-article="{key}">Replies</div>
<div data-rejoinder="comments" data-site="default" data-article="{key}" data-load="eager">
<a href="{api}/sites/default/articles/{key}">Read the replies</a></div>
<div data-rejoinder="share" data-site="default" data-article="{key}"></div>
<div data-rejoinder="alerts" data-site="default" data-topics="world"></div>
<div data-rejoinder="support" data-site="default" data-article="{key}"
    data-href="https://news.example/donate" data-headline="Keep us afloat"></div>
"""


async def publisher_page(visitor: Visitor, key: str, body: str, *, script: bool = True) -> Page:
    """A publisher's article on an origin of its own, under the policy that the guide names."""
    api = visitor.server.url
    host = api.replace("127.0.0.1", "localhost")
    policy = (
        f"default-src 'none'; script-src {api}; style-src {api}; connect-src {api}; "
        f"img-src {api}; worker-src 'self'"
    )
    tag = f'<script type="module" src="{api}/embed.js"></script>' if script else ""
    html = (
        f'<!doctype html><html lang="en"><title>Article {escape(key)}</title>{tag}'
        f"<main>{body.format(key=key, api=api)}</main></html>"
    )

    async def answer(route: Route) -> None:
        await route.fulfill(
            body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    page = await visitor.page()
    await page.route(f"{host}/news/{key}", answer)
    await page.goto(f"{host}/news/{key}")
    return page


async def test_divs_stand_for_every_element(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    await api.post(key, body)
    page = await publisher_page(visitor, key, DIVS)
    await expect(comment_of(page, body)).to_be_visible()
    await expect(page.locator("reader-count .count")).to_have_text("1 reply")
    await expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    await expect(page.get_by_role("link", name="Support us")).to_have_attribute(
        "href", "https://news.example/donate"
    )
    await expect(page.locator("div > article-alerts")).to_have_attribute("topics", "world")
    assert await page.evaluate("document.querySelectorAll('[data-rejoinder] > *').length") == 5
    assert await page.context.cookies() == []


async def test_the_link_in_a_div_stays_where_scripts_do_not_run(visitor: Visitor, key: str) -> None:
    page = await publisher_page(visitor, key, DIVS, script=False)
    await expect(page.get_by_role("link", name="Read the replies")).to_be_visible()


async def test_divs_that_come_later_and_change(visitor: Visitor, api: Api, key: str) -> None:
    first, second = text(), text()
    await api.post(key, first)
    await api.post(f"{key}-2", second)
    page = await publisher_page(visitor, key, "<section></section>")
    await page.evaluate(
        """(key) => { const div = document.createElement('div');
            div.innerHTML = `<p><b></b></p><div data-rejoinder="comments" data-site="default"
                data-article="${key}" data-load="eager">Replies</div>`;
            document.querySelector('section').append(div) }""",
        key,
    )
    await expect(comment_of(page, first)).to_be_visible()
    # A page that swaps its article says so in the div.
    div = page.locator("[data-rejoinder]")
    await div.evaluate("(div, key) => div.setAttribute('data-article', key)", f"{key}-2")
    await expect(comment_of(page, second)).to_be_visible()
    await expect(comment_of(page, first)).to_have_count(0)
    await expect(page.locator("reader-comments")).to_have_count(1)
    # One that writes its own content anew gets the element anew.
    await div.evaluate("(div) => { div.innerHTML = '<a href=/x>Replies</a>' }")
    await expect(comment_of(page, second)).to_be_visible()


async def test_a_div_hands_on_no_script(visitor: Visitor, key: str) -> None:
    hostile = """<div data-rejoinder="support" data-site="default" data-article="{key}"
        data-href="javascript:alert(1)" data-onclick="alert(2)" data-style="color: red"
        data-headline="Keep us afloat"></div>
        <div data-rejoinder="script" data-src="/x.js"></div>
        <div data-rejoinder="support" data-site="default"
        data-href=" java&#10;script:alert(3)"></div>"""
    page = await publisher_page(visitor, key, hostile)
    inner = page.locator("support-us")
    await expect(inner).to_have_count(2)
    names = await inner.evaluate_all("(all) => all.flatMap((one) => one.getAttributeNames())")
    assert set(names) == {"site", "article", "headline"}
    assert await page.locator("[data-rejoinder=script] > *").count() == 0


async def test_comments_wait_until_they_are_nearly_seen(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.post(key, body)
    high = '<svg width="10" height="4000" display="block"></svg>'
    tag = (
        '<reader-comments site="default" article="{key}"{load}>'
        '<a href="/x">Replies</a></reader-comments>'
    )
    page = await publisher_page(visitor, key, high + tag.replace("{load}", ""))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.evaluate("new Promise((done) => setTimeout(done, 500))")
    assert not [url for url in asked if "/comments" in url]
    await expect(page.get_by_role("link", name="Replies")).to_be_attached()
    await page.locator("reader-comments").scroll_into_view_if_needed()
    await expect(comment_of(page, body)).to_be_visible()
    await page.close()
    page = await publisher_page(visitor, key, high + tag.replace("{load}", ' load="eager"'))
    await expect(comment_of(page, body)).to_be_attached()
    share = '<share-bar site="default" article="{key}" load="visible"></share-bar>'
    page = await publisher_page(visitor, f"{key}-s", high + share)
    await page.wait_for_function("Boolean(customElements.get('share-bar'))")
    assert await page.locator("share-bar").evaluate("(bar) => bar.shadowRoot") is None
    await page.locator("share-bar").scroll_into_view_if_needed()
    await expect(page.get_by_role("button", name="Copy link")).to_be_visible()


async def test_what_a_thread_weighs_over_the_wire(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    sizes: dict[str, int] = {}

    async def note(response: Any) -> None:
        path = response.url.removeprefix(visitor.server.url)
        if path.startswith(("/widgets/", "/words/", "/embed.js")):
            sizes[path] = int(response.headers["content-length"])

    page = await visitor.page()
    page.on("response", note)
    html = f"""<!doctype html><html lang="en"><script type="module" src="/embed.js"></script>
        <reader-comments site="default" article="{key}" load="eager"></reader-comments></html>"""
    await page.route(
        f"{visitor.server.url}/weighed",
        lambda route: route.fulfill(body=html, content_type="text/html"),
    )
    await page.goto(f"{visitor.server.url}/weighed")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await expect(page.locator("reader-comments form [type=submit]")).to_be_visible()
    embed = sizes.pop("/embed.js")
    assert embed <= 3 * KIB
    assert len(sizes) >= 8
    assert sum(sizes.values()) <= 15 * KIB, sizes
