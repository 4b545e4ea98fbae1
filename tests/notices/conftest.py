"""A newsroom that is told things, and the letter box that it is told them in."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import httpx
import msgspec
import pytest
from letterbox import Mailbox, mail_server
from thread import bearer

from service.articles.types import Site
from service.core.db import Pool
from service.core.mail import parse_server
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.notices.announce import Announcer
from service.notices.jobs import Watch
from service.settings import Settings

NOTICES = "/v1/moderation/notices"
SENDER = "desk@courier.example"
Put = Callable[..., Awaitable[dict[str, Any]]]
Arrived = Callable[[], Awaitable[list[EmailMessage]]]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def mailing(settings: Settings, state: dict[str, Any], box: Mailbox) -> Settings:
    """Settings with a mail server, which the application has too."""
    changed = msgspec.structs.replace(settings, smtp=parse_server(box.url), mail_from=SENDER)
    state["settings"] = changed
    return changed


@pytest.fixture
def watch(pool: Pool, keyring: Keyring, mailing: Settings) -> Watch:
    """One worker's."""
    return Watch(pool, Announcer(keyring, mailing))


@pytest.fixture
async def editor(
    application: tuple[Any, dict[str, Any]], editor_token: str
) -> AsyncIterator[httpx.AsyncClient]:
    """An editor's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(editor_token),
    ) as editor:
        yield editor


@pytest.fixture
def put(editor: httpx.AsyncClient, site: Site) -> Put:
    """Puts rules; the answer."""

    async def put(**rules: Any) -> dict[str, Any]:
        body = {"recipients": ["desk@courier.example"], **rules}
        answer = await editor.put(NOTICES, json=body)
        assert answer.status_code == 200, answer.text
        put: dict[str, Any] = answer.json()
        return put

    return put


@pytest.fixture
def arrived(pool: Pool, keyring: Keyring, mailing: Settings, box: Mailbox) -> Arrived:
    """Sends what waits; what has arrived since it was asked last."""
    office = PostOffice(pool, keyring, mailing.smtp, SENDER)

    async def arrived() -> list[EmailMessage]:
        box.mails.clear()
        await office.sweep()
        return list(box.mails)

    return arrived


def subjects(mails: list[EmailMessage]) -> list[str]:
    """Without the newsroom's name."""
    return [mail["subject"].removesuffix(" — The Courier") for mail in mails]


def text_of(mail: EmailMessage) -> str:
    """The plain part."""
    part = mail.get_body(("plain",))
    assert part
    text: str = part.get_content()
    return text


async def fill(pool: Pool, site: Site, count: int, at: datetime, status: str = "published") -> None:
    """So many comments of one minute, as if they had come then."""
    await pool.execute(
        """
        with a as (
            insert into article (site_id, id, key, url, title, verified)
            values ($1, gen_random_uuid(), 'filled', 'https://news.example/f', 'Filled', true)
            on conflict (site_id, key) do update set title = excluded.title returning id
        ), r as (
            insert into reader (site_id, id, email, name, name_key)
            values ($1, gen_random_uuid(), 'f@readers.example', 'F', 'f')
            on conflict (site_id, email) do update set name = 'F' returning id
        )
        insert into comment (
            site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk,
            created_at
        )
        select $1, gen_random_uuid(), a.id, 0, r.id, 'F', 'x', 'x', $4, 0.1,
            $3::timestamptz - n * interval '10 milliseconds'
        from generate_series(1, $2) n, a, r
        """,
        site.id,
        count,
        at,
        status,
    )
