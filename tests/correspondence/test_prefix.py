"""The pages behind letters under a path prefix, and what is no form of theirs."""

import re
from typing import Any

import httpx
import msgspec
import pytest
from correspondence.conftest import Arrived, link_in
from thread import ORIGIN, new, thread

from service.articles.types import Site
from service.core.problems import MEDIA_TYPE
from service.settings import Settings

PREFIX = "/rejoinder"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """On the newspaper's own origin, below a path."""
    return msgspec.structs.replace(settings, public_url=f"{ORIGIN}{PREFIX}")


async def test_letter_page_and_cookie_stay_below_the_prefix(
    application: tuple[Any, dict[str, Any]], site: Site, arrived: Arrived
) -> None:
    transport = httpx.ASGITransport(application[0])
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, follow_redirects=True
    ) as browser:
        posted = await browser.post(PREFIX + thread(), json=new())
        assert posted.status_code == 201
        (mail,) = await arrived()
        link = link_in(mail)
        assert link.startswith(f"{ORIGIN}{PREFIX}/sites/default/confirm?key=")
        asked = await browser.get(link)
        action = re.search(r'action="([^"]+)"', asked.text)
        key = re.search(r'name="key" value="(\w+)"', asked.text)
        assert action
        assert key
        assert action[1].startswith(f"{PREFIX}/sites/default/confirm")
        page = await browser.post(action[1], data={"key": key[1], "do": "confirm"})
        assert page.url.path == f"{PREFIX}/sites/default/me"
        assert "You write here as Ana" in page.text
        (cookie,) = browser.cookies.jar
        assert cookie.path == f"{PREFIX}/sites/default/me"
        for address in re.findall(r'(?:action|href)="(/[^"]*)"', page.text):
            assert address.startswith(PREFIX), address


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["confirm", "me"])
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"do": "confirm"}', "application/json", 400),
        (b"do=confirm&key=\xff", FORM, 400),
        (b"do=confirm&do=deny", FORM, 400),
        (b"key=" + b"x" * 300_000, FORM, 413),
        (b"do=confirm", FORM + "; charset=utf-16", 400),
    ],
)
async def test_what_is_no_form_is_told_as_a_page(
    application: tuple[Any, dict[str, Any]],
    site: Site,
    mailing: Settings,
    path: str,
    body: bytes,
    kind: str,
    status: int,
) -> None:
    transport = httpx.ASGITransport(application[0])
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        answer = await browser.post(
            f"{PREFIX}/sites/default/{path}", content=body, headers={"Content-Type": kind}
        )
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-type"] != MEDIA_TYPE
        gone = await browser.get(f"{PREFIX}/sites/nowhere/{path}")
        assert gone.status_code == 404
