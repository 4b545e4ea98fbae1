"""Letters as they arrive: who they are from, in what language, with which headers, how often."""

import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from correspondence.conftest import Arrived, confirm, link_in, text_of
from letterbox import Mailbox
from thread import bearer, new, post, thread

from service.articles.types import Site
from service.core.db import Pool
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.jobs import Asker
from service.correspondence.letters import compose
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter, Subscription
from service.settings import Settings

SPAM = {"company": "Filled in by a program"}
LASTS = timedelta(days=1)


async def test_a_letter_is_plain_and_html_and_says_nothing_that_a_stranger_wrote(
    client: httpx.AsyncClient, arrived: Arrived
) -> None:
    page = {"url": "https://news.example/cheap-watches", "title": "Watches! watches.example"}
    body = "The watches in the station have stopped."
    await client.post(thread(), json={**new(body), "name": "Cheap Watches", "article": page})
    (mail,) = await arrived()
    assert mail.get_content_type() == "multipart/alternative"
    assert str(mail["From"]) == "The Courier <desk@courier.example>"
    assert mail["Subject"] == "Is this your reply to “news.example”?"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    for kind in ("plain", "html"):
        text = text_of(mail, kind)
        assert "atches" not in text
        assert "The Courier" in text
        assert link_in(mail).replace("&", "&amp;" if kind == "html" else "&") in text
    html = text_of(mail, "html")
    assert not re.search(r"<img|<script|url\(|src=|<link|@import", html)
    assert "prefers-color-scheme: dark" in html
    assert set(re.findall(r'href="https://([^/"]+)', html)) == {"comments.example"}


@pytest.mark.parametrize(
    ("headers", "query", "lang", "subject"),
    [
        ({"Accept-Language": "de-AT,en;q=0.5"}, "", "de", "Ist das Ihr Kommentar"),
        ({"Accept-Language": "ar"}, "", "ar", "هل هذا تعليقك"),
        ({"Accept-Language": "de"}, "?lang=uk", "uk", "Це ваш коментар"),
        ({"Accept-Language": "pt"}, "", "en", "Is this your reply"),
    ],
)
async def test_a_letter_is_in_the_language_of_the_page(
    client: httpx.AsyncClient,
    arrived: Arrived,
    headers: dict[str, str],
    query: str,
    lang: str,
    subject: str,
) -> None:
    await client.post(thread() + query, json=new(), headers=headers)
    (mail,) = await arrived()
    assert mail["Subject"].startswith(subject)
    assert mail["Content-Language"] == lang
    direction = "rtl" if lang == "ar" else "ltr"
    assert f'<html lang="{lang}" dir="{direction}">' in text_of(mail, "html")
    page = await client.get(link_in(mail).removeprefix("https://comments.example"))
    assert f'<html lang="{lang}" dir="{direction}">' in page.text
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    assert action[1] == f"/sites/default/confirm?lang={lang}"


async def test_nobody_is_written_to_for_what_a_program_sent_or_who_has_signed_in(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await client.post(thread(), json=new("From a program.", **SPAM))
    posted = await post(client, "Taken away again.")
    where = f"/v1/sites/default/comments/{posted['comment']['id']}"
    await client.delete(where, headers=bearer(posted["edit_token"]))
    await post(client, "Found to be spam.", name="Bo", email="bo@readers.example")
    await pool.execute("update comment set status = 'spam' where body like 'Found%'")
    await post(client, "Long ago.", name="Cy", email="cy@readers.example")
    await pool.execute(
        """
        update confirmation_due d set created_at = now() - interval '25 hours'
        from comment c where c.id = d.comment_id and c.body = 'Long ago.'
        """
    )
    assert await arrived() == []


async def test_letters_are_few_whoever_types_addresses(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, keyring: Keyring, mailing: Settings
) -> None:
    for n in range(8):
        await post(client, f"Remark {n}.", name=f"N{n}", email=f"n{n}@readers.example")
    limited = msgspec.structs.replace(mailing, rate_limits=True)
    await Asker(pool, keyring, limited).sweep()
    assert len(await arrived()) == 5  # caused by one network address in a day
    await pool.execute("update comment set address_hash = null")
    came = 0
    for day in range(6):
        await pool.execute("update reader_link set created_at = created_at - interval '1 day'")
        await post(client, f"Day {day}.", name="N0", email="n0@readers.example")
        await pool.execute("update reader_link set asked_from = null")
        await pool.execute("update comment set address_hash = null")
        came += len(await arrived())
    assert came == 2  # and one before: three that nobody answered within 30 days


async def test_an_address_that_bounced_anywhere_gets_no_letter_and_one_that_asked_none_of_here(
    client: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    site: Site,
    keyring: Keyring,
    mailing: Settings,
) -> None:
    postman = Postman(keyring, mailing)
    letter = Letter(lang="en", subject="S", paragraphs=["P"])
    here = From(site.id, site.slug, site.name)
    async with pool.acquire() as conn, conn.transaction():
        other = await conn.fetchval(
            "insert into site (id, slug, name, origins)"
            " values (gen_random_uuid(), 'o', 'O', '{https://o.example}') returning id"
        )
        await postman.stop(conn, None, "Bounced@readers.example", "bounced")
        await postman.stop(conn, other, "asked@readers.example", "asked")
        await postman.stop(conn, other, "asked@readers.example", "complained")
        sent = [
            await postman.send(conn, one, f"{who}@readers.example", letter, kind="k", lasts=LASTS)
            for who in ("bounced", "asked", "neither")
            for one in (here, From(other, "o", "O"))
        ]
    assert [ident is not None for ident in sent] == [False, False, True, False, True, True]
    assert await pool.fetch("select from mail_stop where reason = 'complained'") == []
    await post(client, name="B", email="bounced@readers.example")
    assert {str(mail["To"]) for mail in await arrived()} == {
        "asked@readers.example", "neither@readers.example",
    }  # fmt: skip
    assert await pool.fetchval("select count(*) from reader_link") == 0


async def test_a_subscription_s_letter_ends_it_by_one_click(
    pool: Pool, site: Site, keyring: Keyring, mailing: Settings, letterbox: Mailbox
) -> None:
    letter = Letter(lang="uk", subject="Тема\r\nBcc: x@y.example", paragraphs=["Текст."])
    stop = "https://comments.example/rejoinder/sites/default/stop?key=" + "a" * 180
    letterbox.mails.clear()
    async with pool.acquire() as conn, conn.transaction():
        await Postman(keyring, mailing).send(
            conn, From(site.id, site.slug, "Der Kurier\nBcc: x@y.example"),
            "ana@readers.example", letter, kind="reply", lasts=LASTS,
            subscription=Subscription("replies", stop),
        )  # fmt: skip
    await PostOffice(pool, keyring, mailing.smtp, mailing.mail_from).sweep()
    (mail,) = letterbox.mails
    assert mail["List-Unsubscribe"] == f"<{stop}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<replies.default.comments.example>"
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].display_name == "Der Kurier Bcc: x@y.example"
    assert f"Відписатися: {stop}" in text_of(mail).replace("\r\n", "\n")
    # By plain http no mail program would do it (RFC 8058, section 3.1): the foot's link alone.
    plain = compose(letter, "N", "s", "a@b.example", "http://h", Subscription("r", "http://h/stop"))
    assert set(plain.headers) == {"Content-Language", "List-Id"}


@pytest.mark.parametrize(
    "sender",
    ["desk@courier.example", "desk@łódź.example"],
    ids=["plain", "international domain"],
)
async def test_what_ends_a_subscription_stands_on_one_line_whoever_sends_it(
    pool: Pool, site: Site, keyring: Keyring, mailing: Settings, letterbox: Mailbox, sender: str
) -> None:
    stop = "https://comments.example/rejoinder/sites/default/stop?key=" + "a" * 180
    letterbox.mails.clear()
    letterbox.raw.clear()
    async with pool.acquire() as conn, conn.transaction():
        await Postman(keyring, mailing).send(
            conn, From(site.id, site.slug, "Kurier Łódź, " * 8), "ana@readers.example",
            Letter(lang="pl", subject="Łódź", paragraphs=["Łódź."]), kind="reply", lasts=LASTS,
            subscription=Subscription("replies", stop),
        )  # fmt: skip
    await PostOffice(pool, keyring, mailing.smtp, sender).sweep()
    (written,) = letterbox.raw
    lines = written.split(b"\r\n")
    assert any(line.startswith(b"From: ") and f"<{sender}>".encode() in line for line in lines)
    assert f"List-Unsubscribe: <{stop}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


@pytest.mark.parametrize("without", ["server", "public URL", "switch"])
async def test_without_mail_everything_else_works_and_the_desk_says_what_is_missing(
    client: httpx.AsyncClient,
    state: dict[str, Any],
    pool: Pool,
    keyring: Keyring,
    mailing: Settings,
    editor_token: str,
    without: str,
) -> None:
    where = "/v1/moderation/sites/default"
    change: dict[str, Any] = {"server": {"smtp": None}, "public URL": {"public_url": None}}
    settings = msgspec.structs.replace(mailing, **change.get(without, {}))
    state["settings"] = settings
    if without == "switch":
        answer = await client.patch(
            where, json={"confirm_readers": False}, headers=bearer(editor_token)
        )
        assert answer.json()["confirm_readers"] is False
    await post(client, "Still here.")
    await Asker(pool, keyring, settings).sweep()
    assert await pool.fetchval("select count(*) from mail") == 0
    assert await pool.fetchval("select count(*) from confirmation_due") == 0
    sites = await client.get("/v1/moderation/sites", headers=bearer(editor_token))
    assert sites.json()["items"][0]["mail"] == {
        "server": "no_server", "public URL": "no_public_url", "switch": "ready",
    }[without]  # fmt: skip


@pytest.mark.parametrize("still", ["sent", "switched off"])
async def test_what_waits_for_the_mail_server_goes_only_where_letters_are_still_sent(
    client: httpx.AsyncClient,
    arrived: Arrived,
    letterbox: Mailbox,
    pool: Pool,
    editor_token: str,
    still: str,
) -> None:
    await post(client, "Mine.")
    follow = thread().replace("/comments", "/follow")
    asked = await client.post(follow, json={"email": "eve@readers.example"})
    assert asked.status_code == 202
    letterbox.answers.extend(["451 Later"] * 2)
    assert await arrived() == []
    assert await pool.fetchval("select count(*) from mail") == 2
    if still != "sent":
        where = "/v1/moderation/sites/default"
        switch = {"confirm_readers": False}
        (await client.patch(where, json=switch, headers=bearer(editor_token))).raise_for_status()
    await pool.execute("update mail set next_at = now()")
    assert len(await arrived()) == (2 if still == "sent" else 0)
    assert await pool.fetchval("select count(*) from mail") == 0


async def test_a_confirmed_reader_is_written_to_in_vain_by_nobody(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "Mine.")
    await confirm(client, (await arrived())[0])
    await pool.execute("update reader_link set created_at = now() - interval '2 days'")
    await post(client, "By somebody with her address.", name="Bo")
    (mail,) = await arrived()
    answer = await confirm(client, mail)
    assert answer["name"] == "Ana"
