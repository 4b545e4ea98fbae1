"""Following an article: by a letter, by a confirmed reader's one press, and no more."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from correspondence.conftest import link_in, text_of
from letterbox import Mailbox
from subscriptions.conftest import Join, Told, reply
from thread import bearer, post

from service.core.db import Pool
from service.core.outbox import PostOffice
from service.settings import Settings
from service.subscriptions import store

FOLLOW = "/v1/sites/default/articles/a-1/follow"
PAGE = {"article": {"url": "https://news.example/a-1", "title": "A bridge"}}
EVE = {"email": "Eve@readers.example", **PAGE}


def here(address: str) -> str:
    return address.removeprefix("https://comments.example")


@pytest.fixture
def sent(office: PostOffice, letterbox: Mailbox) -> Any:
    async def sent() -> list[Any]:
        letterbox.mails.clear()
        await office.sweep()
        return list(letterbox.mails)

    return sent


async def test_an_address_follows_once_its_owner_says_so(
    client: httpx.AsyncClient, sent: Any, told: Told, pool: Pool
) -> None:
    answer = await client.post(FOLLOW, json=EVE)
    assert (answer.status_code, answer.json()) == (202, {"state": "asked"})
    (mail,) = await sent()
    assert mail["To"] == "eve@readers.example"
    assert mail["Subject"] == "Follow “news.example”?"
    assert "List-Unsubscribe" not in mail
    where = here(link_in(mail))
    for method in ("GET", "HEAD", "GET"):
        assert (await client.request(method, where)).status_code == 200
    await post(client, "Before it was confirmed.", name="Bo", email="bo@readers.example")
    assert await told() == []
    key = httpx.URL(where).params["key"]
    forms = [client.post("/sites/default/follow?lang=en", data={"key": key}) for _ in range(3)]
    for done in await asyncio.gather(*forms):
        assert done.status_code == 200
        assert "You follow this article" in done.text
    await post(client, "After.", name="Bo", email="bo@readers.example")
    await post(client, "Own.", name="Eve", email="eve@readers.example")
    (mail,) = await told()
    assert mail["Subject"] == "Bo commented on “https://news.example/a-1”"
    assert "> After." in text_of(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    click = {"List-Unsubscribe": "One-Click"}
    await client.post(here(str(mail["List-Unsubscribe"]).strip("<>")), data=click)
    await post(client, "Unheard.", name="Bo", email="bo@readers.example")
    assert await told(100) == []


async def test_a_confirmed_reader_follows_by_one_press_and_hears_of_each_comment_once(
    client: httpx.AsyncClient, join: Join, told: Told, sent: Any
) -> None:
    ana = await join()
    mine = bearer(ana.token)
    assert (await client.get(FOLLOW, headers=mine)).json() == {"state": "none"}
    answer = await client.post(FOLLOW, json={}, headers=mine)
    assert (answer.status_code, answer.json()) == (200, {"state": "following"})
    assert (await client.get(FOLLOW, headers=mine)).json() == {"state": "following"}
    assert await sent() == []
    await post(client, "To her, and on it.", name="Bo", email="bo@readers.example",
               parent_id=ana.comment)  # fmt: skip
    await post(client, "On it.", name="Cy", email="cy@readers.example")
    (mail,) = await told()
    text = text_of(mail)
    assert text.count("> To her, and on it.") == 1
    assert "Bo replied to your comment" in text
    assert "which you follow" in text
    for _ in range(2):
        assert (await client.delete(FOLLOW, headers=mine)).status_code == 204
    assert (await client.get(FOLLOW, headers=mine)).json() == {"state": "none"}
    await post(client, "Unheard.", name="Cy", email="cy@readers.example")
    assert await told(100) == []


async def test_asking_is_no_way_to_write_to_people(
    client: httpx.AsyncClient, sent: Any, pool: Pool
) -> None:
    for _ in range(3):
        assert (await client.post(FOLLOW, json=EVE)).status_code == 202
    assert len(await sent()) == 1
    for n in range(2, 8):
        where = FOLLOW.replace("a-1", f"a-{n}")
        url = f"https://news.example/a-{n}?cheap-watches.example"
        page = {"url": url, "title": "Watches! watches.example"}
        answer = await client.post(where, json={**EVE, "article": page})
        assert answer.json() == {"state": "asked"}
    mails = await sent()
    assert len(mails) == 2  # three in a week to one address
    assert all("atches" not in text_of(mail) + mail["Subject"] for mail in mails)
    for n in range(12):
        await client.post(FOLLOW, json={**EVE, "email": f"n{n}@readers.example"})
    assert len(await sent()) == 7  # ten that one network address causes
    await pool.execute("update article_follow set asked_at = asked_at - interval '2 days'")
    assert (await client.post(FOLLOW, json=EVE)).status_code == 202
    assert await sent() == []
    stop = re.search(r"^Never write to me again: (\S+)", text_of(mails[0]), re.MULTILINE)
    assert stop
    where, key = here(stop[1]), httpx.URL(stop[1]).params["key"]
    assert "eve@readers.example" in (await client.get(where)).text
    await client.post("/sites/default/mail", data={"key": key, "do": "never"})
    await pool.execute("update article_follow set asked_at = asked_at - interval '8 days'")
    await client.post(FOLLOW, json=EVE)
    assert await sent() == []


async def test_following_without_scripts(
    client: httpx.AsyncClient, sent: Any, told: Told, state: dict[str, Any], pool: Pool
) -> None:
    await post(client, "There.")
    thread = await client.get("/sites/default/articles/a-1?lang=de")
    link = re.search(
        r'href="([^"]+/follow\?lang=de)" rel="nofollow">Diesem Artikel per E-Mail folgen',
        thread.text,
    )
    assert link
    form = await client.get(link[1])
    assert "Diesem Artikel folgen</h1>" in form.text
    wrong = await client.post(link[1], data={"email": "eve@"})
    assert wrong.status_code == 422
    assert 'aria-describedby="email-error"' in wrong.text
    done = await client.post(link[1], data={"email": "eve@readers.example"})
    assert "Sehen Sie in Ihr Postfach" in done.text
    (mail,) = [one for one in await sent() if one["To"] == "eve@readers.example"]
    assert mail["Content-Language"] == "de"
    page = await client.get(here(link_in(mail)))
    key = re.search(r'name="key" value="(\w+)"', page.text)
    assert key
    await client.post("/sites/default/follow", data={"key": key[1]})
    assert await pool.fetchval("select confirmed_at is not null from article_follow")
    elsewhere = await client.post(
        link[1], data={"email": "x@y.example"}, headers={"Origin": "https://evil.example"}
    )
    assert elsewhere.status_code == 403
    form_of_thread = 'name="notify"'
    assert form_of_thread in thread.text
    async with pool.acquire() as conn:
        await conn.execute("update site set confirm_readers = false")
    state["sites"].forget()
    state["threads"].forget_all()
    off = await client.get("/sites/default/articles/a-1?lang=de")
    assert form_of_thread not in off.text
    assert "/follow" not in off.text
    assert (await client.get(link[1])).status_code == 404


async def test_the_form_without_scripts_asks_for_replies(
    client: httpx.AsyncClient, mailing: Settings, pool: Pool
) -> None:
    await post(client, "There.")
    fields = {"name": "Cy", "email": "cy@readers.example", "body": "Tell me.", "notify": "on"}
    answer = await client.post("/sites/default/articles/a-1", data=fields)
    assert answer.status_code == 303
    assert await pool.fetchval("select notify from comment where body = 'Tell me.'")
    refused = await client.post("/sites/default/articles/a-1", data={**fields, "body": ""})
    assert 'name="notify" checked' in refused.text


@pytest.mark.parametrize(
    ("method", "body", "token", "status"),
    [
        ("POST", PAGE, "", 422),
        ("POST", {"email": "no address", **PAGE}, "", 422),
        ("POST", {"email": "eve@readers.example", "lang": "en"}, "", 422),
        ("POST", {"email": "eve@readers.example",
                  "article": {"url": "https://elsewhere.example/", "title": ""}}, "", 404),
        ("POST", EVE, "rt" + "a" * 40, 401),
        ("POST", EVE, "editor", 403),
        ("GET", None, "", 401),
        ("DELETE", None, "editor", 403),
    ],
)  # fmt: skip
async def test_what_is_no_wish_to_follow_is_told(
    client: httpx.AsyncClient, mailing: Settings, editor_token: str, pool: Pool,
    method: str, body: Any, token: str, status: int,
) -> None:  # fmt: skip
    where = FOLLOW.replace("a-1", "a-9")
    headers = bearer(editor_token if token == "editor" else token) if token else {}
    answer = await client.request(method, where, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert await pool.fetchval("select count(*) from article_follow") == 0


async def test_where_no_mail_can_be_sent_nobody_is_offered_any(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    await post(client)
    assert (await client.post(FOLLOW, json=EVE)).status_code == 404
    assert "letters" not in (await client.get("/v1/sites/default/articles/a-1/comments")).json()
    assert (await client.get("/sites/default/articles/a-1/follow")).status_code == 404


async def test_a_thread_says_that_letters_can_be_asked_for(
    client: httpx.AsyncClient, mailing: Settings
) -> None:
    await post(client)
    answer = (await client.get("/v1/sites/default/articles/a-1/comments")).json()
    assert answer["letters"] is True


async def test_a_key_of_something_else_follows_nothing(
    client: httpx.AsyncClient, sent: Any, pool: Pool
) -> None:
    await client.post(FOLLOW, json=EVE)
    (mail,) = await sent()
    key = httpx.URL(link_in(mail)).params["key"]
    for wrong in ("", "ru" + key[2:], key[:-1], "ü" * 54):
        assert (await client.get("/sites/default/follow", params={"key": wrong})).status_code == 404
        answer = await client.post("/sites/default/follow", data={"key": wrong})
        assert answer.status_code == 404
    await pool.execute("delete from article_follow")
    assert (await client.post("/sites/default/follow", data={"key": key})).status_code == 404


async def test_an_address_that_nobody_confirms_is_forgotten_and_one_that_was_written_to_stays(
    client: httpx.AsyncClient, join: Join, told: Told, sent: Any, pool: Pool
) -> None:
    await client.post(FOLLOW, json=EVE)
    ana = await join()
    await reply(client, ana.comment)
    (mail,) = await told()
    await store.forget(pool)
    assert await pool.fetchval("select count(*) from mail_recipient") == 2
    for table, column in (
        ("mail_recipient", "created_at"), ("article_follow", "asked_at"),
        ("notification", "created_at"), ("notification_due", "created_at"),
    ):  # fmt: skip
        await pool.execute(f"update {table} set {column} = now() - interval '91 days'")
    await store.forget(pool)
    left = await pool.fetch("select address from mail_recipient")
    assert [row["address"] for row in left] == ["ana@readers.example"]
    assert await pool.fetchval("select count(*) from article_follow") == 0
    assert await pool.fetchval("select count(*) from notification") == 0
    where = here(str(mail["List-Unsubscribe"]).strip("<>"))
    assert (await client.get(where)).status_code == 200
