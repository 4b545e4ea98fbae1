"""Signing in by password, and administration at the desk."""

import asyncio
import re
import uuid

import httpx
import pytest
from e2e.policy_page import sign_in_link
from e2e.visitors import MakeVisitor, Visitor
from live import LiveServer
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

PASSWORD = "Nine quiet herons"


def address() -> str:
    return f"{uuid.uuid4().hex[:10]}@desk.example"


async def open_page(page: Page, name: str) -> None:
    await page.evaluate("name => { location.hash = `#/${name}`; }", name)
    await expect(page.locator(".accounts")).to_be_visible()


@pytest.fixture
async def editor(visitor: Visitor, live_server: LiveServer) -> Page:
    """An editor of every site, at the desk."""
    page = await visitor.page()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(sign_in_link(live_server, "editor"))
    await expect(page.get_by_role("link", name="Members")).to_be_visible()
    return page


async def test_a_password_is_set_and_signs_in_by_keyboard(
    visitor: Visitor, live_server: LiveServer
) -> None:
    email = address()
    page = await visitor.page()
    await page.goto(live_server.command("moderators", "add", email))
    await page.get_by_role("link", name=email).click()
    await page.get_by_role("button", name="Set a password").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("New password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.type("Nine quiet gulls")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("differ")
    await dialog.get_by_label("The same again").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("You have had this one since")).to_be_visible()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.keyboard.type(email)
    await page.keyboard.press("Tab")
    await page.keyboard.type("Nine quiet gulls")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("is wrong")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name=email)).to_be_visible()
    await page.get_by_role("link", name=email).click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(dialog.get_by_label("Current password")).to_be_focused()
    await page.keyboard.type("Nine quiet gulls")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("is wrong")
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("you sign in by links")).to_be_visible()
    # Where no e-mail is sent from, no link is offered.
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="E-mail me")).to_be_hidden()


async def test_a_member_is_added_changed_and_removed(
    editor: Page, visitors: MakeVisitor, live_server: LiveServer
) -> None:
    email = address()
    await editor.get_by_role("link", name="Members").click()
    await editor.get_by_role("button", name="Add a member").click()
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("E-mail address").fill(email)
    await dialog.get_by_label("Name").fill("Vera Holm")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    link = await dialog.get_by_label("Sign-in link").input_value()
    assert re.fullmatch(rf"{live_server.url}/desk/#sign-in=\w+", link)
    await dialog.get_by_role("button", name="Done").click()
    row = editor.locator(f"[data-email='{email}']")
    await expect(row).to_contain_text("Moderator · Every site")
    other = await (await visitors()).page()
    await other.goto(link)
    await expect(other.get_by_role("link", name="Vera Holm")).to_be_visible()
    await expect(other.get_by_role("link", name="Members")).to_have_count(0)
    await row.get_by_role("button", name="Edit Vera Holm").click()
    await dialog.get_by_label("Role").select_option("editor")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Editor")
    await other.reload()
    await expect(other.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await row.get_by_role("button", name="Edit Vera Holm").click()
    await dialog.get_by_role("button", name="New sign-in link").click()
    shown = editor.get_by_role("dialog", name="A link for Vera Holm")
    await other.goto("about:blank")
    await other.goto(await shown.get_by_label("Sign-in link").input_value())
    await expect(other.get_by_role("link", name="Members")).to_be_visible()
    await shown.get_by_role("button", name="Done").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)
    record = editor.get_by_role("region", name="Record")
    await expect(record).to_contain_text(f"member removed · {email}")
    await expect(record).to_contain_text("role: moderator → editor")


CALL = """async ([method, path, body]) =>
    (await import('/desk/calls.js')).call(method, path, body)"""


async def test_of_two_who_edit_a_member_neither_undoes_the_other(
    editor: Page, live_server: LiveServer
) -> None:
    email = address()
    live_server.command("moderators", "add", email, "--role", "editor", "--name", "Ada Lund")
    await editor.get_by_role("link", name="Members").click()
    row = editor.locator(f"[data-email='{email}']")
    edit = row.get_by_role("button", name="Edit")
    await edit.click()
    members = (await editor.evaluate(CALL, ["GET", "v1/moderation/members?limit=200"]))["items"]
    [ident] = [member["id"] for member in members if member["email"] == email]
    path = f"v1/moderation/members/{ident}"
    # Meanwhile a colleague takes the role away.
    await editor.evaluate(CALL, ["PATCH", path, {"role": "moderator"}])
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Ada Holm")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Ada Holm")
    await expect(row).to_contain_text("Moderator · Every site")
    await expect(edit).to_be_focused()


async def test_the_last_editor_is_told_so(editor: Page) -> None:
    """The demo's own editor is one more, so this one may go; itself it can't remove."""
    await editor.get_by_role("link", name="Members").click()
    await editor.get_by_role("button", name="Edit editor@desk.example").click()
    dialog = editor.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Sign out everywhere")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Remove")).to_have_count(0)
    await editor.keyboard.press("Escape")
    await expect(editor.get_by_role("button", name="Edit editor@desk.example")).to_be_focused()


async def test_a_site_is_added_and_edited(editor: Page) -> None:
    slug = f"s{uuid.uuid4().hex[:8]}"
    await editor.get_by_role("link", name="Sites").click()
    await editor.get_by_role("button", name="Add a site").click()
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=False).first.fill("The Herald")
    await dialog.get_by_label("Short name").fill(slug)
    await dialog.get_by_label("Origins").fill("http://herald.example")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("https")
    await dialog.get_by_label("Origins").fill("https://herald.example\nhttps://m.herald.example")
    await dialog.get_by_role("button", name="Add").click()
    row = editor.locator(f"[data-site={slug}]")
    await expect(row).to_contain_text("https://m.herald.example")
    await row.get_by_role("button", name="Edit The Herald").click()
    await dialog.get_by_label("Origins").fill("https://herald.example")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).not_to_contain_text("https://m.herald.example")


async def test_a_key_is_shown_once_and_revoked(editor: Page, live_server: LiveServer) -> None:
    await editor.get_by_role("link", name="API keys").click()
    await expect(editor.get_by_role("heading", name="API keys")).to_be_visible()
    choice = editor.locator("select[name=key-site]")
    if await choice.count():
        await choice.select_option("default")
    await editor.get_by_role("button", name="Make a key").click()
    dialog = editor.get_by_role("dialog")
    label = f"Import {uuid.uuid4().hex[:6]}"
    await dialog.get_by_label("Label").fill(label)
    await dialog.get_by_label("Classify").uncheck()
    await dialog.get_by_role("button", name="Make it").click()
    key = await dialog.get_by_label("The key").input_value()
    await dialog.get_by_role("button", name="Done").click()
    row = editor.locator(".rows li", has_text=label)
    await expect(row).to_contain_text("publish")
    await expect(row).to_contain_text("Never used")
    path = f"{live_server.url}/v1/sites/default/articles/{uuid.uuid4().hex[:8]}"
    body = {"url": f"{live_server.url}/x", "title": "X"}
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient() as client:
        assert (await client.put(path, json=body, headers=headers)).status_code == 201
        await row.get_by_role("button", name=f"Revoke {label}").click()
        await expect(row).to_have_count(0)
        assert (await client.put(path, json=body, headers=headers)).status_code == 401


async def test_a_site_says_what_letters_to_its_readers_lack(editor: Page) -> None:
    await open_page(editor, "sites")
    row = editor.locator("[data-site=default]")
    dialog = editor.get_by_role("dialog")
    asks = dialog.get_by_label("Ask readers by e-mail to confirm their address")
    await row.locator("[name=edit]").click()
    await expect(asks).to_be_checked()
    await expect(dialog).to_contain_text("REJOINDER_SMTP_URL, a mail server, is not set.")
    await asks.uncheck()
    async with editor.expect_navigation():
        await dialog.get_by_role("button", name="Save").click()
    await row.locator("[name=edit]").click()
    await expect(asks).not_to_be_checked()
    await asks.check()
    async with editor.expect_navigation():
        await dialog.get_by_role("button", name="Save").click()


async def test_a_slow_answer_hides_no_key_and_brings_no_other_site_s(editor: Page) -> None:
    slug = f"s{uuid.uuid4().hex[:8]}"
    site = {"slug": slug, "name": slug, "origins": ["https://slow.example"]}
    await editor.evaluate(CALL, ["POST", "v1/moderation/sites", site])
    key = {"label": "Of the first", "scopes": ["publish"]}
    await editor.evaluate(CALL, ["POST", "v1/moderation/keys?site=default", key])
    await editor.reload()

    async def later(route: Route) -> None:
        answer = await route.fetch()
        await asyncio.sleep(1)
        await route.fulfill(response=answer)

    await editor.get_by_role("link", name="API keys").click()
    choice = editor.locator("select[name=key-site]")
    await choice.select_option(slug)
    await expect(editor.get_by_text("This site has no key yet")).to_be_visible()
    await editor.route("**/v1/moderation/keys?site=default", later)
    await choice.select_option("default")
    await choice.select_option(slug)
    await editor.wait_for_timeout(1500)
    await expect(editor.get_by_text("This site has no key yet")).to_be_visible()
    await editor.route(f"**/v1/moderation/keys?site={slug}", later)
    await editor.get_by_role("button", name="Make a key").click()
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Label").fill("Mine")
    await dialog.get_by_role("button", name="Make it").click()
    await editor.keyboard.press("Escape")
    await expect(dialog.get_by_label("The key")).to_have_value(re.compile("rk"))


async def test_sessions_and_tokens(
    editor: Page, visitors: MakeVisitor, live_server: LiveServer
) -> None:
    other = await (await visitors()).page()
    await other.goto(sign_in_link(live_server, "editor"))
    await expect(other.get_by_role("link", name="Members")).to_be_visible()
    await open_page(editor, "account")
    sessions = editor.get_by_role("region", name="Where you are signed in")
    await expect(sessions).to_contain_text("Chrome")
    await sessions.get_by_role("button", name="Sign out everywhere else").click()
    await expect(sessions.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
    await other.reload()
    await expect(other.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    tokens = editor.get_by_role("region", name="API tokens")
    await tokens.get_by_role("button", name="Make a token").click()
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Label").fill("Report")
    await dialog.get_by_role("button", name="Make it").click()
    token = await dialog.get_by_label("The token").input_value()
    await dialog.get_by_role("button", name="Done").click()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient() as client:
        url = f"{live_server.url}/v1/moderation/members"
        assert (await client.get(url, headers=headers)).status_code == 200
        await tokens.get_by_role("button", name="Revoke Report").click()
        await expect(tokens).not_to_contain_text("Report")
        assert (await client.get(url, headers=headers)).status_code == 401


@pytest.mark.parametrize("name", ["members", "sites", "keys", "account"])
async def test_it_fits_a_telephone(
    visitors: MakeVisitor, live_server: LiveServer, name: str
) -> None:
    page = await (await visitors(viewport={"width": 360, "height": 700})).page()
    await page.goto(sign_in_link(live_server, "editor"))
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await open_page(page, name)
    await expect(page.locator(".accounts .loading")).to_have_count(0)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
