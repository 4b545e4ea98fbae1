"""Keys of other systems: known in memory, forgotten when they change, and their quotas."""

import asyncio
from typing import Any

import httpx
import pytest
from thread import bearer

from service.accounts import actions as accounts
from service.accounts.keys import Keys, key_changed
from service.articles.types import Site
from service.core.db import Pool
from service.core.problems import TooManyRequests

URL = "/v1/classify"
BODY = {"texts": ["A fine remark."]}


@pytest.fixture
def pool(state: dict[str, Any]) -> Pool:
    pool: Pool = state["pool"]
    return pool


async def set_quota(pool: Pool, quota: int | None) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("update api_key set quota = $1", quota)
        await key_changed(conn)


async def test_a_known_key_costs_no_question(
    state: dict[str, Any], publisher_key: str, pool: Pool
) -> None:
    keys: Keys = state["keys"]
    first = await keys.find(publisher_key)
    assert first is not None
    assert await keys.find(publisher_key) is first
    assert await keys.find("rk" + "a" * 40) is None
    assert await keys.find("rm" + "a" * 40) is None
    noted = await pool.fetchval("select last_used_at from api_key where id = $1", first.id)
    assert noted is not None


async def test_a_revoked_key_opens_nothing_at_once(
    client: httpx.AsyncClient, editor_token: str, publisher_key: str
) -> None:
    assert (await client.post(URL, json=BODY, headers=bearer(publisher_key))).status_code == 200
    keys, editor = "/v1/moderation/keys", bearer(editor_token)
    [key] = (await client.get(f"{keys}?site=default", headers=editor)).json()["items"]
    await client.delete(f"{keys}/{key['id']}", headers=editor)
    for _ in range(100):
        answer = await client.post(URL, json=BODY, headers=bearer(publisher_key))
        if answer.status_code == 401:
            break
        await asyncio.sleep(0.02)
    assert answer.status_code == 401


async def test_a_key_without_the_scope_is_refused(
    client: httpx.AsyncClient, pool: Pool, site: Site
) -> None:
    token = await accounts.create_key(pool, site.id, ["publish"])
    assert (await client.post(URL, json=BODY, headers=bearer(token))).status_code == 403


@pytest.mark.parametrize("quota", [1, 7, 60, 200])
async def test_a_quota_is_given_out_and_not_more(
    state: dict[str, Any], publisher_key: str, pool: Pool, quota: int
) -> None:
    await set_quota(pool, quota)
    # Two processes: what one has taken the other can't.
    one, two = (Keys(pool, state["events"], state["limiter"]) for _ in range(2))
    key = await one.find(publisher_key)
    assert key is not None
    assert key.quota == quota
    given = 0
    waits = []
    for number in range(quota + 20):
        try:
            await (one if number % 2 else two).spend(key)
            given += 1
        except TooManyRequests as problem:
            waits.append(int(problem.headers["retry-after"]))
    # A bucket fills while it is emptied; what one has taken, the other may leave lying.
    assert quota - max(1, quota // 50) <= given <= quota + 2
    assert len(waits) >= 18
    assert all(1 <= wait <= 60 for wait in waits)


async def test_a_thousand_at_once_take_what_there_is(
    state: dict[str, Any], publisher_key: str, pool: Pool
) -> None:
    await set_quota(pool, 500)
    keys: Keys = state["keys"]
    key = await keys.find(publisher_key)
    assert key is not None
    done = await asyncio.gather(*(keys.spend(key) for _ in range(1000)), return_exceptions=True)
    given = sum(one is None for one in done)
    assert 450 <= given <= 520
    assert all(one is None or isinstance(one, TooManyRequests) for one in done)


async def test_a_quota_answers_429(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool
) -> None:
    await set_quota(pool, 1)
    statuses = [
        (await client.post(URL, json=BODY, headers=bearer(publisher_key))).status_code
        for _ in range(3)
    ]
    assert statuses == [200, 429, 429]


async def test_whoever_has_no_quota_is_never_refused(
    state: dict[str, Any], publisher_key: str
) -> None:
    key = await state["keys"].find(publisher_key)
    for _ in range(1000):
        await state["keys"].spend(key)


async def test_each_text_of_many_counts(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, state: dict[str, Any]
) -> None:
    await set_quota(pool, 100)
    state["keys"]._forget()

    async def ask(texts: int) -> int:
        answer = await client.post(
            URL, json={"texts": ["A fine remark."] * texts}, headers=bearer(publisher_key)
        )
        return answer.status_code

    assert await ask(60) == 200
    assert await ask(60) == 429
    # A large request that has to wait keeps no small one waiting.
    assert await ask(20) == 200
    assert await ask(1) == 200
    # More than there ever is: no waiting helps.
    assert await ask(102) == 422
