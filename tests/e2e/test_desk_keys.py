"""At the desk's page of keys: what each may do, made, changed and revoked."""

import uuid

import pytest
from e2e.keys_page import Chief, Key, look_into, open_keys, row_of
from e2e.visitors import Api, Visitor
from live import LiveServer
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
async def editor(visitor: Visitor, live_server: LiveServer) -> Page:
    """An editor at the page of keys, who means what they do."""
    page = await visitor.page()
    page.on("dialog", lambda asked: asked.accept())
    await open_keys(page, live_server)
    return page


async def test_a_key_is_made_with_a_quota(editor: Page) -> None:
    label = f"Talk {uuid.uuid4().hex[:6]}"
    await editor.get_by_role("button", name="Make a key").press("Enter")
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Label").fill(label)
    await dialog.get_by_label("Requests a minute").fill("60")
    await dialog.get_by_label("Store texts that").check()
    await dialog.get_by_label("Requests a minute").press("Enter")
    await expect(dialog.get_by_label("The key")).to_be_focused()
    await dialog.get_by_role("button", name="Done").press("Enter")
    row = editor.locator("[data-key]", has_text=label)
    for said in ("60 requests a minute · stores texts", "0 calls in 30 days",
                 "No examples, not trusted", "Never used", "classify, publish"):  # fmt: skip
        await expect(row).to_contain_text(said)


async def test_a_key_that_scores_nothing_has_no_quota(editor: Page) -> None:
    label = f"Import {uuid.uuid4().hex[:6]}"
    await editor.get_by_role("button", name="Make a key").click()
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Label").fill(label)
    await dialog.get_by_label("Requests a minute").fill("60")
    await dialog.get_by_label("Classify").uncheck()
    await expect(dialog.get_by_label("Requests a minute")).to_be_hidden()
    await dialog.get_by_role("button", name="Make it").click()
    await dialog.get_by_role("button", name="Done").click()
    row = editor.locator("[data-key]", has_text=label)
    await expect(row).to_contain_text("publish")
    await expect(row).not_to_contain_text("a minute")
    await expect(row.get_by_role("button", name="Examples and use")).to_have_count(0)
    await row.get_by_role("button", name="Edit").click()
    await expect(dialog.get_by_label("Label")).to_have_value(label)
    await expect(dialog.get_by_label("Requests a minute")).to_have_count(0)


async def test_only_what_was_changed_is_sent(editor: Page, coral: Key, chief: Chief) -> None:
    edit = row_of(editor, coral).get_by_role("button", name=f"Edit {coral.label}")
    await editor.reload()
    await edit.press("Enter")
    # Meanwhile a colleague gives it another name.
    await chief("PATCH", coral.path, {"label": f"{coral.label} of the evening"})
    dialog = editor.get_by_role("dialog")
    quota = dialog.get_by_label("Requests a minute")
    await expect(quota).to_have_value("")
    await quota.fill("120")
    async with editor.expect_request(f"**/{coral.path}") as sent:
        await quota.press("Enter")
    assert (await sent.value).post_data_json == {"quota": 120}
    row = row_of(editor, coral)
    await expect(row).to_contain_text("120 requests a minute · stores texts")
    await expect(row).to_contain_text("of the evening")
    await expect(row.get_by_role("button", name="Edit")).to_be_focused()
    await row.get_by_role("button", name="Edit").press("Enter")
    await quota.fill("")
    await dialog.get_by_label("Store texts that").uncheck()
    await dialog.get_by_role("button", name="Save").press("Enter")
    await expect(row).to_contain_text("As many requests as it likes")
    await expect(row).not_to_contain_text("stores texts")


async def test_a_quota_that_cannot_be_is_refused(editor: Page, coral: Key) -> None:
    await editor.reload()
    await row_of(editor, coral).get_by_role("button", name="Edit").click()
    dialog = editor.get_by_role("dialog")
    quota = dialog.get_by_label("Requests a minute")
    await quota.fill("0")
    await quota.press("Enter")
    assert await quota.evaluate("input => input.matches(':invalid')")
    await expect(dialog).to_be_visible()
    # A page of an older release might not know the limit.
    await quota.evaluate("input => input.removeAttribute('max')")
    await quota.fill("2000000")
    await quota.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("1000000")
    await editor.keyboard.press("Escape")
    await expect(row_of(editor, coral)).to_contain_text("As many requests as it likes")


async def test_the_record_says_what_was_done_with_a_key(
    editor: Page, coral: Key, chief: Chief
) -> None:
    await coral.say()
    await coral.ask()
    await chief("PATCH", coral.path, {"trusted": True, "quota": 5})
    await chief("DELETE", f"{coral.path}/examples")
    await chief("DELETE", f"{coral.path}/texts")
    await editor.get_by_role("link", name="Members").click()
    record = editor.get_by_role("region", name="Record").locator("li")
    about = record.filter(has_text=coral.label)
    for said in ("texts forgotten · default", "examples forgotten · default",
                 "key changed · default", "quota: none → 5 a minute; trusted: on"):  # fmt: skip
        await expect(about.filter(has_text=said)).to_have_count(1)


async def test_a_key_that_somebody_else_revokes_is_gone(
    editor: Page, coral: Key, chief: Chief, api: Api
) -> None:
    await coral.say()
    await editor.reload()
    view = await look_into(editor, coral)
    await chief("DELETE", coral.path)
    await view.get_by_role("button", name="Forget: You are").press("Enter")
    await expect(view.get_by_role("alert")).to_contain_text("This key has been revoked meanwhile")
    await expect(view.get_by_role("button", name="All keys")).to_be_focused()
    await editor.keyboard.press("Enter")
    await expect(row_of(editor, coral)).to_have_count(0)
    await expect(editor.get_by_role("button", name="Make a key")).to_be_focused()
    body = {"scopes": ["classify"], "label": "Another"}
    other = Key(api, (await chief("POST", "keys?site=default", body)).json())
    await editor.reload()
    edit = row_of(editor, other).get_by_role("button", name="Edit")
    await edit.click()
    await chief("DELETE", other.path)
    dialog = editor.get_by_role("dialog")
    await dialog.get_by_label("Label").fill("Mine")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody has revoked this key")
    await editor.keyboard.press("Escape")
    await expect(row_of(editor, other)).to_have_count(0)


async def test_a_revoked_key_can_be_revoked_again(editor: Page, coral: Key, chief: Chief) -> None:
    await editor.reload()
    revoke = row_of(editor, coral).get_by_role("button", name="Revoke")
    await revoke.wait_for()
    await chief("DELETE", coral.path)
    await revoke.press("Enter")
    await expect(editor.get_by_role("status").filter(has_text="Somebody else")).to_be_visible()
    await expect(row_of(editor, coral)).to_have_count(0)


async def test_the_way_back_from_a_key_leads_to_its_own_site(
    editor: Page, chief: Chief, api: Api
) -> None:
    slug = f"s{uuid.uuid4().hex[:8]}"
    await chief("POST", "sites", {"slug": slug, "name": slug, "origins": ["https://own.example"]})
    body = {"scopes": ["classify"], "label": "Of the other site"}
    other = Key(api, (await chief("POST", f"keys?site={slug}", body)).json())
    await editor.reload()
    choice = editor.locator("select[name=key-site]")
    await choice.select_option(slug)
    await look_into(editor, other)
    await editor.get_by_role("button", name="All keys").press("Enter")
    await expect(choice).to_have_value(slug)
    opener = row_of(editor, other).get_by_role("button", name="Examples and use")
    await expect(opener).to_be_focused()
