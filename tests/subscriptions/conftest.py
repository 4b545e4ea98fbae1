"""Readers who have asked to hear of replies, and the clock of whoever tells them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import msgspec
import pytest
from correspondence.conftest import (  # fixtures, too
    CONFIRM,
    SENDER,
    key_in,
    letterbox,
    mailing,
)
from letterbox import Mailbox
from thread import bearer, new, post, thread

from service.core.db import Pool
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.jobs import Asker
from service.settings import Settings
from service.subscriptions.telling import KIND, Teller

__all__ = ["letterbox", "mailing"]

Told = Callable[..., Awaitable[list[EmailMessage]]]


class Reader(msgspec.Struct, frozen=True):
    """One who has confirmed an address and wants to hear of replies to this comment."""

    token: str
    comment: str


Join = Callable[..., Awaitable[Reader]]


@pytest.fixture
def teller(pool: Pool, keyring: Keyring, mailing: Settings) -> Teller:
    return Teller(pool, keyring, mailing)


@pytest.fixture
def office(pool: Pool, keyring: Keyring, mailing: Settings, teller: Teller) -> PostOffice:
    return PostOffice(pool, keyring, mailing.smtp, SENDER, {KIND: teller.is_wanted})


@pytest.fixture
def told(teller: Teller, office: PostOffice, letterbox: Mailbox) -> Told:
    """What arrives when the worker tells what is due so many minutes from now."""

    async def told(minutes: float = 6) -> list[EmailMessage]:
        letterbox.mails.clear()
        await teller.sweep(datetime.now(UTC) + timedelta(minutes=minutes))
        await office.sweep()
        return list(letterbox.mails)

    return told


@pytest.fixture
def join(
    client: httpx.AsyncClient,
    pool: Pool,
    keyring: Keyring,
    mailing: Settings,
    office: PostOffice,
    letterbox: Mailbox,
) -> Join:
    """Post with `notify`, and confirm by the letter."""

    async def join(name: str = "Ana", lang: str = "en", **more: Any) -> Reader:
        fields = {"name": name, "email": f"{name.lower()}@readers.example", "notify": True}
        sent = new(f"A remark by {name}.", **{**fields, **more})
        answer = await client.post(f"{thread()}?lang={lang}", json=sent)
        assert answer.status_code == 201, answer.text
        letterbox.mails.clear()
        await Asker(pool, keyring, mailing).sweep()
        await office.sweep()
        (mail,) = [one for one in letterbox.mails if one["To"] == sent["email"]]
        confirmed = await client.post(CONFIRM, json={"key": key_in(mail)})
        return Reader(confirmed.json()["token"], answer.json()["comment"]["id"])

    return join


async def reply(
    client: httpx.AsyncClient, to: str, body: str = "I disagree.", name: str = "Bo", **more: Any
) -> str:
    """Reply to a comment as somebody; the reply's id."""
    fields = {"email": f"{name.lower()}@readers.example", **more}
    posted = await post(client, body, parent_id=to, name=name, **fields)
    return str(posted["comment"]["id"])


async def decide(client: httpx.AsyncClient, token: str, ident: str, action: str) -> None:
    """A moderator's decision."""
    said = {"decisions": [{"comment_id": ident, "action": action, "reason": "other"}]}
    answer = await client.post("/v1/moderation/decisions", json=said, headers=bearer(token))
    assert answer.json()["results"][0]["outcome"] == "applied", answer.text
