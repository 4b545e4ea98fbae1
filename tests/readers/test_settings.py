"""Setting readers' sign-in up: by editors of the site alone, recorded, and never into a corner."""

import asyncio
from typing import Any

import httpx
import pytest
from readers.conftest import SIGN_IN, Editor, Post
from readers.publisher import SECRET, SigningKey, by_pyjwt
from thread import bearer

from service.accounts import actions as accounts
from service.articles import actions as articles

EMPTY = {
    "on": False, "required": False, "issuer": None, "audience": None, "jwks_url": None,
    "keys": [],
}  # fmt: skip


async def test_from_nothing_to_keys_and_back(
    editor: Editor, client: httpx.AsyncClient, editor_token: str
) -> None:
    assert (await editor("GET")).json() == EMPTY
    changed = await editor("PATCH", "", {"issuer": " https://news.example "})
    assert changed.json()["issuer"] == "https://news.example"
    made = (await editor("POST", "/keys", {})).json()
    (key,) = made["keys"]
    assert (key["algorithm"], key["created_by"]) == ("HS256", "editor@courier.example")
    assert (await editor("GET")).json()["on"] is True
    await editor("PATCH", "", {"required": True, "issuer": None})
    assert (await editor("DELETE")).status_code == 204
    assert (await editor("GET")).json() == EMPTY
    record = await client.get("/v1/moderation/account-events", headers=bearer(editor_token))
    told = [(one["action"], one["detail"], one["sites"]) for one in record.json()["items"]]
    assert told[:4] == [
        ("sign-in turned off", {}, ["default"]),
        (
            "sign-in changed",
            {"issuer": "https://news.example → none", "required": "no → yes"},
            ["default"],
        ),
        ("sign-in key added", {"algorithm": "HS256", "keys": "1"}, ["default"]),
        ("sign-in changed", {"issuer": "none → https://news.example"}, ["default"]),
    ]
    assert made["secret"] not in record.text


async def test_nobody_is_locked_out(editor: Editor) -> None:
    locked = await editor("PATCH", "", {"required": True})
    assert (locked.status_code, "nobody" in locked.text) == (409, True)
    key = (await editor("POST", "/keys", {})).json()["keys"][0]["id"]
    assert (await editor("PATCH", "", {"required": True})).status_code == 200
    assert (await editor("DELETE", f"/keys/{key}")).status_code == 409
    assert [one["id"] for one in (await editor("GET")).json()["keys"]] == [key]
    await editor("PATCH", "", {"required": False})
    assert (await editor("DELETE", f"/keys/{key}")).status_code == 204
    assert (await editor("DELETE", f"/keys/{key}")).status_code == 404


PRIVATE = SigningKey("one")
BAD_KEYS: list[dict[str, Any]] = [
    {"secret": "short"}, {"secret": "x" * 513}, {"secret": "é" * 257}, {"secret": ""},
    {"secret": " " + "x" * 40}, {"secret": PRIVATE.pem.strip()},
    {"secret": "x" * 40, "public": PRIVATE.pem},
    {"public": ""}, {"public": "{}"}, {"public": "x"}, {"public": "[" * 40_000},
    {"public": '{"keys": 7}'}, {"public": '{"keys": [7]}'}, {"public": '{"kty": "RSA"}'},
    {"public": '{"kty": "oct", "k": "AAAA"}'},
    {"public": '{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}'},
    {"public": '{"kty": "OKP", "crv": "Ed25519", "x": "A", "d": "A"}'},
    {"public": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
    {"public": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"},
    {"public": 7}, {"algorithm": "none"},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_KEYS, ids=[str(n) for n in range(len(BAD_KEYS))])
async def test_a_bad_key_is_told(body: dict[str, Any], editor: Editor) -> None:
    assert (await editor("POST", "/keys", body)).status_code == 422
    assert (await editor("GET")).json() == EMPTY


@pytest.mark.parametrize("body", [
    {"issuer": ""}, {"issuer": " "}, {"issuer": "a\x00"}, {"audience": "x" * 501}, {"audience": 7},
    {"required": "yes"}, {"required": None}, {"jwks_url": ""}, {"algorithm": "none"},
], ids=str)  # fmt: skip
async def test_a_bad_setting_is_told(body: dict[str, Any], editor: Editor) -> None:
    assert (await editor("PATCH", "", body)).status_code == 422
    assert (await editor("GET")).json() == EMPTY


async def test_keys_are_added_once_and_not_without_end(editor: Editor) -> None:
    one = SigningKey("one")
    pasted = str(one.public_jwk).replace("'", '"')
    assert (await editor("POST", "/keys", {"public": pasted})).status_code == 201
    assert (await editor("POST", "/keys", {"public": pasted})).status_code == 409
    many = {"keys": [SigningKey(str(n)).public_jwk for n in range(20)]}
    full = await editor("POST", "/keys", {"public": str(many).replace("'", '"')})
    assert (full.status_code, "20" in full.text) == (409, True)
    assert len((await editor("GET")).json()["keys"]) == 1


async def test_of_several_secrets_at_once_two_are_taken(editor: Editor) -> None:
    answers = await asyncio.gather(*(editor("POST", "/keys", {}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


async def test_an_editor_of_another_site_changes_nothing_here(
    client: httpx.AsyncClient, state: dict[str, Any], with_secret: None
) -> None:
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        token = bearer(await accounts.create_api_token(conn, "o@courier.example"))
    key = await state["pool"].fetchval("select id from reader_sign_in_key")
    for method, path, body in [
        ("GET", "", None), ("PATCH", "", {"required": True}), ("DELETE", "", None),
        ("POST", "/keys", {}), ("DELETE", f"/keys/{key}", None), ("POST", "/try", {"token": "x"}),
    ]:  # fmt: skip
        answer = await client.request(method, SIGN_IN + path, json=body, headers=token)
        assert answer.status_code == 404
    # Nor by way of a site of one's own.
    own = SIGN_IN.replace("default", "other")
    assert (await client.delete(f"{own}/keys/{key}", headers=token)).status_code == 404
    assert await state["pool"].fetchval("select count(*) from reader_sign_in_key") == 1


async def test_a_token_is_tried(with_secret: None, editor: Editor, state: dict[str, Any]) -> None:
    tried = await editor("POST", "/try", {"token": f" {by_pyjwt(badge='Subscriber')}\n"})
    assert tried.json()["reader"] == {
        "subject": "reader-1", "name": "Ana Kovač", "email": "ana@readers.example",
        "badge": "Subscriber",
    }  # fmt: skip
    assert tried.json()["refused"] is None
    assert tried.json()["header"] == {"alg": "HS256", "typ": "JWT"}
    for token, why in [
        (by_pyjwt(exp=1), "expired"),
        (by_pyjwt(exp=None), "exp"),
        (by_pyjwt(name=None), "name must be"),
        (by_pyjwt("another secret of more than 32 bytes, too"), "signature"),
        (by_pyjwt(nbf=4_000_000_000), "not yet valid"),
        (SigningKey("k").sign(), "no key here for EdDSA with the kid k"),
        ("nonsense", "form of a JWT"),
    ]:
        answer = (await editor("POST", "/try", {"token": token})).json()
        assert answer["reader"] is None
        assert why in answer["refused"], answer
        assert SECRET not in str(answer)
    assert (await editor("POST", "/try", {"token": ""})).status_code == 422
    # Trying makes no reader.
    assert await state["pool"].fetchval("select count(*) from reader") == 0


async def test_the_release_before_this_one_still_posts(
    with_secret: None, post_as: Post, state: dict[str, Any]
) -> None:
    """Its statement finds a reader by site and e-mail address; such readers are none to it."""
    await post_as(by_pyjwt())
    row = await state["pool"].fetchrow(
        """
        insert into reader (site_id, id, email, name, name_key)
        select id, gen_random_uuid(), 'ana@readers.example', 'Ana', 'ana' from site
        on conflict (site_id, email) do update set name = excluded.name returning subject
        """
    )
    assert row["subject"] is None
    assert await state["pool"].fetchval("select count(*) from reader") == 2
