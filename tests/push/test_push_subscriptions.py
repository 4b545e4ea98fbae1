"""Subscribing over HTTP, and receipts."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import Browser, PushService

from service.core.db import Pool, uuid7
from service.core.tokens import Keyring
from service.push import endpoints, store
from service.push.receipts import make_receipt
from service.push.routes import SUBSCRIPTIONS_OF_A_DAY

BASE = "/v1/sites/default/push"
SUBSCRIPTIONS = f"{BASE}/subscriptions"


@pytest.fixture(autouse=True)
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every push service has a public address, whatever network the tests run in."""

    async def lookup(_host: str) -> list[str]:
        return ["142.250.74.10"]

    monkeypatch.setattr(endpoints, "lookup", lookup)


def browser(path: str = "one") -> Browser:
    return Browser(f"https://updates.push.services.mozilla.com/wpush/v2/{path}")


async def post(client: httpx.AsyncClient, who: Browser, **fields: Any) -> httpx.Response:
    return await client.post(SUBSCRIPTIONS, json={"subscription": who.json(), **fields})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_page_learns_the_key_and_the_topics(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool
) -> None:
    for key, section, tags in (
        ("a", "World", ["Climate & Energy"]),
        ("b", "world", ["climate energy", "&&"]),
        ("c", "Sport", []),
        ("d", None, []),
    ):
        await client.put(
            f"/v1/sites/default/articles/{key}",
            json={
                "url": f"https://a.example/{key}",
                "title": "T",
                "section": section,
                "tags": tags,
            },
            headers=bearer(publisher_key),
        )
    answer = await client.get(BASE, headers={"origin": "https://news.example"})
    assert answer.headers["access-control-allow-origin"] == "https://news.example"
    assert answer.headers["cache-control"] == "public, max-age=60"
    found = answer.json()
    assert [topic["slug"] for topic in found["topics"]] == ["climate-energy", "sport", "world"]
    assert found["key_id"] == await pool.fetchval("select id from vapid_key")
    assert len(found["public_key"]) == 87


async def test_all_but_one_of_what_is_offered_can_be_chosen(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    for n in range(4):
        tags = [f"Topic {n} {m}" for m in range(30)]
        await client.put(
            f"/v1/sites/default/articles/{n}",
            json={"url": f"https://a.example/{n}", "title": "T", "tags": tags},
            headers=bearer(publisher_key),
        )
    offered = [topic["slug"] for topic in (await client.get(BASE)).json()["topics"]]
    assert len(offered) == 120
    answer = await post(client, browser(), topics=offered[1:])
    assert answer.status_code == 201, answer.text


async def test_site_without_a_key_gets_one(client: httpx.AsyncClient, pool: Pool) -> None:
    await pool.execute("delete from vapid_key")
    first = (await client.get(BASE)).json()["key_id"]
    assert (await client.get(BASE)).json()["key_id"] == first


async def test_subscribe_change_end(client: httpx.AsyncClient, pool: Pool) -> None:
    answer = await post(
        client,
        browser(),
        topics=["Climate & Energy", "world"],
        time_zone="Europe/Kyiv",
        locale="uk-UA",
    )
    assert answer.status_code == 201
    ident, token = answer.json()["id"], answer.json()["token"]
    assert await _row(pool, ident) == (["climate-energy", "world"], "Europe/Kyiv", "uk-UA", None)
    path = f"{SUBSCRIPTIONS}/{ident}"
    changed = await client.patch(path, json={"topics": ["Sport"]}, headers=bearer(token))
    assert changed.json() == {
        "id": ident,
        "topics": ["sport"],
        "time_zone": "Europe/Kyiv",
        "locale": "uk-UA",
        "daily_cap": None,
        "quiet": None,
        "articles": [],
        "muted": [],
    }
    emptied = await client.patch(path, json={"locale": None, "topics": []}, headers=bearer(token))
    assert (emptied.json()["locale"], emptied.json()["topics"]) == (None, [])
    for _ in range(2):
        assert (await client.delete(path, headers=bearer(token))).status_code == 204
    assert await _row(pool, ident) == ([], None, None, "unsubscribed")
    gone = await client.patch(path, json={"topics": []}, headers=bearer(token))
    assert gone.status_code == 404


async def _row(pool: Pool, ident: str) -> tuple[Any, ...]:
    row = await pool.fetchrow(
        "select topics, time_zone, locale, removed_reason from subscription where id = $1",
        UUID(ident),
    )
    assert row is not None
    return tuple(row)


async def test_same_endpoint_is_the_same_subscription(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    who = browser()
    first = (await post(client, who, topics=["world"])).json()
    assert (await post(client, who, topics=["sport"])).json() == first
    assert (await _row(pool, first["id"]))[0] == ["sport"]
    await client.delete(f"{SUBSCRIPTIONS}/{first['id']}", headers=bearer(first["token"]))
    assert (await post(client, who)).json() == first, "coming back"
    assert await _row(pool, first["id"]) == ([], None, None, None)
    assert (await post(client, browser("two"))).json()["id"] != first["id"]


async def test_address_is_stored_hashed(client: httpx.AsyncClient, pool: Pool) -> None:
    await post(client, browser())
    text = await pool.fetchval("select t::text from subscription t")
    assert "127.0.0.1" not in text
    assert len(await pool.fetchval("select address_hash from subscription")) == 16
    await pool.execute("update subscription set updated_at = now() - interval '31 days'")
    async with pool.acquire() as conn:
        await store.forget_addresses(conn)
    assert await pool.fetchval("select address_hash from subscription") is None


async def test_changed_key_is_told(client: httpx.AsyncClient, pool: Pool) -> None:
    old = (await client.get(BASE)).json()["key_id"]
    assert (await post(client, browser(), key_id=old)).status_code == 201
    await pool.execute("update vapid_key set retired_at = now()")
    answer = await post(client, browser(), key_id=old)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    new = (await client.get(BASE)).json()["key_id"]
    assert new != old
    assert (await post(client, browser(), key_id=new)).status_code == 201


async def test_old_subscribers_are_reached_with_their_own_key(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    old, new = service.browser(), service.browser()
    await subscribe(old)
    await pool.execute("update vapid_key set retired_at = now()")
    await subscribe(new)
    assert (await desk.send()).accepted == 2
    keys = [who.headers[0]["Authorization"].split(",k=")[1] for who in (old, new)]
    assert keys[0] != keys[1]


async def test_one_address_can_subscribe_only_so_often(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    state["limiter"]._enabled = True
    answers = [await post(client, browser(str(number))) for number in range(31)]
    assert [a.status_code for a in answers] == [201] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_nor_more_than_three_hundred_times_a_day_however_slowly(
    client: httpx.AsyncClient, state: dict[str, Any], pool: Pool
) -> None:
    limiter, keyring = state["limiter"], state["keyring"]
    limiter._enabled = True
    assert (await post(client, browser("first"))).status_code == 201
    for _ in range(SUBSCRIPTIONS_OF_A_DAY.burst - 1):
        await limiter.take(SUBSCRIPTIONS_OF_A_DAY, keyring.digest("address", "127.0.0.1"))
    answer = await post(client, browser("another"))
    assert answer.status_code == 429
    assert 200 < int(answer.headers["retry-after"]) <= 288
    assert await pool.fetchval("select count(*) from subscription") == 1


async def test_a_token_is_no_use_once_its_subscription_has_ended(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    one = (await post(client, browser())).json()
    path, headers = f"{SUBSCRIPTIONS}/{one['id']}", bearer(one["token"])
    for _ in range(2):
        assert (await client.request("DELETE", path, headers=headers)).status_code == 204
    answer = await client.patch(path, json={"topics": ["world"]}, headers=headers)
    assert answer.status_code == 404
    row = await pool.fetchrow("select * from subscription")
    assert row is not None
    assert row["removed_reason"] == "unsubscribed"
    assert (row["endpoint"], row["p256dh"], row["auth"], row["topics"]) == (None, None, None, [])


async def test_token_of_another_subscription_is_no_use(
    client: httpx.AsyncClient, state: dict[str, Any], publisher_key: str
) -> None:
    one = (await post(client, browser("one"))).json()
    two = (await post(client, browser("two"))).json()
    path = f"{SUBSCRIPTIONS}/{one['id']}"
    keyring: Keyring = state["keyring"]
    for method in ("PATCH", "DELETE"):
        for token, status in (
            ("", 401),
            ("rs" + "a" * 52, 401),
            (one["token"][:-1], 401),
            (two["token"], 403),
            (publisher_key, 403),
            (keyring.object_token("re", UUID(one["id"])), 403),
        ):
            answer = await client.request(method, path, json={}, headers=bearer(token))
            assert answer.status_code == status, (method, token)


async def test_subscription_of_another_site_is_not_found(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    one = (await post(client, browser())).json()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'other', '', '{}')", uuid7()
    )
    path = f"/v1/sites/other/push/subscriptions/{one['id']}"
    for method in ("PATCH", "DELETE"):
        answer = await client.request(method, path, json={}, headers=bearer(one["token"]))
        assert answer.status_code == 404
    assert await _row(pool, one["id"]) == ([], None, None, None)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9000/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://user@fcm.googleapis.com/a",
        "https://169.254.169.254/latest",
    ],
)
async def test_endpoint_that_is_no_push_service_is_refused(
    client: httpx.AsyncClient, endpoint: str
) -> None:
    answer = await post(client, Browser(endpoint))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.subscription.endpoint"


async def test_endpoint_that_resolves_inside_is_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(_host: str) -> list[str]:
        return ["10.0.0.7"]

    monkeypatch.setattr(endpoints, "lookup", lookup)
    assert (await post(client, browser())).status_code == 422


# Receipts


async def receipt_of(service: PushService, desk: Desk, subscribe: Subscriber) -> tuple[str, Any]:
    who = service.browser()
    await subscribe(who)
    alert = await desk.start()
    await desk.courier.deliver()
    return who.messages[0]["receipt"], alert


async def say(client: httpx.AsyncClient, receipt: str, event: str) -> int:
    answer = await client.post("/v1/push/receipts", json={"receipt": receipt, "event": event})
    return answer.status_code


async def test_receipts_count_once(
    client: httpx.AsyncClient, desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    receipt, alert = await receipt_of(service, desk, subscribe)
    for event in ("shown", "shown", "clicked", "clicked", "shown"):
        assert await say(client, receipt, event) == 204
    counts = await desk.counts(alert)
    assert (counts.shown, counts.clicked) == (1, 1)
    subscription = await pool.fetchval("select id from subscription")
    text = await pool.fetchval("select string_agg(t::text, ' ') from receipt t")
    assert subscription.hex not in text.replace("-", "")


async def test_forged_receipts_count_nothing(
    client: httpx.AsyncClient, desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    receipt, alert = await receipt_of(service, desk, subscribe)
    forged = make_receipt(Keyring(b"another secret, just as long as it is"), alert.id, uuid7())
    swapped = receipt[:20] + ("a" if receipt[20] != "a" else "b") + receipt[21:]
    for text in (forged, swapped, receipt + "a", receipt[:-1], "", "é" * 61, "\x00" * 61):
        assert await say(client, text, "shown") == 422
    assert (await desk.counts(alert)).shown == 0


async def test_folding_keeps_the_counts_and_forgets_the_tags(
    client: httpx.AsyncClient,
    desk: Desk,
    service: PushService,
    subscribe: Subscriber,
    pool: Pool,
    keyring: Keyring,
) -> None:
    receipt, alert = await receipt_of(service, desk, subscribe)
    await say(client, receipt, "shown")
    await say(client, receipt, "clicked")
    await say(client, make_receipt(keyring, alert.id, uuid7()), "shown")
    async with pool.acquire() as conn:
        for _ in range(2):
            await store.fold_receipts(conn, alert.send_at.replace(year=2200))
    assert await pool.fetchval("select count(*) from receipt") == 0
    assert await say(client, receipt, "shown") == 204, "a late replay is taken and counts nothing"
    counts = await desk.counts(alert)
    assert (counts.shown, counts.clicked) == (2, 1)


async def test_receipt_for_an_alert_that_was_never_sent_counts_nothing(
    client: httpx.AsyncClient, desk: Desk, keyring: Keyring
) -> None:
    alert = await desk.schedule()
    assert await say(client, make_receipt(keyring, alert.id, uuid7()), "shown") == 204
    assert await say(client, make_receipt(keyring, uuid7(), uuid7()), "shown") == 204
    assert (await desk.counts(alert)).shown == 0
