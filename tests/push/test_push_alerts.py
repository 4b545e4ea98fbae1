"""Publishing and alerting over HTTP: one alert per article and edition, hold and cancel."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from push.push_desk import Desk, Subscriber, there
from push.push_service import PushService

from service.core.db import Pool
from service.push.delivery import start_alert
from service.push.jobs import Push
from service.push.restored import Watch
from service.settings import Settings

ARTICLE = {"url": "https://news.example/boat", "title": "The boat sails", "summary": "All winter."}


@pytest.fixture
def publisher(client: httpx.AsyncClient, publisher_key: str) -> httpx.AsyncClient:
    client.headers["authorization"] = f"Bearer {publisher_key}"
    return client


async def put(client: httpx.AsyncClient, key: str = "boat", **fields: Any) -> httpx.Response:
    return await client.put(f"/v1/sites/default/articles/{key}", json={**ARTICLE, **fields})


async def post(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/sites/default/alerts", json={"article": "boat", **fields})


async def get(client: httpx.AsyncClient, ident: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/sites/default/alerts/{ident}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_put_registers_then_updates(publisher: httpx.AsyncClient) -> None:
    first = await put(publisher, section="World", tags=["Climate"])
    assert first.status_code == 201
    assert first.json() == {
        "article": {
            "key": "boat",
            "url": "https://news.example/boat",
            "title": "The boat sails",
            "summary": "All winter.",
            "image": None,
            "image_credit": None,
            "section": "World",
            "tags": ["Climate"],
            "published_at": None,
            "open": True,
            "mode": None,
            "slow_mode": None,
            "support": None,
            "comments": 0,
        },
        "alert": None,
    }
    second = await put(publisher, title="The boat sailed", summary=None)
    assert second.status_code == 200
    article = second.json()["article"]
    assert (article["title"], article["summary"], article["section"]) == (
        "The boat sailed", None, "World",
    )  # fmt: skip


async def test_editing_never_alerts_again(publisher: httpx.AsyncClient, pool: Pool) -> None:
    first = (await put(publisher, alert=True)).json()["alert"]
    assert first["state"] == "scheduled"
    assert (await put(publisher, title="Corrected", alert=True)).json()["alert"] == first
    assert (await put(publisher, title="Corrected")).json()["alert"] is None
    assert (await post(publisher)).json()["id"] == first["id"]
    assert await pool.fetchval("select count(*) from alert") == 1
    assert (await get(publisher, first["id"]))["title"] == "The boat sails"


async def test_one_alert_under_concurrent_puts_and_posts(
    publisher: httpx.AsyncClient,
    pool: Pool,
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    local: Settings,
) -> None:
    browsers = [service.browser() for _ in range(3)]
    for browser in browsers:
        await subscribe(browser)
    await put(publisher)
    answers = await asyncio.gather(
        *(put(publisher, alert=True) for _ in range(10)), *(post(publisher) for _ in range(10))
    )
    idents = {(a.json()["alert"] if a.request.method == "PUT" else a.json())["id"] for a in answers}
    assert len(idents) == 1
    assert {a.status_code for a in answers} == {200, 202}
    assert await pool.fetchval("select count(*) from alert") == 1
    assert await pool.fetchval("select count(*) from pgqueuer where entrypoint = 'push-start'") == 1
    await pool.execute("update alert set send_at = now()")
    # Several workers start and deliver it at once, and again: everybody is told once.
    push = Push(pool, desk.courier, there, Watch(pool, local))
    for _ in range(2):
        await asyncio.gather(*(push.sweep() for _ in range(5)))
        await asyncio.gather(*(push.deliver(b"") for _ in range(5)))
    assert [len(browser.messages) for browser in browsers] == [1, 1, 1]
    (ident,) = idents
    assert (await get(publisher, ident))["state"] == "sent"


async def test_new_edition_is_a_new_alert(publisher: httpx.AsyncClient) -> None:
    await put(publisher, alert=True)
    second = await post(publisher, edition=2, title="Correction: the boat sails at six")
    assert second.status_code == 202
    assert (second.json()["edition"], second.json()["state"]) == (2, "scheduled")
    assert (await post(publisher, edition=2)).json() == second.json()


async def test_alert_takes_from_the_article_what_is_left_out(publisher: httpx.AsyncClient) -> None:
    await put(publisher, section="World", tags=["Climate & Energy", "world"])
    answer = (await post(publisher)).json()
    assert answer.pop("id")
    assert datetime.fromisoformat(answer.pop("send_at"))
    nothing = dict.fromkeys(
        [
            *("audience", "accepted", "gone", "failed", "skipped", "pending", "shown", "clicked"),
            *("skipped_cap", "skipped_quiet"),
        ],
        0,
    )
    assert answer.pop("breaking") is False
    breaking = await post(publisher, edition=7, breaking=True)
    assert breaking.json()["breaking"] is True
    assert answer == {
        "state": "scheduled",
        "article": "boat",
        "edition": 1,
        "title": "The boat sails",
        "topics": ["world", "climate-energy"],
        "counts": nothing,
        "paused": False,
    }
    own = await post(publisher, edition=2, title="Own", body="", topics=["Big News"])
    assert (own.json()["title"], own.json()["topics"]) == ("Own", ["big-news"])
    assert (await post(publisher, edition=3, topics=[])).json()["topics"] == []


async def test_alert_by_an_alias_is_the_articles(publisher: httpx.AsyncClient) -> None:
    first = (await put(publisher, alert=True, aliases=["wp-17"])).json()["alert"]
    answer = await publisher.post("/v1/sites/default/alerts", json={"article": "wp-17"})
    assert answer.json()["id"] == first["id"]


async def test_held_alert_waits_and_can_be_cancelled(
    publisher: httpx.AsyncClient, pool: Pool, settings: Settings
) -> None:
    assert settings.alert_hold == 30
    ident = (await put(publisher, alert=True)).json()["alert"]["id"]
    async with pool.acquire() as conn:
        assert not await start_alert(conn, (await _ids(pool))[0]), "started within the hold"
    answer = await publisher.delete(f"/v1/sites/default/alerts/{ident}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = await publisher.delete(f"/v1/sites/default/alerts/{ident}")
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")
    await pool.execute("update alert set send_at = now() - interval '1 minute'")
    async with pool.acquire() as conn:
        assert not await start_alert(conn, (await _ids(pool))[0]), "a cancelled alert started"
    repeat = (await put(publisher, alert=True)).json()["alert"]
    assert repeat == {"id": ident, "state": "cancelled"}
    assert (await post(publisher)).json()["state"] == "cancelled"


async def _ids(pool: Pool) -> list[Any]:
    return [row["id"] for row in await pool.fetch("select id from alert")]


async def test_too_late_to_cancel(
    publisher: httpx.AsyncClient, desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser(503))
    alert = await desk.start("boat")
    sending = await publisher.delete(f"/v1/sites/default/alerts/{alert.id}")
    assert (sending.status_code, sending.json()["type"]) == (409, "/problems/conflict")
    await desk.courier.deliver()
    await desk.again(alert)
    sent = await publisher.delete(f"/v1/sites/default/alerts/{alert.id}")
    assert sent.status_code == 409
    assert (await get(publisher, str(alert.id)))["state"] == "sent"


async def test_cancelling_and_starting_at_once_do_one_of_the_two(
    publisher: httpx.AsyncClient, pool: Pool, desk: Desk
) -> None:
    for number in range(10):
        alert = await desk.schedule(f"race-{number}")

        async def start(alert: Any = alert) -> bool:
            async with pool.acquire() as conn:
                return await start_alert(conn, alert.id)

        answer, started = await asyncio.gather(
            publisher.delete(f"/v1/sites/default/alerts/{alert.id}"), start()
        )
        state = await desk.state(alert)
        assert (answer.status_code, state) in {(200, "cancelled"), (409, "sent")}
        assert started is (state == "sent")


async def test_scheduled_for_a_time(publisher: httpx.AsyncClient, pool: Pool) -> None:
    await put(publisher)
    later = datetime.now(UTC) + timedelta(hours=5)
    answer = await post(publisher, send_at=later.isoformat())
    assert datetime.fromisoformat(answer.json()["send_at"]) == later
    past = await post(publisher, edition=2, send_at="2020-01-01T00:00:00+01:00")
    assert datetime.fromisoformat(past.json()["send_at"]) > datetime.now(UTC)
    wait = await pool.fetchval("select max(execute_after) - now() from pgqueuer")
    assert round(wait.total_seconds() / 60) == 300


async def test_failing_article_leaves_no_alert(publisher: httpx.AsyncClient, pool: Pool) -> None:
    answer = await put(publisher, alert=True, title="\u202e \x01")
    assert answer.status_code == 422
    assert await pool.fetchval("select count(*) from alert") == 0
    assert await pool.fetchval("select count(*) from pgqueuer") == 0


async def test_counts_are_public_to_the_publisher_alone(
    client: httpx.AsyncClient, desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser())
    alert = await desk.start("boat")
    assert (await client.get(f"/v1/sites/default/alerts/{alert.id}")).status_code == 401
