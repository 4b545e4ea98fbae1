"""VAPID: keys sealed in the database, and what the header says to each service."""

import json
import time
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from push.push_service import letters
from py_vapid import Vapid02
from py_vapid.jwt import decode

from service.articles.types import Site
from service.core.db import Conn, Pool, uuid7
from service.core.sealing import SealError
from service.core.tokens import Keyring
from service.push import actions, store, vapid
from service.push.vapid import Signer, new_key, open_key, subject


def claims(header: str) -> dict[str, Any]:
    assert Vapid02.verify(header)
    fields = dict(part.split("=", 1) for part in header.removeprefix("vapid ").split(","))
    found: dict[str, Any] = decode(fields["t"], fields["k"])
    return found


async def test_private_key_is_not_in_the_database(
    pool: Pool, state: dict[str, Any], site: Site
) -> None:
    async with pool.acquire() as conn:
        key = await actions.ensure_vapid_key(conn, state["keyring"], site.id)
        row = await conn.fetchrow("select t::text as text from vapid_key t")
    assert row is not None
    private = open_key(state["keyring"], key)
    raw = private.private_numbers().private_value.to_bytes(32, "big")
    assert raw.hex() not in row["text"]
    assert letters(raw) not in row["text"]
    assert raw not in key.private_key
    assert key.public_key.hex() in row["text"], "the test looks at the right row"


def test_key_opens_for_its_site_and_secret_alone(keyring: Keyring) -> None:
    key = new_key(keyring, uuid7())
    open_key(keyring, key)
    with pytest.raises(SealError):
        open_key(Keyring(b"another secret, just as long as it must be"), key)
    with pytest.raises(SealError):
        open_key(keyring, msgspec.structs.replace(key, site_id=uuid7()))
    with pytest.raises(SealError):
        open_key(keyring, msgspec.structs.replace(key, id=new_key(keyring, key.site_id).id))
    with pytest.raises(SealError):
        open_key(keyring, msgspec.structs.replace(key, private_key=key.private_key[:-1] + b"\0"))


def test_keys_and_seals_are_never_the_same_twice(keyring: Keyring) -> None:
    site_id = uuid7()
    made = [new_key(keyring, site_id) for _ in range(5)]
    assert len({key.id for key in made}) == 5
    assert len({key.private_key[:12] for key in made}) == 5


async def test_ensuring_twice_makes_one_key(conn: Conn, keyring: Keyring) -> None:
    site_id = await _site(conn)
    first = await actions.ensure_vapid_key(conn, keyring, site_id)
    assert await actions.ensure_vapid_key(conn, keyring, site_id) == first
    assert not await store.insert_vapid_key(conn, new_key(keyring, site_id))
    await conn.execute("update vapid_key set retired_at = now() where site_id = $1", site_id)
    second = await actions.ensure_vapid_key(conn, keyring, site_id)
    assert second.id != first.id
    assert await store.get_vapid_key(conn, site_id, first.id) == first, "old subscribers need it"


async def test_database_refuses_two_current_keys(conn: Conn, keyring: Keyring) -> None:
    site_id = await _site(conn)
    await actions.ensure_vapid_key(conn, keyring, site_id)
    key = new_key(keyring, site_id)
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute(
            "insert into vapid_key (site_id, id, public_key, private_key) values ($1, $2, $3, $4)",
            *(key.site_id, key.id, key.public_key, key.private_key),
        )


async def _site(conn: Conn) -> UUID:
    ident = uuid7()
    await conn.execute(
        "insert into site (id, slug, name, origins) values ($1, $2, '', '{}')",
        *(ident, f"s{ident.hex}"),
    )
    return ident


def test_claims_are_each_services_own(keyring: Keyring) -> None:
    key = new_key(keyring, uuid7())
    private, signer = open_key(keyring, key), Signer()
    origins = ["https://fcm.googleapis.com", "https://web.push.apple.com", "http://127.0.0.1:8080"]
    for _ in range(2):
        for origin in origins:
            header = signer.header(private, key.id, origin, "https://news.example")
            found = claims(header)
            assert set(found) == {"aud", "exp", "sub"}
            assert (found["aud"], found["sub"]) == (origin, "https://news.example")
            assert time.time() < found["exp"] <= time.time() + 12 * 3600
            assert header.endswith(f",k={letters(key.public_key)}")


def test_header_is_kept_and_renewed_in_time(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(keyring, uuid7())
    private, signer = open_key(keyring, key), Signer()
    start = time.time()

    def at(seconds: float) -> str:
        monkeypatch.setattr(vapid.time, "time", lambda: start + seconds)
        return signer.header(private, key.id, "https://fcm.googleapis.com", "https://a.example")

    first = at(0)
    assert at(10 * 3600) == first
    renewed = at(11.5 * 3600)
    assert renewed != first
    part = renewed.split("t=")[1].split(",")[0].split(".")[1]
    body = json.loads(vapid.base64.urlsafe_b64decode(part + "=="))
    assert body["exp"] == int(start + 11.5 * 3600) + 12 * 3600


def test_headers_kept_are_bounded(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vapid, "MOST_HEADERS", 3)
    key = new_key(keyring, uuid7())
    private, signer = open_key(keyring, key), Signer()
    for index in range(10):
        signer.header(private, key.id, f"https://h{index}.example", "https://a.example")
    assert len(signer._headers) <= 3


@pytest.mark.parametrize(
    ("public_url", "origins", "expected"),
    [
        ("https://comments.news.example/rejoinder", [], "https://comments.news.example"),
        ("https://comments.news.example:8443", [], "https://comments.news.example"),
        ("http://127.0.0.1:8000", ["https://news.example"], "https://news.example"),
        (None, ["http://localhost:3000", "https://news.example"], "https://news.example"),
        ("https://localhost", [], vapid.NO_CONTACT),
        ("https://192.0.2.7", [], vapid.NO_CONTACT),
        ("https://[2001:db8::1]/x", [], vapid.NO_CONTACT),
        ("https://intranet", [], vapid.NO_CONTACT),
        ("https://news.localhost", [], vapid.NO_CONTACT),
        (None, [], vapid.NO_CONTACT),
    ],
)
def test_subject_is_one_that_every_service_accepts(
    keyring: Keyring, public_url: str | None, origins: list[str], expected: str
) -> None:
    sub = subject(public_url, origins)
    assert sub == expected
    key = new_key(keyring, uuid7())
    header = Signer().header(open_key(keyring, key), key.id, "https://web.push.apple.com", sub)
    assert claims(header)["sub"] == sub
