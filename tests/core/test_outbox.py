"""Mail goes out once, whatever the server says, and nothing is lost."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from letterbox import PASSWORD, Mailbox, mail_server
from live import free_port

from service.core import mail
from service.core.db import Pool, uuid7
from service.core.mail import MailError, Message, compose, parse_server
from service.core.outbox import WAITS, PostOffice, post
from service.core.tokens import Keyring

SENDER = "desk@news.example"
HELLO = Message(
    to="mod@news.example",
    subject="12 comments wait\nBcc: everybody@news.example",
    text="The oldest since 14:05. Grüße.",
    html="<p>The oldest since <b>14:05</b>. Grüße.</p>",
)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def office(pool: Pool, keyring: Keyring, url: str | None) -> PostOffice:
    return PostOffice(pool, keyring, parse_server(url) if url else None, SENDER)


async def write(pool: Pool, keyring: Keyring, message: Message = HELLO) -> bytes:
    async with pool.acquire() as conn, conn.transaction():
        return (await post(conn, keyring, "test", message)).bytes


async def row(pool: Pool, payload: bytes) -> dict[str, object] | None:
    found = await pool.fetchrow("select * from mail where id = $1", UUID(bytes=payload))
    return dict(found) if found else None


async def hurry(pool: Pool) -> None:
    await pool.execute("update mail set next_at = now() - interval '1 second'")


async def test_a_mail_arrives_as_written(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    payload = await write(pool, keyring)
    await office(pool, keyring, box.url).send(payload)
    (got,) = box.mails
    assert box.recipients == ["mod@news.example"]
    assert (got["from"], got["to"]) == ("Rejoinder <desk@news.example>", "mod@news.example")
    assert got["subject"] == "12 comments wait Bcc: everybody@news.example"
    assert got["bcc"] is None
    plain, rich = got.get_body(("plain",)), got.get_body(("html",))
    assert plain
    assert rich
    assert plain.get_content().strip() == HELLO.text
    assert rich.get_content().strip() == HELLO.html
    assert await row(pool, payload) is None


async def test_what_is_rolled_back_is_not_sent(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await post(conn, keyring, "test", HELLO)
        await transaction.rollback()
    await office(pool, keyring, box.url).sweep()
    assert not box.mails


async def test_many_workers_send_it_once(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    payloads = [await write(pool, keyring) for _ in range(5)]
    offices = [office(pool, keyring, box.url) for _ in range(3)]
    sweeps = [each.sweep() for each in offices]
    await asyncio.gather(*sweeps, *(offices[0].send(payload) for payload in payloads))
    assert len({got["message-id"] for got in box.mails}) == len(box.mails) == 5


async def test_the_text_is_sealed_while_it_waits(pool: Pool, keyring: Keyring) -> None:
    found = await row(pool, await write(pool, keyring))
    assert found
    assert b"14:05" not in bytes(found["sealed"])  # type: ignore[arg-type]


async def test_a_busy_server_is_tried_again(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    box.answers = ["451 Greylisted", "452 Full"]
    payload = await write(pool, keyring)
    posts = office(pool, keyring, box.url)
    await posts.send(payload)
    await posts.send(payload)  # a second worker at once: it is not due
    found = await row(pool, payload)
    assert found
    assert (found["attempts"], found["error"]) == (1, "DataError: the server answered 451")
    for _ in range(2):
        await hurry(pool)
        await posts.sweep()
    assert len(box.mails) == 1
    assert await row(pool, payload) is None


async def test_an_unknown_recipient_is_given_up_at_once(
    pool: Pool, keyring: Keyring, box: Mailbox
) -> None:
    box.refused["mod@news.example"] = "550 mod@news.example: no such user"
    payload = await write(pool, keyring)
    await office(pool, keyring, box.url).send(payload)
    found = await row(pool, payload)
    assert found
    assert (found["given_up"], found["sealed"]) == (True, b"")
    assert found["error"] == "RecipientRefused: the server answered 550"


async def test_a_server_that_is_down_is_tried_until_the_end(pool: Pool, keyring: Keyring) -> None:
    payload = await write(pool, keyring)
    posts = office(pool, keyring, f"smtp://127.0.0.1:{free_port()}")
    for attempt in range(len(WAITS) + 1):
        found = await row(pool, payload)
        assert found
        assert (found["attempts"], found["given_up"]) == (attempt, False)
        await hurry(pool)
        await posts.sweep()
    found = await row(pool, payload)
    assert found
    assert found["given_up"] is True
    await hurry(pool)
    await posts.sweep()
    assert (await row(pool, payload) or {})["attempts"] == len(WAITS) + 1


async def test_what_came_too_late_is_not_sent(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    payload = await write(pool, keyring)
    await pool.execute("update mail set useless_at = now() - interval '1 second'")
    posts = office(pool, keyring, box.url)
    await posts.send(payload)  # the job of a worker that was away is there before the sweep
    await posts.sweep()
    assert not box.mails
    await pool.execute("update mail set failed_at = now() - interval '15 days'")
    await posts.sweep()
    assert await row(pool, payload) is None


async def test_another_secret_opens_nothing(pool: Pool, keyring: Keyring, box: Mailbox) -> None:
    payload = await write(pool, keyring)
    await office(pool, Keyring(b"another secret" * 4), box.url).send(payload)
    found = await row(pool, payload)
    assert found
    assert (found["given_up"], box.mails) == (True, [])


async def test_without_a_server_it_stays(pool: Pool, keyring: Keyring) -> None:
    payload = await write(pool, keyring)
    posts = office(pool, keyring, None)
    await posts.send(payload)
    await posts.sweep()
    found = await row(pool, payload)
    assert found
    assert found["attempts"] == 0


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server is on this machine
async def test_the_password_is_sent_and_a_wrong_one_can_be_mended() -> None:
    with mail_server(sign_in=True) as box:
        address = box.url.removeprefix("smtp://")
        ready = compose(HELLO, uuid7(), datetime.now(UTC), SENDER)
        good = parse_server(f"smtp://desk:{PASSWORD.replace(' ', '%20')}@{address}")
        await mail.send(good, ready)
        assert box.signed_in == ["desk"]
        with pytest.raises(MailError) as refused:
            await mail.send(parse_server(f"smtp://desk:wrong@{address}"), ready)
        assert not refused.value.permanent
        assert str(refused.value) == "AuthenticationError: the server answered 535"
    assert len(box.mails) == 1


async def slow_smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that takes its time before each answer, and whose farewell never comes."""
    answers = {b"EHLO": b"250 slow\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b""}
    writer.write(b"220 slow\r\n")
    text = False
    while line := await reader.readline():
        if not text or line == b".\r\n":
            await asyncio.sleep(0.2)
            writer.write(answers.get(line[:4].upper(), b"250 OK\r\n"))
            text = line[:4].upper() == b"DATA"
    writer.close()


async def test_a_slow_server_has_half_a_minute_for_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it outlasts the lease, and another worker sends the same."""
    ready = compose(HELLO, uuid7(), datetime.now(UTC), SENDER)
    server = await asyncio.start_server(slow_smtp, "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setattr(mail, "FAREWELL", 0.1)
    async with server:
        await mail.send(parse_server(url), ready)
        monkeypatch.setattr(mail, "SECONDS", 0.5)
        with pytest.raises(MailError) as late:
            await mail.send(parse_server(url), ready)
    assert (str(late.value), late.value.permanent) == ("TimeoutError", False)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_a_worker_that_stops_waits_for_one_message_only(
    pool: Pool, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is dead takes half a minute for each, and fifty may be due."""
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    payloads = [await write(pool, keyring) for _ in range(4)]
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        posts = office(pool, keyring, url)
        sweeping = asyncio.create_task(posts.sweep())
        await asyncio.sleep(0.2)
        posts.stop()
        await sweeping
    rows = [await row(pool, payload) for payload in payloads]
    assert [found["attempts"] for found in rows if found] == [1, 0, 0, 0]


async def test_nothing_goes_out_in_plain_where_tls_is_required(box: Mailbox) -> None:
    ready = compose(HELLO, uuid7(), datetime.now(UTC), SENDER)
    with pytest.raises(MailError) as refused:
        await mail.send(parse_server(f"{box.url}?tls=required"), ready)
    assert not refused.value.permanent
    assert not box.mails


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c.example", "a b@c.example", "x@y\r\nBcc: z@y"])
def test_an_address_that_is_none(to: str) -> None:
    with pytest.raises(MailError) as refused:
        compose(Message(to=to, subject="x", text="x"), uuid7(), datetime.now(UTC), SENDER)
    assert refused.value.permanent
