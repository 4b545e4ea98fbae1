"""Share, support, count; and the same elements on a page of another origin."""

from urllib.parse import parse_qs, urlsplit

import pytest
from e2e.visitors import Api, Visitor, comment_of, text, write
from playwright.async_api import Page, Request, Route, expect

pytestmark = pytest.mark.browser

SHARE = '<share-bar site="default" article="{key}"></share-bar>'
SUPPORT = (
    '<support-us site="default" article="{key}" href="/donate" headline="Keep us afloat">'
    "<p>Nine people report on this coast.</p></support-us>"
)
COUNT = '<reader-count site="default" article="{key}"></reader-count>'


def counted(page: Page) -> list[object]:
    """What is sent to be counted, as it is sent."""
    sent: list[object] = []

    def note(request: Request) -> None:
        if request.url.endswith("/engagement"):
            sent.append(request.post_data_json)

    page.on("request", note)
    return sent


async def test_sharing(visitor: Visitor, api: Api, key: str) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await visitor.article(key, SHARE.format(key=key))
    sent = counted(page)
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    url = f"{visitor.server.url}/news/{key}"
    assert await page.evaluate("navigator.clipboard.readText()") == url
    mail = await page.get_by_role("link", name="E-mail").get_attribute("href")
    assert parse_qs(urlsplit(mail or "").query)["body"] == [url]
    network = page.get_by_role("link", name="Facebook")
    assert parse_qs(urlsplit(await network.get_attribute("href") or "").query)["u"] == [url]
    async with page.expect_response("**/engagement") as answer:
        await network.evaluate("a => { a.removeAttribute('href'); a.click() }")
    assert (await answer.value).status in {204, 404}  # 404: no comment has registered the article
    assert sent == [{"kind": "share", "channel": c} for c in ("copy", "facebook")]
    assert (await api.thread(key))["count"] == 0


async def test_sharing_by_the_device(visitor: Visitor, key: str) -> None:
    page = await visitor.page()
    await page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    await page.close()
    await visitor.context.add_init_script(
        "navigator.share = async (what) => { window.shared = what }"
    )
    page = await visitor.article(key, SHARE.format(key=key))
    sent = counted(page)
    await page.get_by_role("button", name="Share", exact=True).click()
    assert (await page.evaluate("window.shared.url")).endswith(f"/news/{key}")
    assert sent == [{"kind": "share", "channel": "native"}]


async def test_support(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, SUPPORT.format(key=key))
    sent = counted(page)
    box = page.get_by_role("complementary", name="Keep us afloat")
    await expect(page.get_by_text("Nine people report on this coast.")).to_be_visible()

    async def thank(route: Route) -> None:
        await route.fulfill(body="Thank you.")

    await page.route("**/donate", thank)
    await box.get_by_role("link", name="Support us").click()
    await page.wait_for_url("**/donate")
    assert sent == [{"kind": "support"}]
    await page.go_back()
    await box.get_by_role("button", name="Not now").click()
    await expect(box).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("heading", name="Leave a reply")).to_be_visible()
    await expect(box).to_have_count(0)


async def test_a_count(visitor: Visitor, api: Api, key: str) -> None:
    for _ in range(2):
        await api.post(key, text())
    page = await visitor.article(key, COUNT.format(key=key))
    await expect(page.locator("reader-count")).to_have_text("2 replies")


async def test_a_page_of_another_origin(visitor: Visitor, api: Api, key: str) -> None:
    """Localhost and 127.0.0.1 are two origins; only our host is in the page's policy."""
    ours = visitor.server.url
    theirs = ours.replace("127.0.0.1", "localhost")
    page = await visitor.page()
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))

    async def answer(route: Route) -> None:
        await route.fulfill(
            body=f"""<!doctype html><title>News</title><script type="module"
                src="{ours}/embed.js"></script><article-alerts delay="0"></article-alerts>
                <reader-comments article="{key}" load="eager"></reader-comments>""",
            content_type="text/html",
            headers={
                "Content-Security-Policy": f"default-src 'none'; script-src {ours};"
                f" style-src {ours}; connect-src {ours}; img-src {ours}"
            },
        )

    await page.route(f"{theirs}/news", answer)
    await page.goto(f"{theirs}/news")
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    assert (await api.thread(key))["count"] == 1
    await expect(page.locator("article-alerts")).to_be_hidden()
    assert any("/push-worker.js is not on this page" in text for text in warnings)
