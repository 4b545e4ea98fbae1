"""Who may call what: every route of the desk, asked by everybody."""

import re
import uuid
from typing import Any

import httpx
import pytest
from support import Standing
from thread import bearer, post

from service.accounts import actions as accounts
from service.app import ENDPOINTS
from service.articles import actions as articles
from service.core.http import Endpoint

DESK = [e for e in ENDPOINTS if e.path.startswith("/v1/moderation/") or e.access == "editor"]
OF_ONESELF = [endpoint for endpoint in ENDPOINTS if endpoint.access == "session"]
OF_EDITORS = [endpoint for endpoint in DESK if endpoint.access == "editor"]
KNOWN = {"chart": "volume"}
OF_EVERY_SITE = {"POST /v1/moderation/sites"}  # what takes an editor of every site
STREAMS = {"/v1/moderation/events"}  # what a right token opens there never ends


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


async def ask(
    client: httpx.AsyncClient, endpoint: Endpoint, token: str | None, **query: str
) -> int:
    names = re.findall(r"{(\w+)}", endpoint.path)
    path = endpoint.path.format(**{name: KNOWN.get(name) or str(uuid.uuid4()) for name in names})
    answer = await client.request(
        endpoint.method,
        path,
        params=query,
        json={} if endpoint.body is not None else None,
        headers=bearer(token) if token else {},
    )
    return answer.status_code


def test_every_route_of_the_desk_says_who_may() -> None:
    assert len(DESK) > 15
    assert OF_EDITORS
    assert {endpoint.access for endpoint in DESK} == {"moderator", "editor"}


@pytest.mark.parametrize("endpoint", DESK, ids=name_of)
async def test_nobody_else_gets_in(endpoint: Endpoint, standing: Standing) -> None:
    pool = standing.state["pool"]
    posted = await post(standing.client)
    classify = await accounts.create_key(
        pool, await pool.fetchval("select id from site"), ["classify"]
    )
    for token, status in [
        (None, 401),
        ("rm" + "a" * 40, 401),
        ("nonsense", 401),
        (posted["edit_token"], 403),
        (standing.publisher_key, 403),
        (classify, 403),
    ]:
        assert await ask(standing.client, endpoint, token) == status, token


@pytest.mark.parametrize("endpoint", OF_ONESELF, ids=name_of)
async def test_one_s_own_account_takes_one_s_own_session(
    endpoint: Endpoint,
    client: httpx.AsyncClient,
    publisher_key: str,
    moderator_token: str,
    editor_token: str,
) -> None:
    assert endpoint.path.startswith("/desk/")
    edit_token = (await post(client))["edit_token"]
    for token in (publisher_key, edit_token, moderator_token, editor_token):
        assert await ask(client, endpoint, token) == 403
    for token in (None, "rm" + "a" * 40, "rd" + "a" * 40):
        assert await ask(client, endpoint, token) == 401


@pytest.mark.parametrize("endpoint", OF_EDITORS, ids=name_of)
async def test_editors_do(
    endpoint: Endpoint, client: httpx.AsyncClient, state: dict[str, Any], editor_token: str
) -> None:
    """What is asked is nonsense, and told so: that they may is what counts."""
    assert await ask(client, endpoint, editor_token, site="default") not in {401, 403}
    async with state["pool"].acquire() as conn:
        site = await conn.fetchval("select id from site")
        await accounts.add_moderator(conn, "l@courier.example", "editor", [site])
        limited = await accounts.create_api_token(conn, "l@courier.example")
    status = await ask(client, endpoint, limited, site="default")
    if name_of(endpoint) in OF_EVERY_SITE:
        assert status == 403
    else:
        assert status not in {401, 403}


@pytest.mark.parametrize("endpoint", OF_EDITORS, ids=name_of)
async def test_moderators_don_t_do_what_editors_do(endpoint: Endpoint, standing: Standing) -> None:
    assert await ask(standing.client, endpoint, standing.moderator_token) == 403


@pytest.mark.parametrize(
    "endpoint", [e for e in DESK if "site" in e.query and e.path not in STREAMS], ids=name_of
)
async def test_a_member_of_another_site_learns_nothing_of_this_one(
    endpoint: Endpoint, client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    assert await ask(client, endpoint, token, site="default") in {403, 422}
    if endpoint.method == "GET":
        assert await ask(client, endpoint, token, site="default") == 403
        assert await ask(client, endpoint, token, site="other") == 200
