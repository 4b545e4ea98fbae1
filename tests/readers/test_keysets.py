"""Keys that a publisher shows at an address: read, kept, read again, and never more believed."""

import asyncio
import json

import msgspec
import pytest
from readers.conftest import Editor, Post
from readers.publisher import Shown, SigningKey

from service.core.outbound import open_session
from service.core.problems import Unavailable
from service.readers import keysets
from service.readers.keysets import Keysets, UnreadableError

AUDIENCE = "comments"
TWO = SigningKey("two")


@pytest.fixture
async def addressed(editor: Editor, shown: Shown) -> None:
    """The site believes the keys at the address."""
    changed = await editor("PATCH", "", {"jwks_url": shown.url, "audience": AUDIENCE})
    assert changed.status_code == 200, changed.text
    shown.asked = 0


async def test_keys_are_read_once_and_kept(
    addressed: None, shown: Shown, signing: SigningKey, post_as: Post
) -> None:
    answers = await asyncio.gather(*(post_as(signing.sign(aud=AUDIENCE)) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert shown.asked == 1
    assert (await post_as(signing.sign(aud="others"))).status_code == 401
    assert (await post_as(signing.sign(None, aud=AUDIENCE))).status_code == 201


async def test_a_new_key_is_found_by_its_name(
    addressed: None,
    shown: Shown,
    signing: SigningKey,
    post_as: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (await post_as(signing.sign(aud=AUDIENCE))).status_code == 201
    two = SigningKey("two")
    shown.keys.append(two)
    # Within a minute nobody makes the service ask again: names cost nothing to make up.
    for name in ("two", "three", "four"):
        answer = await post_as(two.sign(name, aud=AUDIENCE))
        assert answer.json()["type"] == "/problems/sign-in-refused"
    assert shown.asked == 1
    monkeypatch.setattr(keysets, "UNKNOWN", 0.0)
    for key in (two, signing):
        assert (await post_as(key.sign(aud=AUDIENCE))).status_code == 201
    assert shown.asked == 2
    # The one that is gone from the address is believed no more.
    shown.keys.remove(signing)
    monkeypatch.setattr(keysets, "FRESH", 0.0)
    assert (await post_as(signing.sign(aud=AUDIENCE))).status_code == 401
    assert (await post_as(two.sign(aud=AUDIENCE))).status_code == 201


async def test_a_key_without_a_name_takes_the_place_of_another(
    addressed: None,
    shown: Shown,
    signing: SigningKey,
    post_as: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unnamed = [{k: v for k, v in key.public_jwk.items() if k != "kid"} for key in (signing, TWO)]
    shown.body = json.dumps({"keys": unnamed[:1]}).encode()
    for kid in (None, "a name of the token's"):
        assert (await post_as(signing.sign(kid, aud=AUDIENCE))).status_code == 201
    shown.body = json.dumps({"keys": unnamed[1:]}).encode()
    assert (await post_as(TWO.sign(None, aud=AUDIENCE))).status_code == 401
    assert shown.asked == 1  # again within a minute
    monkeypatch.setattr(keysets, "UNKNOWN", 0.0)
    assert (await post_as(TWO.sign(None, aud=AUDIENCE))).status_code == 201
    assert (await post_as(signing.sign(None, aud=AUDIENCE))).status_code == 401


async def test_a_pasted_key_needs_no_address(
    addressed: None, editor: Editor, shown: Shown, post_as: Post
) -> None:
    assert (await editor("POST", "/keys", {"public": TWO.pem})).status_code == 201
    shown.status = 500
    for kid in (None, "two"):
        assert (await post_as(TWO.sign(kid, aud=AUDIENCE))).status_code == 201
    assert (await post_as(SigningKey("x").sign(aud=AUDIENCE))).status_code == 503


async def test_keys_that_cannot_be_read_are_not_guessed(
    addressed: None,
    shown: Shown,
    signing: SigningKey,
    post_as: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = signing.sign(aud=AUDIENCE)
    shown.status = 500
    down = await post_as(token)
    assert (down.status_code, down.json()["type"]) == (503, "/problems/unavailable")
    assert "keys" in down.json()["detail"]
    assert shown.asked == 1
    assert (await post_as(token)).status_code == 503
    assert shown.asked == 1  # for ten seconds nobody asks again
    monkeypatch.setattr(keysets, "PAUSE", 0.0)
    shown.status = 200
    assert (await post_as(token)).status_code == 201
    # Old keys are believed for an hour while the address is down, and no longer.
    shown.status = 500
    monkeypatch.setattr(keysets, "FRESH", 0.0)
    assert (await post_as(token)).status_code == 201
    assert (await post_as(SigningKey("one").sign(aud=AUDIENCE))).status_code == 401
    # A name that isn't known may be a new key's.
    assert (await post_as(SigningKey("new").sign(aud=AUDIENCE))).status_code == 503
    monkeypatch.setattr(keysets, "OLDEST", 0.0)
    assert (await post_as(token)).status_code == 503


BODIES = [
    b"", b"{", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [7, null]}',
    b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', b'{"keys": [{"kty": "OKP", "crv": "X25519"}]}',
    b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}',
    b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": 7}]}',
    b"x" * (64 * 1024 + 1), b"[" * 60_000, b'{"keys": "\xff"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=[str(n) for n in range(len(BODIES))])
async def test_an_address_without_keys_is_not_taken(
    body: bytes, editor: Editor, shown: Shown
) -> None:
    shown.body = body
    answer = await editor("PATCH", "", {"jwks_url": shown.url, "audience": AUDIENCE})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.jwks_url"
    assert (await editor("GET")).json()["jwks_url"] is None


async def test_a_redirect_is_not_followed(editor: Editor, shown: Shown) -> None:
    shown.status, shown.location = 302, "/inside"
    answer = await editor("PATCH", "", {"jwks_url": shown.url, "audience": AUDIENCE})
    assert answer.status_code == 422
    assert "302" in answer.text


INSIDE = [
    "http://news.example/jwks", "https://10.0.0.7/jwks", "https://localhost/jwks",
    "https://169.254.169.254/latest", "https://[::1]/jwks", "https://u:p@news.example/jwks",
    "https://news.example:22/jwks", "ftp://news.example/jwks", "https://news.example/jwks#x",
    "file:///etc/passwd", "x", "https://",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
async def test_no_address_leads_inside(url: str, editor: Editor) -> None:
    answer = await editor("PATCH", "", {"jwks_url": url, "audience": AUDIENCE})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.jwks_url"


async def test_without_leave_this_machine_is_not_asked(shown: Shown) -> None:
    async with open_session(allow_local=False, limit=2, total=2, connect=1) as session:
        closed = Keysets(session, allow_local=False)
        with pytest.raises(UnreadableError):
            await closed.read(shown.url)
        with pytest.raises(Unavailable):
            await closed.find(shown.url, "one")
    assert shown.asked == 0


async def test_an_address_needs_an_audience(editor: Editor, shown: Shown) -> None:
    answer = await editor("PATCH", "", {"jwks_url": shown.url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.audience"
    await editor("PATCH", "", {"jwks_url": shown.url, "audience": AUDIENCE})
    assert (await editor("PATCH", "", {"audience": None})).status_code == 422
    off = await editor("PATCH", "", {"audience": None, "jwks_url": None})
    assert (off.status_code, off.json()["on"]) == (200, False)


def test_keys_are_good_for_one_kind_of_signature() -> None:
    key = SigningKey("one").public_jwk
    assert [k.algorithm for k in keysets.rules.public_keys([key])] == ["EdDSA"]
    for change in ({"use": "enc"}, {"alg": "HS256x"}, {"alg": "ES256"}, {"kid": 7}, {"d": "AAAA"}):
        assert keysets.rules.public_keys([{**key, **change}]) == []
    assert len(keysets.rules.public_keys([key] * 100)) == 20
    assert msgspec.json.decode(keysets.rules.spelt(keysets.rules.public_keys([key])[0])) == {
        name: key[name] for name in ("kty", "crv", "x")
    }
