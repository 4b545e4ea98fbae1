"""Sign-in links by e-mail: who gets one, and that nobody else learns anything."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from letterbox import Mailbox, mail_server

from service.accounts import actions, jobs, links
from service.core.db import Pool
from service.core.limits import Limiter
from service.core.mail import parse_server
from service.core.outbox import PostOffice
from service.settings import Settings

EMAIL = "eve@courier.example"
LINKS = "/desk/links"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def settings(settings: Settings, box: Mailbox) -> Settings:
    """With a mail server."""
    return msgspec.structs.replace(
        settings, smtp=parse_server(box.url), mail_from="desk@courier.example"
    )


@pytest.fixture
async def eve(client: httpx.AsyncClient, pool: Pool) -> None:
    async with pool.acquire() as conn:
        await actions.add_moderator(conn, EMAIL, "editor", [])


async def work(state: dict[str, Any]) -> None:
    """What a worker does with what waits."""
    settings, pool, keyring = state["settings"], state["pool"], state["keyring"]
    sender = jobs.LinkSender(pool, keyring, settings)
    for row in await pool.fetch(
        "delete from pgqueuer where entrypoint = 'accounts.link' returning payload"
    ):
        await sender.send(row["payload"])
    await PostOffice(pool, keyring, settings.smtp, settings.mail_from).sweep()


async def test_a_link_is_sent_and_signs_in(
    client: httpx.AsyncClient, state: dict[str, Any], eve: None, box: Mailbox
) -> None:
    assert (await client.get("/desk/ways")).json() == {"links": True, "openid": None}
    answer = await client.post(LINKS, json={"email": EMAIL.upper()})
    assert (answer.status_code, answer.content) == (202, b"")
    assert not box.mails
    await work(state)
    (mail,) = box.mails
    assert mail["to"] == EMAIL
    found = re.search(r"https://comments.example/desk/#sign-in=(\w+)\s", mail.get_content())
    assert found
    signed = await client.post("/desk/session", json={"token": found[1]})
    assert signed.json()["moderator"]["email"] == EMAIL


async def test_an_unknown_or_disabled_address_is_answered_alike(
    client: httpx.AsyncClient, state: dict[str, Any], eve: None, pool: Pool, box: Mailbox
) -> None:
    await pool.execute("update moderator set disabled_at = now()")
    for email in (EMAIL, "nobody@courier.example"):
        answer = await client.post(LINKS, json={"email": email})
        assert (answer.status_code, answer.content) == (202, b"")
    assert await pool.fetchval("select count(*) from pgqueuer") == 2
    await work(state)
    assert not box.mails
    assert not await pool.fetchval("select count(*) from mail")


async def test_who_asks_twice_at_once_gets_one(
    client: httpx.AsyncClient, state: dict[str, Any], eve: None, box: Mailbox
) -> None:
    for _ in range(3):
        assert (await client.post(LINKS, json={"email": EMAIL})).status_code == 202
    await work(state)
    assert len(box.mails) == 1


async def test_nobody_s_letterbox_is_filled(
    client: httpx.AsyncClient, state: dict[str, Any], pool: Pool
) -> None:
    state["limiter"] = Limiter(pool, enabled=True)
    answers = [await client.post(LINKS, json={"email": EMAIL}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429]


async def test_the_link_is_in_no_table_and_lasts_an_hour(
    client: httpx.AsyncClient, state: dict[str, Any], eve: None, pool: Pool
) -> None:
    await client.post(LINKS, json={"email": EMAIL})
    sender = jobs.LinkSender(pool, state["keyring"], state["settings"])
    await sender.send(EMAIL.encode())
    assert b"sign-in=" not in await pool.fetchval("select sealed from mail")
    longest = await pool.fetchval(
        "select min(expires_at) - now() from moderator_token where kind = 'link'"
    )
    assert 3500 < longest.total_seconds() <= 3600


async def test_without_a_mail_server_it_is_said(
    client: httpx.AsyncClient, state: dict[str, Any], pool: Pool
) -> None:
    state["settings"] = msgspec.structs.replace(state["settings"], smtp=None)
    assert (await client.get("/desk/ways")).json()["links"] is False
    assert (await client.post(LINKS, json={"email": EMAIL})).status_code == 409
    assert not await pool.fetchval("select count(*) from pgqueuer")


async def test_an_invitation_goes_with_what_it_is_about(
    eve: None, state: dict[str, Any], pool: Pool, box: Mailbox
) -> None:
    settings, keyring = state["settings"], state["keyring"]
    async with pool.acquire() as conn, conn.transaction():
        token = await actions.add_moderator(conn, "new@courier.example", "moderator", [])
        assert await links.mail_invitation(
            conn, keyring, settings, "new@courier.example", token, "Eve"
        )
    await work(state)
    assert token in box.mails[0].get_content()
    assert "Eve has said that you may" in box.mails[0].get_content()
