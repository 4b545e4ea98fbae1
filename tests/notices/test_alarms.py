"""Alarms, from comments to the letter box."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from letterbox import Mailbox
from live import free_port
from notices.conftest import NOTICES, SENDER, Arrived, Put, fill, subjects, text_of
from thread import bearer, post

from service.articles.types import Site
from service.core.db import Pool
from service.core.mail import parse_server
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.notices.announce import Announcer
from service.notices.jobs import Watch
from service.settings import Settings
from service.webhooks.payload import render


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


async def decide(client: httpx.AsyncClient, token: str, ident: str, action: str) -> None:
    answer = await client.post(
        "/v1/moderation/decisions",
        json={"decisions": [{"comment_id": ident, "action": action}]},
        headers=bearer(token),
    )
    assert answer.json()["results"][0]["outcome"] == "applied"


async def test_what_waits_is_told_once_then_each_four_hours_then_that_it_is_over(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, moderator_token: str
) -> None:
    await put(held_minutes=120, time_zone="Asia/Kathmandu")
    ident = (await post(client, "Secret words.", company="x", name="Hidden Name"))["comment"]["id"]
    await watch.check(later(minutes=119))
    assert await arrived() == []
    for minutes in (121, 122, 180, 359):
        await watch.check(later(minutes=minutes))
    (mail,) = await arrived()
    now = datetime.now(UTC) + timedelta(hours=5, minutes=45)
    # The minute may have passed since the comment was posted.
    clocks = {f"{now:%H:%M}", f"{now - timedelta(minutes=1):%H:%M}"}
    assert mail["to"] == "desk@courier.example"
    said = subjects([mail])[0]
    assert said.split(", the oldest since ")[0] == "1 comment waits"
    assert said.split(" since ")[1].split(" ")[0] in clocks
    text = text_of(mail)
    assert "1 of them has waited longer than 2 hours." in text
    assert "https://comments.example/desk/" in text
    assert "Asia/Kathmandu" in text
    rich = mail.get_body(("html",))
    assert rich
    for private in ("Secret words", "Hidden Name", "readers.example"):
        assert private not in text + rich.get_content()
    await watch.check(later(minutes=362))
    assert subjects(await arrived())[0].startswith("Still: 1 comment waits")
    await decide(client, moderator_token, ident, "publish")
    for minutes in (363, 364, 700):
        await watch.check(later(minutes=minutes))
    (mail,) = await arrived()
    assert subjects([mail]) == ["No comment waits too long any more"]
    assert "4 hours" in text_of(mail)


async def test_a_comment_waits_since_it_was_held(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, pool: Pool,
    moderator_token: str,
) -> None:  # fmt: skip
    await put(held_minutes=60)
    ident = (await post(client, "Published first."))["comment"]["id"]
    await pool.execute("update comment set created_at = now() - interval '9 days'")
    await decide(client, moderator_token, ident, "hold")
    await watch.check()
    assert await arrived() == []
    await watch.check(later(minutes=61))
    assert len(await arrived()) == 1


async def test_outside_of_staffed_hours_nobody_is_called(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived
) -> None:
    soon = later(hours=3)
    other = [day for day in range(7) if day != soon.weekday()]
    windows = [{"days": other, "from": "00:00", "to": "00:00"}]
    hours = {"time_zone": "UTC", "windows": windows, "outside": "hold"}
    await editor.put("/v1/moderation/policy", json={"policy": {"hours": hours}})
    assert (await put(held_minutes=30))["staffed"] is True
    await post(client, "Held.", company="x")
    await watch.check(soon)
    assert await arrived() == []
    # At midday: whoever has just come in has half an hour.
    await watch.check((soon + timedelta(days=1)).replace(hour=12))
    assert len(await arrived()) == 1
    await put(held_minutes=30, staffed_only=False)


async def test_a_jump_in_comments(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, pool: Pool, site: Site
) -> None:
    await put(jump_times=3, jump_comments=30)
    now = datetime.now(UTC)
    await fill(pool, site, 100, now)
    await watch.check(now)
    assert await arrived() == []  # the site is of today: nothing is usual yet
    await pool.execute("update site set created_at = now() - interval '60 days'")
    for weeks in (1, 2, 3, 4):
        await fill(pool, site, 20, now - timedelta(weeks=weeks, minutes=10))
        await fill(pool, site, 90, now - timedelta(weeks=weeks, hours=2))
    for minutes in (0, 5):
        await watch.check(now + timedelta(minutes=minutes))
    (mail,) = await arrived()
    assert subjects([mail]) == ["100 comments within an hour, usually about 20"]
    await watch.check(now + timedelta(minutes=61))
    assert subjects(await arrived()) == ["0 comments within an hour, no jump any more"]


async def test_a_jump_in_reports(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, pool: Pool
) -> None:
    await put(jump_times=3, jump_reports=10)
    await pool.execute("update site set created_at = now() - interval '9 days'")
    ident = (await post(client, "Reported."))["comment"]["id"]
    await pool.execute(
        """
        insert into report (site_id, comment_id, reporter, reason)
        select site_id, id, decode(lpad(to_hex(n), 8, '0'), 'hex'), 'spam'
        from comment, generate_series(1, 10) n where id = $1
        """,
        ident,
    )
    await watch.check()
    assert subjects(await arrived()) == ["10 reports within an hour, usually hardly any"]


async def test_a_classifier_that_fails(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, state: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await put(failing_count=3)

    async def fail(self: Any, *_: object) -> Any:
        return self._failed("ArtefactError")

    with monkeypatch.context() as broken:
        broken.setattr(type(state["scorer"]), "score", fail)
        assert (await post(client, "One."))["comment"]["status"] == "held"
        await watch.check()
        assert await arrived() == []
        await post(client, "Two.")
        await watch.check()
    assert subjects(await arrived()) == ["The machine failed on 2 of 2 comments"]
    # A quarter of an hour without comments says nothing; one that is judged does.
    await watch.check(later(minutes=30))
    assert await arrived() == []
    await post(client, "Three.")
    await watch.check(later(minutes=14))
    assert await arrived() == []
    # What has failed is older than a quarter of an hour by then.
    then = UUID(int=int(later(minutes=20).timestamp() * 1000) << 80)
    await state["pool"].execute(
        """
        insert into screening
        select (jsonb_populate_record(s, jsonb_build_object('id', $1::text))).*
        from screening s where verdict = 'publish'
        """,
        str(then),
    )
    await watch.check(later(minutes=25))
    assert subjects(await arrived()) == ["The machine judges comments again"]


async def test_many_workers_tell_it_once(
    client: httpx.AsyncClient, put: Put, pool: Pool, keyring: Keyring, mailing: Settings,
    arrived: Arrived,
) -> None:  # fmt: skip
    await put(held_minutes=30, recipients=["a@courier.example", "b@courier.example"])
    await post(client, "Held.", company="x")
    workers = [Watch(pool, Announcer(keyring, mailing)) for _ in range(4)]
    for hours in (1, 5, 9):
        await asyncio.gather(*(worker.check(later(hours=hours)) for worker in workers))
        mails = await arrived()
        assert sorted(mail["to"] for mail in mails) == ["a@courier.example", "b@courier.example"]
    await pool.execute("update comment set status = 'rejected'")
    await asyncio.gather(*(worker.check(later(hours=10)) for worker in workers))
    told = subjects(await arrived())
    assert len(told) == 2, told


async def test_what_is_not_announced_has_not_begun(
    client: httpx.AsyncClient, put: Put, pool: Pool, watch: Watch, arrived: Arrived,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await put(held_minutes=30)
    await post(client, "Held.", company="x")

    async def fail(*_: object) -> None:
        raise RuntimeError("cut off")

    with monkeypatch.context() as broken:
        broken.setattr(watch._announcer, "announce", fail)
        await watch.check(later(hours=1))
    assert await pool.fetchval("select count(*) from notice_state") == 0
    await watch.check(later(hours=1))
    assert len(await arrived()) == 1


async def test_one_site_s_trouble_keeps_no_other_s_alarm_back(
    client: httpx.AsyncClient, put: Put, pool: Pool, watch: Watch, arrived: Arrived,
    monkeypatch: pytest.MonkeyPatch, site: Site,
) -> None:  # fmt: skip
    await put(held_minutes=30)
    await pool.execute(
        """
        with other as (
            insert into site (id, slug, name, origins)
            values ('00000000-0000-0000-0000-000000000001', 'aaa', 'Other', '{}') returning id
        )
        insert into notice_rule
        select (jsonb_populate_record(r, jsonb_build_object('site_id', other.id))).*
        from notice_rule r, other
        """
    )
    other = await pool.fetchval("select id from site where slug = 'aaa'")
    await post(client, "Held.", company="x")
    await fill(pool, Site(other, "aaa", "Other", []), 1, datetime.now(UTC), "held")
    announce = watch._announcer.announce

    async def fail(conn: Any, room: Any, payload: Any) -> None:
        if room.slug == "aaa":
            raise RuntimeError("no")
        await announce(conn, room, payload)

    monkeypatch.setattr(watch._announcer, "announce", fail)
    await watch.check(later(hours=1))
    assert len(await arrived()) == 1
    # A zone that is unknown to PostgreSQL, saved before that was looked after.
    await pool.execute("update notice_rule set time_zone = 'posix/UTC' where site_id = $1", other)
    await watch.check(later(hours=6))
    assert len(await arrived()) == 1


async def test_turned_off_while_it_lasts_it_says_no_more(
    client: httpx.AsyncClient, put: Put, watch: Watch, arrived: Arrived, pool: Pool
) -> None:
    await put(held_minutes=30)
    await post(client, "Held.", company="x")
    await watch.check(later(hours=1))
    assert len(await arrived()) == 1
    assert (await put(held_minutes=None))["alarms"] == []
    await watch.check(later(hours=9))
    assert await arrived() == []
    # Somebody else turned it on in that very moment.
    await pool.execute(
        """
        insert into notice_state select site_id, 'held', now(), now(), 'x' from notice_rule
        """
    )
    await watch.check()
    assert await pool.fetchval("select count(*) from notice_state") == 0


async def test_a_server_that_is_away_stops_nothing_and_is_shown(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, put: Put, pool: Pool, keyring: Keyring,
    watch: Watch, box: Mailbox, arrived: Arrived,
) -> None:  # fmt: skip
    await put(held_minutes=30)
    await post(client, "Held.", company="x")
    await watch.check(later(hours=1))
    away = PostOffice(pool, keyring, parse_server(f"smtp://127.0.0.1:{free_port()}"), SENDER)
    await away.sweep()
    shown = (await editor.get(NOTICES)).json()
    assert shown["failures"][0]["recipient"] == "desk@courier.example"
    assert shown["failures"][0]["given_up"] is False
    assert shown["alarms"][0]["said"].startswith("1 comment waits")
    await pool.execute("update mail set next_at = now()")
    assert len(await arrived()) == 1
    assert (await editor.get(NOTICES)).json()["failures"] == []
    # One that refuses an address for good keeps no other address from its letter.
    box.refused["gone@courier.example"] = "550 no such mailbox"
    await put(held_minutes=30, recipients=["gone@courier.example", "desk@courier.example"])
    await watch.check(later(hours=6))
    assert [mail["to"] for mail in await arrived()] == ["desk@courier.example"]
    failures = (await editor.get(NOTICES)).json()["failures"]
    assert [(f["recipient"], f["given_up"]) for f in failures] == [("gone@courier.example", True)]


async def test_without_a_server_nothing_piles_up(
    client: httpx.AsyncClient, put: Put, pool: Pool, keyring: Keyring, settings: Settings
) -> None:
    await put(held_minutes=30)
    await post(client, "Held.", company="x")
    silent = msgspec.structs.replace(settings, smtp=None)
    await Watch(pool, Announcer(keyring, silent)).check(later(hours=1))
    assert await pool.fetchval("select count(*) from mail") == 0
    # The desk shows it all the same.
    assert await pool.fetchval("select since is not null from notice_state")


async def test_a_webhook_is_told_what_the_mail_says(
    put: Put, watch: Watch, arrived: Arrived, pool: Pool, site: Site
) -> None:
    await put(jump_times=3.0, jump_comments=20, digest="daily", digest_hour=0)
    await pool.execute(
        """
        insert into webhook (site_id, id, url, events, secret)
        values ($1, gen_random_uuid(), 'https://hooks.example/', array['desk.alarm'], '')
        """,
        site.id,
    )
    await pool.execute("update site set created_at = now() - interval '60 days'")
    now = datetime.now(UTC)
    await fill(pool, site, 100, now)
    for weeks in (1, 2, 3, 4):
        await fill(pool, site, 20, now - timedelta(weeks=weeks, minutes=10))
    for _ in range(2):
        await watch.check(now)
    await watch.digest(later(days=1))
    told = subjects(await arrived())
    assert len(told) == 2, told
    [row] = await pool.fetch(
        "select e.*, s.slug as site, null as sanction_id from webhook_event e"
        " join site s on s.id = e.site_id join webhook_delivery d on d.event_id = e.id"
    )
    message = msgspec.json.decode(render(dict(row)))
    assert (message["type"], message["data"]["alarm"]) == ("desk.alarm", "comments")
    assert message["data"]["turn"] == "begun"
    assert message["data"]["site"] == "default"
