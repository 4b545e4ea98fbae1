"""Every control by keyboard alone: reached, seen to have the focus, used, and never lost."""

from dataclasses import dataclass

import pytest
from e2e.visitors import Api, Visitor, comment_of, fill_trap, main_form, text, write
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

AT = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const looks = getComputedStyle(at);
    let opaque = 1;
    for (let up = at; up; up = up.parentElement) opaque *= getComputedStyle(up).opacity;
    const type = at.type === 'submit' || at.type === 'radio' ? at.type : '';
    return {
        name: type || at.getAttribute('name') || at.className || at.tagName,
        outlined: looks.outlineStyle !== 'none' && parseFloat(looks.outlineWidth) >= 1,
        opaque, article: at.closest('article')?.id.replace('comment-', '') ?? '',
    } }"""
MOST = 150


@dataclass
class At:
    """What has the focus, inside shadow roots too."""

    name: str
    outlined: bool
    opaque: float
    article: str


async def at(page: Page) -> At:
    return At(**await page.evaluate(AT))


async def reach(page: Page, name: str, article: str | None = None) -> At:
    """Press Tab until a control has the focus; it must be seen to have it."""
    passed = []
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        here = await at(page)
        if here.name == name and article in {None, here.article}:
            assert here.outlined, name
            assert here.opaque == 1, name
            return here
        passed.append(here.name)
    raise AssertionError(f"{name} was not reached, but {passed}")


async def test_every_control_is_reached_and_is_seen_to_be(
    visitor: Visitor, api: Api, key: str
) -> None:
    for _ in range(3):
        root = await api.post(key, text())
    for _ in range(6):
        await api.post(key, text(), parent_id=root["id"])
    page = await visitor.article(key, "<a name='before' href='#x'>x</a>", poll="2", limit="2")
    await write(page, text())
    await expect(page.locator("reader-comments [name=edit]")).to_be_visible()
    await main_form(page).locator("[name=body]").fill("Half a thought")
    await comment_of(page, "").locator("[name=reply]").last.click()
    await expect(page.locator("reader-comments [name=preview]")).to_have_count(2)
    await api.post(key, text())
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()
    await page.locator("[name=before]").focus()
    reached: dict[str, At] = {}
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        here = await at(page)
        if here.name in {"BODY", "before"}:
            break
        reached[here.name] = here
    assert set(reached) == {
        "write", "preview", "body", "name", "email", "website", "remember", "submit", "cancel",
        "newest", "oldest", "top", "new", "when", "like", "reply", "report", "edit", "remove",
        "more-replies", "more",
    }  # fmt: skip
    assert [name for name, here in reached.items() if not here.outlined or here.opaque < 1] == []


async def test_writing_by_keyboard(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, poll="0")
    keys = page.keyboard
    await expect(main_form(page)).to_be_visible()
    await reach(page, "body")
    await expect(main_form(page).get_by_role("button", name="Preview")).to_be_visible()
    body = text()
    await keys.type(body)
    await keys.press("Shift+Tab")
    assert (await at(page)).name == "preview"
    await keys.press("Enter")
    await expect(main_form(page).get_by_role("region", name="Preview")).to_have_text(body)
    assert (await at(page)).name == "preview"
    await keys.press("Shift+Tab")
    assert (await at(page)).name == "write"
    await keys.press("Space")
    await expect(main_form(page).locator("[name=body]")).to_be_focused()
    await reach(page, "name")
    await keys.type("Kim Keys")
    await reach(page, "email")
    await keys.type("kim@readers.example")
    await reach(page, "remember")
    await keys.press("Space")
    await expect(main_form(page).get_by_label("Remember my name")).to_be_checked()
    await reach(page, "submit")
    await keys.press("Enter")
    await expect(comment_of(page, body)).to_be_focused()


async def test_own_comments_by_keyboard(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key, poll="0")
    keys = page.keyboard
    before, after = text(), text()
    await write(page, before)
    mine = comment_of(page, before)
    await expect(mine).to_be_focused()
    # Thought better of: a reply to oneself, a change, a removal.
    await reach(page, "reply")
    await keys.press("Enter")
    await expect(page.locator("reader-comments form.inline [name=body]")).to_be_focused()
    await reach(page, "cancel")
    await keys.press("Enter")
    await expect(mine.locator("[name=reply]")).to_be_focused()
    await reach(page, "edit")
    await keys.press("Enter")
    await expect(page.locator("reader-comments form.inline [name=body]")).to_be_focused()
    await reach(page, "cancel")
    await keys.press("Enter")
    await expect(mine.locator("[name=edit]")).to_be_focused()
    await reach(page, "remove")
    await keys.press("Enter")
    assert (await at(page)).name == "remove-yes"
    await reach(page, "remove-no")
    await keys.press("Enter")
    await expect(mine.locator("[name=remove]")).to_be_focused()
    # And done.
    await keys.press("Shift+Tab")
    assert (await at(page)).name == "edit"
    await keys.press("Enter")
    field = page.locator("reader-comments form.inline [name=body]")
    await expect(field).to_be_focused()
    await keys.press("ControlOrMeta+a")
    await keys.type(after)
    await reach(page, "submit")
    await keys.press("Enter")
    await expect(comment_of(page, after)).to_be_focused()
    await reach(page, "remove")
    await keys.press("Enter")
    await keys.press("Enter")
    await expect(page.locator("reader-comments .heading")).to_be_focused()
    assert (await api.thread(key))["count"] == 0


async def test_a_refusal_is_dismissed_by_keyboard(visitor: Visitor, api: Api, key: str) -> None:
    page = await visitor.article(key, poll="0")
    body = text()
    await fill_trap(page)
    await write(page, body)
    await expect(comment_of(page, body).locator(".mark")).to_be_visible()
    [item] = (await api.moderation("GET", f"queue?view=held&article={key}"))["items"]
    await api.decide(item, "reject", reason="other")
    await page.reload()
    await expect(comment_of(page, body).locator(".mark")).to_have_text("Not published")
    await reach(page, "dismiss")
    await page.keyboard.press("Enter")
    await expect(page.locator("reader-comments .heading")).to_be_focused()


async def test_other_s_comments_by_keyboard(visitor: Visitor, api: Api, key: str) -> None:
    bodies = [text() for _ in range(4)]
    roots = [await api.post(key, body) for body in bodies]
    replies = [text() for _ in range(6)]
    for body in replies:
        await api.post(key, body, parent_id=roots[3]["id"])
    page = await visitor.article(key, poll="0", limit="2")
    top, first = comment_of(page, bodies[3]), roots[3]["id"]
    await expect(top).to_be_visible()
    keys = page.keyboard
    await reach(page, "oldest")
    await keys.press("Enter")
    await expect(comment_of(page, bodies[0])).to_be_visible()
    await expect(page.get_by_role("button", name="Oldest")).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Space")
    await expect(top).to_be_visible()
    await expect(page.get_by_role("button", name="Newest")).to_be_focused()
    await reach(page, "when", first)
    await keys.press("Enter")
    await expect(top).to_be_focused()
    await reach(page, "like", first)
    await keys.press("Space")
    like = top.locator("> .main [name=like]")
    await expect(like).to_have_accessible_name("Like: 1 like")
    await expect(like).to_be_focused()
    await reach(page, "report", first)
    await keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Report this reply")
    await expect(dialog).to_be_visible()
    assert (await at(page)).name == "radio"
    await keys.press("Space")
    await keys.press("ArrowDown")
    await expect(dialog.get_by_label("Offensive language")).to_be_checked()
    await keys.press("Tab")
    await keys.type("The second word.")
    await reach(page, "cancel")
    await keys.press("Enter")
    await expect(top.locator("> .main [name=report]")).to_be_focused()
    await keys.press("Enter")
    await expect(dialog).to_be_visible()
    await keys.press("Space")
    await reach(page, "submit")
    await keys.press("Enter")
    await expect(top.locator("> .main .done")).to_be_focused()
    await reach(page, "more-replies")
    await keys.press("Enter")
    await expect(comment_of(page, replies[5])).to_be_focused()
    await reach(page, "more")
    await keys.press("Enter")
    await expect(comment_of(page, bodies[1])).to_be_focused()
    # Seen to have it, too.
    await expect(comment_of(page, bodies[1]).locator("> .main")).to_have_css(
        "outline-style", "dotted"
    )


async def test_what_is_new_by_keyboard(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    new = text()
    await api.post(key, new)
    await expect(page.get_by_role("button", name="1 new reply")).to_be_visible()
    await reach(page, "new")
    await page.keyboard.press("Enter")
    await expect(comment_of(page, new)).to_be_visible()
    here = await at(page)
    if here.name == "go":  # it came in out of view
        await page.keyboard.press("Enter")
    await expect(comment_of(page, new)).to_be_focused()


async def test_much_that_is_new_by_keyboard(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    page = await visitor.article(key, poll="2")
    await expect(page.locator("reader-comments article")).to_have_count(1)
    await page.route(
        "**/changes?*",
        lambda route: route.fulfill(json={"items": [], "gone": [], "complete": False}),
    )
    new = text()
    await api.post(key, new)
    await expect(page.get_by_role("button", name="New replies")).to_be_visible()
    await reach(page, "new")
    await page.keyboard.press("Enter")
    await expect(comment_of(page, new)).to_be_visible()
    await expect(page.locator("reader-comments .heading")).to_be_focused()
