"""Who is told of which reply, when, and that nobody is told twice."""

import asyncio
import itertools
import re
from datetime import UTC, datetime, timedelta

import httpx
from correspondence.conftest import link_in, text_of
from hypothesis import given
from hypothesis import strategies as st
from letterbox import Mailbox
from subscriptions.conftest import Join, Told, decide, reply
from thread import bearer, new, post, thread

from service.core.db import Pool
from service.core.outbox import PostOffice
from service.subscriptions.rules import APART, DAY, MOST_A_DAY, next_letter, remembered
from service.subscriptions.telling import Teller

HOUR = 60
NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_a_reply_is_told_after_some_minutes_by_a_letter_that_leads_there(
    client: httpx.AsyncClient, join: Join, told: Told
) -> None:
    ana = await join()
    ident = await reply(client, ana.comment, "The *tunnel* would\n\ncost < twice as much.")
    assert await told(4) == []
    (mail,) = await told(6)
    assert mail["To"] == "ana@readers.example"
    assert mail["Subject"] == "Bo replied to you: “https://news.example/a-1”"
    assert mail["List-Id"] == "<replies.default.comments.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link_in(mail) == f"https://news.example/a-1#comment-{ident}"
    plain, html = text_of(mail), text_of(mail, "html")
    assert "> The *tunnel* would cost < twice as much." in plain
    assert "cost &lt; twice as much." in html
    assert f"https://comments.example/sites/default/comments/{ident}?lang=en" in plain
    for text in (plain, html, str(mail)):
        assert "bo@readers" not in text
        assert "127.0.0.1" not in text
    page = await client.get(f"/sites/default/comments/{ident}?lang=en", follow_redirects=True)
    assert f"comment-{ident}" in page.text
    assert await told(2 * HOUR) == []


async def test_only_what_is_published_is_told_and_what_is_approved_later_is_then(
    client: httpx.AsyncClient, join: Join, told: Told, moderator_token: str, pool: Pool
) -> None:
    ana = await join()
    bodies = ("Held.", "Rejected.", "Spam.", "Taken back.", "Stays.")
    ids = {body: await reply(client, ana.comment, body) for body in bodies}
    for body, action in (("Held.", "hold"), ("Rejected.", "reject"), ("Spam.", "spam")):
        await decide(client, moderator_token, ids[body], action)
    await pool.execute("update comment set status = 'removed' where body = 'Taken back.'")
    await client.post(
        thread(), json=new("By a program.", parent_id=ana.comment, company="Watches", name="Cy")
    )
    (mail,) = await told()
    assert mail["Subject"].startswith("Bo replied to you")
    assert "> Stays." in text_of(mail)
    await decide(client, moderator_token, ids["Held."], "publish")
    (mail,) = await told(2 * HOUR)
    assert "> Held." in text_of(mail)
    # Taken away and given back: of that nobody hears again.
    await decide(client, moderator_token, ids["Stays."], "reject")
    await decide(client, moderator_token, ids["Stays."], "publish")
    assert await told(4 * HOUR) == []


async def test_a_letter_an_hour_then_one_about_all_that_came(
    client: httpx.AsyncClient, join: Join, told: Told
) -> None:
    ana = await join()
    await reply(client, ana.comment, "Reply 1.")
    assert len(await told()) == 1
    for n in range(2, 6):
        await reply(client, ana.comment, f"Reply {n}.", name=f"Bo{n}")
    assert await told(HOUR) == []
    (mail,) = await told(HOUR + 7)
    assert mail["Subject"] == "4 new comments for you at The Courier"
    text = text_of(mail)
    assert [n for n in range(1, 6) if f"> Reply {n}." in text] == [2, 3, 4, 5]
    assert text.count("#comment-") == 4
    await reply(client, ana.comment, "Reply 6.", name="Cy")
    assert len(await told(2 * HOUR + 8)) == 1
    await reply(client, ana.comment, "Reply 7.", name="Di")
    assert await told(20 * HOUR) == []
    assert len(await told(26 * HOUR + 9)) == 1


async def test_nobody_is_told_who_hasn_t_confirmed_or_didn_t_ask(
    client: httpx.AsyncClient, join: Join, told: Told, pool: Pool, moderator_token: str
) -> None:
    ana = await join()
    silent = await join("Dee", notify=False)
    # A stranger ticks the box under Ana's address: she hears nothing of what they are answered.
    typed = await post(client, "As if I was her.", name="Cy", email="ana@readers.example",
                       notify=True)  # fmt: skip
    unconfirmed = await post(client, "Mine.", name="Eve", email="eve@readers.example", notify=True)
    for to in (silent.comment, typed["comment"]["id"], unconfirmed["comment"]["id"]):
        await reply(client, to, f"To {to}.")
    own = {"body": "And another thing.", "parent_id": ana.comment,
           "article": {"url": "https://news.example/a-1", "title": ""}}  # fmt: skip
    assert (await client.post(thread(), json=own, headers=bearer(ana.token))).status_code == 201
    assert await told() == []
    # Whoever is banned may not answer, and isn't told.
    await reply(client, ana.comment, "To somebody banned.")
    ident = await pool.fetchval("select reader_id from comment where id = $1", ana.comment)
    ban = {"kind": "ban", "reason": "Rude"}
    where = f"/v1/moderation/readers/{ident}/sanctions"
    made = await client.post(where, json=ban, headers=bearer(moderator_token))
    assert made.status_code == 201
    assert await told() == []


async def test_a_confirmed_reader_needs_no_second_letter(
    client: httpx.AsyncClient, join: Join, told: Told
) -> None:
    ana = await join(notify=False)
    own = {"body": "Once more.", "notify": True,
           "article": {"url": "https://news.example/a-1", "title": ""}}  # fmt: skip
    posted = (await client.post(thread(), json=own, headers=bearer(ana.token))).json()
    await reply(client, posted["comment"]["id"], "I heard you.")
    (mail,) = await told()
    assert "> I heard you." in text_of(mail)


async def test_what_is_taken_back_while_its_letter_waits_isn_t_told(
    client: httpx.AsyncClient,
    join: Join,
    teller: Teller,
    office: PostOffice,
    letterbox: Mailbox,
    moderator_token: str,
    told: Told,
) -> None:
    ana = await join()
    bad, good = [await reply(client, ana.comment, f"{w}.", name=w) for w in ("Bad", "Good")]
    letterbox.mails.clear()
    letterbox.answers.append("451 Later")
    await teller.sweep(datetime.now(UTC) + timedelta(minutes=6))
    await office.sweep()
    await decide(client, moderator_token, bad, "reject")
    await teller._pool.execute("update mail set next_at = now()")
    await office.sweep()
    assert letterbox.mails == []
    (mail,) = await told()
    assert "> Good." in text_of(mail)
    assert "Bad" not in text_of(mail)
    assert good in link_in(mail)


async def test_several_workers_tell_it_once(
    client: httpx.AsyncClient, join: Join, teller: Teller, pool: Pool
) -> None:
    for name, one in [(name, await join(name)) for name in ("Ana", "Dee", "Eve")]:
        for n in range(3):
            await reply(client, one.comment, f"{n} to {name}.")
    later = datetime.now(UTC) + timedelta(minutes=6)
    await asyncio.gather(*(teller.sweep(later) for _ in range(4)))
    assert await pool.fetchval("select count(*) from mail where kind = 'comments'") == 3
    told_in = await pool.fetch("select mail_id, count(*) from notification group by 1")
    assert sorted(row["count"] for row in told_in) == [3, 3, 3]


async def test_a_letter_is_in_its_reader_s_language(
    client: httpx.AsyncClient, join: Join, told: Told
) -> None:
    ana = await join(lang="ar")
    await reply(client, ana.comment, "In English.")
    (mail,) = await told()
    assert mail["Content-Language"] == "ar"
    html = text_of(mail, "html")
    assert '<html lang="ar" dir="rtl">' in html
    assert '<blockquote dir="auto">In English.</blockquote>' in html
    assert re.search(r"/sites/default/mail\?key=ru\w+&lang=ar", text_of(mail))


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_whatever_comes_letters_are_an_hour_apart_and_no_four_within_a_day(
    waits: list[int],
) -> None:
    letters: list[datetime] = []
    now, went = NOW, []
    for wait in waits:
        now = max(now + timedelta(minutes=wait), next_letter(letters) if letters else now)
        letters = remembered(letters, now)
        went.append(now)
    assert all(b - a >= APART for a, b in itertools.pairwise(went))
    later = went[MOST_A_DAY:]
    assert all(b - a >= DAY for a, b in zip(went, later, strict=False))
