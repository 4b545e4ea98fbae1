"""Statistics by day."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from thread import post

from service.core.db import Pool

STATS = "/v1/moderation/stats"
DECISIONS = "/v1/moderation/decisions"


async def decide(desk: httpx.AsyncClient, ident: str, action: str) -> str:
    answer = await desk.post(
        DECISIONS, json={"decisions": [{"comment_id": ident, "action": action}]}
    )
    batch: str = answer.json()["batch_id"]
    return batch


async def stats(desk: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await desk.get(STATS, params=query)
    assert answer.status_code == 200, answer.text
    days: list[dict[str, Any]] = answer.json()["days"]
    return days


async def test_a_day_says_what_people_and_machine_did(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    held = [(await post(client, f"Held {n}.", company="x"))["comment"]["id"] for n in range(3)]
    shown = [(await post(client, f"Shown {n}."))["comment"]["id"] for n in range(4)]
    await decide(desk, held[0], "publish")
    await decide(desk, held[1], "reject")
    await decide(desk, shown[0], "spam")
    await decide(desk, shown[1], "publish")
    taken_back = await decide(desk, shown[2], "reject")
    await desk.post(f"/v1/moderation/batches/{taken_back}/undo")
    # A second thought: the last word counts.
    await decide(desk, held[0], "reject")
    await decide(desk, held[0], "publish")
    days = await stats(desk, days="3")
    assert [day["comments"] for day in days] == [0, 0, 7]
    today = days[-1]
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert (today["published"], today["held"], today["spam"]) == (4, 3, 0)
    assert (today["decisions"], today["let_through"], today["rejected"]) == (4, 2, 1)
    assert (today["marked_spam"], today["judged"]) == (1, 4)
    assert (today["overruled"], today["missed"]) == (1, 1)
    assert 0 <= today["median_minutes"] <= today["p90_minutes"] < 1


async def test_a_comment_has_waited_until_the_first_decision(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    ident = (await post(client, "Held.", company="x"))["comment"]["id"]
    await decide(desk, ident, "reject")
    # As if all that had been two days ago, and somebody thought of it once more today.
    await pool.execute("alter table ledger disable trigger user")  # it is append-only
    await pool.execute("update ledger set created_at = created_at - interval '2 days'")
    await pool.execute(
        "update ledger set created_at = created_at + interval '5 minutes' where actor = 'moderator'"
    )
    await pool.execute("alter table ledger enable trigger user")
    await decide(desk, ident, "publish")
    waited = [day["p90_minutes"] for day in await stats(desk, days="5")]
    assert [round(minutes) for minutes in waited if minutes is not None] == [5]


async def test_a_day_is_one_of_the_zone_that_was_asked_for(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    await post(client, "Early.")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        here = await pool.fetchval("select (now() at time zone $1)::date::text", zone)
        [day] = await stats(desk, days="1", time_zone=zone)
        assert day["day"] == here
        assert day["comments"] == 1


async def test_old_days_are_left_out(client: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    assert len(await stats(desk)) == 30
    assert len(await stats(desk, days="365")) == 365


@pytest.mark.parametrize(
    "query",
    [
        {"days": "0"},
        {"days": "366"},
        {"days": "many"},
        {"days": "9" * 50},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc/passwd"},
        {"time_zone": "\x00"},
        {"time_zone": "localtime"},
        {"time_zone": "posixrules"},
    ],
)
async def test_bad_questions(desk: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await desk.get(STATS, params=query)).status_code == 422
    assert (await desk.get(STATS, params={"site": "nowhere"})).status_code == 404


async def engage(pool: Pool, key: str, kind: str, count: int, back: int = 0) -> None:
    await pool.execute(
        """
        insert into engagement_daily (site_id, article_id, day, kind, channel, count)
        select site_id, id, (now() at time zone 'utc')::date - $4::int, $2, 'x', $3
        from article where key = $1
        """,
        key,
        kind,
        count,
        back,
    )


async def test_shares_and_support_clicks_stand_by_day(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    await post(client)
    await engage(pool, "a-1", "share", 5)
    await engage(pool, "a-1", "support", 2)
    await engage(pool, "a-1", "share", 3, back=1)
    await engage(pool, "a-1", "share", 9, back=9)
    days = await stats(desk, days="3")
    assert [(day["shares"], day["support"]) for day in days] == [(0, 0), (3, 0), (5, 2)]
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        found = await stats(desk, days="3", time_zone=zone)
        assert sum(day["shares"] for day in found) >= 5, "what is counted today is never lost"
    table = (await desk.get(STATS + ".csv", params={"days": "3"})).text
    assert table.splitlines()[0].endswith("shares,support")
    picture = await desk.get(STATS + "/engagement.svg", params={"days": "3"})
    assert "8 shares and 2 support clicks" in picture.text


async def test_the_articles_with_the_most_of_something(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    for key, times in (("one", 1), ("two", 3), ("three", 1)):
        for n in range(times):
            await post(client, f"Remark {n} on {key}.", article_key=key)
    await engage(pool, "one", "share", 5)
    await engage(pool, "three", "share", 50, back=40)
    await engage(pool, "three", "support", 2)
    tops = {
        by: (await desk.get(STATS + "/articles", params={"by": by, "days": "7"})).json()["items"]
        for by in ("shares", "support", "comments")
    }
    assert {by: items[0]["key"] for by, items in tops.items()} == {
        "shares": "one", "support": "three", "comments": "two",
    }  # fmt: skip
    assert tops["shares"][0] == {
        "site": "default", "key": "one", "url": "https://news.example/one", "title": "A bridge",
        "comments": 1, "shares": 5, "support": 0,
    }  # fmt: skip
    one = await desk.get(STATS + "/articles", params={"limit": "1"})
    assert len(one.json()["items"]) == 1
    for query in ({"by": "clicks"}, {"limit": "0"}, {"days": "366"}):
        assert (await desk.get(STATS + "/articles", params=query)).status_code == 422
