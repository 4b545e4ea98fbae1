"""Signing in at the desk."""

import asyncio

import httpx
import pytest
from thread import bearer, post

from service.accounts import actions
from service.accounts.actions import check_email
from service.accounts.types import Role
from service.core.db import Pool
from service.core.problems import Invalid, NotFound

SESSION = "/desk/session"


@pytest.fixture
async def link(client: httpx.AsyncClient, pool: Pool) -> str:
    async with pool.acquire() as conn:
        name = ("Eve", "eve")
        return await actions.add_moderator(conn, "Eve@Courier.example", "editor", [], name)


async def test_a_link_signs_in_once(client: httpx.AsyncClient, link: str) -> None:
    answer = await client.post(SESSION, json={"token": link})
    assert answer.status_code == 200
    assert answer.json()["moderator"]["email"] == "eve@courier.example"
    assert answer.json()["sites"] == [
        {"slug": "default", "name": "The Courier", "words_marked": False}
    ]
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "secure"))
    assert (await client.get(SESSION)).status_code == 200
    assert (await client.get("/v1/moderation/queue")).status_code == 200
    client.cookies.clear()
    assert (await client.post(SESSION, json={"token": link})).status_code == 401
    assert (await client.get(SESSION)).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)],
)
async def test_another_site_signs_nobody_in(
    client: httpx.AsyncClient, link: str, origin: str, status: int
) -> None:
    answer = await client.post(SESSION, json={"token": link}, headers={"Sec-Fetch-Site": origin})
    assert answer.status_code == status


async def test_of_many_who_use_a_link_at_once_one_gets_in(
    client: httpx.AsyncClient, link: str
) -> None:
    tries = [client.post(SESSION, json={"token": link}) for _ in range(8)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_session_changes_nothing_without_its_csrf_token(
    client: httpx.AsyncClient, link: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    csrf = (await client.post(SESSION, json={"token": link})).json()["csrf"]
    body = {"decisions": [{"comment_id": ident, "action": "spam"}]}
    for headers, status in [({}, 403), ({"X-CSRF-Token": "x"}, 403), ({"X-CSRF-Token": csrf}, 200)]:
        answer = await client.post("/v1/moderation/decisions", json=body, headers=headers)
        assert answer.status_code == status


async def test_signing_out_ends_the_session(client: httpx.AsyncClient, link: str) -> None:
    csrf = (await client.post(SESSION, json={"token": link})).json()["csrf"]
    cookie = client.cookies["rejoinder_desk"]
    assert (await client.delete(SESSION, headers={"X-CSRF-Token": csrf})).status_code == 204
    client.cookies.set("rejoinder_desk", cookie)
    assert (await client.get(SESSION)).status_code == 401


async def test_expired_links_and_disabled_moderators_get_nowhere(
    client: httpx.AsyncClient, link: str, pool: Pool
) -> None:
    await pool.execute("update moderator_token set expires_at = now() - interval '1 second'")
    assert (await client.post(SESSION, json={"token": link})).status_code == 401
    async with pool.acquire() as conn:
        token = await actions.create_api_token(conn, "eve@courier.example")
    assert (await client.get("/v1/moderation/queue", headers=bearer(token))).status_code == 200
    await pool.execute("update moderator set disabled_at = now()")
    assert (await client.get("/v1/moderation/queue", headers=bearer(token))).status_code == 401


async def test_no_secret_is_kept_in_plain(pool: Pool, link: str, publisher_key: str) -> None:
    tables = ("api_key", "moderator_token", "moderator")
    dump = " ".join(
        [str(row) for table in tables for row in await pool.fetch(f"select * from {table}")]
    )
    assert link not in dump
    assert publisher_key not in dump


async def test_a_token_needs_a_moderator(pool: Pool) -> None:
    async with pool.acquire() as conn:
        with pytest.raises(NotFound):
            await actions.create_api_token(conn, "nobody@courier.example")


BAD_ADDRESSES = [
    "", "a", "a@", "@b", "a b@c", "a@b@c", "a@b\x00", "<a@b>", "a" * 250 + "@b.example",
]  # fmt: skip


@pytest.mark.parametrize("email", BAD_ADDRESSES)
def test_what_is_no_address(email: str) -> None:
    with pytest.raises(Invalid):
        check_email("email", email)


@pytest.mark.parametrize(
    ("role", "limited", "status"),
    [("editor", False, 200), ("moderator", False, 401), ("editor", True, 401)],
)
async def test_another_role_or_other_sites_end_the_sessions(
    client: httpx.AsyncClient, link: str, pool: Pool, role: Role, *, limited: bool, status: int
) -> None:
    await client.post(SESSION, json={"token": link})
    async with pool.acquire() as conn:
        sites = [await conn.fetchval("select id from site")] if limited else []
        await actions.add_moderator(conn, "eve@courier.example", role, sites)
    assert (await client.get(SESSION)).status_code == status
