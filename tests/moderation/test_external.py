"""The check elsewhere: what it is asked, what its answers do, and that no comment waits for it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from aiohttp import web
from moderation.checker import Checker
from thread import bearer, comment, post

from service.core.db import Pool
from service.screening import external
from service.screening.external import DEADLINE, Breaker, secret_of
from service.settings import Settings

POLICY = "/v1/moderation/policy"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, webhook_allow_local=True)


@pytest_asyncio.fixture
async def checker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Checker]:
    # The machines are shared; the test of the deadline itself takes it as it is.
    monkeypatch.setattr(external, "DEADLINE", 5.0)
    async with Checker() as checker:
        yield checker
        assert checker.faults == []


@pytest.fixture
async def editor(
    application: tuple[Any, dict[str, Any]], editor_token: str
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(editor_token),
    ) as editor:
        yield editor


async def put(editor: httpx.AsyncClient, checker: Checker, **policy: Any) -> None:
    body = {"policy": {"external": {"url": checker.url}, **policy}}
    answer = await editor.put(f"{POLICY}?site=default", json=body)
    assert answer.status_code == 200, answer.text


async def signals_of(editor: httpx.AsyncClient, ident: str) -> dict[str, Any]:
    answer = await editor.get(f"/v1/moderation/comments/{ident}")
    return {one["check"]: one for one in answer.json()["signals"]}


async def test_what_a_checker_is_asked(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker
) -> None:
    await put(editor, checker)
    checker.secret = (await editor.get(f"{POLICY}/external/secret?site=default")).json()["secret"]
    root = await post(client, "The **bridge** is closed.", website="ana.example")
    await post(client, "Indeed.", parent_id=root["comment"]["id"])
    first, second = checker.asked
    assert first == {
        "type": "comment.check",
        "site": "default",
        "article": {"key": "a-1", "url": "https://news.example/a-1", "title": "A bridge"},
        "comment": {
            "name": "Ana", "body": "The **bridge** is closed.", "website": "https://ana.example",
            "parent_id": None, "id": None,
        },
    }  # fmt: skip
    assert second["comment"]["parent_id"] == root["comment"]["id"]
    assert "ana@readers.example" not in json.dumps(checker.asked)
    assert "127.0.0.1" not in json.dumps(checker.asked)


@pytest.mark.parametrize(
    ("answer", "check", "status", "reason"),
    [
        ({"verdict": "ok"}, "external", "published", None),
        ({"verdict": "ok", "score": 0.9, "more": [1]}, "external", "published", None),
        ({"verdict": "hold", "reason": "Names a minor"}, "external", "held", "other"),
        ({"verdict": "hold", "score": 0.9}, "external", "held", "other"),
        ({"verdict": "spam", "score": 1}, "external_spam", "spam", "spam"),
    ],
    ids=str,
)
async def test_what_an_answer_does(
    answer: Any, check: str, status: str, reason: str | None,
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker,
) -> None:  # fmt: skip
    checker.answer = answer
    await put(editor, checker)
    posted = await post(client)
    assert (posted["comment"]["status"], posted["comment"].get("reason")) == (status, reason)
    signal = (await signals_of(editor, posted["comment"]["id"]))[check]
    assert signal["evidence"]["says"] == answer["verdict"]
    assert signal["evidence"]["reason"] == answer.get("reason")
    assert signal["score"] == answer.get("score")
    assert signal["fires"] is (answer["verdict"] != "ok")
    item = (await editor.get(f"/v1/moderation/comments/{posted['comment']['id']}")).json()
    assert 0 <= item["risk"] <= 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not json",
        b'{"verdict": "ok"',
        b'{"verdict": "maybe"}',
        b'{"verdict": "ok", "score": 1.5}',
        b'{"verdict": "ok", "score": "0.5"}',
        b'{"verdict": "ok", "score": NaN}',
        b'{"verdict": "hold", "reason": "' + b"x" * 201 + b'"}',
        b'{"verdict": "hold", "reason": "a\\u0000b"}',
        b'{"verdict": "hold", "reason": "\\ud800"}',
        b'{"verdict": "hold", "reason": "\xff"}',
        b'["ok"]',
        b"null",
        b"[" * 60_000,
        b'{"verdict": "ok", "more": "' + b"x" * 70_000 + b'"}',
        web.Response(status=204),
        web.Response(status=500, text='{"verdict": "ok"}'),
        web.Response(status=302, headers={"Location": "/inside"}),
        web.Response(body=b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda answer: str(answer)[:40],
)
async def test_anything_else_is_unknown_and_says_why(
    answer: Any, client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker
) -> None:
    checker.answer = answer
    await put(editor, checker)
    posted = await post(client)
    assert posted["comment"]["status"] == "held"
    signal = (await signals_of(editor, posted["comment"]["id"]))["external_unknown"]
    assert (signal["verdict"], signal["fires"], signal["score"]) == ("hold", True, None)
    assert signal["evidence"]["why"]
    assert len(signal["evidence"]["why"]) <= 200


async def test_nobody_waits_longer_than_half_a_second(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker,
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(external, "DEADLINE", DEADLINE)
    await put(editor, checker, signals={"external_unknown": "nothing"})
    checker.slow = 3
    pool = state["pool"]
    waiting = asyncio.create_task(post(client, "Slow?"))
    await asyncio.sleep(0.25)
    assert pool.get_idle_size() == pool.get_size(), "no connection is held meanwhile"
    posted = await waiting
    assert (len(checker.asked), checker.answered) == (1, 0), "the answer was waited for"
    assert posted["comment"]["status"] == "published"
    signal = (await signals_of(editor, posted["comment"]["id"]))["external_unknown"]
    assert signal["verdict"] == "nothing"
    assert signal["evidence"]["why"] == "No answer within 0.5 seconds"
    assert DEADLINE == 0.5
    assert 0.45 < signal["evidence"]["seconds"] < 1


@pytest.mark.parametrize(
    "host", ["checks..news.example", ".news.example", "a" * 64 + ".news.example"]
)
async def test_no_comment_fails_for_a_mistyped_address(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker, pool: Pool, host: str
) -> None:
    url = f"https://{host}/"
    body = {"policy": {"external": {"url": url}}}
    assert (await editor.put(f"{POLICY}?site=default", json=body)).status_code == 422
    # Saved by an earlier release, which didn't mind.
    await put(editor, checker)
    await pool.execute(
        "update policy set rules = jsonb_set(rules::jsonb, '{external,url}', to_jsonb($1::text))",
        url,
    )
    posted = await post(client)
    signal = (await signals_of(editor, posted["comment"]["id"]))["external_unknown"]
    assert "doesn't have" in signal["evidence"]["why"]


async def test_a_checker_that_is_down_has_a_rest(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker,
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any],
) -> None:  # fmt: skip
    await put(editor, checker, signals={"external_unknown": "nothing"})
    checker.answer = web.Response(status=503)
    for n in range(external.MOST_FAILURES + 3):
        checker.answer = web.Response(status=503)
        posted = await post(client, f"Remark {n}.")
    assert len(checker.asked) == external.MOST_FAILURES
    signal = (await signals_of(editor, posted["comment"]["id"]))["external_unknown"]
    assert "has a rest" in signal["evidence"]["why"]
    # What time would do.
    rests = state["elsewhere"]._breaker._rests
    rests[checker.url] = time.monotonic() - 1
    checker.answer = {"verdict": "hold"}
    assert (await post(client, "Again."))["comment"]["status"] == "held"
    assert rests == {}


def test_of_many_after_a_rest_one_tries() -> None:
    breaker = Breaker()
    for n in range(external.MOST_FAILURES):
        assert breaker.may_ask("a", n)
        breaker.note("a", n, answered=False)
    last = external.MOST_FAILURES - 1
    assert not breaker.may_ask("a", last + external.REST - 0.1)
    assert breaker.may_ask("b", last), "another checker is another one"
    after = last + external.REST
    assert [breaker.may_ask("a", after) for _ in range(3)] == [True, False, False]
    breaker.note("a", after, answered=False)
    assert not breaker.may_ask("a", after + external.REST - 0.1)
    assert breaker.may_ask("a", after + external.REST)
    breaker.note("a", after + external.REST, answered=True)
    assert all(breaker.may_ask("a", after + external.REST) for _ in range(3))
    breaker.note("a", after, answered=False)
    assert breaker.may_ask("a", after), "failures count in a row only"


@pytest.mark.parametrize(
    ("signals", "answer", "status"),
    [
        ({"external": "nothing"}, {"verdict": "hold"}, "published"),
        ({"external": "spam"}, {"verdict": "hold"}, "spam"),
        ({"external_spam": "hold"}, {"verdict": "spam"}, "held"),
        ({"external_spam": "nothing"}, {"verdict": "spam"}, "published"),
        ({"external_unknown": "spam"}, b"", "spam"),
        ({"external_unknown": "nothing"}, b"", "published"),
    ],
    ids=str,
)
async def test_the_policy_decides_what_it_does(
    signals: dict[str, str], answer: Any, status: str,
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker,
) -> None:  # fmt: skip
    checker.answer = answer
    await put(editor, checker, signals=signals)
    assert (await post(client))["comment"]["status"] == status


async def test_an_edit_is_asked_about_too(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker
) -> None:
    await put(editor, checker)
    posted = await post(client)
    checker.answer = {"verdict": "hold", "reason": "Second thoughts"}
    answer = await client.patch(
        comment(posted["comment"]["id"]),
        json={"body": "Another text."},
        headers=bearer(posted["edit_token"]),
    )
    assert answer.json()["comment"]["status"] == "held"
    assert checker.asked[1]["comment"]["body"] == "Another text."
    assert checker.asked[1]["comment"]["id"] == posted["comment"]["id"]
    assert checker.asked[1]["article"]["title"] == "A bridge"


async def test_nobody_is_asked_where_there_is_no_checker_or_nothing_will_be_stored(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker
) -> None:
    posted = await post(client)
    assert not set(await signals_of(editor, posted["comment"]["id"])) & {
        "external", "external_spam", "external_unknown"
    }  # fmt: skip
    await put(editor, checker)
    headers = {"Idempotency-Key": "one"}
    await client.post(
        "/v1/sites/default/articles/a-1/comments",
        json={"name": "Ana", "email": "a@b.example", "body": "Once."},
        headers=headers,
    )
    again = await client.post(
        "/v1/sites/default/articles/a-1/comments",
        json={"name": "Ana", "email": "a@b.example", "body": "Once."},
        headers=headers,
    )
    assert again.status_code == 201
    assert len(checker.asked) == 1
    refused = await client.post(
        "/v1/sites/default/articles/nowhere/comments",
        json={"name": "", "email": "a@b.example", "body": "Once."},
    )
    assert refused.status_code == 422
    assert len(checker.asked) == 1


async def test_secrets_go_by_the_key_in_the_policy(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker, state: dict[str, Any],
    site: Any,
) -> None:  # fmt: skip
    where = f"{POLICY}/external/secret?site=default&key="
    secrets = [(await editor.get(f"{where}{key}")).json()["secret"] for key in (1, 2, 3)]
    assert len(set(secrets)) == 3
    assert (await editor.get(where)).json() == {"secret": secrets[0], "key": 1}
    assert secret_of(state["keyring"], site.id, 1) != secret_of(state["keyring"], site.id, 2)
    body = {"policy": {"external": {"url": checker.url, "key": 2}}}
    await editor.put(f"{POLICY}?site=default", json=body)
    for secret in secrets[:2]:  # the one before still verifies
        checker.secret = secret
        await post(client, f"Signed with {secret[-5:]}?")
    assert checker.faults == []
    checker.secret = secrets[2]
    await post(client, "Not yet.")
    assert len(checker.faults) == 1
    checker.faults.clear()
    for key in ("0", "-1", "x", "1000001", "9" * 30):
        assert (await editor.get(f"{where}{key}")).status_code == 422, key


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://check.news.example/", "https"),
        ("https://10.0.0.1/", "public host"),
        ("https://check.news.example:22/", "port"),
        ("https://a:b@check.news.example/", "address"),
        ("", "length"),
    ],
)
async def test_an_address_that_must_not_become_a_way_in(
    url: str, said: str, editor: httpx.AsyncClient, site: Any
) -> None:
    settled = {"external": {"url": url}}
    for answer in (
        await editor.put(f"{POLICY}?site=default", json={"policy": settled}),
        await editor.post(f"{POLICY}/external/try", json={**settled, "text": "x"}),
    ):
        assert answer.status_code == 422, answer.text
        assert "external.url" in answer.json()["errors"][0]["path"]
        assert said in answer.json()["detail"]


async def test_a_try_says_what_a_comment_would_meet(
    editor: httpx.AsyncClient, checker: Checker, moderator_token: str, client: httpx.AsyncClient,
    state: dict[str, Any],
) -> None:  # fmt: skip
    body = {"external": {"url": checker.url}, "text": "Is this one all right?", "site": "default"}
    checker.answer = {"verdict": "hold", "score": 0.7, "reason": "No."}
    tried = (await editor.post(f"{POLICY}/external/try", json=body)).json()
    assert tried.pop("seconds") < external.DEADLINE
    assert tried == {"verdict": "hold", "score": 0.7, "reason": "No.", "failure": None}
    assert checker.asked[0]["comment"]["body"] == "Is this one all right?"
    for _ in range(external.MOST_FAILURES + 1):
        checker.answer = web.Response(status=404)
        tried = (await editor.post(f"{POLICY}/external/try", json=body)).json()
        assert tried["failure"] == "It answered 404", "a try has no rest"
    assert state["elsewhere"]._breaker._rests == {}, "and gives none to comments"
    for path, sent in (("try", body), ("secret?site=default", None)):
        answer = await client.request(
            "POST" if sent else "GET", f"{POLICY}/external/{path}", json=sent,
            headers=bearer(moderator_token),
        )  # fmt: skip
        assert answer.status_code == 403


async def test_a_simulation_knows_what_was_said(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, checker: Checker
) -> None:
    await put(editor, checker)
    for answer in ({"verdict": "hold"}, {"verdict": "spam"}, {"verdict": "ok"}, b""):
        checker.answer = answer
        await post(client, f"A remark about {str(answer)[:25]}.")
    elsewhere = {"url": checker.url}
    for policy, would in [
        ({"external": elsewhere}, {"published": 1, "held": 2, "spam": 1}),
        ({}, {"published": 4, "held": 0, "spam": 0}),
        (
            {"external": elsewhere, "signals": {"external": "spam", "external_unknown": "nothing"}},
            {"published": 2, "held": 0, "spam": 2},
        ),
    ]:
        answer = await editor.post(
            f"{POLICY}/simulate", json={"policy": policy, "site": "default", "days": 7}
        )
        assert answer.json()["would"] == would, policy
    assert len(checker.asked) == 4, "a simulation asks nobody"


async def test_a_moderator_sees_where_it_is_and_no_token(
    editor: httpx.AsyncClient, checker: Checker, client: httpx.AsyncClient, moderator_token: str
) -> None:
    policy = {"external": {"url": f"{checker.url}?token=secret"}}
    answer = await editor.put(f"{POLICY}?site=default", json={"policy": policy})
    assert answer.status_code == 200, answer.text
    assert "secret" in (await editor.get(f"{POLICY}?site=default")).text
    seen = await client.get(f"{POLICY}?site=default", headers=bearer(moderator_token))
    assert seen.json()["policy"]["external"]["url"] == "http://127.0.0.1/…"
    tried = await client.post(
        f"{POLICY}/simulate?site=default",
        json={"policy": seen.json()["policy"], "days": 7},
        headers=bearer(moderator_token),
    )
    assert tried.status_code == 200, tried.text
