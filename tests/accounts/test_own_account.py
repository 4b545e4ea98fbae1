"""One's own API tokens and sessions."""

from typing import Any

import httpx
import pytest
from thread import bearer

from service.accounts import actions
from service.core.db import Pool

SESSION = "/desk/session"
EMAIL = "eve@courier.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


async def sign_in(client: httpx.AsyncClient, pool: Pool, agent: str = "") -> dict[str, str]:
    """The headers of a new session."""
    async with pool.acquire() as conn:
        moderator = await actions.add_moderator(conn, EMAIL, "editor", [])
    client.cookies.clear()
    headers = {"User-Agent": agent}
    csrf = (await client.post(SESSION, json={"token": moderator}, headers=headers)).json()["csrf"]
    cookie = client.cookies["rejoinder_desk"]
    client.cookies.clear()
    return {"Cookie": f"rejoinder_desk={cookie}", "X-CSRF-Token": csrf}


async def test_a_token_is_shown_once_works_and_is_revoked(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    eve = await sign_in(client, pool)
    made = await client.post("/desk/tokens", json={"label": " statistics "}, headers=eve)
    assert made.status_code == 201
    assert made.json()["label"] == "statistics"
    token = bearer(made.json()["token"])
    assert (await client.get("/v1/moderation/queue", headers=token)).status_code == 200
    (listed,) = (await client.get("/desk/tokens", headers=eve)).json()["items"]
    assert listed["last_used_at"]
    assert set(listed) == {"id", "label", "created_at", "last_used_at"}
    path = f"/desk/tokens/{listed['id']}"
    assert (await client.delete(path, headers=eve)).status_code == 204
    assert (await client.delete(path, headers=eve)).status_code == 404
    assert (await client.get("/v1/moderation/queue", headers=token)).status_code == 401
    actions_told = [
        row["action"] for row in await pool.fetch("select action from account_event order by id")
    ]
    assert actions_told[-2:] == ["token made", "token revoked"]


async def test_nobody_revokes_another_s(client: httpx.AsyncClient, pool: Pool) -> None:
    eve = await sign_in(client, pool)
    async with pool.acquire() as conn:
        await actions.add_moderator(conn, "bo@courier.example", "editor", [])
        token = await actions.create_api_token(conn, "bo@courier.example")
    ident = await pool.fetchval("select id from moderator_token where kind = 'api'")
    assert (await client.delete(f"/desk/tokens/{ident}", headers=eve)).status_code == 404
    assert (await client.delete(f"/desk/sessions/{ident}", headers=eve)).status_code == 404
    assert (await client.get("/v1/moderation/queue", headers=bearer(token))).status_code == 200


async def test_sessions_are_shown_and_ended(client: httpx.AsyncClient, pool: Pool) -> None:
    first = await sign_in(client, pool, FIREFOX)
    second = await sign_in(client, pool, "x" * 500)
    items = (await client.get("/desk/sessions", headers=second)).json()["items"]
    assert [(i["current"], i["method"]) for i in items] == [(True, "link"), (False, "link")]
    assert items[1]["agent"] == FIREFOX
    assert len(items[0]["agent"]) == 200
    ended = await client.delete(f"/desk/sessions/{items[1]['id']}", headers=second)
    assert ended.status_code == 204
    assert (await client.get(SESSION, headers=first)).status_code == 401
    third = await sign_in(client, pool)
    assert (await client.delete("/desk/sessions", headers=third)).status_code == 204
    assert (await client.get(SESSION, headers=second)).status_code == 401
    assert (await client.get(SESSION, headers=third)).status_code == 200


async def test_sessions_don_t_pile_up(client: httpx.AsyncClient, pool: Pool) -> None:
    first = await sign_in(client, pool)
    for _ in range(actions.MOST_SESSIONS):
        last = await sign_in(client, pool)
    count = await pool.fetchval("select count(*) from moderator_token where kind = 'session'")
    assert count == actions.MOST_SESSIONS
    assert (await client.get(SESSION, headers=first)).status_code == 401
    assert (await client.get(SESSION, headers=last)).status_code == 200


@pytest.mark.parametrize("body", [{}, {"label": "x" * 101}, {"label": "a\x00b"}, {"label": 7}])
async def test_a_bad_label_is_told(
    client: httpx.AsyncClient, pool: Pool, body: dict[str, Any]
) -> None:
    eve = await sign_in(client, pool)
    assert (await client.post("/desk/tokens", json=body, headers=eve)).status_code == 422


async def test_tokens_are_not_made_without_end(
    client: httpx.AsyncClient, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.accounts.credentials.MOST_TOKENS", 2)
    eve = await sign_in(client, pool)
    answers = [await client.post("/desk/tokens", json={"label": ""}, headers=eve) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
