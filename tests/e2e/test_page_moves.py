"""Pages that hide, move, close, link and print an element in ways of their own."""

import asyncio
from typing import Any

import pytest
from e2e.visitors import Api, Visitor, comment_of, main_form, text
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser


async def page_of(visitor: Visitor, key: str, html: str) -> Page:
    """A page of the publisher's with this in it."""
    page = await visitor.page()
    whole = f"""<!doctype html><html lang="en"><title>Article {key}</title>
        <script type="module" src="/embed.js"></script>{html}</html>"""

    async def answer(route: Route) -> None:
        await route.fulfill(body=whole, content_type="text/html")

    await page.route(f"{visitor.server.url}/news/{key}*", answer)
    await page.goto(f"{visitor.server.url}/news/{key}?from=letter")
    return page


async def register(api: Api, key: str, **more: Any) -> None:
    answer = await api.client.put(
        f"/v1/sites/default/articles/{key}",
        json={"url": f"{api.server.url}/news/{key}", "title": f"Article {key}", **more},
        headers={"Authorization": f"Bearer {api.server.publisher_key}"},
    )
    answer.raise_for_status()


async def test_links_to_comments_stay_on_a_page_with_another_base(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    comment = await api.post(key, body)
    page = await page_of(
        visitor,
        key,
        f'<base href="/"><reader-comments article="{key}" load="eager"></reader-comments>',
    )
    link = comment_of(page, body).locator("a.when")
    await link.click()
    await expect(comment_of(page, body)).to_be_focused()
    assert page.url == f"{visitor.server.url}/news/{key}?from=letter#comment-{comment['id']}"


async def test_a_link_to_a_comment_of_an_article_with_two_keys(
    visitor: Visitor, api: Api, key: str
) -> None:
    wanted = text()
    comment = await api.post(key, wanted)
    for _ in range(3):
        await api.post(key, text())
    await register(api, key, aliases=[f"{key}-old"])
    page = await page_of(
        visitor,
        key,
        f'<reader-comments article="{key}-old" load="eager" limit="2"></reader-comments>',
    )
    await expect(page.locator("reader-comments article")).to_have_count(2)
    await page.evaluate(f"location.hash = 'comment-{comment['id']}'")
    await expect(comment_of(page, wanted)).to_be_focused()


async def test_a_closed_article_offers_no_reply(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    await api.post(key, body)
    page = await visitor.article(key, poll="2")
    reply = comment_of(page, body).locator("[name=reply]")
    await reply.click()
    inline = page.locator("reader-comments form.inline")
    await inline.locator("[name=body]").fill("Half a thought")
    await register(api, key, open=False)
    await expect(page.get_by_text("Replies to this article are closed.")).to_be_visible()
    await expect(reply).to_be_hidden()
    await expect(main_form(page)).to_be_hidden()
    await expect(inline.locator("[name=body]")).to_have_value("Half a thought")
    await inline.get_by_role("button", name="Cancel").click()
    await expect(comment_of(page, body)).to_be_focused()
    await register(api, key, open=True)
    await expect(reply).to_be_visible()


async def test_a_page_may_hide_the_element(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    await api.post(key, body)
    page = await visitor.article(key)
    await expect(comment_of(page, body)).to_be_visible()
    await page.locator("reader-comments").evaluate("(host) => { host.hidden = true }")
    await expect(comment_of(page, body)).to_be_hidden()
    await page.locator("reader-comments").evaluate("(host) => { host.hidden = false }")
    await expect(comment_of(page, body)).to_be_visible()


@pytest.mark.parametrize(
    ("panel", "open_it"),
    [
        ('<div id="panel" style="display: none">{}</div>', "panel.style.display = 'block'"),
        ('<details id="panel"><summary>Replies</summary>{}</details>', "panel.open = true"),
        ('<div id="panel" hidden>{}</div>', "panel.hidden = false"),
        ('<template id="panel">{}</template>', "document.body.append(panel.content)"),
    ],
    ids=["display", "details", "hidden", "template"],
)
async def test_in_a_closed_panel_it_waits_until_that_is_opened(
    visitor: Visitor, api: Api, key: str, panel: str, open_it: str
) -> None:
    body = text()
    await api.post(key, body)
    page = await page_of(
        visitor, key, panel.format(f'<reader-comments article="{key}"></reader-comments>')
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.wait_for_function("Boolean(customElements.get('reader-comments'))")
    await page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert not [url for url in asked if "/comments" in url]
    await page.evaluate(open_it)
    await expect(comment_of(page, body)).to_be_visible()


async def test_another_article_while_the_first_is_on_its_way(
    visitor: Visitor, api: Api, key: str
) -> None:
    first, second = text(), text()
    await api.post(key, first)
    await api.post(f"{key}-2", second)
    go = asyncio.Event()

    async def late(route: Route) -> None:
        await go.wait()
        await route.continue_()

    page = await page_of(visitor, key, "<main></main>")
    await page.route(f"**/articles/{key}/comments?*", late)
    asked = page.expect_request(f"**/articles/{key}/comments?*")
    async with asked:
        await page.evaluate(
            """(key) => { document.querySelector('main').innerHTML =
                `<reader-comments article="${key}" load="eager"></reader-comments>` }""",
            key,
        )
    host = page.locator("reader-comments")
    async with page.expect_event("requestfailed"):  # nobody waits for it any more
        await host.evaluate("(host, key) => { host.setAttribute('article', key) }", f"{key}-2")
    go.set()
    await expect(comment_of(page, second)).to_be_visible()
    await expect(comment_of(page, first)).to_have_count(0)
    # A text stays with its article, and another language takes it along.
    field = main_form(page).locator("[name=body]")
    await field.fill("About the second")
    await host.evaluate("(host) => { host.lang = 'de' }")
    await expect(page.get_by_role("heading", name="Kommentar schreiben")).to_be_visible()
    await expect(field).to_have_value("About the second")
    await host.evaluate("(host, key) => { host.setAttribute('article', key) }", key)
    await expect(comment_of(page, first)).to_be_visible()
    await expect(field).to_have_value("")
    await host.evaluate("(host, key) => { host.setAttribute('article', key) }", f"{key}-2")
    await expect(field).to_have_value("About the second")


async def test_moved_and_removed_and_added_again(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    await api.post(key, body)
    page = await visitor.article(key, poll="2")
    await main_form(page).locator("[name=body]").fill("Half a thought")
    await page.evaluate(
        """() => { const host = document.querySelector('reader-comments');
            for (let n = 0; n < 5; n++) document.body.append(host);
            host.remove();
            document.body.prepend(host) }"""
    )
    await expect(comment_of(page, body)).to_have_count(1)
    await expect(main_form(page)).to_have_count(1)
    await expect(main_form(page).locator("[name=body]")).to_have_value("Half a thought")
    # Live once, not six times.
    await api.post(key, text())
    await page.get_by_role("button", name="1 new reply").click()
    await expect(page.locator("reader-comments article")).to_have_count(2)


async def test_back_from_another_page(visitor: Visitor, api: Api, key: str) -> None:
    body, new = text(), text()
    await api.post(key, body)
    page = await visitor.article(key, poll="2")
    await main_form(page).locator("[name=body]").fill("Half a thought")
    await page.goto(f"{visitor.server.url}/healthz")
    await api.post(key, new)
    await page.go_back()
    await expect(main_form(page).locator("[name=body]")).to_have_value("Half a thought")
    await expect(comment_of(page, body)).to_be_visible()
    # From the browser's memory it comes as it was; what is new is offered then.
    either = comment_of(page, new).or_(page.get_by_role("button", name="1 new reply"))
    await expect(either.first).to_be_visible()


async def test_on_paper_there_is_the_conversation(visitor: Visitor, api: Api, key: str) -> None:
    bodies = [text() for _ in range(12)]
    for body in bodies:
        await api.post(key, body)
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(12)
    async with page.expect_request("**/articles/*/comments?*"):
        pass  # it is live by now
    await page.emulate_media(media="print")
    for body in bodies:
        await expect(comment_of(page, body).locator(".text")).to_be_visible()
    await expect(main_form(page)).to_be_hidden()
    await expect(page.locator("reader-comments button:visible")).to_have_count(0)


async def test_a_page_s_own_properties_stay_out(visitor: Visitor, key: str) -> None:
    page = await page_of(
        visitor,
        key,
        f"""<style>:root {{ --start: 40px; --accent: lime; --small: 3em; --ui: cursive }}</style>
        <reader-comments article="{key}" load="eager"></reader-comments>""",
    )
    await main_form(page).locator("[type=submit]").click()
    field = main_form(page).locator("[name=body]")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_css("box-shadow", "rgb(168, 32, 26) 3px 0px 0px 0px inset")
    await expect(main_form(page).locator("[type=submit]")).not_to_have_css("font-family", "cursive")
