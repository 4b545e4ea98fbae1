"""The queue, decisions, the ledger."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from thread import bearer, comment, post, read

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool

QUEUE = "/v1/moderation/queue"
DECISIONS = "/v1/moderation/decisions"


@pytest.fixture
async def held(client: httpx.AsyncClient, pool: Pool) -> list[str]:
    """Seven held comments of rising risk, the oldest first."""
    ids = [(await post(client, f"Remark {n} on the bridge."))["comment"]["id"] for n in range(7)]
    await pool.execute(
        """
        update comment set status = 'held', reason = 'offensive',
            risk = 0.1 * (row_number - 1)
        from (select id, row_number() over (order by id) from comment) numbered
        where comment.id = numbered.id
        """
    )
    await pool.execute("update article set comment_count = 0")
    return ids


async def decide(client: httpx.AsyncClient, *decisions: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.post(DECISIONS, json={"decisions": decisions})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_the_queue_is_paged_in_every_order(desk: httpx.AsyncClient, held: list[str]) -> None:
    for order, expected in [("risk", held[::-1]), ("oldest", held), ("newest", held[::-1])]:
        seen: list[str] = []
        query: dict[str, Any] = {"order": order, "limit": 3}
        while True:
            page = (await desk.get(QUEUE, params=query)).json()
            assert page["count"] == 7
            seen += [item["id"] for item in page["items"]]
            if not page["next_cursor"]:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == expected, order


async def test_an_item_tells_a_moderator_everything(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    links = " ".join(f"https://site{n}.example" for n in range(4))
    posted = await post(client, f"Look at these: {links}")
    assert posted["comment"]["status"] in {"held", "spam"}
    answer = await desk.get(QUEUE, params={"view": posted["comment"]["status"]})
    [item] = answer.json()["items"]
    assert item["email"] == "ana@readers.example"
    assert item["body"].startswith("Look at these")
    signals = {signal["check"]: signal for signal in item["signals"]}
    assert {"links", "spam", "abuse", "duplicate", "rate", "history", "first_comment", "timing",
            "honeypot", "language", "length", "sanction", "mode"} <= set(signals)  # fmt: skip
    assert signals["links"]["verdict"] == "hold"
    assert signals["links"]["evidence"]["count"] == 4
    assert signals["first_comment"]["verdict"] == "nothing"
    assert 0 <= item["risk"] <= 1
    assert item["reader"]["confirmed"] is False
    assert item["article"]["key"] == "a-1"


async def test_filters(desk: httpx.AsyncClient, held: list[str]) -> None:
    for query, count in [
        ({"q": "bridge"}, 7),
        ({"q": "tunnel"}, 0),
        ({"article": "a-1"}, 7),
        ({"article": "a-2"}, 0),
        ({"section": "Sport"}, 0),
        ({"site": "default"}, 7),
        ({"reader": str(uuid4())}, 0),
        ({"view": "published"}, 0),
    ]:
        answer = await desk.get(QUEUE, params=query)
        assert (answer.status_code, len(answer.json()["items"])) == (200, count), query


async def test_decisions_apply_and_show_at_once(desk: httpx.AsyncClient, held: list[str]) -> None:
    await read(desk)
    results = await decide(
        desk,
        {"comment_id": held[0], "action": "publish", "version": 1},
        {
            "comment_id": held[1],
            "action": "reject",
            "reason": "hate_speech",
            "note": "House rules.",
        },
        {"comment_id": held[2], "action": "spam"},
        {"comment_id": held[3], "action": "hold"},
        {"comment_id": str(uuid4()), "action": "spam"},
    )
    assert [r["outcome"] for r in results] == ["applied"] * 3 + ["unchanged", "missing"]
    assert [r["status"] for r in results] == ["published", "rejected", "spam", "held", None]
    assert [item["id"] for item in (await read(desk))["items"]] == [held[0]]
    detail = (await desk.get(f"/v1/moderation/comments/{held[1]}")).json()
    assert [entry["to_status"] for entry in detail["ledger"]] == ["published", "rejected"]
    assert detail["ledger"][-1]["note"] == "House rules."
    assert detail["ledger"][-1]["moderator"] == "mod@courier.example"
    assert detail["reason"] == "hate_speech"
    ledger = (await desk.get("/v1/moderation/ledger", params={"limit": 2})).json()
    assert len(ledger["items"]) == 2
    assert ledger["next_cursor"]


async def test_a_stale_decision_conflicts_and_tells_who_was_faster(
    desk: httpx.AsyncClient, held: list[str]
) -> None:
    await decide(desk, {"comment_id": held[0], "action": "publish", "version": 1})
    [result] = await decide(desk, {"comment_id": held[0], "action": "reject", "version": 1})
    assert result["outcome"] == "conflict"
    assert (result["status"], result["version"]) == ("published", 2)
    assert result["decided"]["moderator"] == "mod@courier.example"
    [agreed] = await decide(desk, {"comment_id": held[0], "action": "publish", "version": 1})
    assert agreed["outcome"] == "unchanged"
    [fresh] = await decide(desk, {"comment_id": held[0], "action": "reject", "version": 2})
    assert fresh["outcome"] == "applied"
    assert (await read(desk))["count"] == 0


async def test_nobody_agrees_with_a_text_that_the_author_has_changed_since(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, "A remark that the desk has read.")
    ident = posted["comment"]["id"]
    edited = await client.patch(
        comment(ident),
        json={"body": "Another one that it has not."},
        headers=bearer(posted["edit_token"]),
    )
    assert edited.json()["comment"]["status"] == "published", edited.text
    [result] = await decide(desk, {"comment_id": ident, "action": "publish", "version": 1})
    assert (result["outcome"], result["version"]) == ("conflict", 2)
    assert result["decided"]["actor"] == "author"
    assert not await pool.fetchval("select count(*) from ledger where actor = 'moderator'")
    [agreed] = await decide(desk, {"comment_id": ident, "action": "publish", "version": 2})
    assert agreed["outcome"] == "unchanged"


async def test_of_two_at_once_one_wins(desk: httpx.AsyncClient, held: list[str]) -> None:
    both = await asyncio.gather(
        decide(desk, *({"comment_id": i, "action": "publish", "version": 1} for i in held)),
        decide(desk, *({"comment_id": i, "action": "reject", "version": 1} for i in held[::-1])),
    )
    outcomes = {(r["comment_id"], r["outcome"]) for results in both for r in results}
    for ident in held:
        assert (ident, "applied") in outcomes
        assert (ident, "conflict") in outcomes


async def test_decisions_and_replies_at_once_keep_the_counts(
    client: httpx.AsyncClient, pool: Pool, moderator_token: str
) -> None:
    roots = [(await post(client, f"Root {n}."))["comment"]["id"] for n in range(4)]
    replies = [
        (await post(client, f"Reply {n}.", parent_id=roots[n % 4]))["comment"]["id"]
        for n in range(8)
    ]

    async def work(n: int) -> None:
        token = bearer(moderator_token)
        ids = [*replies[n:], *roots[: n % 4]]
        action = ["hold", "publish", "reject"][n % 3]
        body = {"decisions": [{"comment_id": i, "action": action} for i in ids]}
        answer = await client.post(DECISIONS, json=body, headers=token)
        assert answer.status_code == 200

    async def reply(n: int) -> None:
        address = "/v1/sites/default/articles/a-1/comments"
        body = {
            "name": "Bo",
            "email": "bo@readers.example",
            "body": f"More {n}.",
            "parent_id": roots[n % 4],
        }
        assert (await client.post(address, json=body)).status_code in {201, 409}

    await asyncio.gather(*(work(n) for n in range(6)), *(reply(n) for n in range(8)))
    wrong = await pool.fetch(
        """
        select r.id from comment r where r.root_id is null and r.reply_count <> (
            select count(*) from comment c where c.root_id = r.id and c.status = 'published'
        )
        """
    )
    assert wrong == []
    assert await pool.fetchval("select comment_count from article") == await pool.fetchval(
        "select count(*) from comment where status = 'published'"
    )


async def test_what_the_author_removed_stays_removed(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    posted = await post(client)
    ident = posted["comment"]["id"]
    await client.delete(comment(ident), headers=bearer(posted["edit_token"]))
    client.headers["Authorization"] = f"Bearer {moderator_token}"
    [result] = await decide(client, {"comment_id": ident, "action": "publish"})
    assert (result["outcome"], result["status"]) == ("conflict", "removed")


async def test_publishing_what_was_reported_answers_the_reports(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    await client.post(comment(ident) + "/report", json={"reason": "offensive"})
    client.headers["Authorization"] = f"Bearer {moderator_token}"
    assert len((await client.get(QUEUE, params={"view": "reported"})).json()["items"]) == 1
    assert len((await client.get(QUEUE, params={"view": "new"})).json()["items"]) == 1
    [result] = await decide(client, {"comment_id": ident, "action": "publish"})
    assert result["outcome"] == "unchanged"
    assert (await client.get(QUEUE, params={"view": "reported"})).json()["items"] == []
    assert (await client.get(QUEUE, params={"view": "new"})).json()["items"] == []


async def test_a_comment_is_decided_once_in_a_batch(
    desk: httpx.AsyncClient, held: list[str]
) -> None:
    twice = [{"comment_id": held[0], "action": "publish"}] * 2
    assert (await desk.post(DECISIONS, json={"decisions": twice})).status_code == 422
    assert (await desk.post(DECISIONS, json={"decisions": []})).status_code == 422
    many = [{"comment_id": str(uuid4()), "action": "publish"} for _ in range(501)]
    assert (await desk.post(DECISIONS, json={"decisions": many})).status_code == 422
    assert len(json.dumps({"decisions": many})) < 64 * 1024


async def test_five_hundred_decisions_fit_in_one_batch(
    desk: httpx.AsyncClient, held: list[str]
) -> None:
    many = [{"comment_id": str(uuid4()), "action": "publish", "version": 1} for _ in range(493)]
    many += [{"comment_id": ident, "action": "publish", "version": 1} for ident in held]
    # With reasons and notes that is more than other calls may send.
    many = [{**one, "note": "The house rules say no. " * 41} for one in many]
    results = await decide(desk, *many)
    assert [r["outcome"] for r in results] == ["missing"] * 493 + ["applied"] * 7


async def test_a_moderator_sees_the_own_sites_only(
    client: httpx.AsyncClient, state: dict[str, Any], held: list[str]
) -> None:
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "moderator", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    client.headers["Authorization"] = f"Bearer {token}"
    assert (await client.get(QUEUE)).json()["items"] == []
    assert (await client.get(QUEUE, params={"site": "default"})).status_code == 403
    assert (await client.get(f"/v1/moderation/comments/{held[0]}")).status_code == 404
    assert (await client.get("/v1/moderation/ledger")).json()["items"] == []
    [result] = await decide(client, {"comment_id": held[0], "action": "publish"})
    assert result["outcome"] == "missing"


async def test_the_ledger_can_only_grow(pool: Pool, held: list[str]) -> None:
    for sql in ("update ledger set to_status = 'held'", "delete from ledger"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute(sql)
    assert await pool.fetchval("select count(*) from ledger") == len(held)


async def test_a_cursor_of_another_list_is_refused(
    desk: httpx.AsyncClient, held: list[str]
) -> None:
    page = (await desk.get(QUEUE, params={"order": "risk", "limit": 2})).json()
    for query in (
        {"order": "oldest", "cursor": page["next_cursor"]},
        {"cursor": "nonsense"},
        {"cursor": "AAAA"},
        {"view": "everything"},
        {"limit": "0"},
        {"limit": "201"},
        {"reader": "me"},
        {"q": "x" * 300},
    ):
        answer = await desk.get(QUEUE, params=query)
        assert answer.status_code == 422, query
    assert (await desk.get(QUEUE, params={"site": "nowhere"})).status_code == 404
