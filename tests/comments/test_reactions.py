"""Likes and reports over HTTP."""

import asyncio

import httpx
import pytest
from thread import bearer, comment, post, read

from service.core.db import Pool


async def test_a_like_counts_once_for_each_reader(client: httpx.AsyncClient) -> None:
    ident = (await post(client))["comment"]["id"]
    for reader in ("r1", "r2", "r2", "r3"):
        answer = await client.put(comment(ident) + "/like", headers={"X-Reader": reader})
        assert answer.status_code == 204
    await client.delete(comment(ident) + "/like", headers={"X-Reader": "r3"})
    await client.delete(comment(ident) + "/like", headers={"X-Reader": "r9"})
    assert (await client.get(comment(ident))).json()["comment"]["likes"] == 2


async def test_likes_show_in_the_thread_within_moments(client: httpx.AsyncClient) -> None:
    ident = (await post(client))["comment"]["id"]
    await read(client)
    for n in range(20):
        await client.put(comment(ident) + "/like", headers={"X-Reader": f"r{n}"})
    for _ in range(60):
        if (await read(client))["items"][0]["likes"] == 20:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the likes never showed")


async def test_likes_make_at_most_one_version_a_second(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    ident = (await post(client))["comment"]["id"]
    before = await pool.fetchval("select thread_version from article")
    await pool.execute("update article set thread_at = now()")
    for n in range(30):
        await client.put(comment(ident) + "/like", headers={"X-Reader": f"r{n}"})
    assert await pool.fetchval("select thread_version from article") - before <= 1


async def test_a_report_counts_once_and_names_nobody(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    for reader in ("r1", "r1", "r2"):
        answer = await client.post(
            comment(ident) + "/report",
            json={"reason": "spam", "note": "Seen everywhere."},
            headers={"X-Reader": reader},
        )
        assert answer.status_code == 204
    queue = await client.get(
        "/v1/moderation/queue", params={"view": "reported"}, headers=bearer(moderator_token)
    )
    [item] = queue.json()["items"]
    assert item["reports"] == 2
    detail = await client.get(f"/v1/moderation/comments/{ident}", headers=bearer(moderator_token))
    assert len(detail.json()["report_notes"]) == 2
    assert set(detail.json()["report_notes"][0]) == {"reason", "note", "created_at"}
