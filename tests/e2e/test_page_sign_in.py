"""Readers who have signed in at the publisher's, on its own page."""

import asyncio
import time

import pytest
from e2e.press import ORIGIN, Press, heard, sign_in
from e2e.visitors import (
    Api,
    MakeVisitor,
    Visitor,
    comment_of,
    fill_trap,
    main_form,
    text,
    violations,
    write,
)
from live import LiveServer
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def press(live_server: LiveServer) -> Press:
    return Press(live_server)


async def write_signed(page: Page, body: str) -> None:
    form = main_form(page)
    await form.locator("[name=body]").fill(body)
    await form.get_by_role("button", name="Post reply").click()


async def test_signing_in_posting_and_editing_elsewhere(
    visitors: MakeVisitor, press: Press, key: str
) -> None:
    token = press.token(badge="Subscriber", email="vera@press.example")
    first, second = await visitors(), await visitors()
    page = await press.page(first, key)
    form = main_form(page)
    await expect(form.locator("[name=email]")).to_be_visible()
    await form.locator("[name=body]").fill("Begun before the sign-in.")
    await sign_in(page, token)
    await expect(form.locator(".as")).to_have_text("Writing as Vera LindSubscriber")
    await expect(form.locator("[name=name], [name=email], [name=remember]")).to_have_count(3)
    for name in ("name", "email", "website", "remember"):
        await expect(form.locator(f"[name={name}]")).to_be_hidden()
    await expect(form.locator("[name=body]")).to_have_value("Begun before the sign-in.")
    body, held_body = text(), text()
    await write_signed(page, body)
    mine = comment_of(page, body)
    await expect(mine.locator(".name")).to_have_text("Vera Lind")
    await expect(mine.locator(".badge:not(.you)")).to_have_text("Subscriber")
    await expect(mine.locator(".you")).to_be_visible()
    await fill_trap(page)
    await write_signed(page, held_body)
    held = comment_of(page, held_body)
    await expect(held.locator(".notice")).to_contain_text("only you can see it.")
    # Nothing of it stays in the browser.
    kept = await page.evaluate(
        "JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage })"
    )
    assert token not in kept
    assert "own:" not in kept
    assert "Vera" not in kept

    elsewhere = await press.page(second, key, token=token)
    theirs = comment_of(elsewhere, body)
    await expect(theirs.locator(".you")).to_be_visible()
    await expect(theirs.locator("[name=report]")).to_be_hidden()
    await expect(comment_of(elsewhere, held_body).locator(".mark")).to_have_text("Held for review")
    changed = text()
    await theirs.get_by_role("button", name="Edit").click()
    await theirs.locator("[name=body]").fill(changed)
    await theirs.get_by_role("button", name="Save changes").click()
    await expect(comment_of(elsewhere, changed).locator(".edited")).to_be_visible()

    await page.evaluate("window.rejoinder.signOut()")
    await expect(form.locator("[name=email]")).to_be_visible()
    await expect(form.locator(".as")).to_have_count(0)
    await expect(held).to_have_count(0)
    await expect(page.locator("reader-comments .you")).to_have_count(0)
    await expect(mine.get_by_role("button", name="Edit")).to_have_count(0)
    await expect(mine.locator("[name=report]")).to_be_visible()
    await page.reload()
    await expect(comment_of(page, changed)).to_be_visible()
    await expect(page.locator("reader-comments .you")).to_have_count(0)


async def test_another_reader_s_token_shows_another_reader_s_things(
    visitor: Visitor, press: Press, key: str
) -> None:
    page = await press.page(visitor, key, token=press.token())
    body = text()
    await fill_trap(page)
    await write_signed(page, body)
    await expect(comment_of(page, body).locator(".you")).to_be_visible()
    element = page.locator("reader-comments")
    other = press.token("Odd Berg")
    await element.evaluate("(node, token) => { node.token = token }", other)
    await expect(main_form(page).locator(".as")).to_have_text("Writing as Odd Berg")
    await expect(comment_of(page, body)).to_have_count(0)
    assert await element.get_attribute("token") == other
    # A newer token of the same reader changes nothing that shows.
    await sign_in(page, press.token("Odd Berg", lasts=900))
    await expect(main_form(page).locator(".as")).to_have_text("Writing as Odd Berg")
    assert await element.get_attribute("token") is None


async def test_an_expired_sign_in_loses_no_text(visitor: Visitor, press: Press, key: str) -> None:
    page = await press.page(visitor, key)
    await heard(page, "rejoinder:expired", "rejoinder:refused")
    # The service allows for clocks that differ by a minute.
    await sign_in(page, press.token(lasts=-57))
    form = main_form(page)
    await expect(form.locator(".as")).to_contain_text("Vera Lind")
    body = text()
    await form.locator("[name=body]").fill(body)
    await asyncio.sleep(3.5)
    await form.get_by_role("button", name="Post reply").click()
    alert = form.get_by_role("alert")
    await expect(alert).to_contain_text("Your sign-in has expired. Your text is safe here.")
    await expect(form.locator("[name=body]")).to_have_value(body)
    assert await page.locator("html").get_attribute("data-heard") == "rejoinder:expired"
    await sign_in(page, press.token())
    await expect(alert).to_be_hidden()
    await form.get_by_role("button", name="Post reply").click()
    await expect(comment_of(page, body).locator(".name")).to_have_text("Vera Lind")


async def test_a_refused_token_leaves_the_form_for_everybody(
    visitor: Visitor, press: Press, key: str
) -> None:
    page = await press.page(visitor, key)
    await heard(page, "rejoinder:expired", "rejoinder:refused")
    await sign_in(page, "a.b.c")
    await expect(page.locator("[data-heard]")).to_have_attribute("data-heard", "rejoinder:refused")
    body = text()
    await write(page, body)
    await expect(comment_of(page, body).locator(".name")).to_have_text("Ada Reader")


async def test_where_a_sign_in_is_required(visitors: MakeVisitor, press: Press, key: str) -> None:
    press.set("--required")
    author = await press.page(await visitors(), key, token=press.token())
    root = text()
    await write_signed(author, root)
    await expect(comment_of(author, root)).to_be_visible()

    page = await press.page(await visitors(), key)
    await heard(page, "rejoinder:sign-in")
    form = main_form(page)
    button = form.get_by_role("button", name="Sign in to reply")
    await expect(button).to_be_visible()
    await expect(form.locator("[name=body], [name=name], [type=submit]").first).to_be_hidden()
    # By keyboard: reply to a comment, sign in from there, write, send.
    await comment_of(page, root).get_by_role("button", name="Reply").focus()
    await page.keyboard.press("Enter")
    gate = page.locator("reader-comments .inline .gate")
    await expect(gate).to_be_focused()
    await page.keyboard.press("Enter")
    assert await page.locator("html").get_attribute("data-heard") == "rejoinder:sign-in"
    await sign_in(page, press.token("Odd Berg"))
    reply = page.locator("reader-comments .inline")
    await expect(reply.locator("textarea")).to_be_focused()
    body = text()
    await page.keyboard.insert_text(body)
    await page.keyboard.press("Tab")
    await expect(reply.get_by_role("button", name="Post reply")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(comment_of(page, body).locator(".name")).to_have_text("Odd Berg")
    await page.evaluate("window.rejoinder.signOut()")
    await expect(button).to_be_visible()


async def test_the_way_to_the_publisher_s_sign_in(visitor: Visitor, press: Press, key: str) -> None:
    press.set("--required")
    page = await press.page(visitor, key, **{"sign-in": "/account?back=here"})
    link = main_form(page).get_by_role("link", name="Sign in to reply")
    await expect(link).to_have_attribute("href", f"{ORIGIN}/account?back=here")
    # A page that has a dialog of its own stays.
    await page.evaluate(
        "document.addEventListener('rejoinder:sign-in', (event) => event.preventDefault())"
    )
    await link.click()
    assert page.url == f"{ORIGIN}/{key}"
    evil = await press.page(visitor, f"{key}-2", **{"sign-in": "javascript:alert(1)"})
    await expect(main_form(evil).get_by_role("button", name="Sign in to reply")).to_be_visible()


async def test_a_site_that_begins_to_require_it_keeps_what_is_being_written(
    visitor: Visitor, press: Press, key: str
) -> None:
    page = await press.page(visitor, key)
    body = text()
    form = main_form(page)
    await form.locator("[name=body]").fill(body)
    press.set("--required")
    await write(page, body)
    await expect(form.get_by_role("alert")).to_contain_text("please sign in")
    await expect(form.locator("[name=body]")).to_have_value(body)
    await expect(form.locator("[name=body]")).to_be_visible()
    await sign_in(page, press.token())
    await form.get_by_role("button", name="Post reply").click()
    await expect(comment_of(page, body).locator(".name")).to_have_text("Vera Lind")


async def test_a_sign_in_that_can_t_be_checked_is_tried_again(
    visitor: Visitor, press: Press, key: str
) -> None:
    page = await press.page(visitor, key)
    await page.route("**/reader?*", lambda route: route.abort())
    await sign_in(page, press.token())
    form = main_form(page)
    await expect(form.locator(".as")).to_contain_text("check your sign-in.")
    await expect(form.locator("[name=email]")).to_be_visible()
    await page.unroute("**/reader?*")
    await form.get_by_role("button", name="Try again").click()
    await expect(form.locator(".as")).to_have_text("Writing as Vera Lind")


async def test_in_the_language_of_the_page(visitor: Visitor, press: Press, key: str) -> None:
    page = await press.page(visitor, key, token=press.token(), lang="de")
    form = main_form(page)
    await expect(form.locator(".as")).to_have_text("Sie schreiben als Vera Lind")
    press.set("--required")
    shut = await press.page(visitor, f"{key}-2", lang="ar")
    await expect(main_form(shut).locator(".gate")).to_have_text("تسجيل الدخول للتعليق")


async def test_a_like_is_the_reader_s_on_both_devices(
    visitors: MakeVisitor, press: Press, api: Api, key: str
) -> None:
    author = await press.page(await visitors(), key, token=press.token())
    body = text()
    await write_signed(author, body)
    await expect(comment_of(author, body)).to_be_visible()
    token = press.token("Odd Berg")
    for _ in range(2):
        page = await press.page(await visitors(), key)
        like = comment_of(page, body).locator("[name=like]")
        await sign_in(page, token)
        await expect(main_form(page).locator(".as")).to_contain_text("Odd Berg")
        async with page.expect_response("**/like") as answered:
            await like.click()
        assert (await answered.value).status == 204
    deadline = time.monotonic() + 10
    while True:
        path = f"/v1/sites/{press.slug}/articles/{key}/comments"
        [comment] = (await api.client.get(path)).json()["items"]
        if comment["likes"] == 1 or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.2)
    assert comment["likes"] == 1


async def found(visitor: Visitor, page: Page, axe: str) -> list[str]:
    """What axe says. It writes inline styles itself, which the page's policy forbids."""
    assert visitor.errors == []
    wrong = await violations(page, axe)
    visitor.errors.clear()
    return wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wrong_with_it_for_whoever_can_t_see(
    visitors: MakeVisitor,
    press: Press,
    key: str,
    axe: str,
    scheme: str,
) -> None:
    visitor = await visitors(color_scheme=scheme, viewport={"width": 320, "height": 700})
    page = await press.page(visitor, key, token=press.token(badge="Subscriber since 1998"))
    await expect(main_form(page).locator(".as")).to_be_visible()
    await write_signed(page, text())
    await expect(page.locator("reader-comments .you")).to_be_visible()
    assert await found(visitor, page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press.set("--required")
    await page.evaluate("window.rejoinder.signOut()")
    shut = await press.page(visitor, f"{key}-2")
    await expect(main_form(shut).locator(".gate")).to_be_visible()
    assert await found(visitor, shut, axe) == []
    assert await shut.evaluate("document.documentElement.scrollWidth <= innerWidth")
