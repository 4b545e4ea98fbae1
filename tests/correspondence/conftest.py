"""A site that writes to readers, a worker that does it, and the letter box that it arrives in."""

import re
from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage
from typing import Any

import httpx
import msgspec
import pytest
from letterbox import Mailbox, mail_server
from thread import bearer, new, thread

from service.articles.types import Site
from service.core.db import Pool
from service.core.mail import parse_server
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.jobs import Asker
from service.correspondence.store import ASKED
from service.settings import Settings

SENDER = "desk@courier.example"
CONFIRM = "/v1/sites/default/reader/confirmations"

Arrived = Callable[[], Awaitable[list[EmailMessage]]]
PostAs = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="session")
def letterbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def mailing(settings: Settings, state: dict[str, Any], letterbox: Mailbox) -> Settings:
    """Settings with a mail server, which the application has too."""
    changed = msgspec.structs.replace(settings, smtp=parse_server(letterbox.url), mail_from=SENDER)
    state["settings"] = changed
    return changed


@pytest.fixture
def arrived(pool: Pool, keyring: Keyring, mailing: Settings, letterbox: Mailbox) -> Arrived:
    """Does the worker's part; the letters that have come of it since it was asked last."""
    asker = Asker(pool, keyring, mailing)
    wanted = dict.fromkeys(ASKED, asker.is_wanted)
    office = PostOffice(pool, keyring, mailing.smtp, SENDER, wanted)

    async def arrived() -> list[EmailMessage]:
        letterbox.mails.clear()
        await asker.sweep()
        await office.sweep()
        return list(letterbox.mails)

    return arrived


@pytest.fixture
def post_as(client: httpx.AsyncClient) -> PostAs:
    """Post as the reader whose token this is, with neither name nor address."""

    async def post(token: str, body: str = "A remark.", **more: Any) -> httpx.Response:
        sent = {k: v for k, v in new(body).items() if k not in {"name", "email"}}
        return await client.post(thread(), json={**sent, **more}, headers=bearer(token))

    return post


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part
    text: str = part.get_content()
    return text


def link_in(mail: EmailMessage) -> str:
    """The address of the letter's button."""
    found = re.search(r"^(https?://\S+)\s*$", text_of(mail), re.MULTILINE)
    assert found
    return found[1]


def key_in(mail: EmailMessage) -> str:
    return httpx.URL(link_in(mail)).params["key"]


async def confirm(client: httpx.AsyncClient, mail: EmailMessage, **more: str) -> dict[str, Any]:
    """Confirm by the letter; the answer, which has a token."""
    answer = await client.post(CONFIRM, json={"key": key_in(mail), **more})
    assert answer.status_code == 201, answer.text
    confirmed: dict[str, Any] = answer.json()
    return confirmed


async def readers_of(pool: Pool, site: Site) -> dict[str, bool]:
    """Of each comment's text, whether its reader has confirmed an address."""
    rows = await pool.fetch(
        """
        select c.body, r.confirmed_at is not null as confirmed
        from comment c join reader r on r.id = c.reader_id where c.site_id = $1
        """,
        site.id,
    )
    return {row["body"]: row["confirmed"] for row in rows}
