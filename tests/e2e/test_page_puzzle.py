"""Under attack the reader's browser does its part, unseen."""

from collections.abc import AsyncIterator

import pytest
from e2e.policy_page import put_policy
from e2e.visitors import Visitor, comment_of, main_form, text, write
from live import LiveServer
from playwright.async_api import Response, expect

pytestmark = pytest.mark.browser


@pytest.fixture
async def attacked(live_server: LiveServer) -> AsyncIterator[None]:
    """A site that asks everybody; afterwards the policy is the default again."""
    live_server.command("moderators", "add", "editor@desk.example", "--role", "editor")
    await put_policy(live_server, {"puzzle": "always"})
    yield
    await put_policy(live_server, {})


@pytest.mark.usefixtures("attacked")
async def test_a_comment_takes_a_moment_longer(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key)
    answers: list[int] = []

    def hear(response: Response) -> None:
        if response.request.method == "POST":
            answers.append(response.status)

    page.on("response", hear)
    body = text()
    await write(page, body)
    await expect(comment_of(page, body)).to_be_visible()
    assert answers == [428, 201]


@pytest.mark.usefixtures("attacked")
async def test_a_browser_that_cannot_is_told_and_loses_nothing(visitor: Visitor, key: str) -> None:
    """As on a page that came over plain http, where there is no WebCrypto."""
    script = "Object.defineProperty(crypto, 'subtle', { value: undefined })"
    await visitor.context.add_init_script(script)
    page = await visitor.article(key)
    body = text()
    await write(page, body)
    form = main_form(page)
    await expect(form.get_by_role("alert")).to_be_visible()
    await expect(form.locator("textarea")).to_have_value(body)
