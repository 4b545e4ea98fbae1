"""Articles at the desk, the site's call for support, and what the statistics say of both."""

import asyncio
import re
import uuid

import pytest
from e2e.bars_page import Newsroom
from e2e.policy_page import sign_in_link
from e2e.visitors import Api, MakeVisitor, Visitor, text
from live import LiveServer
from playwright.async_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def newsroom(live_server: LiveServer) -> Newsroom:
    """An editor and a publisher."""
    return Newsroom(live_server)


async def open_desk(visitor: Visitor, page_name: str, role: str = "editor") -> Page:
    page = await visitor.page()
    await page.goto(sign_in_link(visitor.server, role))
    await page.get_by_role("link", name=page_name, exact=True).click()
    await expect(page.get_by_role("heading", name=page_name, exact=True)).to_be_visible()
    return page


def row_of(page: Page, key: str) -> Locator:
    return page.locator(f"[data-article='{key}']")


async def found(page: Page, key: str) -> Locator:
    """The article, with the search for it over: what that says comes after nothing else."""
    await page.get_by_label("Search articles").fill(key)
    over = page.get_by_role("status").filter(has_text="1 article shown")
    await expect(over).to_be_attached()
    return row_of(page, key)


async def test_an_editor_finds_an_article_and_takes_support_away_by_keyboard(
    visitor: Visitor, newsroom: Newsroom, api: Api, key: str
) -> None:
    await newsroom.put(key, title=f"On the {key} ferry", section="Local")
    page = await open_desk(visitor, "Articles")
    search = page.get_by_label("Search articles")
    await search.focus()
    await page.keyboard.type(f"{key} FERRY")
    await expect(page.locator("[data-article]")).to_have_count(1)
    assert key in page.url, "it can be kept and sent"
    row = row_of(page, key)
    await expect(row).to_contain_text("Local · 0 comments")
    support = row.get_by_label(f"Support: On the {key} ferry")
    await expect(row).to_contain_text("Is asked for")
    await support.focus()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_have_text(
        "Saved. Support: Not asked for."
    )
    await expect(support).to_be_focused()
    path = f"/v1/sites/default/articles/{key}/support"
    assert not (await api.client.get(path)).json()["shown"]
    await row.get_by_label(f"Comments: On the {key} ferry").select_option(label="Closed")
    await expect(page.get_by_role("status").filter(has_text="Closed")).to_be_attached()
    assert not (await api.thread(key))["article"]["open"]
    await page.reload()
    await expect(row_of(page, key).get_by_label("Support:")).to_have_value("2")
    await page.locator("select[name=article-open]").select_option("yes")
    await expect(page.get_by_text("No article is like that.")).to_be_visible()


async def test_a_sensitive_article_says_that_it_never_asks(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await newsroom.put(key, title=key, tags=["obituary"], support=True)
    page = await open_desk(visitor, "Articles")
    await page.get_by_label("Search articles").fill(key)
    await expect(row_of(page, key)).to_contain_text("Tagged sensitive: never asked for")


async def test_what_can_t_be_saved_is_taken_back_and_said(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await newsroom.put(key, title=key)
    page = await open_desk(visitor, "Articles")
    choice = (await found(page, key)).get_by_label("Review:")

    async def lost(route: Route) -> None:
        await route.abort()

    await page.route("**/v1/moderation/articles/*", lost)
    await choice.focus()
    await choice.select_option(label="Before publication")
    await expect(page.get_by_role("alert")).to_contain_text(f"{key}: ")
    await expect(choice).to_have_value("0")
    await expect(choice).to_be_focused()
    await page.unroute("**/v1/moderation/articles/*")
    await choice.select_option(label="Before publication")
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_attached()
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_second_choice_waits_for_the_first(
    visitor: Visitor, newsroom: Newsroom, api: Api, key: str
) -> None:
    """The first one's answer shows the article anew, as it was before the second."""
    await newsroom.put(key, title=key)
    page = await open_desk(visitor, "Articles")
    search = page.get_by_label("Search articles")
    row = await found(page, key)
    gate = asyncio.Event()

    async def hold(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/v1/moderation/articles/*", hold)
    async with page.expect_request("**/v1/moderation/articles/*"):
        await row.get_by_label("Support:").select_option(label="Not asked for")
    await expect(row.get_by_label("Review:")).to_be_disabled()
    await search.focus()
    gate.set()
    await row.get_by_label("Review:").select_option(label="Before publication")
    await expect(page.get_by_role("status").filter(has_text="Before")).to_be_attached()
    await expect(row.get_by_label("Review:")).to_have_value("2")
    await expect(row.get_by_label("Support:")).to_have_value("2")


@pytest.mark.parametrize("first", ["search", "change"])
async def test_a_search_under_way_shows_no_old_choice(
    visitor: Visitor, newsroom: Newsroom, key: str, first: str
) -> None:
    """Its answer, from before the change, comes before the change's or after it."""
    await newsroom.put(key, title=key)
    page = await open_desk(visitor, "Articles")
    row = row_of(page, key)
    await expect(row).to_be_visible()
    gates = {"search": asyncio.Event(), "change": asyncio.Event()}
    searched = asyncio.Event()

    async def hold_search(route: Route) -> None:
        answer = await route.fetch()
        searched.set()
        await gates["search"].wait()
        await route.fulfill(response=answer)

    async def hold_change(route: Route) -> None:
        answer = await route.fetch()
        await gates["change"].wait()
        await route.fulfill(response=answer)

    await page.route("**/v1/moderation/articles?*", hold_search, times=1)
    await page.route("**/v1/moderation/articles/*", hold_change, times=1)
    await page.get_by_label("Search articles").fill(key)
    await searched.wait()
    await row.get_by_label("Support:").select_option(label="Not asked for")
    async with page.expect_response(
        f"**/v1/moderation/articles{'?' if first == 'search' else '/'}*"
    ):
        gates[first].set()
    gates["search"].set()
    gates["change"].set()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_attached()
    await expect(row.get_by_label("Support:")).to_have_value("2")


async def test_who_has_gone_on_is_not_called_back(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await newsroom.put(key, title=key)
    page = await open_desk(visitor, "Articles")
    search = page.get_by_label("Search articles")
    row = await found(page, key)

    async def slow(route: Route) -> None:
        await search.focus()
        await route.continue_()

    await page.route("**/v1/moderation/articles/*", slow)
    await row.get_by_label("Support:").select_option(label="Not asked for")
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_attached()
    await expect(search).to_be_focused()


async def test_a_moderator_sees_it_and_changes_nothing(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    await newsroom.put(key, title="<b>Bold</b>\u202e" + key, mode="pre", open=False, support=False)
    page = await open_desk(visitor, "Articles", "moderator")
    await page.get_by_label("Search articles").fill(key)
    row = row_of(page, key)
    for said in ("Closed", "Before publication", "Not asked for"):
        await expect(row.get_by_text(said, exact=True)).to_be_visible()
    await expect(row.locator("select")).to_have_count(0)
    await expect(row.locator("b", has_text="Bold")).to_have_count(0)
    await expect(page.get_by_role("link", name="Sites")).to_have_count(0)


async def test_many_articles_are_shown_as_they_are_asked_for(
    visitor: Visitor, newsroom: Newsroom, key: str
) -> None:
    for n in range(52):
        await newsroom.put(f"{key}-{n:02}", title=f"{key} part {n:02}")
    page = await open_desk(visitor, "Articles")
    await page.get_by_label("Search articles").fill(f"{key} part")
    rows = page.locator(f"[data-article^='{key}']")
    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="Show more articles").click()
    await expect(rows).to_have_count(52)
    await expect(rows.nth(50).get_by_role("link")).to_be_focused()
    await expect(page.get_by_role("button", name="Show more articles")).to_have_count(0)


async def test_from_a_comment_to_its_article(
    visitors: MakeVisitor, api: Api, newsroom: Newsroom, key: str
) -> None:
    await api.hold(key, text())
    visitor = await visitors(viewport={"width": 1500, "height": 900})
    page = await visitor.page()
    await page.goto(sign_in_link(visitor.server, "editor"))
    await page.get_by_role("link", name="Held").wait_for()
    await page.evaluate("key => { location.hash = `#/held?article=${key}`; }", key)
    await page.get_by_role("link", name="Its settings").click()
    await expect(page.locator("[data-article]")).to_have_count(1)
    await expect(row_of(page, key)).to_contain_text("registered by a reader")


async def test_the_site_s_call_for_support_is_written_and_switched(
    visitor: Visitor, newsroom: Newsroom, api: Api
) -> None:
    slug = await newsroom.site()
    page = await open_desk(visitor, "Sites")
    row = page.locator(f"[data-site={slug}]")
    await expect(row).to_contain_text("Asks for support")
    await row.get_by_role("button", name="Support of").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Headline").fill("Nobody owns us")
    await dialog.get_by_label("Text").fill("One.\nTwo.")
    await dialog.get_by_label("Address of your donation page").fill("https://u:p@news.example/")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("$.support.url")
    await dialog.get_by_label("Address of your donation page").fill("https://news.example/give")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    path = f"/v1/sites/{slug}/articles/any/support"
    assert (await api.client.get(path)).json() == {
        "shown": True, "headline": "Nobody owns us", "text": "One.\nTwo.",
        "url": "https://news.example/give",
    }  # fmt: skip
    await row.get_by_role("button", name="Support of").click()
    # Meanwhile a colleague writes another headline: it stays.
    await newsroom.support(slug, headline="Ours")
    await dialog.get_by_label("Ask readers for support").uncheck()
    await dialog.get_by_label("Sensitive tags").fill("accident\n\n inquest ")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("t ask for support")
    await expect(row.get_by_role("button", name="Support of")).to_be_focused()
    assert not (await api.client.get(path)).json()["shown"]
    await newsroom.support(slug, enabled=True)
    assert (await api.client.get(path)).json()["headline"] == "Ours"
    await page.get_by_role("link", name="Members").click()
    record = page.get_by_role("region", name="Record")
    await expect(record).to_contain_text("sensitive tags: accident, inquest")


async def test_the_focus_comes_back_where_the_page_was_shown_anew_behind_a_dialog(
    visitor: Visitor, newsroom: Newsroom
) -> None:
    slug = await newsroom.site()
    page = await open_desk(visitor, "Sites")
    go = asyncio.Event()

    async def late(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route("**/v1/moderation/sites?*", late)
    row = page.locator(f"[data-site={slug}]")
    support = row.get_by_role("button", name="Support of")
    dialog = page.get_by_role("dialog")
    await support.click()
    await dialog.get_by_label("Ask readers for support").uncheck()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await support.press("Enter")
    await expect(dialog).to_be_visible()
    go.set()
    await expect(row).to_contain_text("t ask for support")
    await expect(dialog.get_by_label("Ask readers for support")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(support).to_be_focused()


async def test_the_statistics_name_what_was_shared(
    visitor: Visitor, newsroom: Newsroom, api: Api, key: str
) -> None:
    title = f"Shared most {uuid.uuid4().hex[:6]}"
    await newsroom.put(key, title=title)
    for _ in range(60):
        body = {"kind": "share", "channel": "copy"}
        await api.client.post(f"/v1/sites/default/articles/{key}/engagement", json=body)
    body = {"kind": "support"}
    await api.client.post(f"/v1/sites/default/articles/{key}/engagement", json=body)
    page = await open_desk(visitor, "Statistics")
    numbers = page.get_by_role("region", name="Sharing and support, the numbers")
    today = numbers.locator("tbody tr").first
    await expect(today.locator("td")).to_have_count(2)
    shares, support = await today.locator("td").all_inner_texts()
    assert int(shares.replace(",", "")) >= 60
    assert int(support) >= 1
    articles = page.get_by_role("region", name="Articles, the numbers")
    first = articles.locator("tbody tr").first
    await expect(first).to_contain_text(title)
    await expect(first.locator("td")).to_have_text(["60", "1", "0"])
    await page.get_by_label("Most of what").select_option("comments")
    await expect(articles.get_by_role("columnheader", name="Comments")).to_have_attribute(
        "aria-sort", "descending"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["Articles", "Sites"])
async def test_it_fits_a_telephone(
    visitors: MakeVisitor, newsroom: Newsroom, key: str, name: str, scheme: str
) -> None:
    await newsroom.put(key, title="W" * 300)
    visitor = await visitors(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = await open_desk(visitor, name)
    await expect(page.locator(".rows > li").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if name == "Sites":
        await page.get_by_role("button", name=re.compile("^Support of")).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
