"""Digests: what they count, when they come, and what they never say."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices.conftest import NOTICES, Arrived, Put, fill, subjects, text_of
from notices.test_alarms import decide
from thread import post

from service.articles.types import Site
from service.core.db import Pool
from service.core.tokens import Keyring
from service.notices.announce import Announcer
from service.notices.jobs import Watch
from service.notices.letters import Letter, alarm_letter, clock, compose, digest_letter, span
from service.notices.types import Alarm, Digest, Held, Newsroom, Rules, Title
from service.settings import Settings

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
ROOM = Newsroom(
    site_id=UUID(int=0), slug="courier", name="The Courier", zone="Europe/Lisbon", hours=None,
    digest_at=NOW, rules=Rules(),
)  # fmt: skip


def tomorrow(hour: int, minute: int = 0) -> datetime:
    day = datetime.now(UTC).date() + timedelta(days=1)
    return datetime.combine(day, time(hour, minute), UTC)


async def test_yesterday_in_a_letter(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, pool: Pool,
    moderator_token: str,
) -> None:  # fmt: skip
    await put(digest="daily", digest_hour=7, time_zone="UTC")
    # Put before seven o'clock, the digest of today would still be due.
    await pool.execute("update notice_rule set digest_at = $1", tomorrow(7) - timedelta(days=1))
    held = [
        (await post(client, f"Held secret {n}.", company="x"))["comment"]["id"] for n in (1, 2, 3)
    ]
    shown = [(await post(client, f"Shown {n}."))["comment"]["id"] for n in (1, 2)]
    await decide(client, moderator_token, held[0], "publish")
    await decide(client, moderator_token, shown[0], "reject")
    await pool.execute(
        "update comment set campaign_id = $1 where id = any($2::uuid[])", held[1], held[1:]
    )
    await pool.execute("update article set verified = true")
    await watch.digest(tomorrow(6, 59))
    assert await arrived() == []
    await watch.digest(tomorrow(7, 3))
    await watch.digest(tomorrow(12))
    (mail,) = await arrived()
    yesterday = datetime.now(UTC)
    assert subjects([mail]) == [f"{yesterday:%A}: 5 comments, 2 decisions, 2 wait"]
    text = text_of(mail)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "Comments: 5",
        "Published at once: 2",
        "Held: 3",
        "Decisions: 2 (1 published, 1 rejected, 0 spam)",
        "Against the machine: 2 of 2 (1 published though held, 1 refused though published)",
        "Campaigns: 1, with 2 comments",
        "- A bridge (5)",
    ):
        assert line in lines, line
    assert "yesterday" in next(line for line in lines if line.startswith("Waiting now: 2,"))
    assert "secret" not in text
    await watch.digest(tomorrow(7) + timedelta(days=1))
    assert subjects(await arrived())[0].endswith("0 comments, 0 decisions, 2 wait")


async def test_a_week_by_the_newsroom_s_clock(
    put: Put, watch: Watch, arrived: Arrived, pool: Pool, site: Site
) -> None:
    soon = datetime.now(UTC) + timedelta(days=14)
    monday = (soon - timedelta(days=soon.weekday())).replace(hour=22, minute=0)
    await put(digest="weekly", digest_day=1, digest_hour=7, time_zone="Asia/Tokyo")
    # Tuesday, 7:00 in Tokyo. The week begins on Monday, 15:00 UTC.
    begin = datetime.combine(monday.date(), time(15), UTC) - timedelta(days=7)
    await fill(pool, site, 3, begin - timedelta(minutes=1), "held")
    await fill(pool, site, 4, begin + timedelta(minutes=1), "held")
    await pool.execute("update article set verified = false, title = 'Buy now at evil.example'")
    await watch.digest(monday - timedelta(minutes=1))
    await arrived()
    await watch.digest(monday)
    (mail,) = await arrived()
    first, last = monday - timedelta(days=6), monday
    assert subjects([mail])[0].startswith(f"{first.day} {first:%B} to {last.day} {last:%B}: ")
    text = text_of(mail)
    # Nobody but a reader has said what the article is called.
    assert "- https://news.example/f (4)" in text
    assert "evil" not in text


async def test_many_workers_tell_it_once(
    put: Put, pool: Pool, keyring: Keyring, mailing: Settings, arrived: Arrived
) -> None:
    await put(digest="daily")
    workers = [Watch(pool, Announcer(keyring, mailing)) for _ in range(4)]
    await asyncio.gather(*(worker.digest(tomorrow(7)) for worker in workers))
    assert len(await arrived()) == 1


async def test_it_begins_with_the_next_one_and_waits_for_no_change_of_recipients(
    put: Put, watch: Watch, arrived: Arrived, editor: httpx.AsyncClient
) -> None:
    now = datetime.now(UTC)
    await put(digest="daily", digest_hour=now.hour, time_zone="UTC")
    await watch.digest()
    assert await arrived() == []
    # Due meanwhile, and then the recipients change before a worker has come to it.
    await put(digest="daily", digest_hour=now.hour, time_zone="UTC", recipients=["b@c.example"])
    await watch.digest(now + timedelta(days=1))
    assert [mail["to"] for mail in await arrived()] == ["b@c.example"]
    assert (await editor.get(NOTICES)).json()["next_digest"] > now.isoformat()
    await put(digest="off")
    await watch.digest(now + timedelta(days=9))
    assert await arrived() == []


async def test_what_could_not_be_counted_is_told_later(
    put: Put, watch: Watch, arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(digest="daily")

    async def fail(*_: object) -> Any:
        raise RuntimeError("cut off")

    with monkeypatch.context() as broken:
        broken.setattr("service.notices.jobs.count_digest", fail)
        await watch.digest(tomorrow(7))
    assert await arrived() == []
    await watch.digest(tomorrow(8))
    assert len(await arrived()) == 1


def digest(title: str) -> Digest:
    return Digest(
        site="courier", at=NOW, period="daily", first="2026-11-23", last="2026-11-23",
        comments=1, published=1, held=0, spam=0, decisions=1, let_through=1, rejected=0,
        marked_spam=0, judged=1, overruled=0, missed=0, reports=0, waiting=1, oldest=None,
        campaigns=0, in_campaigns=0, articles=[Title(title, 1)],
    )  # fmt: skip


def test_one_is_one() -> None:
    assert digest_letter(digest("A"), ROOM).headline == "Monday: 1 comment, 1 decision, 1 waits"
    held = Held(1, 1, NOW - timedelta(hours=3))
    alarm = Alarm(site="c", alarm="held", turn="begun", since=NOW, at=NOW, figures=held)
    letter = alarm_letter(alarm, ROOM)
    assert letter.headline == "1 comment waits, the oldest since 11:05"


@given(st.text(max_size=300))
def test_a_title_is_one_line_of_text(title: str) -> None:
    letter = digest_letter(digest(title), ROOM)
    assert len(letter.items[0]) <= 130
    assert letter.items[0].isprintable() or "\u3000" in title
    message = compose(letter, ROOM, "https://comments.example/desk/", "a@b.example")
    assert message.html
    assert message.html.count("<li>") == 1
    assert message.html.count("<a ") == 1


def test_markup_stays_text() -> None:
    message = compose(
        digest_letter(digest("<script>&\u202e\u0000evil"), ROOM), ROOM, None, "a@b.example"
    )
    assert message.html
    assert "<script>" not in message.html
    assert "\u202e" not in message.html + message.text
    assert "under Notices" in message.text
    letter = Letter(headline="H", paragraphs=["<b>"])
    assert "&lt;b&gt;" in (compose(letter, ROOM, None, "a@b.example").html or "")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 minutes"), (1, "1 minute"), (60, "1 hour"), (90, "1 hour 30 minutes"),
     (120, "2 hours"), (2879, "47 hours 59 minutes"), (2880, "2 days"), (4320, "3 days")],
)  # fmt: skip
def test_spans(minutes: int, said: str) -> None:
    assert span(timedelta(minutes=minutes)) == said


def test_clocks() -> None:
    assert clock(NOW, NOW, "Europe/Lisbon") == "14:05"
    assert clock(NOW, NOW, "Asia/Tokyo") == "23:05"
    assert clock(NOW - timedelta(days=1), NOW, "UTC") == "14:05 yesterday"
    assert clock(NOW - timedelta(days=9), NOW, "UTC") == "14:05 on Sun 15 November"
