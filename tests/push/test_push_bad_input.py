"""Bad input for every endpoint of push: a problem that names what is wrong, never a 500."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from push.push_problems import check
from push.push_service import Browser

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool, uuid7
from service.core.http import Endpoint
from service.core.tokens import Keyring
from service.push.routes import ENDPOINTS

SITE = "/v1/sites/default"
SUBSCRIPTION = UUID("0195e000-0000-7000-8000-000000000001")
WITH_BODY = [e for e in ENDPOINTS if e.body is not None]
OF_PUBLISHERS = [e for e in ENDPOINTS if e.access == "publisher"]
OF_SITES = [e for e in ENDPOINTS if "{site}" in e.path]
NO_SURROGATE = b'"\\ud800"'


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def path_of(endpoint: Endpoint, site: str = "default") -> str:
    return endpoint.path.format(site=site, article="a", id=SUBSCRIPTION)


def good(endpoint: Endpoint) -> dict[str, Any]:
    """A body that would do."""
    match endpoint.path.rsplit("/", 1)[-1]:
        case "{article}":
            return {"url": "https://news.example/a", "title": "T"}
        case "alerts":
            return {"article": "a"}
        case "subscriptions":
            endpoint_ = "https://updates.push.services.mozilla.com/wpush/v2/a"
            return {"subscription": Browser(endpoint_).json()}
        case "receipts":
            return {"receipt": "a" * 61, "event": "shown"}
        case _:
            return {}


@pytest.fixture
def token(publisher_key: str, keyring: Keyring) -> Any:
    """The right token for an endpoint."""

    def token(endpoint: Endpoint) -> dict[str, str]:
        match endpoint.access:
            case "publisher":
                return {"authorization": f"Bearer {publisher_key}"}
            case "subscriber":
                return {"authorization": f"Bearer {keyring.object_token('rs', SUBSCRIPTION)}"}
            case _:
                return {}

    return token


UNREADABLE: list[tuple[bytes, set[int]]] = [
    (b"", {400}),
    (b"{", {400}),
    (b"nonsense", {400}),
    # Which of the two comes first is the decoder's affair.
    (b'{"a":1}x', {400, 422}),
    (b"\xff\xfe", {400}),
    (b'{"title":"\xff"}', {400, 422}),
    (b"[" * 20_000, {400, 422}),
    (b"1e999", {400, 422}),
    (b"[]", {422}),
    (b"null", {422}),
    (b'"text"', {422}),
    (b'{"surprise":1}', {422}),
    (b'{"x":"' + b"a" * 65 * 1024 + b'"}', {413}),
]


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name)
async def test_unreadable_body(
    client: httpx.AsyncClient, token: Any, endpoint: Endpoint, subtests: pytest.Subtests
) -> None:
    for body, statuses in UNREADABLE:
        with subtests.test(body=body[:20]):
            answer = await client.request(
                endpoint.method, path_of(endpoint), content=body, headers=token(endpoint)
            )
            assert answer.status_code in statuses
            check(answer, answer.status_code)


async def test_wrong_method(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for endpoint in ENDPOINTS:
        with subtests.test(endpoint=name(endpoint)):
            check(await client.request("TRACE", path_of(endpoint)), 405)


async def test_unknown_site(
    client: httpx.AsyncClient, token: Any, subtests: pytest.Subtests
) -> None:
    for endpoint in OF_SITES:
        for slug in ("nowhere", "DEFAULT", "a%00b", "é", "x" * 300, "-"):
            with subtests.test(endpoint=name(endpoint), slug=slug):
                answer = await client.request(
                    endpoint.method,
                    path_of(endpoint, slug),
                    json=good(endpoint),
                    headers=token(endpoint),
                )
                check(answer, 404)


async def test_who_may_not(
    client: httpx.AsyncClient,
    pool: Pool,
    keyring: Keyring,
    moderator_token: str,
    subtests: pytest.Subtests,
) -> None:
    async with pool.acquire() as conn:
        other = await articles.add_site(conn, "other", "", ["https://other.example"])
        own = await conn.fetchval("select id from site where slug = 'default'")
        foreign = await accounts.create_key(conn, other.id, ["publish"])
        classify = await accounts.create_key(conn, own, ["classify"])
    given: list[tuple[str, int]] = [
        ("", 401),
        ("Bearer", 401),
        ("Bearer rk" + "a" * 40, 401),
        ("Bearer nonsense", 401),
        ("Basic " + "a" * 8, 401),
        (f"Bearer {keyring.object_token('rs', uuid7())}", 403),
        (f"Bearer {keyring.object_token('re', uuid7())}", 403),
        (f"Bearer {moderator_token}", 403),
        (f"Bearer {classify}", 403),
        (f"Bearer {foreign}", 403),
    ]
    for endpoint in OF_PUBLISHERS:
        for authorization, status in given:
            with subtests.test(endpoint=name(endpoint), authorization=authorization[:10]):
                answer = await client.request(
                    endpoint.method,
                    path_of(endpoint),
                    json=good(endpoint),
                    headers={"authorization": authorization},
                )
                check(answer, status)


async def test_unknown_id(
    client: httpx.AsyncClient, publisher_key: str, keyring: Keyring, subtests: pytest.Subtests
) -> None:
    token = {
        "publisher": publisher_key,
        "subscriber": keyring.object_token("rs", SUBSCRIPTION),
    }
    for endpoint in (e for e in ENDPOINTS if "{id}" in e.path):
        for ident in ("x", "0", "%00", str(SUBSCRIPTION), "0195e000"):
            with subtests.test(endpoint=name(endpoint), ident=ident):
                answer = await client.request(
                    endpoint.method,
                    endpoint.path.format(site="default", id=ident),
                    json={},
                    headers={"authorization": f"Bearer {token[endpoint.access]}"},
                )
                check(answer, 404)
