"""Bad fields of every body that push takes: 422 with the field's path, and nothing is stored."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from push.push_problems import check
from push.push_service import Browser

from service.core.db import Pool
from service.core.tokens import Keyring

SITE = "/v1/sites/default"
SUBSCRIPTION = UUID("0195e000-0000-7000-8000-000000000001")
NO_SURROGATE = b'"\\ud800"'
LONG = "x" * 501

BAD_ARTICLES: list[tuple[dict[str, Any], str]] = [
    ({"url": ""}, "$.url"),
    ({"url": "javascript:alert(1)"}, "$.url"),
    ({"url": "//news.example/a"}, "$.url"),
    ({"url": "https://news.example/a b"}, "$.url"),
    ({"url": 5}, "$.url"),
    ({"title": ""}, "$.title"),
    ({"title": LONG}, "$.title"),
    ({"title": "a\x00b"}, "$.title"),
    ({"title": None}, "$.title"),
    ({"image": "ftp://x/y"}, "$.image"),
    ({"image_credit": 5}, "$.image_credit"),
    ({"image_credit": "c" * 201}, "$.image_credit"),
    ({"image_credit": "a\nb"}, "$.image_credit"),
    ({"tags": "world"}, "$.tags"),
    ({"tags": ["t"] * 201}, "$.tags"),
    ({"alert": "yes"}, "$.alert"),
    ({"alert": 1}, "$.alert"),
    ({"published_at": "yesterday"}, "$.published_at"),
    ({"published_at": "2026-11-23T12:00:00"}, "$.published_at"),
    ({"mode": "closed"}, "$.mode"),
]


async def test_bad_article(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, subtests: pytest.Subtests
) -> None:
    headers = {"authorization": f"Bearer {publisher_key}"}
    for change, path in BAD_ARTICLES:
        with subtests.test(change=change):
            body = {"url": "https://news.example/a", "title": "T", "alert": True, **change}
            answer = await client.put(f"{SITE}/articles/a", json=body, headers=headers)
            check(answer, 422, path)
    assert await pool.fetchval("select count(*) from article") == 0


KEYS_AND_STATUSES = [
    ("a" * 200, 201),
    ("post:1.2~x-y_z", 201),
    ("a" * 300, 422),
    ("é", 422),
    ("a%20b", 422),
    ("a%00b", 422),
    ("a%2Fb", 404),
    ("a/b", 404),
    ("%F0%9F%98%80", 422),
    ("%ff", 422),
]


async def test_article_keys_as_editors_write_them(
    client: httpx.AsyncClient, publisher_key: str, subtests: pytest.Subtests
) -> None:
    for key, status in KEYS_AND_STATUSES:
        with subtests.test(key=key):
            answer = await client.put(
                f"{SITE}/articles/{key}",
                json={"url": f"https://news.example/{key[:9]}", "title": "T", "alert": True},
                headers={"authorization": f"Bearer {publisher_key}"},
            )
            assert answer.status_code == status, answer.text


BAD_ALERTS: list[tuple[dict[str, Any], int, str | None]] = [
    ({"article": "unknown"}, 404, None),
    ({"article": "a\x00"}, 422, "$.article"),
    ({"article": "../a"}, 422, "$.article"),
    ({"article": "é"}, 422, "$.article"),
    ({"article": ""}, 422, "$.article"),
    ({"article": "a" * 201}, 422, "$.article"),
    ({"article": 7}, 422, "$.article"),
    ({"title": ""}, 422, "$.title"),
    ({"title": "  "}, 422, "$.title"),
    ({"title": LONG}, 422, "$.title"),
    ({"title": "a\x00b"}, 422, "$.title"),
    ({"title": "a\nb"}, 422, "$.title"),
    ({"body": "x" * 2001}, 422, "$.body"),
    ({"body": "a\x1bb"}, 422, "$.body"),
    ({"topics": "world"}, 422, "$.topics"),
    ({"topics": [""]}, 422, "$.topics[0]"),
    ({"topics": ["&&"]}, 422, "$.topics"),
    ({"topics": ["\x00"]}, 422, "$.topics"),
    ({"topics": ["t"] * 201}, 422, "$.topics"),
    ({"send_at": "tomorrow"}, 422, "$.send_at"),
    ({"send_at": 1_800_000_000}, 422, "$.send_at"),
    ({"send_at": "2026-12-01T08:00:00"}, 422, "$.send_at"),
    ({"send_at": "2999-12-01T08:00:00Z"}, 422, "$.send_at"),
    ({"send_at": "9999-12-31T23:59:59-14:00"}, 422, "$.send_at"),
    ({"urgency": "urgent"}, 422, "$.urgency"),
    ({"ttl": -1}, 422, "$.ttl"),
    ({"ttl": 2_419_201}, 422, "$.ttl"),
    ({"ttl": "60"}, 422, "$.ttl"),
    ({"ttl": 1.5}, 422, "$.ttl"),
    ({"edition": 0}, 422, "$.edition"),
    ({"edition": 10_001}, 422, "$.edition"),
    ({"edition": True}, 422, "$.edition"),
]


async def test_bad_alert(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, subtests: pytest.Subtests
) -> None:
    headers = {"authorization": f"Bearer {publisher_key}"}
    article = {"url": "https://news.example/a", "title": "T"}
    await client.put(f"{SITE}/articles/a", json=article, headers=headers)
    for change, status, path in BAD_ALERTS:
        with subtests.test(change=change):
            body = {"article": "a", **change}
            answer = await client.post(f"{SITE}/alerts", json=body, headers=headers)
            check(answer, status, path)
    assert await pool.fetchval("select count(*) from alert") == 0


def _subscription(**change: Any) -> dict[str, Any]:
    whole = Browser("https://updates.push.services.mozilla.com/wpush/v2/a").json()
    return {"subscription": {**whole, **change}}


KEYS = Browser("").json()["keys"]

BAD_SUBSCRIPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"subscription": None}, "$.subscription"),
    ({"subscription": "https://fcm.googleapis.com/a"}, "$.subscription"),
    ({"subscription": {}}, "$.subscription"),
    (_subscription(endpoint=""), "$.subscription.endpoint"),
    (_subscription(endpoint=5), "$.subscription.endpoint"),
    (_subscription(endpoint="https://fcm.googleapis.com/" + "a" * 2000), "$.subscription.endpoint"),
    (_subscription(endpoint="https://fcm.googleapis.com/\x00"), "$.subscription.endpoint"),
    (_subscription(endpoint="https://fcm.googleapis.com/é"), "$.subscription.endpoint"),
    (_subscription(expirationTime="soon"), "$.subscription.expirationTime"),
    (_subscription(surprise=1), "$.subscription"),
    (_subscription(keys=None), "$.subscription.keys"),
    (_subscription(keys={"auth": KEYS["auth"]}), "$.subscription.keys"),
    (_subscription(keys={**KEYS, "p256dh": "AAAA"}), "$.subscription.keys.p256dh"),
    (_subscription(keys={**KEYS, "p256dh": "B" * 87}), "$.subscription.keys.p256dh"),
    (_subscription(keys={**KEYS, "auth": "AAAA"}), "$.subscription.keys.auth"),
    (_subscription(keys={**KEYS, "auth": "A" * 101}), "$.subscription.keys.auth"),
    (_subscription(keys={**KEYS, "more": "x"}), "$.subscription.keys"),
    ({**_subscription(), "topics": "world"}, "$.topics"),
    ({**_subscription(), "topics": [1]}, "$.topics[0]"),
    ({**_subscription(), "topics": ["&&"]}, "$.topics"),
    ({**_subscription(), "topics": ["x" * 101]}, "$.topics[0]"),
    ({**_subscription(), "topics": ["t"] * 201}, "$.topics"),
    ({**_subscription(), "time_zone": "../../etc/passwd"}, "$.time_zone"),
    ({**_subscription(), "time_zone": "Europe/Kyiv\n"}, "$.time_zone"),
    ({**_subscription(), "time_zone": "A" * 65}, "$.time_zone"),
    ({**_subscription(), "locale": "de_DE.UTF-8"}, "$.locale"),
    ({**_subscription(), "locale": "x" * 36}, "$.locale"),
    ({**_subscription(), "locale": "\x00"}, "$.locale"),
    ({**_subscription(), "key_id": "k" * 65}, "$.key_id"),
]


async def test_bad_subscription(
    client: httpx.AsyncClient, pool: Pool, subtests: pytest.Subtests
) -> None:
    for body, path in BAD_SUBSCRIPTIONS:
        with subtests.test(body=body):
            check(await client.post(f"{SITE}/push/subscriptions", json=body), 422, path)
    assert await pool.fetchval("select count(*) from subscription") == 0


BAD_PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"topics": None}, "$.topics"),
    ({"topics": ["&"]}, "$.topics"),
    ({"time_zone": ""}, "$.time_zone"),
    ({"locale": 1}, "$.locale"),
    ({"endpoint": "https://fcm.googleapis.com/a"}, "$"),
    ({"daily_cap": 0}, "$.daily_cap"),
    ({"daily_cap": 1001}, "$.daily_cap"),
    ({"daily_cap": "3"}, "$.daily_cap"),
    ({"daily_cap": True}, "$.daily_cap"),
    ({"quiet": {"from": "22:00"}}, "$.quiet"),
    ({"quiet": {"from": "22:00", "until": "7:00"}}, "$.quiet.until"),
    ({"quiet": {"from": "24:00", "until": "07:00"}}, "$.quiet.from"),
    ({"quiet": {"from": "22:00\n", "until": "07:00"}}, "$.quiet.from"),
    ({"quiet": {"from": "22:00", "until": "07:00", "zone": "UTC"}}, "$.quiet"),
    ({"quiet": "22:00-07:00"}, "$.quiet"),
    ({"articles": None}, "$.articles"),
    ({"articles": ["nowhere"]}, "$.articles[0]"),
    ({"articles": ["a\x00"]}, "$.articles"),
    ({"articles": [""]}, "$.articles[0]"),
    ({"articles": ["a"] * 201}, "$.articles"),
    ({"muted": ["&"]}, "$.muted"),
    ({"muted": ["*"]}, "$.muted"),
    ({"muted": ["t"] * 201}, "$.muted"),
    ({"muted": None}, "$.muted"),
]


async def test_bad_patch(
    client: httpx.AsyncClient, keyring: Keyring, subtests: pytest.Subtests
) -> None:
    headers = {"authorization": f"Bearer {keyring.object_token('rs', SUBSCRIPTION)}"}
    for body, path in BAD_PATCHES:
        with subtests.test(body=body):
            answer = await client.patch(
                f"{SITE}/push/subscriptions/{SUBSCRIPTION}", json=body, headers=headers
            )
            check(answer, 422, path)


async def test_bad_choices_at_once(
    client: httpx.AsyncClient, pool: Pool, subtests: pytest.Subtests
) -> None:
    who = Browser("https://updates.push.services.mozilla.com/wpush/v2/one").json()
    for body, path in BAD_PATCHES[5:]:
        with subtests.test(body=body):
            body = {"subscription": who, **body}  # noqa: PLW2901 (as it is sent here)
            check(await client.post(f"{SITE}/push/subscriptions", json=body), 422, path)
    assert await pool.fetchval("select count(*) from subscription") == 0


BAD_RECEIPTS: list[tuple[dict[str, Any], str]] = [
    ({}, "$"),
    ({"receipt": "a", "event": "shown"}, "$.receipt"),
    ({"receipt": "a" * 101, "event": "shown"}, "$.receipt"),
    ({"receipt": None, "event": "shown"}, "$.receipt"),
    ({"receipt": "a" * 61, "event": "closed"}, "$.event"),
    ({"receipt": "a" * 61, "event": "shown"}, "$.receipt"),
    ({"receipt": "a" * 61, "event": "shown", "who": "me"}, "$"),
]


async def test_bad_receipt(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for body, path in BAD_RECEIPTS:
        with subtests.test(body=body):
            check(await client.post("/v1/push/receipts", json=body), 422, path)


SURROGATES = [
    ("PUT", f"{SITE}/articles/a", b'{"url":"https://a.example/","title":%s}'),
    ("POST", f"{SITE}/alerts", b'{"article":"a","title":%s}'),
    ("POST", f"{SITE}/push/subscriptions", b'{"subscription":{"endpoint":%s}}'),
    ("POST", "/v1/push/receipts", b'{"event":"shown","receipt":%s}'),
]


async def test_lone_surrogates(
    client: httpx.AsyncClient, publisher_key: str, subtests: pytest.Subtests
) -> None:
    headers = {"authorization": f"Bearer {publisher_key}"}
    for method, path, body in SURROGATES:
        with subtests.test(path=path):
            answer = await client.request(
                method, path, content=body % NO_SURROGATE, headers=headers
            )
            assert answer.status_code in {400, 422}
            check(answer, answer.status_code)


async def test_texts_that_turn_direction_pass_as_they_are(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    """A headline in Arabic needs its marks; only the browser shows it, as text."""
    title = "\u202b\u0627\u0644\u0639\u0628\u0627\u0631\u0629\u202c"
    answer = await client.put(
        f"{SITE}/articles/a",
        json={"url": "https://news.example/a", "title": title},
        headers={"authorization": f"Bearer {publisher_key}"},
    )
    assert answer.json()["article"]["title"] == title
