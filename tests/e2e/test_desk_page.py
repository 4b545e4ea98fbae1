"""The moderators' desk in a browser."""

import re

import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, text
from live import LiveServer
from playwright.async_api import Locator, Page, expect
from support import run_sql

pytestmark = pytest.mark.browser


async def sign_in(visitor: Visitor) -> Page:
    page = await visitor.page()
    await page.goto(visitor.server.sign_in_link())
    await expect(page.get_by_role("link", name="Held")).to_be_visible()
    return page


async def search(page: Page, words: str) -> None:
    """Leave only one test's comments in the list, whatever the others hold."""
    await page.keyboard.press("/")
    await page.keyboard.type(words)
    await page.keyboard.press("Enter")
    await expect(page.locator(".card").first).to_be_focused()
    await expect(page.locator(".card").first).to_contain_text(words)


def card_of(page: Page, body: str) -> Locator:
    return page.locator(".card", has=page.locator(".text", has_text=body))


async def saved(page: Page, body: str) -> None:
    """Wait until the service has taken a decision: the desk doesn't."""
    await expect(card_of(page, body)).to_have_attribute("data-saved", "")


def mark(body: str) -> str:
    """The part of a text that no other comment has."""
    return body[-9:-1]


async def test_a_link_signs_in_once(visitor: Visitor, live_server: LiveServer) -> None:
    link = live_server.sign_in_link()
    page = await visitor.page()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Moderation desk")).to_be_visible()
    await expect(page.get_by_text("mod@courier.example")).to_be_visible()
    assert "sign-in" not in page.url
    cookies = await visitor.context.cookies()
    assert [(c["httpOnly"], c["sameSite"]) for c in cookies] == [(True, "Strict")]
    await page.reload()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_role("alert")).to_contain_text("used already")


async def test_a_held_comment_with_its_reasons_published_by_keyboard(
    visitor: Visitor, api: Api, key: str
) -> None:
    first, second = text(), text()
    # Three links, which make it no spam: bare ones do, one time in two hundred.
    links = ", ".join(f"https://courier.example/{page}" for page in "abc")
    await api.hold(key, f"{first} The sources are {links}, as the paper says.")
    await api.hold(key, second)
    page = await sign_in(visitor)
    await search(page, mark(first))
    card = card_of(page, first)
    await expect(card).to_have_attribute("aria-current", "true")
    why = card.locator(".why")
    await expect(why).to_contain_text("contains 3 links")
    await expect(why).to_contain_text("filled in a field that people")
    await expect(why).to_contain_text("first comment")
    await page.keyboard.press("f")
    await expect(card.locator(".outcome")).to_have_text("Published.")
    await saved(page, first)
    assert first.partition(" (")[0] in (await api.thread(key))["items"][0]["html"]


async def test_moving_and_deciding_without_a_mouse(visitor: Visitor, api: Api, key: str) -> None:
    word = key[-8:]
    bodies = [f"{text()} {word}" for _ in range(3)]
    for body in bodies:
        await api.hold(key, body)
    page = await sign_in(visitor)
    await page.get_by_label("Order").select_option("oldest")
    await page.get_by_label("Order").press("Escape")
    await search(page, word)
    await expect(page.locator(".card")).to_have_count(3)
    await page.keyboard.press("j")
    await expect(card_of(page, bodies[1])).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("s")
    await expect(card_of(page, bodies[0]).locator(".outcome")).to_have_text("Marked as spam.")
    await expect(card_of(page, bodies[1])).to_be_focused()
    await page.keyboard.press("d")
    await expect(page.get_by_role("dialog", name="Reject, because it is")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(card_of(page, bodies[1])).to_be_focused()
    await page.keyboard.press("d")
    await page.keyboard.press("h")  # harassment here, to hold in the list
    await expect(card_of(page, bodies[1]).locator(".outcome")).to_have_text("Rejected.")
    await page.keyboard.press("f")
    await expect(card_of(page, bodies[2]).locator(".outcome")).to_have_text("Published.")
    await saved(page, bodies[2])
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    assert (await api.thread(key))["count"] == 1


async def test_rejecting_by_mouse_with_a_reason(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    card = card_of(page, body)
    await card.get_by_role("button", name="Reject").click()
    await (
        page.get_by_role("dialog")
        .get_by_role("button", name="misleading or false information")
        .click()
    )
    await expect(card.locator(".outcome")).to_have_text("Rejected.")
    await saved(page, body)
    found = await api.moderation("GET", f"comments/{comment['id']}")
    [entry] = [entry for entry in found["ledger"] if entry["to_status"] == "rejected"]
    assert (entry["moderator"], entry["reason"]) == ("mod@courier.example", "misinformation")
    await page.get_by_role("link", name="Rejected").click()
    await expect(card_of(page, body).get_by_role("button", name="Publish")).to_be_visible()


async def test_a_conflict_is_shown_and_nothing_overwritten(
    visitor: Visitor, api: Api, key: str
) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    await api.decide(comment, "reject", reason="offensive")
    card = card_of(page, body)
    await card.get_by_role("button", name="Publish").click()
    await expect(card.locator(".outcome")).to_contain_text("was faster: it is now rejected")
    assert (await api.thread(key))["count"] == 0
    await card.get_by_role("button", name="Show it as it is now").click()
    await expect(card.get_by_role("button", name="Reject")).to_have_count(0)
    await card.get_by_role("button", name="Publish").click()
    await expect(card.locator(".outcome")).to_have_text("Published.")
    await saved(page, body)
    assert (await api.thread(key))["count"] == 1


async def test_hostile_text_stays_text(visitor: Visitor, api: Api, key: str) -> None:
    body = f"<img src=x onerror=alert(1)> {text()} " + "W" * 1500
    await api.hold(key, body, name="<script>alert(2)</script>")
    page = await sign_in(visitor)
    await page.set_viewport_size({"width": 360, "height": 700})
    await search(page, "<img")
    assert await page.locator(".card :is(img, script)").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_empty_views_say_what_belongs_there(visitor: Visitor) -> None:
    page = await sign_in(visitor)
    await page.get_by_label("Search in these comments").fill("zzzznothingzzzz")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await page.get_by_label("Search in these comments").fill("")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Reported").click()
    await expect(page.locator(".empty, .card").first).to_be_visible()


async def test_twenty_are_cleared_by_keyboard_alone_and_a_batch_is_undone(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    held = [await api.hold(key, f"{text()} {word}") for _ in range(20)]
    page = await sign_in(visitor)
    await page.get_by_label("Order").select_option("oldest")
    await page.get_by_label("Order").press("Escape")
    await search(page, word)
    await expect(page.locator(".card")).to_have_count(20)

    async def open_cards(count: int) -> None:
        await expect(page.locator(".card:not(.done)")).to_have_count(count)

    for count, action in enumerate("fsff", 1):
        await page.keyboard.press(action)
        await open_cards(20 - count)
    # Five by a range, rejected at once, for one reason.
    await page.keyboard.press("x")
    for _ in range(4):
        await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await expect(page.locator("input[name=pick]:checked")).to_have_count(5)
    await page.keyboard.press("d")
    await page.keyboard.press("o")
    await open_cards(11)
    await expect(page.locator(".toast")).to_contain_text("Rejected: 5 comments")
    await expect(page.locator(".card.done:not([data-saved])")).to_have_count(0)
    assert (await api.thread(key))["count"] == 3
    await page.keyboard.press("z")
    await expect(page.locator(".toast")).to_contain_text("Undone: 5.")
    await open_cards(16)
    ledger = (await api.moderation("GET", f"comments/{held[5]['id']}"))["ledger"]
    assert [entry["actor"] for entry in ledger] == ["machine", "moderator", "undo"]
    # From the first that is open, all the rest at once.
    await page.keyboard.press("x")
    await page.keyboard.press("x")
    for _ in range(16):
        await page.keyboard.press("k")
    await page.keyboard.press("x")
    for _ in range(15):
        await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await page.keyboard.press("f")
    await open_cards(0)
    await expect(page.locator(".card.done:not([data-saved])")).to_have_count(0)
    assert (await api.thread(key))["count"] == 19


async def test_a_campaign_is_one_card_and_goes_at_once(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    body = f"{text()} {text()} {text()} {word}"
    for n in range(4):
        await api.hold(key, f"{body} {'!' * n}")
    page = await sign_in(visitor)
    await search(page, word)
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page.locator(".card .badge")).to_have_text("campaign of 4")
    await page.get_by_role("button", name="All 4 are spam").click()
    await expect(page.locator(".card.done[data-saved]")).to_have_count(1)
    found = await api.moderation("GET", f"queue?view=spam&q={word}")
    assert found["items"][0]["campaign"]["waiting"] == 4


async def test_what_others_do_is_shown_at_once(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await expect(page.locator(".views [data-view=held] .n")).to_have_text(
        re.compile(r"^[1-9][0-9,+]*$")
    )
    await search(page, mark(body))
    await api.decide(comment, "publish")
    await expect(card_of(page, body).locator(".outcome")).to_contain_text("it is now published")
    await api.hold(key, text())
    await expect(page.get_by_role("button", name="Load 1 new comment")).to_be_visible()


async def test_the_deciding_words_are_marked_on_a_key(visitor: Visitor, api: Api, key: str) -> None:
    body = f"What a stupid, worthless idiot wrote this. {text()}"
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    word = card_of(page, body).locator("mark", has_text="idiot")
    plain = await word.evaluate("mark => getComputedStyle(mark).backgroundColor")
    await page.keyboard.press("w")
    assert await word.evaluate("mark => getComputedStyle(mark).backgroundColor") != plain


async def test_the_worst_is_veiled_until_asked_for(visitor: Visitor, api: Api, key: str) -> None:
    body = f"I will kill you and burn your house down, you filthy animal. {text()}"
    await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    card = card_of(page, body)
    assert "blur" in await card.locator(".text").evaluate("text => getComputedStyle(text).filter")
    await page.keyboard.press("b")
    assert await card.locator(".text").evaluate("text => getComputedStyle(text).filter") == "none"


async def test_the_worst_never_stand_in_a_row_while_there_are_others(visitor: Visitor) -> None:
    page = await sign_in(visitor)
    spread = await page.evaluate(
        """async () => {
            const { spread } = await import('/desk/marks.js');
            const order = (list) => spread([...list], (one) => one < 'a').join('');
            return [order('ABCabcd'), order('ABabcdef'), order('ABC'), order('abc'), order('')];
        }"""
    )
    assert spread == ["AabBcdC", "AabBcdef", "ABC", "abc", ""]


async def test_two_moderators_are_not_shown_the_same_as_free(
    visitors: MakeVisitor, api: Api, key: str, live_server: LiveServer
) -> None:
    body = f"I will find your house and kill you all. {text()}"
    comment = await api.hold(key, body)
    await run_sql(
        live_server.database_url, f"update comment set risk = 1 where id = '{comment['id']}'"
    )
    visitor = await visitors()
    first = await visitor.page()
    link = visitor.server.sign_in_link()
    async with first.expect_response(lambda answer: answer.url.endswith("/claims")):
        await first.goto(link)
    held = await api.moderation("GET", f"comments/{comment['id']}")
    assert held["claim"]["own"] is True
    second = await (await visitors()).page()
    link = live_server.command("moderators", "add", "bea@courier.example", "--name", "Bea")
    await second.goto(link)
    await expect(card_of(second, body).locator(".badge.busy")).to_contain_text("is looking at this")
    await first.close()
    await second.reload()
    await expect(card_of(second, body)).to_be_visible()
    await expect(card_of(second, body).locator(".badge.busy")).to_have_count(0)


async def test_an_editor_can_have_the_words_marked_from_the_start(
    visitors: MakeVisitor, api: Api, key: str, live_server: LiveServer
) -> None:
    body = f"What a stupid, worthless idiot wrote this. {text()}"
    await api.hold(key, body)
    live_server.command("moderators", "add", "chief@courier.example", "--role", "editor")
    token = live_server.command("moderators", "token", "chief@courier.example")

    async def put(*, marked: bool) -> None:
        answer = await api.client.patch(
            "/v1/moderation/sites/default",
            json={"words_marked": marked},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.json()["words_marked"] is marked

    await put(marked=True)
    try:
        page = await sign_in(await visitors())
        await search(page, mark(body))
        word = card_of(page, body).locator("mark", has_text="idiot")
        shown = await word.evaluate("mark => getComputedStyle(mark).backgroundColor")
        await page.keyboard.press("w")
        assert await word.evaluate("mark => getComputedStyle(mark).backgroundColor") != shown
    finally:
        await put(marked=False)


async def test_what_others_take_back_is_shown_too(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    comment = await api.hold(key, body)
    page = await sign_in(visitor)
    await search(page, mark(body))
    decision = {"comment_id": comment["id"], "action": "publish"}
    done = await api.moderation("POST", "decisions", {"decisions": [decision]})
    outcome = card_of(page, body).locator(".outcome")
    await expect(outcome).to_contain_text("it is now published")
    await api.moderation("POST", f"batches/{done['batch_id']}/undo")
    await expect(outcome).to_contain_text("A decision was taken back: it is now held.")


async def test_a_text_that_its_author_changes_is_told(visitor: Visitor, api: Api, key: str) -> None:
    body = text()
    sent = {
        "name": "Ada Reader", "email": "ada@readers.example", "body": body, "company": "Acme",
        "article": {"url": f"{api.server.url}/news/{key}", "title": "An article"},
    }  # fmt: skip
    answer = await api.client.post(f"/v1/sites/default/articles/{key}/comments", json=sent)
    posted = answer.raise_for_status().json()
    page = await sign_in(visitor)
    await search(page, mark(body))
    edited = await api.client.patch(
        f"/v1/sites/default/comments/{posted['comment']['id']}",
        json={"body": f"What a stupid, worthless idiot wrote this. {body}"},
        headers={"Authorization": f"Bearer {posted['edit_token']}"},
    )
    assert edited.json()["comment"]["status"] == "held"
    outcome = card_of(page, body).locator(".outcome")
    await expect(outcome).to_contain_text("Its author has changed it.")


async def test_what_readers_report_is_offered(visitor: Visitor, api: Api, key: str) -> None:
    comment = await api.post(key, text())
    page = await sign_in(visitor)
    await page.get_by_role("link", name="Reported").click()
    await expect(page.locator(".empty, .card").first).to_be_visible()
    path = f"/v1/sites/default/comments/{comment['id']}/report"
    (await api.client.post(path, json={"reason": "offensive"})).raise_for_status()
    await expect(page.get_by_role("button", name="Load 1 new comment")).to_be_visible()


async def test_a_campaign_s_buttons_count_what_nobody_has_decided(
    visitor: Visitor, api: Api, key: str
) -> None:
    word = key[-8:]
    body = f"{text()} {text()} {text()} {word}"
    comments = [await api.hold(key, f"{body} {'!' * n}") for n in range(4)]
    await api.decide(comments[2], "publish")
    page = await sign_in(visitor)
    await search(page, word)
    await expect(page.locator(".card .badge")).to_have_text("campaign of 4")
    await page.get_by_role("button", name="All 3 are spam").click()
    await expect(page.locator(".toast")).to_contain_text("Marked as spam: 3 comments.")
    await expect(page.locator(".card.done[data-saved]")).to_have_count(1)
    found = await api.moderation("GET", f"queue?view=spam&q={word}")
    assert found["items"][0]["campaign"]["waiting"] == 3
