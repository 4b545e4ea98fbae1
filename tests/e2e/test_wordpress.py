"""The plugin in a real WordPress and Chromium, as an editor, a reader and a user meet it."""
# ruff: noqa: RUF001  what editors are told has its apostrophes

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import folder_for_databases
from courier import Courier, sign_in
from e2e.conftest import SHELL, Browsers
from e2e.test_page_alerts import SCOPES, SUBSCRIBE, prompt
from e2e.visitors import PATIENCE, comment_of, text, violations
from e2e.visitors import write as write_in
from live import LiveServer, free_port
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect
from thread import bearer
from wordpress import run_wordpress

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("REJOINDER_SHOTS")  # a folder for pictures, where somebody wants to look


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture(scope="module")
def courier(live_server: LiveServer) -> Iterator[Courier]:
    """A WordPress that has no plugin yet, and whose administrator knows the editor."""
    with (
        tempfile.TemporaryDirectory(prefix="courier-", dir=folder_for_databases()) as name,
        run_wordpress(Path(name)) as wordpress,
    ):
        wordpress.php(
            """
            $known = array('core/edit-post' => array('welcomeGuide' => false));
            $known['_modified'] = gmdate('c');
            update_user_meta(1, 'wp_persisted_preferences', $known);
            """
        )
        yield Courier(wordpress, live_server)
        assert wordpress.complaints() == []


@pytest.fixture(scope="module")
async def installed(courier: Courier, browsers: Browsers, tmp_path_factory: Any) -> Any:
    """The plugin put in by WordPress's own upload page; the administrator's cookies."""
    file = tmp_path_factory.mktemp("plugin") / "rejoinder.zip"
    file.write_bytes(courier.download())
    browser = await browsers.get(SHELL)
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await sign_in(page, courier.url)
    await page.goto(f"{courier.url}/wp-admin/plugin-install.php?tab=upload")
    await page.locator("#pluginzip").set_input_files(file)
    await page.locator("#install-plugin-submit").click()
    await page.get_by_role("link", name="Activate Plugin").click()
    await expect(page.get_by_text("Rejoinder needs to know your server")).to_be_visible()
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture
async def admin(
    browser: Browser, courier: Courier, installed: Any
) -> AsyncIterator[BrowserContext]:
    """The administrator's browser; the plugin is set up."""
    courier.set_up()
    context = await browser.new_context(
        storage_state=installed, viewport={"width": 1200, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    yield context
    await context.close()


@pytest.fixture
async def reader(
    browser: Browser, courier: Courier, installed: Any
) -> AsyncIterator[BrowserContext]:
    """Somebody who comes by."""
    courier.set_up()
    context = await browser.new_context(
        viewport={"width": 1000, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    yield context
    await context.close()


def alerts_of(courier: Courier, post: int) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{courier.live.url}/v1/moderation/alerts",
        params={"site": courier.slug, "article": str(post)},
        headers=bearer(courier.live.moderator_token),
    )
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


async def test_the_settings_say_what_is_wrong(
    admin: BrowserContext, courier: Courier, axe: str
) -> None:
    live = courier.live
    elsewhere = live.command("keys", "create", "--site", "default", "--scope", "publish")
    page = await admin.new_page()
    await page.goto(f"{courier.url}/wp-admin/options-general.php?page=rejoinder")

    async def save(server: str, site: str, key: str, said: str) -> None:
        await page.get_by_label("Address").fill(server)
        await page.get_by_label("Site", exact=True).fill(site)
        await page.get_by_label("Publisher’s key").fill(key)
        await page.get_by_role("button", name="Save and test").click()
        await expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()

    slug = courier.slug
    away = f"http://127.0.0.1:{free_port()}"
    await save(away, slug, courier.key, "The server doesn’t answer")
    await save(courier.url, slug, "", "no Rejoinder at this address (HTTP status 404). Does a path")
    await shoot(page, "settings-wrong")
    await save(live.url, slug, "rk" + "a" * 40, "doesn’t know this publisher’s key")
    await save(live.url, slug, elsewhere, "This key belongs to another site.")
    await save(live.url, "nowhere", courier.key, "has no site “nowhere”")
    courier.php(f"update_option('rejoinder_sign_in_secret', '{'x' * 40}');")
    await save(live.url, "default", elsewhere, f"{courier.url} is none of the site’s origins")
    await save(live.url, slug, courier.key, "doesn’t believe the sign-in secret")
    await page.get_by_label("Sign-in secret").fill(courier.secret)
    await page.get_by_label("Moderator’s token").fill("rm" + "a" * 40)
    await save(live.url, slug, "", "doesn’t take the moderator’s token")
    await page.get_by_label("Moderator’s token").fill(live.moderator_token)
    await save(live.url, slug, "", "Connected to “The Courier”")
    await expect(page.locator(".wrap .notice-error")).to_have_count(0)
    await shoot(page, "settings")
    # What is secret doesn't come back to the page.
    html = await page.content()
    assert courier.key not in html
    assert courier.secret not in html
    assert live.moderator_token not in html
    assert courier.key[-4:] in html
    await frame_removed(page)
    assert await violations(page, axe) == []
    await page.set_viewport_size({"width": 360, "height": 800})
    await shoot(page, "settings-360")


async def test_a_reader_writes_below_an_article(
    reader: BrowserContext, courier: Courier, browser: Browser
) -> None:
    courier.set_up(share=True)
    post = courier.publish("The evening ferry")
    page = await reader.new_page()
    for theme in ("twentytwentyone", "twentytwentythree"):
        courier.php(f"switch_theme('{theme}');")
        await page.goto(f"{courier.url}/?p={post}")
        remark = text()
        await page.locator("reader-comments").scroll_into_view_if_needed()
        await write_in(page, remark)
        await expect(comment_of(page, remark)).to_be_visible()
        await expect(page.locator("#commentform")).to_have_count(0)
        await expect(page.locator("share-bar").get_by_text("Copy link")).to_be_visible()
        await shoot(page, f"article-{theme}")
        await page.set_viewport_size({"width": 360, "height": 800})
        await shoot(page, f"article-{theme}-360")
        await page.set_viewport_size({"width": 1000, "height": 900})
    # The form's article is the post's, registered by its publisher.
    told = courier.api("GET", f"articles/{post}/comments").json()
    assert told["article"]["title"] == "The evening ferry"
    assert told["count"] == 2
    courier.php(f"delete_transient('rejoinder_thread_{post}');")
    plain = await browser.new_context(java_script_enabled=False)
    without = await plain.new_page()
    await without.goto(f"{courier.url}/?p={post}")
    await expect(without.locator("#comments")).to_contain_text(remark)
    await shoot(without, "article-without-scripts")
    await without.get_by_role("link", name="All replies to the article").click()
    await expect(without.get_by_role("heading", name="The evening ferry")).to_be_visible()
    await plain.close()


async def test_a_user_of_the_site_writes_under_their_own_name(
    admin: BrowserContext, courier: Courier
) -> None:
    post = courier.publish("Written by staff")
    page = await admin.new_page()
    await page.goto(f"{courier.url}/?p={post}")
    await page.locator("reader-comments").scroll_into_view_if_needed()
    form = page.locator("reader-comments form.form").first
    await expect(form.get_by_text("admin")).to_be_visible()
    await expect(form.locator("[name=email]")).to_be_hidden()
    remark = text()
    await form.locator("[name=body]").fill(remark)
    await form.locator("[type=submit]").click()
    await expect(comment_of(page, remark)).to_contain_text("Staff")
    assert "eyJ" not in await (await page.request.get(page.url)).text()
    [item] = courier.api("GET", f"articles/{post}/comments").json()["items"]
    assert item["author"] == {"name": "admin", "badge": "Staff"}


async def open_editor(admin: BrowserContext, courier: Courier, address: str) -> Page:
    page = await admin.new_page()
    await page.goto(f"{courier.url}/wp-admin/{address}")
    return page


async def title_in(page: Page) -> Locator:
    """The field of the block editor, which newer ones have in a frame."""
    frame = "iframe[name=editor-canvas]"
    await page.locator(f"{frame}, .editor-post-title__input").first.wait_for()
    framed = await page.locator(frame).count()
    within = page.frame_locator(frame) if framed else page
    return within.get_by_role("textbox", name="Add title")


async def test_publishing_in_the_block_editor_alerts_readers(
    admin: BrowserContext, courier: Courier
) -> None:
    page = await open_editor(admin, courier, "post-new.php")
    title = await title_in(page)
    await title.fill("A ferry in the fog")
    panel = page.get_by_role("button", name="Alert to readers")
    await panel.scroll_into_view_if_needed()
    if await panel.get_attribute("aria-expanded") == "false":
        await panel.click()
    await page.get_by_label("Alert readers", exact=True).check()
    await page.get_by_label("Title of the alert").fill("Fog: ferry stops")
    await shoot(page, "editor-before")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await (
        page.get_by_label("Editor publish")
        .get_by_role("button", name="Publish", exact=True)
        .click()
    )
    await expect(page.get_by_text("is now live.")).to_be_visible()
    post = await page.evaluate("wp.data.select('core/editor').getCurrentPostId()")
    # WordPress's own schedule sends it, after the editor has the answer.
    await page.get_by_role("button", name="Close panel").click()
    await expect(page.get_by_text("Edition 1: sent to 0 browsers")).to_be_visible()
    [alert] = alerts_of(courier, post)
    assert (alert["title"], alert["edition"]) == ("Fog: ferry stops", 1)
    assert await page.evaluate("wp.data.select('core/editor').isEditedPostDirty()") is False
    await shoot(page, "editor-after")
    await title.fill("A ferry in the fog, found")
    update = page.get_by_role("button", name=re.compile("^(Update|Save)$"))
    await update.click()
    await expect(page.get_by_text("Post updated.").first).to_be_visible()
    # Nothing follows an update of a sent edition; the next one does.
    await page.get_by_label("Edition").fill("2")
    await update.click()
    await expect(page.get_by_text("Edition 2: sent to 0 browsers")).to_be_visible()
    assert sorted(one["edition"] for one in alerts_of(courier, post)) == [1, 2]


async def test_the_classic_editor_has_the_box_and_the_notice(
    admin: BrowserContext, courier: Courier
) -> None:
    plugins = courier.wordpress.folder / "site" / "wp-content" / "mu-plugins"
    plugins.mkdir(exist_ok=True)
    classic = plugins / "classic.php"
    classic.write_text("<?php add_filter('use_block_editor_for_post', '__return_false');")
    try:
        page = await open_editor(admin, courier, "post-new.php")
        await page.get_by_label("Add title").fill("A ferry, classic")
        await page.get_by_label("Alert readers when this is published").check()
        await page.get_by_label("Title of the alert").fill("Classic ferry")
        # WordPress saves a draft by itself, and its buttons do nothing meanwhile.
        await expect(page.get_by_text("Draft saved at")).to_be_visible()
        await expect(page.locator("#publish.disabled")).to_have_count(0)
        await shoot(page, "classic")
        await page.get_by_role("button", name="Publish", exact=True).click()
        await expect(page.get_by_text("Post published.")).to_be_visible()
        post = int(await page.locator("#post_ID").input_value())
        await wait_for_alert(courier, post)
        await page.reload()
        await expect(page.locator("#rejoinder-alert")).to_contain_text("Edition 1: ")
        # A server that is away: the editor saves as ever, and is told.
        courier.set_up(server=f"http://127.0.0.1:{free_port()}")
        await page.get_by_role("button", name="Update", exact=True).click()
        await expect(page.get_by_text("Post updated.")).to_be_visible()
        courier.php("do_action('rejoinder_deliver');")
        await page.reload()
        notice = page.locator(".notice-warning").filter(has_text="waits to be registered")
        await expect(notice).to_contain_text("The server doesn’t answer")
        await shoot(page, "notice")
        courier.set_up(server=courier.live.url)
        courier.php(
            f"Rejoinder\\make_due({post}); Rejoinder\\note_trouble(new WP_Error('x', 'Y.'));"
        )
        await page.reload()
        await notice.get_by_role("link", name="Try now").click()
        await expect(notice).to_have_count(0)
        assert courier.php(f"return get_post_meta({post}, '_rejoinder_due', true);") == ""
    finally:
        classic.unlink()


async def wait_for_alert(courier: Courier, post: int) -> None:
    """It is sent in a process of its own, and where that is lost, once visitors come by."""
    async with asyncio.timeout(PATIENCE / 1000), httpx.AsyncClient() as visitor:
        while (await visitor.get(courier.url)).is_success and not alerts_of(courier, post):
            pass


async def test_the_old_comments_come_over_while_one_watches(
    admin: BrowserContext, courier: Courier
) -> None:
    post = courier.publish("A ferry of old")
    courier.php(
        f"""
        for ($n = 0; $n < 210; $n++) wp_insert_comment(array('comment_post_ID' => {post},
            'comment_content' => "The ferry, part $n", 'comment_author' => 'Ann',
            'comment_date_gmt' => '2019-03-04 05:06:07'));
        """
    )
    page = await admin.new_page()
    await page.goto(f"{courier.url}/wp-admin/options-general.php?page=rejoinder")
    refused: list[str] = []

    async def fail_once(route: Route) -> None:
        # The second batch's answer is lost on its way.
        if len(refused) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()
        refused.append(route.request.url)

    await page.route("**/rejoinder/v1/import*", fail_once)
    await page.get_by_role("button", name="Bring posts and comments over").click()
    go_on = page.get_by_role("button", name="Go on")
    await expect(go_on).to_be_focused()
    await shoot(page, "import")
    await go_on.click()
    status = page.locator("#rejoinder-import [role=status]")
    await expect(status).to_contain_text("Done: ")
    await expect(page.get_by_role("button", name="Bring posts and comments over")).to_be_visible()
    assert courier.api("GET", f"articles/{post}/comments").json()["count"] == 210
    await shoot(page, "import-done")


async def frame_removed(page: Page) -> None:
    """WordPress's own frame is WordPress's own matter."""
    await page.evaluate(
        """for (const id of ['wpadminbar', 'adminmenumain', 'wpfooter'])
            document.getElementById(id)?.remove();"""
    )


# The controls of the page in its own order, and how the one that has the focus looks.
CONTROLS = """[...document.querySelectorAll('.wrap :is(input, a, button):not([type=hidden])')]
    .map(one => one.name || one.textContent)"""
FOCUSED = """() => {
    const one = document.activeElement;
    const looks = () => {
        const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(one);
        return [outlineStyle, outlineWidth, boxShadow, borderColor].join();
    };
    const focused = looks();
    one.blur();
    const seen = focused !== looks();
    one.focus();
    return { name: one.name || one.textContent, seen };
}"""


async def test_the_settings_and_the_import_take_the_keyboard_alone(
    admin: BrowserContext, courier: Courier, axe: str
) -> None:
    post = courier.publish("A ferry by night")
    courier.php(
        f"""
        for ($n = 0; $n < 410; $n++) wp_insert_comment(array('comment_post_ID' => {post},
            'comment_content' => $n === 5 ? '' : "By night, part $n", 'comment_author' => 'Ann',
            'comment_date_gmt' => '2019-03-04 05:06:07'));
        """
    )
    page = await admin.new_page()
    await page.goto(f"{courier.url}/wp-admin/options-general.php?page=rejoinder")
    await frame_removed(page)
    await page.evaluate("document.body.tabIndex = -1; document.body.focus();")
    for name in await page.evaluate(CONTROLS):
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == {"name": name, "seen": True}
    asked: list[Route] = []
    at_work: list[Route] = []

    async def answer(route: Route) -> None:
        at_work.append(route)
        asked.append(route)
        # Two batches at once would be the same one twice.
        assert len(at_work) == 1
        if len(asked) == 2:
            await expect(page.get_by_role("button", name="Pause")).to_be_focused()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("button", name="Go on")).to_be_focused()
            await page.keyboard.press("Enter")
        told = await route.fetch()
        at_work.remove(route)
        await route.fulfill(response=told)

    await page.route("**/rejoinder/v1/import*", answer)
    await page.evaluate(
        """() => {
            window.heard = [];
            const said = document.querySelector('#rejoinder-import [role=status]');
            new MutationObserver(() => window.heard.push(said.textContent))
                .observe(said, { childList: true });
        }"""
    )
    await page.keyboard.press("Enter")
    said = page.locator("#rejoinder-import [role=status]")
    await expect(said).to_contain_text("Done: ")
    await expect(page.get_by_role("button", name="Bring posts and comments over")).to_be_focused()
    heard = await page.evaluate("window.heard")
    assert heard[0].endswith(" posts.")
    assert len(heard) == len(set(heard))
    for width in (1200, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await violations(page, axe) == []
    # What was refused is still there tomorrow.
    await page.reload()
    await expect(page.get_by_role("link", name="nothing of it can be seen.")).to_be_visible()


@pytest.mark.notifications
async def test_the_bar_turns_alerts_on_by_a_worker_of_the_site_s_own(
    reader: BrowserContext, courier: Courier
) -> None:
    post = courier.publish("A ferry that rings")
    await reader.add_init_script(SUBSCRIBE + prompt("granted"))
    page = await reader.new_page()
    await page.goto(f"{courier.url}/?p={post}")
    # At the foot of the page: the reader turns them on without being asked.
    await page.get_by_role("button", name="Turn on").click()
    await page.get_by_role("region", name="Enable notifications?").locator("[name=accept]").click()
    await expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    await expect(page.get_by_text("Article alerts are on in this browser.")).to_be_visible()
    scopes = await page.evaluate(SCOPES)
    assert scopes == [f"{courier.url}/index.php/{courier.slug}/"]
    await shoot(page, "bar")
    # The service knows the browser: the next alert goes to it.
    told = courier.publish("Rings", meta_input={"_rejoinder_alert": {"wanted": "1"}})
    async with asyncio.timeout(PATIENCE / 1000):
        while not alerts_of(courier, told)[0]["counts"]["audience"]:
            await page.title()


async def test_a_page_without_its_server_says_so(reader: BrowserContext, courier: Courier) -> None:
    post = courier.publish("A ferry alone")
    courier.set_up(server=f"http://127.0.0.1:{free_port()}")
    page = await reader.new_page()
    await page.goto(f"{courier.url}/?p={post}")
    await expect(page.get_by_role("heading", name="A ferry alone")).to_be_visible()
    await expect(page.get_by_text("The replies couldn’t be loaded.")).to_be_visible()
    await shoot(page, "server-away")


async def test_deactivated_wordpress_s_own_comments_are_back(
    admin: BrowserContext, courier: Courier
) -> None:
    post = courier.publish("A ferry before")
    page = await admin.new_page()
    await page.goto(f"{courier.url}/wp-admin/plugins.php")
    await page.locator("#deactivate-rejoinder").click()
    await expect(page.get_by_text("Plugin deactivated.")).to_be_visible()
    await page.goto(f"{courier.url}/?p={post}")
    await expect(page.locator("#commentform")).to_be_visible()
    await expect(page.locator("reader-comments, article-alerts")).to_have_count(0)
    await page.get_by_label("Comment").fill(text())
    await page.get_by_role("button", name="Post Comment").click()
    await expect(page.locator("#commentform")).to_be_visible()
    assert courier.php(f"return get_comments(array('post_id' => {post}, 'count' => true));") == 1
