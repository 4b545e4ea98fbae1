"""The queue: its order, its filters, its cursors, claims, campaigns."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from thread import bearer, comment, post, thread

from service.accounts import actions as accounts
from service.core.db import Pool
from service.core.tokens import token_hash

QUEUE = "/v1/moderation/queue"
CLAIMS = "/v1/moderation/claims"
DECISIONS = "/v1/moderation/decisions"


@pytest.fixture
async def other(state: dict[str, Any], moderator_token: str) -> dict[str, str]:
    """The header of a second moderator."""
    async with state["pool"].acquire() as conn:
        await accounts.add_moderator(conn, "bea@courier.example", "moderator", [])
        return bearer(await accounts.create_api_token(conn, "bea@courier.example"))


async def hold(client: httpx.AsyncClient, pool: Pool, body: str, **columns: Any) -> str:
    """Post a comment and have it held, with these values in its row."""
    more = columns.pop("post", {})
    ident: str = (await post(client, body, **more))["comment"]["id"]
    columns = {"status": "held", "risk": 0.5, "reach": 0, **columns}
    for name, value in columns.items():
        await pool.execute(f"update comment set {name} = $2 where id = $1", ident, value)
    return ident


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get(QUEUE, params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def pages(client: httpx.AsyncClient, **query: Any) -> list[str]:
    seen: list[str] = []
    while True:
        page = (await client.get(QUEUE, params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if not page["next_cursor"]:
            return seen
        query["cursor"] = page["next_cursor"]


async def age(pool: Pool, ident: str, hours: float) -> None:
    await pool.execute(
        "update comment set created_at = created_at - $2::interval where id = $1",
        ident,
        timedelta(hours=hours),
    )


def who(name: str) -> dict[str, str]:
    return {"name": name.title(), "email": f"{name}@readers.example"}


# The order.


async def test_what_waits_long_enough_comes_first(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    mild = await hold(client, pool, "A mild remark.", risk=0.1)
    bad = await hold(client, pool, "A bad remark.", risk=0.9)
    assert await ids(desk) == [bad, mild]
    await age(pool, mild, 12)  # e squared is less than nine
    assert await ids(desk) == [bad, mild]
    await age(pool, mild, 2)
    assert await ids(desk) == [mild, bad]


async def test_more_readers_make_a_comment_more_urgent(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    for n in range(5):
        await post(client, f"Remark {n} under a lively article.", article_key="lively")
    lively = await post(client, "The last of them.", article_key="lively")
    quiet = await post(client, "The first under a quiet one.", article_key="quiet")
    await pool.execute("update comment set status = 'held', risk = 0.5, scores = null")
    order = await ids(desk)
    assert order.index(lively["comment"]["id"]) < order.index(quiet["comment"]["id"])


async def test_a_confirmed_readers_record_counts_and_nobody_elses(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    for name in ("ana", "bo"):
        for n in range(8):
            await post(client, f"Earlier {n} by {name}.", **who(name))
    await pool.execute("update comment set status = 'rejected'")
    await pool.execute(
        """
        update reader set confirmed_at = now(), contact = email, email = id::text
        where email like 'ana%'
        """
    )
    token = "rt" + "a" * 40
    await pool.execute(
        """
        insert into reader_token (site_id, token_hash, reader_id, kind, expires_at)
        select site_id, $1, id, 'post', now() + interval '1 hour' from reader
        where contact is not null
        """,
        token_hash(token),
    )
    ana = await client.post(thread(), json={"body": "Now by ana."}, headers=bearer(token))
    bo = await post(client, "Now by bo.", **who("bo"))
    both = [ana.json()["comment"]["id"], bo["comment"]["id"]]
    rows = await pool.fetch("select standing from comment where id = any($1) order by id", both)
    assert rows[0]["standing"] > 0.9
    assert rows[1]["standing"] == 0


async def test_reports_weigh_what_their_senders_were_right_about(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    async def report(ident: str, who: str) -> None:
        answer = await client.post(
            comment(ident) + "/report", json={"reason": "abusive"}, headers={"X-Reader": who}
        )
        assert answer.status_code == 204

    async def decide(ident: str, action: str) -> None:
        answer = await desk.post(
            DECISIONS, json={"decisions": [{"comment_id": ident, "action": action}]}
        )
        assert answer.status_code == 200

    for n in range(6):
        ident = (await post(client, f"Number {n} of the earlier ones."))["comment"]["id"]
        await report(ident, "right" if n % 2 else "wrong")
        await decide(ident, "reject" if n % 2 else "publish")
    weights = {}
    for who in ("right", "wrong", "unknown"):
        ident = (await post(client, f"Reported by {who}."))["comment"]["id"]
        await report(ident, who)
        weights[who] = await pool.fetchval("select report_weight from comment where id=$1", ident)
    assert weights["right"] > weights["unknown"] > weights["wrong"] > 0
    assert weights["unknown"] == pytest.approx(1 / 3)
    crowd = (await post(client, "Reported by a crowd that nobody knows."))["comment"]["id"]
    await asyncio.gather(*(report(crowd, f"new-{n}") for n in range(20)))
    row = await pool.fetchrow("select reports, report_weight from comment where id = $1", crowd)
    assert row is not None
    assert row["reports"] == 20
    assert row["report_weight"] == pytest.approx(0.5)
    assert weights["right"] > row["report_weight"]


# Filters.

LONG = f"news.example/{'a-long-way-to/' * 10}it"


@pytest.mark.parametrize(
    ("body", "found", "not_found"),
    [
        ("Die Brücke ist zu.", ["brücke", "BRUCKE", '"ist zu"'], ["brück", "zu -die"]),
        ("Мост закрыт ещё вчера.", ["мост", "ЗАКРЫТ", "еще"], ["завтра"]),
        ("図書館は火曜日から閉まっています。", ["図書館", "火曜日"], ["館書", "水曜日"]),
        ("สะพานปิดตั้งแต่วันอังคาร", ["วันอังคาร"], ["วันพุธ"]),
        ("다리는 화요일부터 닫혔어요.", ["다리는"], ["수요일"]),
        ("الجسر مغلق منذ يوم الثلاثاء", ["مغلق"], ["مفتوح"]),
        ("A bridge, or a ferry?", ["bridge -tunnel", "tunnel or ferry"], ["tunnel", '"ferry a"']),
        ("Nothing to see.", ["ana"], ["bo"]),
        (f"As {LONG} says.", [LONG, "says"], [LONG[:-9]]),
    ],
)  # fmt: skip
async def test_search_finds_words_of_any_language(
    client: httpx.AsyncClient,
    desk: httpx.AsyncClient,
    pool: Pool,
    body: str,
    found: list[str],
    not_found: list[str],
) -> None:
    ident = await hold(client, pool, body)
    for words in found:
        assert await ids(desk, q=words) == [ident], words
    for words in not_found:
        assert await ids(desk, q=words) == [], words


async def test_no_word_that_is_searched_for_is_without_an_end(pool: Pool) -> None:
    """In a run of letters and signs PostgreSQL looks for an address from each of its words."""
    longest = "select max(length(word)) from regexp_split_to_table(search_text($1), '\\s') word"
    for text in ("1a@" * 20_000, "\ufdfa" * 500, "x" * 99 + " y"):
        assert await pool.fetchval(longest, text) <= 100


@pytest.mark.parametrize("words", ["&|!()<->:*", "'", '"', "\\", "-", "or or or", "a" * 200])
async def test_no_search_is_an_error(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, words: str
) -> None:
    await hold(client, pool, "A remark.")
    assert await ids(desk, q=words) == []


async def test_the_queue_is_filtered_by_reason_score_and_date(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    early = await hold(client, pool, "Early.", reason="spam", scores=[0.9, *[0.0] * 6])
    late = await hold(client, pool, "Late.", reason="offensive", scores=[0.2, *[0.0] * 6])
    unknown = await hold(client, pool, "Unknown.", scores=[None] * 7)
    await age(pool, early, 48)
    when = await pool.fetchval("select (now() - interval '1 day')::text")
    assert await ids(desk, reason="spam") == [early]
    assert await ids(desk, reason="hate_speech") == []
    assert await ids(desk, label="spam", min_score="0.5") == [early]
    assert await ids(desk, label="spam", max_score="0.5") == [late]
    assert unknown not in await ids(desk, label="spam")
    assert await ids(desk, until=when.replace(" ", "T") + ":00") == [early]
    assert set(await ids(desk, since=when.replace(" ", "T") + ":00")) == {late, unknown}
    for query in (
        {"reason": "boring"},
        {"label": "charm"},
        {"label": "spam", "min_score": "1.5"},
        {"label": "spam", "min_score": "nan"},
        {"since": "yesterday"},
        {"since": "2026-11-26T00:00:00"},
    ):
        assert (await desk.get(QUEUE, params=query)).status_code == 422, query


async def test_an_article_is_found_by_a_key_that_it_had(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, publisher_key: str
) -> None:
    ident = await hold(client, pool, "Under the old key.", post={"article_key": "old"})
    await pool.execute(
        """
        insert into article_alias (site_id, kind, value, article_id, verified)
        select site_id, 'key', 'older', id, true from article where key = 'old'
        """
    )
    await pool.execute("update article set section = 'Local'")
    assert await ids(desk, article="older") == [ident]
    assert await ids(desk, article="old", section="Local") == [ident]
    assert await ids(desk, section="Sport") == []


async def test_live_counts(client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool) -> None:
    await hold(client, pool, "Held.")
    await hold(client, pool, "Spam.", status="spam")
    await post(client, "Published.")
    counts = (await desk.get("/v1/moderation/counts", params={"site": "default"})).json()["counts"]
    assert counts == {
        "held": 1, "reported": 0, "new": 1, "spam": 1, "rejected": 0, "published": 1,
    }  # fmt: skip
    assert (await desk.get("/v1/moderation/counts", params={"site": "nowhere"})).status_code == 404


# Cursors and campaigns.


@pytest.mark.parametrize("order", ["risk", "oldest", "newest"])
async def test_a_cursor_skips_and_repeats_nothing_while_the_queue_changes(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, order: str
) -> None:
    there = [await hold(client, pool, f"Remark {n}.", risk=0.1 + n / 20) for n in range(12)]
    await join(pool, there[3:6])
    singles = {*there[:3], *there[6:]}
    query: dict[str, Any] = {"order": order, "limit": 3}
    page = (await desk.get(QUEUE, params=query)).json()
    seen = [item["id"] for item in page["items"]]
    await desk.post(DECISIONS, json={"decisions": [{"comment_id": seen[0], "action": "publish"}]})
    while page["next_cursor"]:
        # Another copy, riskier than the others, must not lift the campaign over the cursor.
        late = await hold(client, pool, f"Copy {len(seen)}.", risk=0.99)
        await pool.execute("update comment set campaign_id = $2 where id = $1", late, there[3])
        page = (await desk.get(QUEUE, params={**query, "cursor": page["next_cursor"]})).json()
        seen += [item["id"] for item in page["items"]]
    assert sorted(seen) == sorted(set(seen))
    assert singles <= set(seen)
    assert len(set(seen) & set(there[3:6])) == 1


async def join(pool: Pool, members: list[str]) -> None:
    await pool.execute(
        "update comment set campaign_id = $2 where id = any($1::uuid[])", members, members[0]
    )


async def test_a_campaign_is_one_item_and_is_decided_whole(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    members = [
        await hold(client, pool, f"Copy {n}.", risk=0.3 + n / 20, post={"article_key": f"a-{n}"})
        for n in range(6)
    ]
    alone = await hold(client, pool, "Something else.", risk=0.1)
    await join(pool, members)
    decided = members[0]
    await desk.post(DECISIONS, json={"decisions": [{"comment_id": decided, "action": "publish"}]})
    page = (await desk.get(QUEUE)).json()
    assert [item["id"] for item in page["items"]] == [members[5], alone]
    assert page["count"] == 2
    assert page["items"][0]["campaign"] == {"id": members[0], "size": 6, "waiting": 5, "decided": 5}
    assert "campaign" not in page["items"][1]
    answer = await desk.post(
        DECISIONS,
        json={
            "decisions": [
                {"comment_id": members[5], "action": "spam", "version": 1, "campaign": True}
            ]
        },
    )
    batch = answer.json()
    assert {r["comment_id"] for r in batch["results"]} == set(members[1:])
    assert {r["outcome"] for r in batch["results"]} == {"applied"}
    assert await ids(desk) == [alone]
    # What a person had decided before stays as it was.
    assert decided in await ids(desk, view="published")
    undone = (await desk.post(f"/v1/moderation/batches/{batch['batch_id']}/undo")).json()
    assert {r["outcome"] for r in undone["results"]} == {"applied"}
    assert await ids(desk) == [members[5], alone]


async def test_a_stale_decision_leaves_the_whole_campaign(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    members = [await hold(client, pool, f"Copy {n}.") for n in range(3)]
    await join(pool, members)
    await desk.post(DECISIONS, json={"decisions": [{"comment_id": members[0], "action": "reject"}]})
    answer = await desk.post(
        DECISIONS,
        json={
            "decisions": [
                {"comment_id": members[0], "action": "publish", "version": 1, "campaign": True}
            ]
        },
    )
    [result] = answer.json()["results"]
    assert result["outcome"] == "conflict"
    assert set(await ids(desk)) <= set(members[1:])


# Claims.


async def claim(client: httpx.AsyncClient, limit: int, headers: Any = None, **more: Any) -> Any:
    answer = await client.post(
        CLAIMS, json={"view": "held", "limit": limit, **more}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_two_moderators_are_never_given_the_same_comment(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, state: dict[str, Any]
) -> None:
    there = [await hold(client, pool, f"Remark {n}.") for n in range(40)]
    tokens = []
    async with state["pool"].acquire() as conn:
        for n in range(5):
            await accounts.add_moderator(conn, f"m{n}@courier.example", "moderator", [])
            tokens.append(await accounts.create_api_token(conn, f"m{n}@courier.example"))
    answers = await asyncio.gather(*(claim(desk, 8, bearer(token)) for token in tokens))
    given = [item["id"] for answer in answers for item in answer["items"]]
    assert len(given) == len(set(given))
    assert set(given) == set(there)
    assert all(item["claim"]["own"] for answer in answers for item in answer["items"])


async def test_leases_are_renewed_released_and_expire(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, other: dict[str, str]
) -> None:
    there = [await hold(client, pool, f"Remark {n}.", risk=0.9 - n / 10) for n in range(4)]
    first = await claim(desk, 2)
    assert [item["id"] for item in first["items"]] == there[:2]
    again = await claim(desk, 2)
    assert [item["id"] for item in again["items"]] == there[:2]
    assert again["until"] > first["until"]
    more = await claim(desk, 3)
    assert [item["id"] for item in more["items"]] == there[:3]
    theirs = await claim(desk, 4, other)
    assert [item["id"] for item in theirs["items"]] == there[3:]
    shown = {item["id"]: item["claim"] for item in (await desk.get(QUEUE)).json()["items"]}
    assert shown[there[0]]["own"] is True
    assert shown[there[3]] == {**shown[there[3]], "own": False, "moderator": "bea@courier.example"}
    assert (await desk.delete(CLAIMS, params={"item": there[0]})).status_code == 204
    assert [item["id"] for item in (await claim(desk, 4, other))["items"]] == [there[0], there[3]]
    await pool.execute("update claim set leased_until = now() where item_id = $1", there[1])
    assert there[1] in [item["id"] for item in (await claim(desk, 4, other))["items"]]
    assert (await desk.delete(CLAIMS)).status_code == 204
    assert (await desk.delete(CLAIMS)).status_code == 204
    assert len((await claim(desk, 4, other))["items"]) == 4


async def test_what_came_meanwhile_is_claimed_where_it_is_riskier(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, other: dict[str, str]
) -> None:
    there = [await hold(client, pool, f"Remark {n}.", risk=0.5 - n / 10) for n in range(3)]
    await claim(desk, 3)
    worst = await hold(client, pool, "What nobody should have to read twice.", risk=0.9)
    assert [item["id"] for item in (await claim(desk, 3))["items"]] == [worst, *there[:2]]
    # What the desk may still show is one's own until the time that was said.
    assert (await claim(desk, 4, other))["items"] == []
    await pool.execute("update claim set leased_until = now() where item_id = $1", there[2])
    assert [item["id"] for item in (await claim(desk, 4, other))["items"]] == there[2:]


async def test_an_own_one_that_is_being_written_to_is_renewed(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    there = [await hold(client, pool, f"Remark {n}.", risk=0.5 - n / 10) for n in range(3)]
    first = await claim(desk, 2)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("update comment set likes = 1 where id = $1", there[0])
        again = await claim(desk, 2)
        assert [item["id"] for item in again["items"]] == there[:2]
        assert again["until"] > first["until"]


async def test_a_campaign_is_claimed_whole_and_a_decision_ends_the_claim(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool, other: dict[str, str]
) -> None:
    founder = await hold(client, pool, "The first copy.")
    assert [item["id"] for item in (await claim(desk, 1))["items"]] == [founder]
    members = [founder, *[await hold(client, pool, f"Copy {n}.", risk=0.9) for n in range(3)]]
    await join(pool, members)
    assert (await claim(desk, 5, other))["items"] == []
    [item] = (await claim(desk, 5))["items"]
    assert item["campaign"]["waiting"] == 4
    await desk.post(
        DECISIONS,
        json={"decisions": [{"comment_id": item["id"], "action": "spam", "campaign": True}]},
    )
    assert await pool.fetchval("select count(*) from claim") == 0


async def test_bad_claims_are_refused(desk: httpx.AsyncClient) -> None:
    for body in ({"view": "all", "limit": 1}, {"view": "held", "limit": 0}, {"limit": 500}):
        assert (await desk.post(CLAIMS, json=body)).status_code == 422
    assert (await desk.post(CLAIMS, json={"view": "held", "site": "no"})).status_code == 404
    assert (await desk.delete(CLAIMS, params={"item": "mine"})).status_code == 422
