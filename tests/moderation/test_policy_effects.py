"""Closing by age and by the hour, slow mode: for whoever reads, and whoever writes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from thread import bearer, new, post, read, thread

from service.articles.types import Article, Site
from service.comments.opening import opening, slow_mode
from service.core.db import Pool, uuid7
from service.screening.types import Hours, Policy, Window

PUT = "/v1/moderation/policy"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday
WORKDAYS = Hours("Europe/Berlin", [Window([0, 1, 2, 3, 4], "08:00", "18:00")], "close")


def article(**more: Any) -> Article:
    fields: dict[str, Any] = {
        "id": uuid7(), "site_id": uuid7(), "key": "a-1", "url": "https://news.example/a-1",
        "title": "A bridge", "summary": None, "image": None, "image_credit": None, "section": None,
        "tags": [], "published_at": None, "open": True, "mode": None, "verified": True,
        "comment_count": 0, "thread_version": 1, "created_at": NOW - timedelta(days=3),
        "slow_mode": None,
    }  # fmt: skip
    return Article(**{**fields, **more})


def hours_now(outside: str, *, staffed: bool) -> dict[str, Any]:
    """A schedule that is staffed today, or on every other day."""
    today = datetime.now(UTC).weekday()
    days = [today] if staffed else [day for day in range(7) if day != today]
    windows = [{"days": days, "from": "00:00", "to": "00:00"}]
    return {"hours": {"time_zone": "UTC", "windows": windows, "outside": outside}}


@pytest.fixture
def put(client: httpx.AsyncClient, editor_token: str) -> Any:
    """Puts a policy."""

    async def put(policy: dict[str, Any]) -> None:
        answer = await client.put(PUT, json={"policy": policy}, headers=bearer(editor_token))
        assert answer.status_code == 200, answer.text

    return put


def test_by_age() -> None:
    three, four = Policy(close_after_days=3), Policy(close_after_days=4)
    assert opening(article(), three, NOW).why == "Comments on an article are closed after 3 days."
    assert opening(article(), four, NOW).until == NOW + timedelta(days=1)
    # When it was published counts, and not when we heard of it.
    later = article(published_at=NOW - timedelta(days=1))
    assert opening(later, three, NOW).until == NOW + timedelta(days=2)
    assert opening(article(open=False), Policy(), NOW).until is None
    assert opening(None, three, NOW).open


def test_by_the_hour() -> None:
    policy = Policy(hours=WORKDAYS)
    assert opening(None, policy, NOW).open
    assert opening(article(), policy, NOW).until == NOW.replace(hour=17)
    evening = opening(article(), policy, NOW.replace(hour=17))
    assert (evening.open, evening.until) == (False, datetime(2026, 11, 30, 7, tzinfo=UTC))
    assert evening.why == "Comments are closed until Monday, 30 November, 08:00 (Europe/Berlin)."
    # Whichever comes first.
    both = Policy(hours=WORKDAYS, close_after_days=4)
    young = article(created_at=NOW - timedelta(days=4) + timedelta(hours=1))
    assert opening(young, both, NOW).until == NOW + timedelta(hours=1)
    holding = Hours(WORKDAYS.time_zone, WORKDAYS.windows, "hold")
    assert opening(article(), Policy(hours=holding), NOW.replace(hour=20)).open


def test_whose_slow_mode() -> None:
    assert slow_mode(article(), Policy()) == 0
    assert slow_mode(article(), Policy(slow_mode=60)) == 60
    assert slow_mode(article(slow_mode=0), Policy(slow_mode=60)) == 0
    assert slow_mode(article(slow_mode=5), Policy()) == 5


async def test_an_old_article_is_closed_and_says_so(
    client: httpx.AsyncClient, pool: Pool, put: Any
) -> None:
    posted = await post(client)
    await pool.execute("update article set created_at = now() - interval '8 days'")
    assert (await read(client))["article"]["open"] is True
    await put({"close_after_days": 7})
    assert (await read(client))["article"]["open"] is False
    refused = await client.post(thread(), json=new("Too late."))
    assert refused.status_code == 409
    assert refused.json()["detail"] == "Comments on an article are closed after 7 days."
    placed = await client.get(f"/v1/sites/default/comments/{posted['comment']['id']}")
    assert placed.json()["article"]["open"] is False
    await put({"close_after_days": 9})
    assert (await read(client))["article"]["open"] is True
    await post(client, "In time.")


async def test_a_kept_page_is_read_again_when_its_thread_closes(
    client: httpx.AsyncClient, pool: Pool, put: Any, state: dict[str, Any]
) -> None:
    await put({"close_after_days": 1})
    await post(client)
    await pool.execute(
        "update article set created_at = now() - interval '1 day' + interval '1500 ms'"
    )
    state["threads"].forget_all()
    first = await client.get(thread())
    assert first.json()["article"]["open"] is True
    known = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(thread(), headers=known)).status_code == 304
    assert len(state["threads"]._pages) == 1
    await asyncio.sleep(1.6)
    # Nothing was written: neither the version nor a notice says that it closed.
    later = await client.get(thread(), headers=known)
    assert later.status_code == 200
    assert later.json()["article"]["open"] is False


async def test_outside_of_the_hours(client: httpx.AsyncClient, put: Any) -> None:
    await put(hours_now("close", staffed=False))
    assert (await read(client))["article"]["open"] is False
    refused = await client.post(thread(), json=new())
    assert refused.status_code == 409
    assert "closed until" in refused.json()["detail"]
    assert "00:00 (UTC)" in refused.json()["detail"]
    await put(hours_now("close", staffed=True))
    assert (await read(client))["article"]["open"] is True
    assert (await post(client, "Staffed."))["comment"]["status"] == "published"


async def test_who_edits_while_it_is_closed_waits(
    client: httpx.AsyncClient, put: Any, desk: httpx.AsyncClient
) -> None:
    posted = await post(client, "A harmless remark.")
    await put(hours_now("close", staffed=False))
    edited = await client.patch(
        f"/v1/sites/default/comments/{posted['comment']['id']}",
        json={"body": "Another harmless remark."},
        headers=bearer(posted["edit_token"]),
    )
    assert edited.json()["comment"]["status"] == "held"


async def test_held_outside_of_the_hours_with_the_reason(
    client: httpx.AsyncClient, put: Any, desk: httpx.AsyncClient
) -> None:
    await put(hours_now("hold", staffed=False))
    posted = await post(client, "A harmless remark.")
    assert posted["comment"]["status"] == "held"
    [item] = (await desk.get("/v1/moderation/queue")).json()["items"]
    [hours] = [signal for signal in item["signals"] if signal["check"] == "hours"]
    assert (hours["verdict"], hours["evidence"]["outside"]) == ("hold", "hold")
    assert hours["evidence"]["until"] > datetime.now(UTC).isoformat()[:10]
    await put(hours_now("hold", staffed=True))
    assert (await post(client, "Staffed now."))["comment"]["status"] == "published"


async def test_new_readers_are_held_until_enough_is_published(
    client: httpx.AsyncClient, put: Any, desk: httpx.AsyncClient
) -> None:
    await put({"first_comment": "hold", "new_readers": 2})
    for text in ("The first remark.", "A second remark, on trams."):
        posted = await post(client, text)
        assert posted["comment"]["status"] == "held"
        decision = {"comment_id": posted["comment"]["id"], "action": "publish"}
        await desk.post("/v1/moderation/decisions", json={"decisions": [decision]})
    assert (await post(client, "The third one."))["comment"]["status"] == "published"


async def test_slow_mode_by_reader_and_by_address(
    client: httpx.AsyncClient, put: Any, pool: Pool, publisher_key: str
) -> None:
    await put({"slow_mode": 60})
    await post(client, "The first remark.")
    again = await client.post(thread(), json=new("A second remark, on trams."))
    assert again.status_code == 429
    assert 1 <= int(again.headers["retry-after"]) <= 60
    assert "one comment in 60 seconds" in again.json()["detail"]
    # Another name from the same address; the same name from another; another article.
    other = await client.post(thread(), json=new("Who?", email="b@readers.example"))
    assert other.status_code == 429
    await pool.execute("update comment set address_hash = '\\x00'")
    await pool.execute("delete from rate_limit")
    assert (await client.post(thread(), json=new("Me."))).status_code == 429
    await post(client, "Elsewhere, and another text.", article_key="a-2")
    # A refused one uses nothing up.
    await pool.execute("update comment set created_at = now() - interval '61 seconds'")
    await pool.execute("delete from rate_limit")
    await post(client, "A minute later.")
    address = "/v1/sites/default/articles/a-1"
    body = {"url": "https://news.example/a-1", "title": "A bridge", "slow_mode": 0}
    changed = await client.put(address, json=body, headers=bearer(publisher_key))
    assert changed.json()["article"]["slow_mode"] == 0
    await post(client, "No slow mode here, says the publisher.")


async def test_an_article_s_own_slow_mode(
    client: httpx.AsyncClient, publisher_key: str, site: Site
) -> None:
    address = "/v1/sites/default/articles/a-1"
    body: dict[str, Any] = {"url": "https://news.example/a-1", "title": "A bridge"}
    headers = bearer(publisher_key)
    put = await client.put(address, json={**body, "slow_mode": 30}, headers=headers)
    assert put.json()["article"]["slow_mode"] == 30
    # What is left out stays; null follows the site.
    assert (await client.put(address, json=body, headers=headers)).json()["article"][
        "slow_mode"
    ] == 30
    sent = [new(f"Remark {n} on something else.") for n in range(6)]
    answers = await asyncio.gather(*(client.post(thread(), json=one) for one in sent))
    assert sorted(answer.status_code for answer in answers) == [201] + [429] * 5
    put = await client.put(address, json={**body, "slow_mode": None}, headers=headers)
    assert put.json()["article"]["slow_mode"] is None
    await post(client, "And again, at once.")
    bad = await client.put(address, json={**body, "slow_mode": 86_401}, headers=headers)
    assert bad.status_code == 422


async def test_a_retry_is_answered_whatever_the_pace(client: httpx.AsyncClient, put: Any) -> None:
    await put({"slow_mode": 60})
    await post(client)
    headers = {"Idempotency-Key": "k1"}
    body = new("Once only.", email="c@readers.example")
    first = await client.post(thread("a-9"), json=body, headers=headers)
    second = await client.post(thread("a-9"), json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["comment"]["id"] == second.json()["comment"]["id"]
