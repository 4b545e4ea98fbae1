"""Where subscribers come from and where they have gone; who is removed for being silent."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import PushService
from thread import bearer

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool, uuid7
from service.push.readers import remove_inactive
from service.push.settings_store import PushSettings, put_settings


async def long_ago(pool: Pool, ident: UUID, days: int = 181) -> None:
    await pool.execute(
        """
        update subscription set created_at = now() - make_interval(days => $2),
            updated_at = now() - make_interval(days => $2),
            last_success_at = last_success_at - make_interval(days => $2)
        where id = $1
        """,
        ident,
        days,
    )


async def test_only_the_silent_who_were_spoken_to_go(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    who = {
        "failing": await subscribe(service.browser(413, 413)),
        "refused": await subscribe(service.browser(400, 400)),
        "reached": await subscribe(service.browser()),
        "failing but young": await subscribe(service.browser(413, 413)),
        "failed long ago": await subscribe(service.browser(413)),
    }
    alert = await desk.start()
    await desk.courier.deliver()
    assert (await desk.counts(alert)).failed == 4
    await pool.execute("update alert set started_at = now() - interval '31 days'")
    await pool.execute(
        "update subscription set removed_at = now(), removed_reason = 'gone' where id <> all($1)",
        [who["failing"], who["refused"], who["failing but young"]],
    )
    assert (await desk.send("two")).failed == 3
    await pool.execute("update subscription set removed_at = null, removed_reason = null")
    who |= {
        "never spoken to": await subscribe(service.browser()),
        "of an earlier key": await subscribe(service.browser()),
    }
    for name, ident in who.items():
        await long_ago(pool, ident, 179 if name == "failing but young" else 181)
    await pool.execute("update vapid_key set retired_at = now()")
    current = await subscribe(service.browser())  # makes the new key
    await pool.execute(
        """
        update subscription set vapid_key_id = (select id from vapid_key where retired_at is null)
        where id <> $1
        """,
        who["of an earlier key"],
    )
    for _ in range(2):
        await remove_inactive(pool)
        gone = {name for name, ident in who.items() if await desk.removed(ident) == "inactive"}
        assert gone == {"failing", "refused", "of an earlier key"}
    assert await desk.removed(current) is None
    assert (
        await pool.fetchval("select endpoint from subscription where id = $1", who["failing"])
        is None
    )


@pytest.mark.parametrize(("days", "left"), [(0, 1), (30, 0), (400, 1)])
async def test_the_site_says_how_long(
    days: int, left: int, desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    ident = await subscribe(service.browser(400))
    await desk.send()
    await long_ago(pool, ident)
    async with pool.acquire() as conn:
        await put_settings(conn, desk.site.id, PushSettings(inactive_days=days))
    await remove_inactive(pool)
    assert await pool.fetchval("select count(*) from subscription where removed_at is null") == left


async def test_who_was_left_out_on_purpose_was_not_spoken_to(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    ident = await subscribe(service.browser(), daily_cap=1, muted=["sport"])
    await desk.send("one")
    assert (await desk.send("two")).skipped_cap == 1
    await desk.send("three", section="Sport")
    await long_ago(pool, ident)
    await remove_inactive(pool)
    assert await desk.removed(ident) is None


async def test_what_is_told_of_the_audience(
    client: httpx.AsyncClient, publisher_key: str, editor_token: str, moderator_token: str,
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool,
) -> None:  # fmt: skip
    await desk.schedule("ferry")
    await subscribe(service.browser())
    await subscribe(service.browser(), ["*"], articles=["ferry"], muted=["sport"])
    await subscribe(service.browser(), articles=["ferry"])
    await subscribe(service.browser(), ["world", "local"])
    await subscribe(service.browser(), ["local"])
    for reason, days in (("gone", 1), ("gone", 60), ("inactive", 5), ("unsubscribed", 100)):
        ident = await subscribe(service.browser())
        await long_ago(pool, ident, 120)
        await pool.execute(
            """
            update subscription set removed_reason = $2,
                removed_at = now() - make_interval(days => $3)
            where id = $1
            """,
            ident,
            reason,
            days,
        )
    told = await client.get("/v1/sites/default/push/audience", headers=bearer(publisher_key))
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()
    days = found.pop("days")
    assert found == {
        "living": 5,
        "all_topics": 2,
        "only_articles": 1,
        "following": 2,
        "muting": 1,
        "topics": [
            {"slug": "local", "subscriptions": 2},
            {"slug": "world", "subscriptions": 1},
        ],
        "removed": [
            {"reason": "gone", "days_30": 1, "days_90": 2},
            {"reason": "inactive", "days_30": 1, "days_90": 1},
        ],
    }
    assert len(days) == 30
    assert days == sorted(days, key=lambda day: day["day"])
    assert (sum(d["added"] for d in days), sum(d["removed"] for d in days)) == (5, 2)
    path = "/v1/moderation/alerts/audience"
    same = await client.get(path, params={"site": "default"}, headers=bearer(editor_token))
    assert same.json() == told.json()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'other', '', '{}')", uuid7()
    )
    for site, status in (("", 422), ("nowhere", 404)):
        answer = await client.get(path, params={"site": site}, headers=bearer(editor_token))
        assert answer.status_code == status
    answer = await client.get(path, params={"site": "default"}, headers=bearer(moderator_token))
    assert answer.status_code == 403


async def test_an_editor_of_another_site_is_told_nothing(
    client: httpx.AsyncClient, pool: Pool, state: dict[str, Any]
) -> None:
    async with pool.acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", [])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    assert state
    answer = await client.get(
        "/v1/moderation/alerts/audience", params={"site": "default"}, headers=bearer(token)
    )
    assert answer.status_code == 403
