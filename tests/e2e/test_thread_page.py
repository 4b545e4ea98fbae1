# ruff: noqa: RUF001 - the page writes real quotation marks
"""The thread's page in a browser without scripts: read, written in and mended by keyboard."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from e2e.visitors import Api, MakeVisitor, email, text, violations
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

LONGEST = "w" * 4_000
RIGHT_TO_LEFT = "هذا مهم جدا \u202eلعائلتي"
FITS = "document.documentElement.scrollWidth <= innerWidth"


def address(page: Page) -> str:
    return urlsplit(page.url).path


async def fits(page: Page) -> bool:
    """Whether nothing must be scrolled to sideways; asked of the layout, since nothing runs."""
    session = await page.context.new_cdp_session(page)
    metrics: dict[str, Any] = await session.send("Page.getLayoutMetrics")
    return bool(metrics["cssContentSize"]["width"] <= metrics["cssLayoutViewport"]["clientWidth"])


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus."""
    wanted = page.locator(":focus").and_(
        page.get_by_role("link", name=name, exact=True)
        .or_(page.get_by_role("button", name=name, exact=True))
        .or_(page.get_by_label(name))
    )
    for _ in range(60):
        if await wanted.count():
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"{name} is not to be reached by keyboard")


async def fill(page: Page, body: str, *, website: str = "") -> None:
    """Write in the form and send it, by keyboard alone."""
    for name, value in [
        ("Your reply", body), ("Name", "Ana"), ("E-mail", email()), ("Website", website),
    ]:  # fmt: skip
        await tab_to(page, name)
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.press("Delete")
        await page.keyboard.insert_text(value)
    await tab_to(page, "Post reply")
    await page.keyboard.press("Enter")


async def test_read_reply_be_refused_and_mend_it_by_keyboard(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    remark = text()
    told = await api.post(key, remark)
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/sites/default/articles/{key}")
    await expect(page.get_by_role("article")).to_contain_text(remark)
    await tab_to(page, "Reply to Somebody Else")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Reply to Somebody Else")
    await expect(page.get_by_role("article")).to_contain_text(remark)
    await expect(page.get_by_label("Your reply")).to_be_focused()
    answer = text()
    await fill(page, answer, website="no web address")
    await expect(page.get_by_role("alert")).to_contain_text("hasn’t been sent yet")
    await expect(page.get_by_label("Website")).to_be_focused()
    await expect(page.get_by_label("Website")).to_have_accessible_description(
        "Please give a web address, such as https://example.org, or leave this empty."
    )
    await expect(page.get_by_label("Your reply")).to_have_value(answer)
    assert (await api.thread(key))["count"] == 1
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.press("Delete")
    await tab_to(page, "Post reply")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your reply is published.")
    reply = (await api.thread(key))["items"][0]["replies"][0]
    assert reply["parent_id"] == told["id"]
    mine = page.locator(f"#comment-{reply['id']}")
    await expect(mine).to_be_in_viewport()
    assert urlsplit(page.url).fragment == f"comment-{reply['id']}"
    await page.reload()
    assert (await api.thread(key))["count"] == 2
    await page.get_by_role("link", name="Edit or remove it").press("Enter")
    changed = text()
    await tab_to(page, "Your reply")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.insert_text(changed)
    await tab_to(page, "Save changes")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your changes are saved.")
    await tab_to(page, "Remove your reply")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Yes, remove it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Your reply was removed.")
    assert (await api.thread(key))["count"] == 1


async def test_a_double_click_posts_once(visitors: MakeVisitor, api: Api, key: str) -> None:
    await api.post(key, text())
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    for n, path in enumerate(("", "?reply=")):
        await page.goto(f"{visitor.server.url}/sites/default/articles/{key}{path}")
        await page.get_by_label("Your reply").fill(text())
        await page.get_by_label("Name").fill("Ana")
        await page.get_by_label("E-mail").fill(email())
        await page.get_by_role("button", name="Post reply").dblclick()
        await expect(page.get_by_role("status")).to_contain_text("Your reply is published.")
        await expect(page.get_by_role("link", name="Edit or remove it")).to_be_visible()
        assert (await api.thread(key))["count"] == n + 2


async def test_held_is_said_and_shown_to_its_author_alone(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    await api.post(key, text())
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    where = f"{visitor.server.url}/sites/default/articles/{key}"
    await page.goto(where)
    abuse = f"I will kill you, you filthy animal. {text()}"
    await fill(page, abuse)
    await expect(page.get_by_role("status")).to_contain_text("A moderator reads your reply")
    await expect(page.get_by_role("article")).to_contain_text(abuse)
    own = page.url
    await page.goto(where)
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.get_by_text(abuse)).to_have_count(0)
    held = await api.moderation("GET", "queue?site=default&view=held&order=newest")
    comment = next(item for item in held["items"] if item["body"] == abuse)
    await api.decide(comment, "reject", reason="abusive")
    await page.goto(own)
    await expect(page.get_by_role("status")).to_contain_text("Reason: abuse or a personal attack.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1000])
async def test_it_fits_and_nothing_is_wrong_with_it(
    visitors: MakeVisitor, api: Api, key: str, axe: str, width: int, scheme: Any
) -> None:
    """The same pages with scripts allowed, for axe-core and for what the policy might report."""
    parent = (await api.post(key, text()))["id"]
    for body in (LONGEST + text(), RIGHT_TO_LEFT + text(), text(), text(), text(), text()):
        sent = await api.post(key, body, parent_id=parent, name="W" * 80)
        parent = sent["id"] if sent["status"] == "published" else parent
    visitor = await visitors(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = await visitor.page()
    await page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => { throw Error(e.violatedDirective) })"
    )
    where = f"{visitor.server.url}/sites/default/articles/{key}"
    await page.goto(where)
    root = (await api.thread(key))["items"][0]["id"]
    for path in (
        where, f"{where}?reply={root}", f"{where}?conversation={root}", f"{where}?sort=top",
        f"{where}-nothing",
    ):  # fmt: skip
        await page.goto(path)
        assert await violations(page, axe) == [], path
        assert await page.evaluate(FITS), path
    await page.goto(f"{where}?reply=")
    await fill(page, text(), website="no web address")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await violations(page, axe) == []
    assert await page.evaluate(FITS)
    await page.get_by_label("Website").fill("")
    await page.locator("[name=company]").evaluate("input => { input.value = 'Acme' }")
    await page.get_by_role("button", name="Post reply").click()
    await expect(page.get_by_role("status")).to_contain_text("A moderator reads your reply")
    assert await violations(page, axe) == []
    assert await page.evaluate(FITS)
    await page.get_by_role("link", name="Remove your reply").click()
    assert await violations(page, axe) == []


async def test_without_scripts_nothing_hangs_over_at_320_pixels(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    await api.post(key, LONGEST + text(), name="W" * 80)
    visitor = await visitors(
        java_script_enabled=False, viewport={"width": 320, "height": 700}, color_scheme="dark"
    )
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/sites/default/articles/{key}")
    await expect(page.get_by_role("article")).to_have_count(1)
    assert await fits(page)


async def test_the_link_in_the_publisher_s_page_leads_there(visitors: MakeVisitor) -> None:
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/demo/")
    await page.locator("reader-comments a").click()
    assert address(page).endswith("/sites/default/articles/harbour-ferry")
    await expect(page.get_by_role("article").first).to_be_visible()
    await page.get_by_role("link", name="Back to the article").click()
    assert address(page) == "/demo/"


async def test_another_site_s_form_is_refused_by_what_the_browser_says(
    visitors: MakeVisitor, api: Api, key: str
) -> None:
    """A form on a page of another origin, sent by a real browser with its own headers."""
    await api.post(key, text())
    visitor = await visitors(java_script_enabled=False)
    page = await visitor.page()
    target = f"{visitor.server.url}/sites/default/articles/{key}"
    other = target.replace("127.0.0.1", "localhost").replace(f"/sites/default/articles/{key}", "/x")
    await page.route(other, lambda route: route.fulfill(
        content_type="text/html",
        body=f"<form method=post action='{target}'><input name=name value=A>"
        f"<input name=email value={email()}><textarea name=body>Sent from elsewhere.</textarea>"
        "<button>Win a prize</button></form>",
    ))  # fmt: skip
    await page.goto(other)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "This form was sent from another site"
    )
    assert (await api.thread(key))["count"] == 1
