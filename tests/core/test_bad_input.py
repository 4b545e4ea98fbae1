"""Bad input, over the whole route table: a clear problem, never a 500, and nothing changes."""

import json
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support import Standing
from thread import bearer, comment, new, post, read, thread

from service.accounts import actions as accounts
from service.accounts.auth import SESSION_COOKIE
from service.app import ENDPOINTS
from service.core.http import Endpoint
from service.core.problems import MEDIA_TYPE
from service.core.tokens import random_token, token_hash
from service.correspondence.store import insert_confirmed
from service.readers.confirmed import POST_TOKEN
from service.readers.confirmed_store import insert_token

UNKNOWN = str(uuid.uuid4())
PARAMETERS = {
    "site": "default",
    "article": "a-1",
    "comment": UNKNOWN,
    "batch": UNKNOWN,
    "reader": UNKNOWN,
    "sanction": UNKNOWN,
    "chart": "volume",
    "webhook": UNKNOWN,
    "delivery": UNKNOWN,
    "token": UNKNOWN,
    "member": UNKNOWN,
    "key": UNKNOWN,
    "session": UNKNOWN,
    "id": UNKNOWN,
    "source": "wordpress",
    "ident": "123",
}

# Bodies that are no JSON of any endpoint, and what each is answered.
BROKEN: list[tuple[str, bytes, set[int]]] = [
    ("nothing", b"", {400}),
    ("cut off", b'{"name": "A', {400}),
    ("not UTF-8", b'{"name": "\xff\xfe"}', {400}),
    ("UTF-16", '{"name": "A"}'.encode("utf-16"), {400}),
    ("a lone surrogate", b'{"name": "\\ud800"}', {400, 422}),
    ("a list", b"[]", {422}),
    ("a number", b"7", {422}),
    ("null", b"null", {422}),
    ("an unknown field", b'{"surprise": 1}', {422}),
    ("deep", b"[" * 50_000, {400, 422}),
    ("a form", b"name=A&body=B", {400}),
]

WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.body is not None]
WITHOUT_OBJECT = [e for e in WITH_BODY if e.access not in {"author", "subscriber"}]
GUARDED = [endpoint for endpoint in ENDPOINTS if endpoint.access != "public"]
OF_A_SITE = [endpoint for endpoint in ENDPOINTS if "{site}" in endpoint.path]


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def address(endpoint: Endpoint, **changes: str) -> str:
    return endpoint.path.format(**{**PARAMETERS, **changes})


def check_problem(answer: httpx.Response, statuses: set[int]) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem = answer.json()
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.fixture
async def reader_token(standing: Standing) -> str:
    """The token of a reader who has confirmed an address."""
    token = random_token(POST_TOKEN)
    async with standing.state["pool"].acquire() as conn, conn.transaction():
        site_id = await conn.fetchval("select id from site where slug = 'default'")
        name = (uuid.uuid4().hex, uuid.uuid4().hex)
        reader = await insert_confirmed(conn, site_id, f"{name[0]}@readers.example", name, "en")
        await insert_token(conn, site_id, token_hash(token), reader, "post", timedelta(days=1))
    return token


@pytest.fixture
def tokens(standing: Standing, reader_token: str) -> dict[str, str]:
    """A valid token for each kind of access that needs no object of its own."""
    return {
        "reader": reader_token,
        "publisher": standing.publisher_key,
        "classify": standing.publisher_key,
        "moderator": standing.moderator_token,
        "editor": standing.editor_token,
    }


@pytest.fixture
async def session(standing: Standing) -> dict[str, str]:
    """The headers of an editor's session."""
    client = standing.client
    async with standing.state["pool"].acquire() as conn:
        link = await accounts.add_moderator(conn, f"{uuid.uuid4()}@courier.example", "editor", [])
    csrf = (await client.post("/desk/session", json={"token": link})).json()["csrf"]
    cookie = f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"
    client.cookies.clear()
    return {"Cookie": cookie, "X-CSRF-Token": csrf}


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
async def test_a_broken_body_is_told(
    endpoint: Endpoint,
    standing: Standing,
    tokens: dict[str, str],
    session: dict[str, str],
    keyring: Any,
) -> None:
    token = tokens.get(endpoint.access, "")
    where = address(endpoint)
    if endpoint.access == "author":
        posted = await post(standing.client)
        token = posted["edit_token"]
        where = address(endpoint, comment=posted["comment"]["id"])
    if endpoint.access == "subscriber":
        token = keyring.object_token("rs", uuid.UUID(UNKNOWN))
    headers = bearer(token) if token else {}
    if endpoint.access == "session":
        headers = session
    larger = b'{"name": "' + b"x" * (endpoint.largest + 1024) + b'"}'
    for what, body, statuses in [*BROKEN, ("too large", larger, {413})]:
        answer = await standing.client.request(
            endpoint.method, where, content=body, headers=headers
        )
        assert answer.status_code < 500, what
        # What the path names may be missing, and may be looked for first.
        check_problem(answer, statuses | ({404} if UNKNOWN in where else set()))


@pytest.mark.parametrize("endpoint", WITHOUT_OBJECT, ids=name_of)
async def test_a_body_too_large_is_refused_while_it_comes(
    endpoint: Endpoint,
    standing: Standing,
    tokens: dict[str, str],
    session: dict[str, str],
) -> None:
    async def chunks() -> Any:
        for _ in range(endpoint.largest // 1024 + 36):
            yield b"x" * 1024

    token = tokens.get(endpoint.access)
    headers = bearer(token) if token else session if endpoint.access == "session" else {}
    answer = await standing.client.request(
        endpoint.method, address(endpoint), content=chunks(), headers=headers
    )
    check_problem(answer, {413} | ({404} if UNKNOWN in address(endpoint) else set()))


@pytest.mark.parametrize("endpoint", GUARDED, ids=name_of)
async def test_without_the_right_token_nothing_opens(
    endpoint: Endpoint, standing: Standing, tokens: dict[str, str]
) -> None:
    where = address(endpoint)
    for token in ("", "x", "rk" + "a" * 40, "rm" + "a" * 40, "re" + "a" * 52, "rs" + "a" * 52):
        answer = await standing.client.request(endpoint.method, where, headers=bearer(token))
        check_problem(answer, {401})
    check_problem(await standing.client.request(endpoint.method, where), {401})
    edit_token = (await post(standing.client))["edit_token"]
    others = {**tokens, "author": edit_token}
    for kind, token in others.items():
        if kind == endpoint.access or {kind, endpoint.access} <= {"publisher", "classify"}:
            continue
        # Who decides what a text is may ask what the machine says of it.
        if (kind, endpoint.access) in {
            ("editor", "moderator"),
            ("moderator", "classify"),
            ("editor", "classify"),
        }:
            continue
        answer = await standing.client.request(
            endpoint.method, where, headers=bearer(token), content=b"{}"
        )
        # A reader's token is of one site: elsewhere nobody knows it.
        unknown = {401} if kind == "reader" else set()
        check_problem(answer, {403, *unknown} | ({404} if UNKNOWN in where else set()))


@pytest.mark.parametrize("endpoint", OF_A_SITE, ids=name_of)
async def test_an_unknown_site_is_not_there(
    endpoint: Endpoint, standing: Standing, tokens: dict[str, str]
) -> None:
    token = tokens.get(endpoint.access, "")
    for site in ("nowhere", "Default", "..", "a b", "x" * 100, "%00", "default%2Fx"):
        where = address(endpoint, site=site)
        answer = await standing.client.request(
            endpoint.method, where, headers=bearer(token) if token else {}, content=b"{}"
        )
        check_problem(answer, {404} if token or endpoint.access == "public" else {401, 404})


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
async def test_a_wrong_method_is_told_the_right_ones(
    endpoint: Endpoint, standing: Standing
) -> None:
    answer = await standing.client.request("TRACE", address(endpoint))
    check_problem(answer, {405})
    assert endpoint.method in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [p for e in ENDPOINTS if "{comment}" in e.path or "{id}" in e.path for p in [e]],
    ids=name_of,
)
async def test_ids_that_are_none(
    path: Endpoint, standing: Standing, tokens: dict[str, str]
) -> None:
    token = tokens.get(path.access, "")
    for ident in ("1", "nonsense", "0" * 32 + "x", "%00", "..%2f..", UNKNOWN):
        where = address(path, comment=ident, id=ident)
        answer = await standing.client.request(
            path.method,
            where,
            headers=bearer(token) if token else {},
            content=b'{"reason": "spam"}',
        )
        check_problem(answer, {404} if token or path.access == "public" else {401, 404})


KEYS = [
    ("x" * 300, 422),
    ("a%2Fb", 404),
    ("a/b", 404),
    ("%C3%A4rger", 422),
    ("%E2%98%83", 422),
    ("a%20b", 422),
    ("%00", 422),
    ("%FF", 422),
    ("a%0Ab", 422),
    ("<script>", 422),
]


@pytest.mark.parametrize(("key", "status"), KEYS)
async def test_article_keys_as_editors_produce_them(
    key: str, status: int, client: httpx.AsyncClient, publisher_key: str
) -> None:
    body = {"url": "https://news.example/x", "title": "X"}
    headers = bearer(publisher_key)
    put = await client.put(f"/v1/sites/default/articles/{key}", json=body, headers=headers)
    check_problem(put, {status})
    check_problem(await client.get(f"/v1/sites/default/articles/{key}/comments"), {status})
    posted = await client.post(f"/v1/sites/default/articles/{key}/comments", json=new())
    check_problem(posted, {status})
    if status == 404:
        assert "slash" in put.json()["detail"]


@pytest.mark.parametrize("key", ["x" * 200, "18231", "news.example~2026~a", "a:b", "A-_~.9"])
async def test_article_keys_that_are_some(key: str, client: httpx.AsyncClient) -> None:
    assert (await client.post(thread(key), json=new(article=key))).status_code == 201
    assert (await read(client, key))["count"] == 1


BAD_COMMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("no name", {"name": ""}, "$.name"),
    ("a long name", {"name": "x" * 81}, "$.name"),
    ("a name of nothing", {"name": "\u200b\u202e"}, "$.name"),
    ("NUL in the name", {"name": "A\x00"}, "$.name"),
    ("no address", {"email": "ana"}, "$.email"),
    ("a long address", {"email": "a" * 250 + "@b.example"}, "$.email"),
    ("NUL in the address", {"email": "a\x00@b.example"}, "$.email"),
    ("no text", {"body": ""}, "$.body"),
    ("blanks", {"body": " \n\t "}, "$.body"),
    ("NUL in the text", {"body": "A\x00B"}, "$.body"),
    ("10,001 characters", {"body": "x" * 10_001}, "$.body"),
    ("a number for a text", {"body": 7}, "$.body"),
    ("a parent that is no id", {"parent_id": "x"}, "$.parent_id"),
    ("a parent that is not there", {"parent_id": UNKNOWN}, "$.parent_id"),
    ("a website that is none", {"website": "javascript://alert(1)"}, "$.website"),
    ("a page without address", {"article": {"url": "x", "title": ""}}, "$.article.url"),
    ("an article that is a text", {"article": "x"}, "$.article"),
    ("an unknown field", {"admin": True}, "$"),
]


@pytest.mark.parametrize(("change", "path"), [case[1:] for case in BAD_COMMENTS],
                         ids=[case[0] for case in BAD_COMMENTS])  # fmt: skip
async def test_a_bad_comment_names_its_field(
    change: dict[str, Any], path: str, client: httpx.AsyncClient
) -> None:
    answer = await client.post(thread(), json={**new(), **change})
    check_problem(answer, {422})
    assert answer.json()["errors"][0]["path"] == path
    assert (await read(client))["count"] == 0


GOOD_COMMENTS = [
    {"body": "x" * 10_000},
    {"body": "\u202eright to left\u202c and back"},
    {"body": "שלום, مرحبا"},
    {"body": "Z\u0351\u036b\u0343algo " * 200},
    {"body": "👩‍👩‍👧‍👦 🏳️‍🌈"},
    {"body": "line\r\nline\rline"},
    {"name": "Ægir Ólafsson 李"},
    {"email": "ANA+news@Readers.Example"},
    {"website": "ana.example"},
    {"ticket": "nonsense"},
    {"company": "Robots Inc."},
    {"parent_id": None, "website": None, "ticket": None, "company": None},
]


@pytest.mark.parametrize("change", GOOD_COMMENTS, ids=[str(n) for n in range(len(GOOD_COMMENTS))])
async def test_unusual_comments_are_taken(
    change: dict[str, Any], client: httpx.AsyncClient
) -> None:
    answer = await client.post(thread(), json={**new(), **change})
    assert answer.status_code == 201, answer.text
    await read(client)


@pytest.mark.parametrize("query", [
    {"sort": "best"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"limit": "9" * 50},
    {"limit": "٣"}, {"cursor": "x"}, {"cursor": "AAAA"}, {"cursor": "k" * 5000}, {"url": "x"},
    {"url": "https://a:b@news.example"},
], ids=str)  # fmt: skip
async def test_bad_queries_of_a_thread(query: dict[str, str], client: httpx.AsyncClient) -> None:
    check_problem(await client.get(thread(), params=query), {422})


async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    for n in range(3):
        await post(client, f"Remark {n}.")
    cursor = (await read(client, limit=1))["next_cursor"]
    for sort in ("oldest", "top"):
        answer = await client.get(thread(), params={"sort": sort, "cursor": cursor})
        check_problem(answer, {422})
    answer = await client.get(comment(UNKNOWN) + "/replies", params={"cursor": cursor})
    check_problem(answer, {422})


@pytest.mark.parametrize("articles", ["", ",", "a/b", "a," * 250, "ä", None])
async def test_bad_counts(articles: str | None, client: httpx.AsyncClient) -> None:
    params = {} if articles is None else {"articles": articles}
    check_problem(await client.get("/v1/sites/default/counts", params=params), {422})


@pytest.mark.parametrize("header", ["x" * 201, ""])
async def test_bad_idempotency_keys(header: str, client: httpx.AsyncClient) -> None:
    answer = await client.post(thread(), json=new(), headers={"Idempotency-Key": header})
    check_problem(answer, {422})


async def test_a_bad_report(client: httpx.AsyncClient) -> None:
    ident = (await post(client))["comment"]["id"]
    for body in ({"reason": "dislike"}, {}, {"reason": "spam", "note": "x" * 1001},
                 {"reason": "spam", "note": "a\x00b"}):  # fmt: skip
        check_problem(await client.post(comment(ident) + "/report", json=body), {422})
    too_long = {"X-Reader": "x" * 201}
    check_problem(await client.put(comment(ident) + "/like", headers=too_long), {422})


async def test_paths_that_are_not_there(client: httpx.AsyncClient) -> None:
    for path in ("/", "/v1", "/v1/sites", "/v1/sites/default", "/wp-login.php", "/%00", "/..%2f"):
        check_problem(await client.get(path), {404})


async def test_an_error_of_ours_says_nothing_of_its_cause(
    client: httpx.AsyncClient, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("service.comments.routes.list_counts", fail)
    answer = await client.get("/v1/sites/default/counts", params={"articles": "a"})
    check_problem(answer, {500})
    assert "secret" not in json.dumps(answer.json())
