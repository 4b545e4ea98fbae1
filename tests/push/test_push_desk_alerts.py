"""Alerts at the desk: seen by moderators, changed by editors."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import PushService
from thread import bearer

from service.articles.types import Site
from service.core.db import Pool
from service.push import desk_store
from service.push.delivery_store import claim_batch, list_due_alerts
from service.push.settings_store import get_settings, pause

ALERTS = "/v1/moderation/alerts"
SETTINGS = {
    "daily_cap": 3, "quiet_from": "22:00", "quiet_until": "07:30", "check_url": True,
    "utm_source": "rejoinder", "utm_medium": "push", "utm_campaign": "",
    "icon": "https://news.example/icon.png", "badge": "", "inactive_days": 90,
}  # fmt: skip


@pytest.fixture
async def editor(client: httpx.AsyncClient, editor_token: str) -> httpx.AsyncClient:
    client.headers.update(bearer(editor_token))
    return client


async def listed(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(ALERTS, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def events(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select action from account_event where action like 'alert%' order by id"
    )
    return [row["action"] for row in rows]


async def test_moderators_see_what_became_of_alerts(
    client: httpx.AsyncClient,
    moderator_token: str,
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
) -> None:
    client.headers.update(bearer(moderator_token))
    assert await listed(client) == {"items": [], "next_cursor": None, "paused": []}
    for _ in range(3):
        await subscribe(service.browser())
    await subscribe(service.browser(410))
    await desk.send("one", section="World")
    await desk.schedule("two")
    (later,) = (await listed(client, limit=1))["items"]
    assert (later["article"], later["state"], later["edition"]) == ("two", "scheduled", 1)
    cursor = (await listed(client, limit=1))["next_cursor"]
    page = await listed(client, limit=1, cursor=cursor)
    assert page["next_cursor"] is None
    (first,) = page["items"]
    assert (first["article"], first["state"], first["topics"]) == ("one", "sent", ["world"])
    assert first["counts"]["audience"] == 4
    assert (first["counts"]["accepted"], first["counts"]["gone"]) == (3, 1)
    assert (await listed(client, state="sent"))["items"] == [first]

    detail = (await client.get(f"{ALERTS}/{first['id']}")).json()
    assert detail["alert"] == first
    assert detail["services"][0]["accepted"] == 3
    assert [one["title"] for one in detail["editions"]] == ["The boat sails"]
    await pool.execute(
        "update delivery_batch set progress = '{0,1,5,2,9,3}' where alert_id = $1",
        uuid.UUID(first["id"]),
    )
    detail = (await client.get(f"{ALERTS}/{first['id']}")).json()
    assert detail["timeline"] == [[0, 0], [0, 1], [5, 2], [9, 3]]


async def test_a_long_timeline_is_added_up_and_stays_short(desk: Desk, pool: Pool) -> None:
    alert = await desk.schedule()
    for number in range(20):
        progress = [n for i in range(50) for n in (i * 37 + number, (i + 1) * 10)]
        await pool.execute(
            """
            insert into delivery_batch (site_id, alert_id, number, origin, subscription_ids,
                outcomes, not_before, progress)
            values ($1, $2, $3, 'x', array[$4::uuid], 'a', now(), $5)
            """,
            desk.site.id,
            alert.id,
            number + 1,
            uuid.uuid4(),
            progress,
        )
    steps = await desk_store.list_steps(pool, alert.id)
    assert len(steps) <= 119
    assert steps[-1] == (49 * 37 + 19, 20 * 500)
    assert steps == sorted(steps)
    assert [count for _, count in steps] == sorted(count for _, count in steps)


async def test_receipts_are_counted_by_title(
    editor: httpx.AsyncClient, desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    browser = service.browser()
    await subscribe(browser)
    await desk.send()
    receipt = browser.messages[0]["receipt"]
    for event in ("shown", "shown", "clicked"):
        answer = await editor.post("/v1/push/receipts", json={"receipt": receipt, "event": event})
        assert answer.status_code == 204
    body = {"article": "one", "title": "Ferry cut: what it means", "edition": 2}
    second = await editor.post(ALERTS, json=body)
    assert second.status_code == 202, second.text
    detail = (await editor.get(f"{ALERTS}/{second.json()['id']}")).json()
    assert [(e["title"], e["accepted"], e["shown"], e["clicked"]) for e in detail["editions"]] == [
        ("Ferry cut: what it means", 0, 0, 0),
        ("The boat sails", 1, 1, 1),
    ]


async def test_an_alert_by_hand_is_made_once_and_cancelled(
    editor: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    await desk.schedule()
    body = {"article": "one", "title": "Again", "edition": 2, "topics": ["World"]}
    answers = await asyncio.gather(*(editor.post(ALERTS, json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    (made,) = [answer.json() for answer in answers if answer.status_code == 202]
    assert (made["title"], made["topics"], made["state"]) == ("Again", ["world"], "scheduled")
    for _ in range(2):
        answer = await editor.delete(f"{ALERTS}/{made['id']}")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert await events(pool) == ["alert added", "alert cancelled"]
    for wrong, status in [
        ({"article": "nothing"}, 404), ({"article": "a/b"}, 422), ({}, 422),
        ({**body, "edition": 0}, 422), ({**body, "edition": 3, "title": "\x00"}, 422),
        ({**body, "edition": 3, "send_at": "2026-01-01T00:00:00"}, 422),
    ]:  # fmt: skip
        assert (await editor.post(ALERTS, json=wrong)).status_code == status, wrong
    assert await events(pool) == ["alert added", "alert cancelled"]


async def test_too_late_to_cancel(editor: httpx.AsyncClient, desk: Desk) -> None:
    alert = await desk.start()
    assert (await editor.delete(f"{ALERTS}/{alert.id}")).status_code == 409


async def test_another_sites_alerts_are_not_there(
    client: httpx.AsyncClient, state: dict[str, Any], desk: Desk
) -> None:
    from service.accounts import actions as accounts  # noqa: PLC0415 (only here)
    from service.articles import actions as articles  # noqa: PLC0415 (the same)

    alert = await desk.schedule()
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        client.headers.update(bearer(await accounts.create_api_token(conn, "o@courier.example")))
    assert (await listed(client))["items"] == []
    assert (await client.get(f"{ALERTS}/{alert.id}")).status_code == 404
    assert (await client.delete(f"{ALERTS}/{alert.id}")).status_code == 404
    assert (await client.get(ALERTS, params={"site": "default"})).status_code == 403
    assert (await client.post(f"{ALERTS}/pause?site=default")).status_code == 403


async def test_settings_are_put_and_told(
    editor: httpx.AsyncClient, site: Site, pool: Pool, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser(), ["world"])
    await subscribe(service.browser())
    first = (await editor.get(f"{ALERTS}/settings")).json()
    assert (first["settings"]["daily_cap"], first["pause"], first["subscribers"]) == (20, None, 2)
    answer = await editor.put(f"{ALERTS}/settings?site=default", json=SETTINGS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["settings"] == SETTINGS
    assert (await get_settings(pool, site.id)).icon == SETTINGS["icon"]
    again = await editor.put(f"{ALERTS}/settings", json=SETTINGS)
    assert again.json() == answer.json()
    assert await events(pool) == ["alert settings changed"], "what changes nothing is no event"
    for topics, count in [("", 2), ("World", 2), ("sport", 1)]:
        found = await editor.get(f"{ALERTS}/reach", params={"topics": topics})
        assert found.json() == {"subscribers": count}


@pytest.mark.parametrize("wrong", [
    {"daily_cap": -1}, {"daily_cap": 1001}, {"daily_cap": 1.5}, {"quiet_from": None},
    {"quiet_until": None}, {"quiet_until": "22:00"}, {"quiet_from": "24:00"},
    {"quiet_from": "7:00"}, {"quiet_from": "07:00\n"}, {"quiet_from": "\u0660\u0667:\u0660\u0660"},
    {"icon": "http://news.example/i.png"}, {"icon": "javascript:alert(1)"}, {"icon": "https://"},
    {"badge": "https://u:p@news.example/"}, {"badge": "https://news.example/a b"},
    {"icon": "https://news.example/" + "x" * 500}, {"utm_source": "a\x00"},
    {"utm_campaign": "x" * 101}, {"inactive_days": 3651}, {"check_url": "yes"}, {"more": 1},
], ids=str)  # fmt: skip
async def test_wrong_settings_change_nothing(
    wrong: dict[str, Any], editor: httpx.AsyncClient, pool: Pool
) -> None:
    answer = await editor.put(f"{ALERTS}/settings", json={**SETTINGS, **wrong})
    assert answer.status_code == 422, answer.text
    assert await pool.fetchval("select count(*) from push_setting") == 0
    assert await events(pool) == []


async def test_a_pause_holds_all_alerts_of_a_site_until_it_is_over(
    editor: httpx.AsyncClient,
    publisher_key: str,
    desk: Desk,
    pool: Pool,
    service: PushService,
    subscribe: Subscriber,
) -> None:
    browser = service.browser()
    await subscribe(browser)
    started = await desk.start("one")
    waiting = await desk.schedule("two")
    paused = (await editor.post(f"{ALERTS}/pause")).json()
    assert (paused["pause"]["reason"], paused["pause"]["overdue"]) == ("editor", 0)
    assert (await editor.post(f"{ALERTS}/pause")).json() == paused
    assert (await listed(editor))["paused"] == ["default"]
    assert [one["paused"] for one in (await listed(editor))["items"]] == [True, True]
    told = await editor.get(f"/v1/sites/default/alerts/{waiting.id}", headers=bearer(publisher_key))
    assert told.json()["paused"] is True
    await desk.courier.deliver()
    assert browser.messages == []
    assert await list_due_alerts(pool, 10) == []
    assert await claim_batch(pool, uuid.uuid4(), timedelta(seconds=1)) is None
    assert (await desk.counts(started)).pending == 1

    answer = await editor.post(f"{ALERTS}/resume", json={"overdue": "cancel"})
    assert (answer.status_code, answer.json()["pause"]) == (200, None)
    assert (await editor.post(f"{ALERTS}/resume", json={"overdue": "send"})).status_code == 200
    await desk.courier.deliver()
    assert len(browser.messages) == 1, "what isn't late goes on"
    assert await list_due_alerts(pool, 10) == [waiting.id]
    assert await events(pool) == ["alerts paused", "alerts resumed"]


@pytest.mark.parametrize("overdue", ["send", "cancel"])
async def test_what_is_late_is_asked_about(
    overdue: str, editor: httpx.AsyncClient, desk: Desk, pool: Pool, service: PushService,
    subscribe: Subscriber,
) -> None:  # fmt: skip
    browser = service.browser()
    await subscribe(browser)
    started, late, soon = (
        await desk.start("one"), await desk.schedule("two"), await desk.schedule("three"),
    )  # fmt: skip
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    await pool.execute("update alert set started_at = $2 where id = $1", started.id, long_ago)
    await pool.execute(
        "update delivery_batch set not_before = $2 where alert_id = $1", started.id, long_ago
    )
    await pool.execute("update alert set send_at = $2 where id = $1", late.id, long_ago)
    paused = (await editor.post(f"{ALERTS}/pause")).json()["pause"]
    assert paused["overdue"] == 2
    assert {one["id"] for one in paused["oldest"]} == {str(started.id), str(late.id)}
    assert (await editor.post(f"{ALERTS}/resume", json={})).status_code == 422
    assert (await editor.post(f"{ALERTS}/resume", json={"overdue": overdue})).status_code == 200
    if overdue == "send":
        assert set(await list_due_alerts(pool, 10)) == {late.id, soon.id}
        await desk.courier.deliver()
        assert len(browser.messages) == 1
    else:
        assert await list_due_alerts(pool, 10) == [soon.id]
        assert await desk.state(late) == "cancelled"
        assert await desk.state(started) == "sent"
        assert (await desk.counts(started)).skipped == 1
        await desk.courier.deliver()
        assert browser.messages == []


async def test_after_a_restore_all_that_is_due_is_asked_about(
    editor: httpx.AsyncClient, desk: Desk, pool: Pool, site: Site
) -> None:
    due = await desk.schedule("one")
    later = await desk.schedule("two")
    await pool.execute(
        "update alert set send_at = now() + interval '1 hour' where id = $1", later.id
    )
    await pause(pool, site.id, "restored")
    found = (await editor.get(f"{ALERTS}/settings")).json()["pause"]
    assert (found["reason"], [one["id"] for one in found["oldest"]]) == ("restored", [str(due.id)])
    await editor.post(f"{ALERTS}/resume", json={"overdue": "cancel"})
    assert await desk.state(due) == "cancelled"
    assert await desk.state(later) == "scheduled"
