"""Letters that wait for a mail server while their reader unsubscribes, refuses or goes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from correspondence.conftest import text_of
from letterbox import Mailbox
from subscriptions.conftest import Join, Told, reply
from thread import bearer

from service.core.db import Pool
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.subscriptions.addresses import key_of
from service.subscriptions.telling import Teller

MAIL = "/sites/default/mail"


async def wait_with_a_letter(
    teller: Teller, office: PostOffice, letterbox: Mailbox, pool: Pool, keyring: Keyring
) -> str:
    """Have the server put a letter off; the key of its settings."""
    letterbox.mails.clear()
    letterbox.answers.append("451 Later")
    await teller.sweep(datetime.now(UTC) + timedelta(minutes=6))
    await office.sweep()
    assert await pool.fetchval("select count(*) from mail") == 1
    ident: UUID = await pool.fetchval("select id from mail_recipient")
    await pool.execute("update mail set next_at = now()")
    return key_of(keyring, ident)


@pytest.mark.parametrize("do", ["all", "article", "never", "erase"])
async def test_who_wants_no_letters_gets_none_that_waits(
    client: httpx.AsyncClient,
    join: Join,
    teller: Teller,
    office: PostOffice,
    letterbox: Mailbox,
    pool: Pool,
    keyring: Keyring,
    told: Told,
    do: str,
) -> None:
    ana = await join()
    await reply(client, ana.comment)
    key = await wait_with_a_letter(teller, office, letterbox, pool, keyring)
    if do == "erase":
        gone = await client.delete("/v1/sites/default/reader", headers=bearer(ana.token))
        assert gone.status_code == 204
    else:
        article = await pool.fetchval("select id::text from article")
        form = {"key": key, "do": do, "article": article}
        assert (await client.post(MAIL, data=form)).status_code == 200
    await office.sweep()
    assert letterbox.mails == []
    assert await told(100) == []
    assert await pool.fetchval("select count(*) from mail") == 0


async def test_a_letter_written_while_its_reader_is_erased_never_goes(
    client: httpx.AsyncClient,
    join: Join,
    teller: Teller,
    office: PostOffice,
    letterbox: Mailbox,
    pool: Pool,
    keyring: Keyring,
) -> None:
    ana = await join()
    await reply(client, ana.comment)
    await wait_with_a_letter(teller, office, letterbox, pool, keyring)
    await pool.execute("delete from mail_recipient")  # as erasing does; the letter came after
    await office.sweep()
    assert letterbox.mails == []
    assert await pool.fetchval("select count(*) from mail") == 0


async def test_the_rest_of_a_letter_is_told_without_the_article_that_ended(
    client: httpx.AsyncClient,
    join: Join,
    teller: Teller,
    office: PostOffice,
    letterbox: Mailbox,
    pool: Pool,
    keyring: Keyring,
    told: Told,
) -> None:
    ana = await join()
    await reply(client, ana.comment, "Unheard.")
    page = {"article": {"url": "https://news.example/a-2", "title": ""}}
    where = "/v1/sites/default/articles/a-2"
    await client.post(f"{where}/follow", json=page, headers=bearer(ana.token))
    other = {"name": "Cy", "email": "cy@readers.example", "body": "Heard.", **page}
    assert (await client.post(f"{where}/comments", json=other)).status_code == 201
    key = await wait_with_a_letter(teller, office, letterbox, pool, keyring)
    article = await pool.fetchval("select id::text from article where key = 'a-1'")
    await client.post(MAIL, data={"key": key, "do": "article", "article": article})
    await office.sweep()
    assert letterbox.mails == []
    (mail,) = await told(7)
    assert "> Heard." in text_of(mail)
    assert "Unheard" not in text_of(mail)
