"""Ending letters: by one click in a mail program, by the page behind it, again and again."""

import asyncio
from email.message import EmailMessage
from uuid import UUID

import httpx
import pytest
from correspondence.conftest import text_of
from subscriptions.conftest import Join, Told, reply
from thread import bearer, new, post, thread

from service.core.db import Pool
from service.core.tokens import Keyring

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BOUNDARY = "b0und"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    f"One-Click\r\n--{BOUNDARY}--\r\n"
)


def listed(mail: EmailMessage) -> str:
    """The address in List-Unsubscribe, here."""
    where = str(mail["List-Unsubscribe"]).strip("<>")
    assert where.startswith("https://comments.example/")
    return where.removeprefix("https://comments.example")


@pytest.mark.parametrize("way", ["urlencoded", "multipart"])
async def test_one_click_in_a_mail_program_ends_all_of_it(
    client: httpx.AsyncClient, join: Join, told: Told, pool: Pool, way: str
) -> None:
    ana, dee = await join(), await join("Dee")
    await reply(client, ana.comment)
    (mail,) = await told()
    where = listed(mail)
    for method in ("GET", "HEAD", "GET"):  # whoever looks for malware
        assert (await client.request(method, where)).status_code == 200
    await reply(client, ana.comment, "Once more.")
    (second,) = await told(70)
    await reply(client, ana.comment, "Waits.")
    await reply(client, dee.comment, "To somebody else.")
    body, kind = (ONE_CLICK, FORM["Content-Type"])
    if way == "multipart":
        body, kind = MULTIPART, f"multipart/form-data; boundary={BOUNDARY}"

    async def click(where: str) -> httpx.Response:
        return await client.post(where, content=body, headers={"Content-Type": kind})

    answers = await asyncio.gather(*(click(one) for one in (where, listed(second), where)))
    for answer in answers:
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "no more e-mail about replies and articles" in answer.text
    await reply(client, ana.comment, "Into the void.")
    assert [str(mail["To"]) for mail in await told(200)] == ["dee@readers.example"]
    # Nothing else has changed: whoever asks anew is told anew.
    own = {**new("Ask me anew."), "notify": True}
    own = {k: v for k, v in own.items() if k not in {"name", "email"}}
    posted = await client.post(thread(), json=own, headers=bearer(ana.token))
    await reply(client, posted.json()["comment"]["id"], "Here you are.")
    assert [str(mail["To"]) for mail in await told(300)] == ["ana@readers.example"]


async def test_one_article_ends_and_the_others_go_on(
    client: httpx.AsyncClient, join: Join, told: Told
) -> None:
    ana = await join()
    own = {"body": "Elsewhere.", "notify": True,
           "article": {"url": "https://news.example/a-2", "title": ""}}  # fmt: skip
    other = await client.post(thread("a-2"), json=own, headers=bearer(ana.token))
    await reply(client, ana.comment)
    (mail,) = await told()
    ends = [line for line in text_of(mail).splitlines() if line.startswith("No more e-mail about")]
    assert len(ends) == 1
    where = ends[0].rpartition(" ")[2].removeprefix("https://comments.example")
    page = await client.get(where)
    assert "No more e-mail about “https://news.example/a-1”</button>" in page.text
    assert "https://news.example/a-2</bdi>" in page.text
    params = httpx.URL(where).params
    form = {"key": params["key"], "do": "article", "article": params["article"]}
    for _ in range(2):
        done = await client.post("/sites/default/mail?lang=en", data=form)
        assert "Done: no more e-mail about “https://news.example/a-1”." in done.text
    await reply(client, ana.comment, "Unheard.")
    await reply(client, other.json()["comment"]["id"], "Heard.", article_key="a-2")
    (mail,) = await told(70)
    assert "> Heard." in text_of(mail)
    assert "Unheard" not in text_of(mail)


async def test_never_is_never_until_it_is_taken_back(
    client: httpx.AsyncClient, join: Join, told: Told, pool: Pool
) -> None:
    ana = await join()
    await reply(client, ana.comment)
    (mail,) = await told()
    key = httpx.URL(listed(mail)).params["key"]
    where = "/sites/default/mail?lang=en"
    page = await client.post(where, data={"key": key, "do": "never"})
    assert "we never write to you again" in page.text
    assert "Allow e-mail again" in page.text
    assert await pool.fetchval("select reason from mail_stop") == "asked"
    page = await client.get(f"{where}&key={key}")
    assert "We write nothing to this address." in page.text
    own = {"body": "Still here.", "notify": True,
           "article": {"url": "https://news.example/a-1", "title": ""}}  # fmt: skip
    posted = await client.post(thread(), json=own, headers=bearer(ana.token))
    to = posted.json()["comment"]["id"]
    await reply(client, to, "In vain.")
    assert await told(70) == []
    await client.post(where, data={"key": key, "do": "again"})
    await reply(client, to, "Not in vain.")
    (mail,) = await told(140)
    assert "In vain" not in text_of(mail)


async def test_a_link_is_good_for_ever_and_for_this_site_and_address_alone(
    client: httpx.AsyncClient, join: Join, told: Told, keyring: Keyring, pool: Pool
) -> None:
    ana = await join()
    await reply(client, ana.comment)
    (mail,) = await told()
    key = httpx.URL(listed(mail)).params["key"]
    await pool.execute(
        "insert into site (id, slug, name, origins)"
        " values (gen_random_uuid(), 'o', 'O', '{https://o.example}')"
    )
    edit = keyring.object_token("re", UUID(ana.comment))
    for path, wrong in (
        ("o", key), ("default", key[:-2]), ("default", ""), ("default", "ru" + key[3:] + "a"),
        ("default", "\u00fc" * 54), ("default", edit),
    ):  # fmt: skip
        answer = await client.get(f"/sites/{path}/mail", params={"key": wrong})
        assert answer.status_code == 404, wrong
        assert "This link is not whole" in answer.text
        answer = await client.post(
            f"/sites/{path}/mail", params={"key": wrong}, content=ONE_CLICK, headers=FORM
        )
        assert answer.status_code == 404
    assert (await client.get("/sites/nowhere/mail", params={"key": key})).status_code == 404
    await pool.execute(
        "update mail_recipient set created_at = now() - interval '9 years',"
        " letters = '{}', next_at = now() - interval '9 years'"
    )
    assert (await client.get(listed(mail))).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("", FORM["Content-Type"], 400),
        ("List-Unsubscribe=Two-Clicks", FORM["Content-Type"], 400),
        ("do=article&article=17", FORM["Content-Type"], 400),
        ("do=all&do=never", FORM["Content-Type"], 400),
        (ONE_CLICK, "text/plain", 400),
        ("{}", "application/json", 400),
        ("--x\r\nnothing", "multipart/form-data; boundary=y", 400),
        ("--x\r\nnothing", "multipart/form-data", 400),
        ("do=" + "a" * 300_000, FORM["Content-Type"], 413),
        ("a" * 70_000, "multipart/form-data; boundary=x", 413),
    ],
)
async def test_what_is_no_click_changes_nothing_and_is_told(
    client: httpx.AsyncClient, keyring: Keyring, pool: Pool, content: str, kind: str, status: int
) -> None:
    await post(client)
    ident = await pool.fetchval(
        "insert into mail_recipient (site_id, address, lang)"
        " select id, 'ana@readers.example', 'en' from site returning id"
    )
    where = f"/sites/default/mail?key={keyring.object_token('ru', ident)}"
    answer = await client.post(where, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert await pool.fetchval("select count(*) from mail_stop") == 0
