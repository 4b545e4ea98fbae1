"""Which tokens are believed, over HTTP: every way in which one can be wrong."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from readers.conftest import Editor, Post
from readers.publisher import (
    SECRET,
    SigningKey,
    b64,
    by_hand,
    by_joserfc,
    by_pyjwt,
    claims,
)
from support import running_app
from thread import ORIGIN, bearer, new, read, thread

from service.articles.types import Site
from service.comments.routes import POSTS
from service.settings import Settings

REFUSED, EXPIRED = "/problems/sign-in-refused", "/problems/sign-in-expired"


def check_refused(answer: httpx.Response, kind: str = REFUSED) -> None:
    assert (answer.status_code, answer.json()["type"]) == (401, kind)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json()["detail"] == answer.json()["title"]  # and no word more


@pytest.mark.parametrize("make", [by_pyjwt, by_joserfc])
async def test_a_token_of_the_secret_replaces_name_and_address(
    make: Callable[..., str], with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    answer = await post_as(make(badge="Subscriber"), name="Somebody Else")
    assert answer.status_code == 201, answer.text
    author = {"name": "Ana Kovač", "badge": "Subscriber"}
    assert answer.json()["comment"]["author"] == author
    assert [one["author"] for one in (await read(client))["items"]] == [author]


async def test_a_token_of_a_pasted_key(editor: Editor, post_as: Post, signing: SigningKey) -> None:
    two = SigningKey("two")
    for public in (signing.pem, str({"keys": [two.public_jwk]}).replace("'", '"')):
        added = await editor("POST", "/keys", {"public": public})
        assert added.status_code == 201, added.text
        assert added.json()["secret"] is None
    for token in (signing.sign(), signing.sign(None), two.sign(), two.sign(None)):
        assert (await post_as(token)).status_code == 201
    check_refused(await post_as(SigningKey("two").sign()))
    # The name of the other key, of which the name is known, is no way round.
    check_refused(await post_as(two.sign("three")))
    check_refused(await post_as(by_pyjwt()))


async def test_a_public_key_is_no_secret(
    editor: Editor, post_as: Post, signing: SigningKey
) -> None:
    """The key's own bytes, in each form in which they are public, sign nothing by HMAC."""
    await editor("POST", "/keys", {"public": signing.pem})
    raw = base64.urlsafe_b64decode(signing.public_jwk["x"] + "=")
    for secret in (signing.pem.encode(), raw, signing.public_jwk["x"].encode()):
        for algorithm in ("HS256", "EdDSA", "Ed25519"):
            head = by_hand({"alg": algorithm, "kid": "one"}, claims()).rpartition(".")[0]
            mac = hmac.digest(secret, head.encode(), hashlib.sha256)
            check_refused(await post_as(f"{head}.{b64(mac)}"))


async def test_a_secret_s_site_takes_no_other_kind_of_signature(
    with_secret: None, post_as: Post, signing: SigningKey
) -> None:
    check_refused(await post_as(signing.sign()))
    check_refused(await post_as(signing.sign(None)))
    for algorithm in ("HS384", "HS512"):
        check_refused(await post_as(by_pyjwt(SECRET * 2, algorithm)))
    # A key that the token brings along is nobody's.
    header = {"alg": "EdDSA", "jwk": signing.public_jwk}
    head = by_hand(header, claims()).rpartition(".")[0]
    check_refused(await post_as(f"{head}.{b64(signing.private.sign(head.encode()))}"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, "HS256 ", "hs256", []])
async def test_no_signature_is_no_token(algorithm: Any, with_secret: None, post_as: Post) -> None:
    for signature in (b"", b"x" * 32):
        check_refused(await post_as(by_hand({"alg": algorithm}, claims(), signature)))


NOW = int(time.time())
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("of another secret", {"key": "another secret of more than 32 bytes, too"}),
    ("not yet", {"nbf": NOW + 4000}),
    ("issued in the future", {"iat": NOW + 4000}),
    ("issued as a text", {"iat": str(NOW)}),
    ("without an end", {"exp": None}),
    ("an end that is none", {"exp": True}),
    ("without a subject", {"sub": None}),
    ("a subject of nothing", {"sub": ""}),
    ("a long subject", {"sub": "x" * 201}),
    ("an invisible subject", {"sub": "a\u200bb"}),
    ("a subject of two lines", {"sub": "a\nb"}),
    ("without a name", {"name": None}),
    ("a name of nothing", {"name": "\u200b\u202e "}),
    ("a long name", {"name": "x" * 81}),
    ("NUL in the name", {"name": "A\x00"}),
    ("a name that is a number", {"name": 7}),
    ("a long badge", {"badge": "x" * 31}),
    ("a badge that is a list", {"badge": ["Subscriber"]}),
    ("no address", {"email": "ana"}),
    ("an address that is a number", {"email": 7}),
    ("verified or what", {"email_verified": "perhaps"}),
    ("verified by a list", {"email_verified": []}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [case[1] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_a_wrong_token_is_refused_and_nothing_is_stored(
    changes: dict[str, Any],
    with_secret: None,
    post_as: Post,
    client: httpx.AsyncClient,
    state: dict[str, Any],
) -> None:
    check_refused(await post_as(by_pyjwt(**changes)))
    assert (await read(client))["count"] == 0
    assert await state["pool"].fetchval("select count(*) from reader") == 0


RIGHT: list[dict[str, Any]] = [
    {"exp": NOW + 10**9},
    {"exp": NOW + 600.5},
    {"exp": NOW - 30},
    {"nbf": NOW + 30},
    {"iat": NOW + 30},
    {"iat": None, "email": None},
    {"sub": "x" * 200},
    {"sub": "пользователь:7"},
    {"name": "x" * 80},
    {"name": "\u202eReversed\u202c"},
    {"badge": "x" * 30},
    {"badge": ""},
    {"badge": None, "extra": {"nested": [1]}},
    {"email_verified": False},
    {"email_verified": "true"},
    {"iss": "anybody", "aud": "anything"},
]


@pytest.mark.parametrize("changes", RIGHT, ids=[str(n) for n in range(len(RIGHT))])
async def test_an_unusual_token_is_believed(
    changes: dict[str, Any], with_secret: None, post_as: Post
) -> None:
    # The times were written down when the tests were collected, many minutes ago maybe.
    late = int(time.time()) - NOW
    times = {name: changes[name] + late for name in ("exp", "nbf", "iat") if changes.get(name)}
    answer = await post_as(by_joserfc(**{**changes, **times}))
    assert answer.status_code == 201, answer.text
    assert "\u202e" not in answer.json()["comment"]["author"]["name"]


async def test_an_expired_token_is_told_as_such(with_secret: None, post_as: Post) -> None:
    old = int(time.time()) - 61
    check_refused(await post_as(by_pyjwt(exp=old)), EXPIRED)
    # Of which one can't know whether it was ever good, that isn't said.
    check_refused(await post_as(by_pyjwt("another secret of more than 32 bytes, too", exp=old)))
    check_refused(await post_as(by_hand({"alg": "none"}, claims(exp=old))))


ODD = [
    "a.b.c", "e30.e30.", "e30.e30.e30", "W10.W10.AA", "bnVsbA.bnVsbA.AA",
    "re" + "a" * 26 + ".e30.AA", "rk.rk.rk", "rm" + "a" * 40 + ".e30.e30",
    "eyJhbGciOiJIUzI1NiJ9.bm90anNvbg.AA", "eyJhbGciOiJIUzI1NiJ9." + "A" * 5000 + ".AA",
    by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, {}),
    by_hand({"alg": "HS256", "b64": False}, {}),
    by_hand({"alg": "HS256", "kid": 7}, {}), by_hand({"alg": "HS256", "kid": "k" * 201}, {}),
    by_hand({"alg": "HS256", "kid": "../../etc/passwd"}, {}),
    by_hand({"alg": "\ud800"}, {"sub": "\ud800"}), by_hand({"alg": "HS256"}, {"sub": 10**400}),
    "eyJhbGciOiJIUzI1NiJ9." + b64(b"[" * 2500) + ".AA",
]  # fmt: skip


@pytest.mark.parametrize("token", ODD, ids=[str(n) for n in range(len(ODD))])
async def test_what_only_looks_like_a_token(
    token: str, with_secret: None, editor: Editor, post_as: Post
) -> None:
    check_refused(await post_as(token))
    tried = await editor("POST", "/try", {"token": token})
    assert tried.status_code == 200, tried.text
    assert tried.json()["reader"] is None
    assert tried.json()["refused"]


async def test_a_huge_token_is_refused(with_secret: None, post_as: Post) -> None:
    assert (await post_as(by_pyjwt(more="x" * 2000))).status_code == 201
    check_refused(await post_as(by_pyjwt(more="x" * 4000)))


async def test_tokens_without_end_are_not_looked_at(settings: Settings, site: Site) -> None:
    limited = msgspec.structs.replace(settings, rate_limits=True)
    async with running_app(limited) as (app, _):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://c.example") as web:
            for expected in [401] * POSTS.burst + [429]:
                answer = await web.post(thread(), json=new(), headers=bearer(by_pyjwt()))
                assert answer.status_code == expected


async def test_issuer_and_audience_count_where_they_are_set(
    with_secret: None, editor: Editor, post_as: Post
) -> None:
    changed = await editor("PATCH", "", {"issuer": "https://news.example", "audience": "comments"})
    assert changed.status_code == 200
    right = {"iss": "https://news.example", "aud": "comments"}
    assert (await post_as(by_pyjwt(**right))).status_code == 201
    assert (await post_as(by_pyjwt(**{**right, "aud": ["x", "comments"]}))).status_code == 201
    for wrong in (
        {"aud": "comment"}, {"aud": ["x"]}, {"aud": []}, {"aud": None}, {"aud": 7},
        {"iss": "https://news.example/"}, {"iss": None}, {"iss": ["https://news.example"]},
    ):  # fmt: skip
        check_refused(await post_as(by_hand_signed({**right, **wrong})))


def by_hand_signed(changes: dict[str, Any]) -> str:
    """Signed, whatever it says: PyJWT checks what it encodes."""
    payload = claims(**changes)
    head = by_hand({"alg": "HS256"}, payload).rpartition(".")[0]
    return f"{head}.{b64(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha256))}"


async def test_a_site_without_sign_in_believes_nobody(
    client: httpx.AsyncClient, post_as: Post
) -> None:
    check_refused(await post_as(by_pyjwt()))


async def test_two_secrets_hold_while_one_takes_the_other_s_place(
    with_secret: None, editor: Editor, post_as: Post
) -> None:
    made = (await editor("POST", "/keys", {})).json()
    assert len(made["secret"]) == 64
    third = await editor("POST", "/keys", {})
    assert (third.status_code, "two" in third.text or "2" in third.text) == (409, True)
    for secret in (SECRET, made["secret"]):
        assert (await post_as(by_pyjwt(secret))).status_code == 201
    listed = (await editor("GET")).json()["keys"]
    assert [key["algorithm"] for key in listed] == ["HS256", "HS256"]
    assert "secret" not in str(listed)
    old = next(key["id"] for key in listed if key["id"] != made["keys"][0]["id"])
    assert (await editor("DELETE", f"/keys/{old}")).status_code == 204
    check_refused(await post_as(by_pyjwt(SECRET)))
    assert (await post_as(by_pyjwt(made["secret"]))).status_code == 201


async def test_a_secret_is_sealed_in_the_database(with_secret: None, state: dict[str, Any]) -> None:
    rows = await state["pool"].fetch("select * from reader_sign_in_key")
    assert len(rows) == 1
    assert SECRET.encode() not in rows[0]["sealed"]
    assert SECRET not in str(dict(rows[0]))
    # Copied to another row it opens nothing there.
    await state["pool"].execute("update reader_sign_in_key set id = gen_random_uuid()")
    state["readers"].forget()
    trust = await state["readers"].trust(rows[0]["site_id"])
    assert trust.keys == []


async def test_of_another_bearer_posting_says_that_it_is_no_reader_s(
    client: httpx.AsyncClient, with_secret: None, publisher_key: str, post_as: Post
) -> None:
    assert (await post_as(publisher_key)).status_code == 403
    assert (await post_as("nonsense")).json()["type"] == "/problems/unauthenticated"


async def test_the_reader_s_own_page_of_oneself(
    client: httpx.AsyncClient, with_secret: None, post_as: Post, publisher_key: str
) -> None:
    me = "/v1/sites/default/reader"
    first = await client.get(me, headers=bearer(by_pyjwt(badge="Author")))
    assert first.json() == {"name": "Ana Kovač", "comments": [], "badge": "Author"}
    assert first.headers["cache-control"] == "no-store"
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A bridge"},
        headers=bearer(publisher_key),
    )
    held = (await post_as(by_pyjwt(), "Held text.", company="Acme")).json()
    await post_as(by_pyjwt(), "Elsewhere.", article_key="b-1")
    await post_as(by_pyjwt(sub="reader-2"), "Of another.")
    mine = await client.get(me, params={"article": "a-1"}, headers=bearer(by_pyjwt()))
    (own,) = mine.json()["comments"]
    assert (own["body"], own["comment"]["status"]) == ("Held text.", "held")
    assert own["comment"]["id"] == held["comment"]["id"]
    moved = {"article": "x-9", "url": f"{ORIGIN}/a-1"}
    known = await client.get(me, params=moved, headers=bearer(by_pyjwt()))
    assert known.json() == mine.json()
    wrong = await client.get(
        me, params={**moved, "url": "javascript:1"}, headers=bearer(by_pyjwt())
    )
    assert wrong.status_code == 422
    unknown = await client.get(me, params={"article": "x-9"}, headers=bearer(by_pyjwt()))
    assert unknown.json()["comments"] == []
    bad = await client.get(me, params={"article": "a b"}, headers=bearer(by_pyjwt()))
    assert bad.status_code == 422
    check_refused(await client.get(me, headers=bearer(by_pyjwt("x" * 32))))


async def test_a_change_of_the_settings_is_believed_at_once_elsewhere_too(
    with_secret: None, editor: Editor, post_as: Post, state: dict[str, Any]
) -> None:
    assert (await post_as(by_pyjwt())).status_code == 201
    # As another process does it: by the database and its notice alone.
    await state["pool"].execute("delete from reader_sign_in_key")
    await state["pool"].execute("select pg_notify('site', 'default')")
    for _ in range(100):
        if (await post_as(by_pyjwt())).status_code == 401:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the old secret is still believed")
