"""Taking a batch back: statuses, reasons, reports, labels; and what stands against it."""

import asyncio
import uuid
from typing import Any

import httpx
from thread import bearer, comment, post, read

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool
from service.screening.learning_store import list_decided

QUEUE = "/v1/moderation/queue"
DECISIONS = "/v1/moderation/decisions"


async def decide(client: httpx.AsyncClient, *decisions: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(DECISIONS, json={"decisions": decisions})
    assert answer.status_code == 200, answer.text
    batch: dict[str, Any] = answer.json()
    return batch


async def undo(client: httpx.AsyncClient, batch: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.post(f"/v1/moderation/batches/{batch['batch_id']}/undo")
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_everything_is_as_it_was(client: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    ids = [(await post(client, f"Remark {n}."))["comment"]["id"] for n in range(4)]
    await decide(desk, {"comment_id": ids[1], "action": "reject", "reason": "misinformation"})
    batch = await decide(
        desk,
        {"comment_id": ids[0], "action": "spam"},
        {"comment_id": ids[1], "action": "publish"},
        {"comment_id": ids[2], "action": "hold"},
        {"comment_id": ids[3], "action": "publish"},
    )
    assert (await read(client))["count"] == 2
    results = await undo(desk, batch)
    assert [(r["outcome"], r["status"]) for r in results] == [
        ("applied", "published"), ("applied", "rejected"), ("applied", "published"),
        ("applied", "published"),
    ]  # fmt: skip
    assert (await read(client))["count"] == 3
    detail = (await desk.get(f"/v1/moderation/comments/{ids[1]}")).json()
    assert detail["reason"] == "misinformation"
    last = detail["ledger"][-1]
    assert (last["actor"], last["undoes"]) == ("undo", batch["batch_id"])
    assert last["moderator"] == "mod@courier.example"
    new = (await desk.get(QUEUE, params={"view": "new"})).json()
    assert {item["id"] for item in new["items"]} == {ids[0], ids[2], ids[3]}


async def test_reports_are_open_again(client: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    ident = (await post(client))["comment"]["id"]
    await client.post(comment(ident) + "/report", json={"reason": "offensive"})

    async def reported() -> int:
        count: int = (await desk.get(QUEUE, params={"view": "reported"})).json()["count"]
        return count

    for action in ("publish", "reject"):
        assert await reported() == 1
        batch = await decide(desk, {"comment_id": ident, "action": action})
        assert await reported() == 0
        await undo(desk, batch)
    assert await reported() == 1
    [item] = (await desk.get(QUEUE, params={"view": "reported"})).json()["items"]
    assert item["reports"] == 1


async def test_what_has_changed_since_is_a_conflict(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    posted = [await post(client, f"Remark {n}.") for n in range(3)]
    ids = [one["comment"]["id"] for one in posted]
    batch = await decide(desk, *({"comment_id": i, "action": "publish"} for i in ids))
    await decide(desk, {"comment_id": ids[0], "action": "spam"})
    await client.delete(comment(ids[1]), headers=bearer(posted[1]["edit_token"]))
    results = {r["comment_id"]: r for r in await undo(desk, batch)}
    assert [results[i]["outcome"] for i in ids] == ["conflict", "conflict", "applied"]
    assert results[ids[0]]["decided"]["to_status"] == "spam"
    assert results[ids[1]]["decided"]["actor"] == "author"
    again = await undo(desk, batch)
    assert {r["outcome"] for r in again} == {"conflict"}


async def test_of_two_who_undo_at_once_one_does(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    ids = [(await post(client, f"Remark {n}."))["comment"]["id"] for n in range(5)]
    batch = await decide(desk, *({"comment_id": i, "action": "reject"} for i in ids))
    both = await asyncio.gather(undo(desk, batch), undo(desk, batch))
    assert sorted({r["outcome"] for r in results}.pop() for results in both) == [
        "applied", "conflict",
    ]  # fmt: skip
    assert await pool.fetchval("select comment_count from article") == 5


async def test_what_was_taken_back_teaches_nothing(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    ids = [(await post(client, f"Remark {n}."))["comment"]["id"] for n in range(3)]
    site_id = await pool.fetchval("select id from site")
    await decide(desk, {"comment_id": ids[0], "action": "publish"})
    for action in ("publish", "spam"):
        await undo(desk, await decide(desk, {"comment_id": ids[1], "action": action}))
    assert [one.text for one in await list_decided(pool, site_id, 10)] == ["Remark 0."]


async def test_a_batch_of_another_site_is_not_there(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    ident = (await post(client))["comment"]["id"]
    batch = await decide(desk, {"comment_id": ident, "action": "reject"})
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "moderator", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    address = f"/v1/moderation/batches/{batch['batch_id']}/undo"
    assert (await client.post(address, headers=bearer(token))).status_code == 404
    for ident in (str(uuid.uuid4()), "nonsense"):
        address = f"/v1/moderation/batches/{ident}/undo"
        assert (await desk.post(address)).status_code == 404


def batch_of(ids: list[str], batch_id: str, **more: Any) -> dict[str, Any]:
    decisions = [{"comment_id": one, "action": "reject", "version": 1} for one in ids]
    return {"decisions": decisions, "batch_id": batch_id, **more}


async def test_a_batch_sent_again_is_taken_once(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, pool: Pool
) -> None:
    ids = [(await post(client, f"Remark {n}."))["comment"]["id"] for n in range(3)]
    await decide(desk, {"comment_id": ids[2], "action": "spam"})
    asked = batch_of([*ids, str(uuid.uuid4())], str(uuid.uuid4()))
    answers = await asyncio.gather(*(desk.post(DECISIONS, json=asked) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    first, *others = [answer.json() for answer in answers]
    assert others == [first] * 3
    assert first["batch_id"] == asked["batch_id"]
    outcomes = [one["outcome"] for one in first["results"]]
    assert outcomes == ["applied", "applied", "conflict", "missing"]
    assert first["results"][2]["decided"]["to_status"] == "spam"
    written = await pool.fetchval(
        "select count(*) from ledger where batch_id = $1", uuid.UUID(asked["batch_id"])
    )
    assert written == 2
    assert [one["outcome"] for one in await undo(desk, first)] == ["applied", "applied"]
    again = (await desk.post(DECISIONS, json=asked)).json()
    assert again == first
    assert (await desk.get(f"/v1/moderation/comments/{ids[0]}")).json()["status"] == "published"


async def test_a_batch_of_somebody_else_is_not_answered(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    ident = (await post(client))["comment"]["id"]
    asked = batch_of([ident], str(uuid.uuid4()))
    done = (await desk.post(DECISIONS, json=asked)).json()
    async with state["pool"].acquire() as conn:
        await accounts.add_moderator(conn, "other@courier.example", "moderator", [])
        token = await accounts.create_api_token(conn, "other@courier.example")
    answer = await client.post(DECISIONS, json=asked, headers=bearer(token))
    assert answer.status_code == 422
    assert "another batch" in answer.text
    undone = (await desk.post(f"/v1/moderation/batches/{done['batch_id']}/undo")).json()
    answer = await desk.post(DECISIONS, json=batch_of([ident], undone["batch_id"]))
    assert answer.status_code == 422


async def test_a_campaign_sent_again_names_all_its_members(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    words = "Earn a thousand dollars a week from home with this simple trick, ask Brenda"
    for n in range(3):
        await post(client, f"{words} number {n}", email=f"r{n}@readers.example")
    item = (await desk.get(QUEUE, params={"view": "new"})).json()["items"]
    item += (await desk.get(QUEUE, params={"view": "held"})).json()["items"]
    item += (await desk.get(QUEUE, params={"view": "spam"})).json()["items"]
    lead = next(one for one in item if one.get("campaign"))
    detail = (await desk.get(f"/v1/moderation/comments/{lead['id']}")).json()
    assert len(detail["members"]) == lead["campaign"]["size"] - 1
    asked = {
        "batch_id": str(uuid.uuid4()),
        "decisions": [{"comment_id": lead["id"], "action": "reject", "campaign": True}],
    }
    first = (await desk.post(DECISIONS, json=asked)).json()
    assert len(first["results"]) == lead["campaign"]["size"]
    again = (await desk.post(DECISIONS, json=asked)).json()
    by_id = {one["comment_id"]: one for one in again["results"]}
    assert by_id == {one["comment_id"]: one for one in first["results"]}


async def test_what_stands_beside_a_comment(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    root = (await post(client, "The root."))["comment"]["id"]
    middle = (await post(client, "An answer.", parent_id=root))["comment"]["id"]
    for n in range(3):
        await post(client, f"Further answer {n}.", parent_id=middle)
    detail = (await desk.get(f"/v1/moderation/comments/{middle}")).json()
    assert [one["id"] for one in detail["context"]] == [root]
    assert [one["html"] for one in detail["replies"]] == [
        f"<p>Further answer {n}.</p>\n" for n in range(3)
    ]
    assert detail["members"] == []
