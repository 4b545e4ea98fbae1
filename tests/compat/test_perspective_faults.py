"""Perspective's protocol, misused: the right error of that protocol, and the process stays well."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from perspective import ANALYZE, INSULT, SUGGEST, asking, suggesting

from service.accounts import actions as accounts
from service.accounts.keys import key_changed
from service.articles.types import Site
from service.core import http

JSON = {"content-type": "application/json"}


def check_error(answer: httpx.Response, code: int, status: str, kind: str = "") -> dict[str, Any]:
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"code", "message", "status", "details"}
    assert (error["code"], error["status"]) == (code, status)
    assert error["message"]
    if kind:
        assert error["details"][0]["errorType"] == kind
    return error


@pytest.fixture
def send(client: httpx.AsyncClient, publisher_key: str) -> Any:
    async def call(
        content: bytes | AsyncIterator[bytes], path: str = ANALYZE, **headers: str
    ) -> httpx.Response:
        return await client.post(
            path, content=content, params={"key": publisher_key}, headers=headers or JSON
        )

    return call


BAD: list[tuple[str, Any, str]] = [
    ("empty text", asking(""), "COMMENT_EMPTY"),
    ("space", asking(" \n\t "), "COMMENT_EMPTY"),
    ("NUL", asking("\0 \0", languages=["en"]), "COMMENT_EMPTY"),
    ("no comment", {"requestedAttributes": {"TOXICITY": {}}}, "COMMENT_EMPTY"),
    (
        "only markup",
        {**asking(), "comment": {"text": "<p><br></p><!-- x -->", "type": "HTML"}},
        "COMMENT_EMPTY",
    ),
    ("20,481 bytes", asking("x" * 20_481), "COMMENT_TOO_LONG"),
    ("20,482 bytes in fewer letters", asking("é" * 10_241), "COMMENT_TOO_LONG"),
    ("a hundred kilobytes", asking("word " * 20_000), "COMMENT_TOO_LONG"),
    ("no attributes", {"comment": {"text": "a"}}, "NO_REQUESTED_ATTRIBUTES"),
    ("an unknown attribute", asking("a", "NICENESS"), "INVALID_REQUEST"),
    ("one that we don't have", asking("a", "TOXICITY", "FLIRTATION"), "INVALID_REQUEST"),
    ("no letters", asking("12345 !!!"), "LANGUAGE_DETECTION_FAILED"),
    (
        "another score type",
        {**asking(), "requestedAttributes": {"TOXICITY": {"scoreType": "PERCENTILE"}}},
        "INVALID_REQUEST",
    ),
    (
        "another text type",
        {**asking(), "comment": {"text": "a", "type": "MARKDOWN"}},
        "INVALID_REQUEST",
    ),
    (
        "two contexts",
        {
            **asking(),
            "context": {
                "entries": [{"text": "a"}],
                "articleAndParentComment": {"article": {"text": "b"}},
            },
        },
        "INVALID_REQUEST",
    ),
]


@pytest.mark.parametrize(("body", "kind"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_a_bad_request_is_told_in_the_originals_words(
    send: Any, body: Any, kind: str
) -> None:
    check_error(await send(json.dumps(body).encode()), 400, "INVALID_ARGUMENT", kind)


async def test_twenty_thousand_bytes_are_scored(send: Any) -> None:
    for text in ("word " * 4096, "é" * 10_240, "x" * 20_480, "\u0001" * 100 + "a word or two"):
        answer = await send(json.dumps(asking(text, languages=["en"])).encode())
        assert answer.status_code == 200, answer.text


BROKEN: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("cut off", b'{"comment": {"text": "a"'),
    ("a form", b"comment=a&requestedAttributes=TOXICITY"),
    ("not UTF-8", b'{"comment": {"text": "\xff\xfe"}}'),
    ("latin-1", '{"comment": {"text": "é"}}'.encode("latin-1")),
    ("UTF-16", json.dumps(asking()).encode("utf-16")),
    ("a lone surrogate", b'{"comment": {"text": "\\ud800"}}'),
    ("a list", b"[]"),
    ("null", b"null"),
    ("deep", b"[" * 50_000),
    ("deep in a field", b'{"comment":' + b'{"a":' * 5_000),
    ("an unknown field", json.dumps({**asking(), "surprise": 1}).encode()),
    ("a wrong type", json.dumps({**asking(), "comment": "a"}).encode()),
    ("a huge number", b'{"requestedAttributes":{"TOXICITY":{"scoreThreshold":1e999}}}'),
]


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
@pytest.mark.parametrize("body", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
async def test_a_body_that_is_no_request(send: Any, path: str, body: bytes) -> None:
    check_error(await send(body, path), 400, "INVALID_ARGUMENT")


async def test_an_unknown_field_is_named(send: Any) -> None:
    answer = await send(json.dumps({**asking(), "surprise": 1}).encode())
    error = check_error(answer, 400, "INVALID_ARGUMENT")
    assert error["message"] == (
        'Invalid JSON payload received. Unknown name "surprise": Cannot find field.'
    )
    nested = {**asking(), "comment": {"text": "a", "colour": "red"}}
    answer = await send(json.dumps(nested).encode())
    assert "\"colour\" at 'comment'" in answer.json()["error"]["message"]


async def test_json_is_read_whatever_its_label(send: Any) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await send(json.dumps(asking()).encode(), **{"content-type": kind})
        assert answer.status_code == 200


async def test_an_enormous_body_is_refused_while_it_comes(send: Any) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3000):
            yield b" " * 1024

    check_error(await send(chunks()), 413, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("scores", "status"),
    [
        ({}, 400),
        ({"TOXICITY": {}}, 400),
        ({"TOXICITY": {"summaryScore": {"value": 1.5}}}, 400),
        ({"TOXICITY": {"summaryScore": {"value": -0.1}}}, 400),
        ({"NICENESS": {"summaryScore": {"value": 1}}}, 400),
        ({"TOXICITY": {"summaryScore": {}}}, 200),
    ],
)
async def test_bad_suggestions_are_not_kept(
    send: Any, state: dict[str, Any], scores: Any, status: int
) -> None:
    body = {**suggesting(), "attributeScores": scores}
    answer = await send(json.dumps(body).encode(), SUGGEST)
    assert answer.status_code == status
    count = await state["pool"].fetchval("select count(*) from example")
    assert count == (0 if status == 400 else 1)


async def test_a_comment_of_nul_alone_is_none(send: Any, state: dict[str, Any]) -> None:
    await state["pool"].execute("update api_key set keeps = true")
    state["keys"]._forget()
    told = {"text": "\0"}
    for body, path in ((asking(languages=["en"]), ANALYZE), (suggesting(TOXICITY=1), SUGGEST)):
        answer = await send(json.dumps({**body, "comment": told}).encode(), path)
        check_error(answer, 400, "INVALID_ARGUMENT", "COMMENT_EMPTY")


async def test_keys(client: httpx.AsyncClient, publisher_key: str, site: Site, state: Any) -> None:
    body = asking()
    check_error(await client.post(ANALYZE, json=body), 403, "PERMISSION_DENIED")
    wrong = await client.post(ANALYZE, json=body, params={"key": "rk" + "a" * 40})
    error = check_error(wrong, 400, "INVALID_ARGUMENT")
    assert error["message"] == "API key not valid. Please pass a valid API key."
    assert error["details"][0]["reason"] == "API_KEY_INVALID"
    for headers in (
        {"x-goog-api-key": publisher_key},
        {"authorization": f"Bearer {publisher_key}"},
    ):
        assert (await client.post(ANALYZE, json=body, headers=headers)).status_code == 200
    other = await accounts.create_key(state["pool"], site.id, ["publish"])
    refused = await client.post(ANALYZE, json=body, params={"key": other})
    check_error(refused, 403, "PERMISSION_DENIED")


async def test_a_quota_that_is_spent(send: Any, state: dict[str, Any]) -> None:
    async with state["pool"].acquire() as conn, conn.transaction():
        await conn.execute("update api_key set quota = 2")
        await key_changed(conn)
    state["keys"]._forget()
    body = json.dumps(asking()).encode()
    assert [(await send(body)).status_code for _ in range(2)] == [200, 200]
    answer = await send(body)
    error = check_error(answer, 429, "RESOURCE_EXHAUSTED")
    assert int(answer.headers["retry-after"]) > 0
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


async def test_other_paths_and_methods(client: httpx.AsyncClient) -> None:
    check_error(await client.get(ANALYZE), 405, "UNIMPLEMENTED")
    check_error(await client.post("/v1alpha1/comments:guess", json={}), 404, "NOT_FOUND")


async def test_a_slow_client_is_given_up(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SLOWEST", 0.2)

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"comment":'
        await asyncio.sleep(5)
        yield b"{}}"

    check_error(await send(chunks()), 408, "DEADLINE_EXCEEDED")


async def test_a_thousand_at_once_are_answered(send: Any, client: httpx.AsyncClient) -> None:
    good, bad = json.dumps(asking(INSULT)).encode(), b'{"comment":'
    answers = await asyncio.gather(*(send(good if n % 2 else bad) for n in range(1000)))
    assert [answer.status_code for answer in answers] == [400, 200] * 500
    assert (await client.get("/healthz")).status_code == 200


async def test_without_a_classifier_nothing_is_called_clean(
    send: Any, state: dict[str, Any]
) -> None:
    scorer = state["assessor"]._scorer
    model, scorer.model = scorer.model, None
    try:
        check_error(await send(json.dumps(asking()).encode()), 503, "UNAVAILABLE")
    finally:
        scorer.model = model
