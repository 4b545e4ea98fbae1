"""Signing in by a provider of accounts that is a process and, to the browser, a site of its own."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from e2e.visitors import Visitor
from live import LiveServer, free_port, run_live_server
from playwright.async_api import Browser, Page, expect
from support import SECRET, run_sql, with_database

pytestmark = pytest.mark.browser

BUTTON = "Sign in with the Courier's account"


class Accounts:
    """The provider."""

    def __init__(self, port: int) -> None:
        # The desk is at 127.0.0.1: another host, and so another site, which ports alone are not.
        self.issuer = f"http://localhost:{port}"

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.issuer + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())

    def put(self, subject: str, **claims: object) -> None:
        """An account there."""
        self.ask("PUT", f"/users/{subject}", claims)


@pytest.fixture(scope="module")
def accounts() -> Iterator[Accounts]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    accounts = Accounts(port)
    try:
        for _ in range(100):
            try:
                accounts.ask("GET", "/.well-known/openid-configuration")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield accounts
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def desk(accounts: Accounts, server_url: str, template: str) -> Iterator[LiveServer]:
    """A desk below a path, as behind a newspaper's own origin."""
    name = f"rejoinder_openid_{uuid.uuid4().hex[:12]}"
    asyncio.run(run_sql(server_url, f"create database {name} template {template}"))
    settings = {
        "REJOINDER_OIDC_ISSUER": accounts.issuer,
        "REJOINDER_OIDC_CLIENT_ID": "desk",
        "REJOINDER_OIDC_CLIENT_SECRET": "a secret of theirs",
        "REJOINDER_OIDC_NAME": BUTTON,
    }
    url = with_database(server_url, name)
    with run_live_server(url, SECRET, "/rejoinder", **settings) as live:
        yield live
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))


@pytest.fixture
async def page(browser: Browser, desk: LiveServer) -> AsyncIterator[Page]:
    context = await browser.new_context()
    visitor = Visitor(context, desk)
    yield await visitor.page()
    await context.close()
    assert visitor.errors == []


async def sign_in(page: Page, desk: LiveServer, subject: str | None) -> None:
    """Go there and come back; None denies."""
    await page.goto(f"{desk.url}/desk/")
    await page.get_by_role("link", name=BUTTON).click()
    await expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    assert page.url.startswith("http://localhost:")
    if subject is None:
        await page.get_by_role("button", name="Deny").click()
        return
    await page.locator("input[name=sub]").fill(subject)
    await page.get_by_role("button", name="Authorize").click()


async def test_a_member_comes_back_signed_in_and_stays_so(
    page: Page, accounts: Accounts, desk: LiveServer
) -> None:
    accounts.put("u-1", email="Mod@Courier.example", email_verified=True)
    await sign_in(page, desk, "u-1")
    await expect(page.get_by_role("link", name="mod@courier.example")).to_be_visible()
    assert page.url == f"{desk.url}/desk/"
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert "rejoinder_openid" not in cookies
    session = cookies["rejoinder_desk"]
    assert (session["httpOnly"], session["sameSite"], session["path"]) == (
        True, "Strict", "/rejoinder/",
    )  # fmt: skip
    await page.reload()
    await expect(page.get_by_role("link", name="mod@courier.example")).to_be_visible()
    await page.goto(f"{desk.url}/desk/#/account")
    await expect(page.get_by_text("your account at localhost")).to_be_visible()
    await expect(page.get_by_text("by an account elsewhere")).to_be_visible()
    # The address changes hands there: the account stays who it is.
    accounts.put("u-1", email="other@courier.example", email_verified=False)
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await sign_in(page, desk, "u-1")
    await expect(page.get_by_role("link", name="mod@courier.example")).to_be_visible()


@pytest.mark.parametrize(("claims", "said"), [
    ({"email": "nobody@courier.example", "email_verified": True}, "Nobody with that e-mail"),
    ({"email": "mod@courier.example", "email_verified": False}, "not verified"),
    ({"email": "mod@courier.example"}, "not verified"),
    ({}, "does not tell us your e-mail"),
])  # fmt: skip
async def test_who_may_not_is_told_why(
    page: Page, accounts: Accounts, desk: LiveServer, claims: dict[str, object], said: str
) -> None:
    subject = uuid.uuid4().hex
    accounts.put(subject, **claims)
    await sign_in(page, desk, subject)
    await expect(page.get_by_role("alert")).to_contain_text(said)
    assert page.url == f"{desk.url}/desk/"
    assert not [c for c in await page.context.cookies() if c["name"] == "rejoinder_desk"]


async def test_who_denies_it_is_back_at_the_sign_in_page(page: Page, desk: LiveServer) -> None:
    await sign_in(page, desk, None)
    await expect(page.get_by_role("alert")).to_contain_text("have not signed in there")
    await expect(page.get_by_role("link", name=BUTTON)).to_be_visible()
