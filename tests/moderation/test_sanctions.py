"""Sanctions: imposed, told to the reader, ended; with recent comments removed as a batch."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from thread import bearer, new, post, read, thread

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool

READERS = "/v1/moderation/readers"


@pytest.fixture
async def reader(client: httpx.AsyncClient, pool: Pool) -> str:
    """The id of a reader with one published comment."""
    await post(client, "The first of mine.")
    return str(await pool.fetchval("select id from reader"))


async def sanction(desk: httpx.AsyncClient, reader: str, **body: Any) -> dict[str, Any]:
    answer = await desk.post(
        f"{READERS}/{reader}/sanctions", json={"kind": "hold", "reason": "Rude to others", **body}
    )
    assert answer.status_code == 201, answer.text
    sanctioned: dict[str, Any] = answer.json()
    return sanctioned


async def test_a_banned_reader_is_told_why_and_until_when(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=7)
    made = await sanction(desk, reader, kind="ban", until=until.isoformat())
    assert made["sanction"]["active"] is True
    assert made["sanction"]["created_by"] == "mod@courier.example"
    refused = await client.post(thread(), json=new("Another one."))
    assert refused.status_code == 403
    assert "Rude to others" in refused.json()["detail"]
    assert f"{until:%Y-%m-%d %H:%M}" in refused.json()["detail"]
    ended = await desk.delete(f"/v1/moderation/sanctions/{made['sanction']['id']}")
    assert ended.status_code == 204
    await post(client, "Allowed again.")


async def test_a_held_reader_s_comments_wait_and_the_reader_knows(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str
) -> None:
    await sanction(desk, reader)
    posted = await post(client, "Another one.")
    assert posted["comment"]["status"] == "held"
    assert "Rude to others" in posted["notice"]
    [item] = (await desk.get("/v1/moderation/queue")).json()["items"]
    signals = {signal["check"]: signal["verdict"] for signal in item["signals"]}
    assert signals["sanction"] == "hold"


async def test_a_sanction_that_is_over_holds_nothing(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str, pool: Pool
) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await sanction(desk, reader, until=later)
    await pool.execute("update sanction set until = now() - interval '1 second'")
    assert (await post(client, "Another one."))["comment"]["status"] == "published"
    shown = (await desk.get(f"{READERS}/{reader}")).json()
    assert [one["active"] for one in shown["sanctions"]] == [False]


async def test_recent_comments_go_as_one_batch_that_can_be_undone(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str, pool: Pool
) -> None:
    old = (await post(client, "An old one."))["comment"]["id"]
    await pool.execute(
        "update comment set created_at = created_at - interval '8 days' where id = $1", old
    )
    await post(client, "Somebody else's.", name="Bo", email="bo@readers.example")
    await post(client, "The second of mine.")
    made = await sanction(desk, reader, kind="ban", remove_comments=True)
    assert made["removed"] == 2
    assert (await read(client))["count"] == 2
    undone = await desk.post(f"/v1/moderation/batches/{made['batch_id']}/undo")
    assert {r["outcome"] for r in undone.json()["results"]} == {"applied"}
    assert (await read(client))["count"] == 4
    # The ban stays: it is ended by itself.
    assert (await client.post(thread(), json=new("More."))).status_code == 403


async def test_a_new_sanction_of_a_kind_takes_the_place_of_the_old(
    desk: httpx.AsyncClient, reader: str
) -> None:
    await sanction(desk, reader, reason="First")
    await sanction(desk, reader, reason="Second")
    made = (await desk.get(f"{READERS}/{reader}")).json()["sanctions"]
    assert [(one["reason"], one["active"]) for one in made] == [("Second", True), ("First", False)]


async def test_taking_a_sanction_back_restores_what_it_replaced(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str
) -> None:
    await sanction(desk, reader, kind="ban", reason="For good")
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    ident = (await sanction(desk, reader, kind="ban", until=until))["sanction"]["id"]
    for _ in range(2):
        ended = await desk.delete(f"/v1/moderation/sanctions/{ident}?replaced=restore")
        assert ended.status_code == 204
    sanctions = (await desk.get(f"{READERS}/{reader}")).json()["sanctions"]
    assert [(one["reason"], one["until"]) for one in sanctions if one["active"]] == [
        ("For good", None)
    ]
    assert (await client.post(thread(), json=new("Another one."))).status_code == 403
    [standing] = [one for one in sanctions if one["active"]]
    # Lifted, and not taken back: nothing comes in its place.
    await desk.delete(f"/v1/moderation/sanctions/{standing['id']}")
    await post(client, "Allowed again.")


async def test_a_reader_as_moderators_see_one(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str
) -> None:
    shown = (await desk.get(f"{READERS}/{reader}")).json()
    assert shown["email"] == "ana@readers.example"
    assert shown["counts"]["published"] == 1
    assert [one["status"] for one in shown["comments"]] == ["published"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "shadow"},
        {"reason": ""},
        {"reason": " \n "},
        {"reason": "x" * 501},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "2026-12-01T00:00:00"},
        {"until": "9999-12-31T00:00:00Z"},
    ],
)
async def test_bad_sanctions_are_refused(
    desk: httpx.AsyncClient, reader: str, change: dict[str, Any]
) -> None:
    body = {"kind": "hold", "reason": "Rude", **change}
    answer = await desk.post(f"{READERS}/{reader}/sanctions", json=body)
    assert answer.status_code == 422, answer.text
    assert (await desk.get(f"{READERS}/{reader}")).json()["sanctions"] == []


async def test_readers_of_other_sites_are_not_there(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, reader: str, state: dict[str, Any]
) -> None:
    made = await sanction(desk, reader)
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "moderator", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    body = {"kind": "ban", "reason": "Mine now"}
    for who, headers in ((reader, bearer(token)), (str(uuid4()), None), ("me", None)):
        address = f"{READERS}/{who}"
        one = headers or dict(desk.headers)
        assert (await client.get(address, headers=one)).status_code == 404
        answer = await client.post(f"{address}/sanctions", json=body, headers=one)
        assert answer.status_code == 404
    address = f"/v1/moderation/sanctions/{made['sanction']['id']}"
    assert (await client.delete(address, headers=bearer(token))).status_code == 404
    assert (await desk.delete(address)).status_code == 204
    assert (await desk.delete(address)).status_code == 204
