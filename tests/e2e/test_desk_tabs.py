"""The desk open twice in one browser: what one decides or takes back, the other doesn't undo."""

import asyncio

import pytest
from e2e.test_desk_offline import nothing_waits
from e2e.test_desk_page import card_of, mark, saved, search, sign_in
from e2e.visitors import Api, MakeVisitor, Visitor, text
from live import LiveServer
from playwright.async_api import Page, Route, expect
from support import run_sql

pytestmark = pytest.mark.browser


async def cut_off(route: Route) -> None:
    await route.abort()


async def second_tab(visitor: Visitor) -> Page:
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/desk/")
    await expect(page.locator(".card").first).to_be_visible()
    return page


async def test_what_one_takes_back_the_other_does_not_send(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    bodies = [f"{text()} {word}" for _ in range(2)]
    for body in bodies:
        await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, word)
    await visitor.context.route("**/decisions", cut_off)
    for count in (1, 2):
        await page.keyboard.press("f")
        await expect(page.locator(".card.done")).to_have_count(count)
    await expect(page.locator(".offline")).to_contain_text("2 decisions wait")
    other = await second_tab(visitor)
    await expect(other.locator(".toast")).to_contain_text("2 decisions of earlier")
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Undone: 1.")
    await visitor.context.unroute("**/decisions", cut_off)
    await nothing_waits(other)
    await expect(page.locator(".card.done[data-saved]")).to_have_count(1)
    await expect(other.locator(".offline")).to_be_hidden()
    assert (await api.thread(key))["count"] == 1


async def test_what_the_other_has_sent_is_taken_back_at_the_service(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    for _ in range(2):
        await api.hold(key, f"{text()} {word}")
    page = await sign_in(visitor)
    await search(page, word)
    await page.route("**/decisions", cut_off)
    for count in (1, 2):
        await page.keyboard.press("f")
        await expect(page.locator(".card.done")).to_have_count(count)
    await expect(page.locator(".offline")).to_contain_text("2 decisions wait")
    other = await second_tab(visitor)
    await nothing_waits(other)
    assert (await api.thread(key))["count"] == 2
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Not undone yet")
    await page.unroute("**/decisions", cut_off)
    await expect(page.locator(".card.done[data-saved]")).to_have_count(2)
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Undone: 1.")
    assert (await api.thread(key))["count"] == 1


async def test_what_an_earlier_page_decided_too_late_is_told(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await page.route("**/decisions", cut_off)
    await page.keyboard.press("f")
    await expect(page.locator(".offline")).to_contain_text("1 decision waits")
    await page.close()
    await api.decide(comment, "reject", reason="offensive")
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/desk/")
    await expect(page.locator(".toast")).to_contain_text(
        "One decision was not applied: mod@courier.example was faster."
    )


async def test_signing_in_again_elsewhere_does_not_refuse_decisions(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await sign_in(visitor)
    await page.keyboard.press("f")
    await saved(page, body)
    await expect(card_of(page, body).locator(".outcome")).to_have_text("Published.")


async def test_nobody_decides_in_the_name_of_who_signed_in_elsewhere(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    link = visitor.server.command("moderators", "add", "cleo@courier.example")
    other = await visitor.page()
    await other.goto(link)
    await expect(other.get_by_text("cleo@courier.example")).to_be_visible()
    await page.keyboard.press("f")
    await expect(page.get_by_role("alert")).to_contain_text("Your session has ended")
    assert (await api.thread(key))["count"] == 0
    await page.goto("about:blank")
    await page.goto(visitor.server.sign_in_link())
    await expect(page.locator(".toast")).to_contain_text("1 decision of earlier is sent now.")
    await nothing_waits(page)
    assert (await api.thread(key))["count"] == 1


async def test_two_moderators_at_once_pass_over_what_the_other_reads(
    visitors: MakeVisitor, api: Api, key: str, live_server: LiveServer
) -> None:
    for _ in range(45):
        # Where more of them is alike, one that happens to read like spam joins all as a campaign.
        await api.hold(key, f"I will kill you. {text()} {text()}")
    # What other tests' moderators have claimed is theirs for two minutes more: passed over, it
    # would lead the second one further down than the first one's list goes.
    await run_sql(live_server.database_url, "delete from claim")
    first = await (await visitors()).page()
    link = live_server.sign_in_link()
    async with first.expect_response(lambda answer: answer.url.endswith("/claims")):
        await first.goto(link)
    await expect(first.locator(".card").first).to_be_visible()
    visitor = await visitors()
    second = await visitor.page()
    link = live_server.command("moderators", "add", "bea@courier.example", "--name", "Bea")
    await second.goto(link)
    await expect(second.locator(".card[data-busy]").first).to_be_visible()
    # The first one's list was there before: it hears of what the second one claims.
    beas = first.locator(".badge.busy", has_text="Bea is looking at this")
    await expect(beas).to_have_count(20)
    reading = await second.locator(".card[aria-current]").get_attribute("id")
    for count in range(1, 23):
        assert await first.locator(".card[aria-current]").get_attribute("id") != reading
        await first.keyboard.press("s")
        await expect(first.locator(".card.done[data-saved]")).to_have_count(count)
    mine = (await api.moderation("GET", "queue?limit=200"))["items"]
    assert sum(1 for one in mine if one["claim"] and one["claim"]["own"]) >= 1
    await second.close()
    await expect(beas).to_have_count(0)


async def test_what_is_new_is_claimed_when_it_is_loaded(
    visitor: Visitor, api: Api, key: str, live_server: LiveServer
) -> None:
    await api.hold(key, f"I will find your house and kill you all. {text()}")
    page = await visitor.page()
    async with page.expect_response(lambda answer: answer.url.endswith("/claims")):
        await page.goto(visitor.server.sign_in_link())
    await expect(page.locator(".card").first).to_be_visible()
    comment = await api.hold(key, f"I will find your house and kill you all. {text()}")
    worst = f"update comment set risk = 1 where id = '{comment['id']}'"
    await run_sql(live_server.database_url, worst)
    await expect(page.locator("button.news")).to_be_visible()
    async with page.expect_response(lambda answer: answer.url.endswith("/claims")):
        await page.keyboard.press(".")
    found = await api.moderation("GET", f"comments/{comment['id']}")
    assert found["claim"]["own"] is True


async def test_closing_one_tab_leaves_the_other_its_claims(
    visitor: Visitor, api: Api, key: str
) -> None:
    comment = await api.hold(key, f"I will find your house and kill you all. {text()}")
    await sign_in(visitor)
    other = await second_tab(visitor)
    async with other.expect_response(lambda answer: answer.url.endswith("/claims")):
        await other.reload()
    await other.close()
    async with asyncio.timeout(20):
        while True:
            found = await api.moderation("GET", f"comments/{comment['id']}")
            if found["claim"]:
                break
            await asyncio.sleep(0.2)
