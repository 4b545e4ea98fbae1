"""Readers' sign-in, set up at the desk."""

import re
import time
import uuid

import jwt
import pytest
from e2e.policy_page import sign_in_link
from e2e.press import ORIGIN
from e2e.test_desk_accessible import LOOKS
from e2e.visitors import MakeVisitor, Visitor, violations
from live import LiveServer
from playwright.async_api import Page, expect
from readers.publisher import SigningKey

pytestmark = pytest.mark.browser


@pytest.fixture
def slug(live_server: LiveServer) -> str:
    made = f"desk-{uuid.uuid4().hex[:8]}"
    live_server.command("sites", "add", made, "--name", f"Paper {made}", "--origin", ORIGIN)
    return made


async def at_the_desk(visitor: Visitor, slug: str) -> Page:
    page = await visitor.page()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(sign_in_link(visitor.server, "editor"))
    await expect(page.get_by_role("link", name="Sites")).to_be_visible()
    await page.goto(f"{visitor.server.url}/desk/#/sites")
    await page.locator(f"[data-site={slug}] [name=sign-in]").click()
    await expect(page.get_by_role("heading", name="sign-in")).to_be_visible()
    return page


def token(secret: str, **claims: object) -> str:
    given = {"sub": "7", "name": "Vera Lind", "exp": int(time.time()) + 60, **claims}
    return jwt.encode(given, secret, algorithm="HS256")


async def test_from_a_secret_to_a_believed_token(visitor: Visitor, slug: str) -> None:
    page = await at_the_desk(visitor, slug)
    await expect(page.get_by_text("Off: readers give name")).to_be_visible()
    # Nobody is locked out by a tick.
    await page.get_by_label("Only readers who have signed in").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").first).to_contain_text("nobody could comment")
    await page.get_by_role("button", name="Add a shared secret").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Add").click()
    shown = dialog.locator("[name=secret]")
    await expect(shown).to_have_value(re.compile(r"^[\w-]{64}$"))
    secret = await shown.input_value()
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_text("On: readers may sign in")).to_be_visible()
    assert secret not in await page.content()

    box = page.locator("[name=token]")
    await box.fill(token(secret, badge="Subscriber"))
    await page.get_by_role("button", name="Try it").click()
    tried = page.locator(".tried")
    await expect(tried).to_contain_text("Believed.")
    await expect(tried.locator(".read")).to_have_count(4)
    await expect(tried).to_contain_text("Subscriber")
    await box.fill(token(secret, exp=1))
    await page.get_by_role("button", name="Try it").click()
    await expect(tried).to_contain_text("Refused: it has expired (exp).")
    await box.fill(token("x" * 40, name="<img src=x onerror=alert(1)>"))
    await page.get_by_role("button", name="Try it").click()
    await expect(tried).to_contain_text("Refused: its signature is of none of the keys here.")
    await tried.locator("summary").click()
    await expect(tried.locator("pre")).to_contain_text("<img src=x")

    await page.locator("[name=audience]").fill("comments")
    await page.get_by_label("Only readers who have signed in").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Required: only readers")).to_be_visible()
    await expect(page.locator("[name=audience]")).to_have_value("comments")
    await page.get_by_role("button", name="Turn it off").click()
    await expect(page.get_by_text("Off: readers give name")).to_be_visible()


async def test_by_keyboard_public_keys_come_and_go(visitor: Visitor, slug: str) -> None:
    page = await at_the_desk(visitor, slug)
    await expect(page.get_by_role("button", name="All sites")).to_be_focused()
    add = page.get_by_role("button", name="Add public keys")
    await add.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Public keys")).to_be_focused()
    await page.keyboard.insert_text("nonsense")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("Expected a JWK, a JWKS or PEM")
    key = SigningKey("autumn")
    await dialog.get_by_label("Public keys").fill(str(key.public_jwk).replace("'", '"'))
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    row = page.locator("[data-key]")
    await expect(row).to_contain_text("autumn")
    await expect(row).to_contain_text("EdDSA")
    remove = page.get_by_role("button", name="Remove the public key autumn")
    await remove.focus()
    await page.keyboard.press("Enter")
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="All sites").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"[data-site={slug}] [name=sign-in]")).to_be_focused()


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
async def test_nothing_is_wrong_with_it(
    visitors: MakeVisitor,
    slug: str,
    axe: str,
    look: dict[str, object],
) -> None:
    visitor = await visitors(**look)
    visitor.server.command(
        "sites", "sign-in", slug, "--new-secret", "--issuer", "https://a.example"
    )
    page = await at_the_desk(visitor, slug)
    await page.locator("[name=token]").fill(token("x" * 40))
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator(".tried")).to_contain_text("Refused")
    assert await violations(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Add a shared secret").click()
    assert await violations(page, axe) == []
