"""Passwords: what one may be, signing in by one, changing it, and who learns what."""

import asyncio
import unicodedata
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st
from thread import bearer

from service.accounts import actions, credentials
from service.accounts.passwords import MOST_WAITING, Passwords, of_no_password
from service.accounts.rules import check_password, prepare_password
from service.core.db import Pool
from service.core.limits import Limiter
from service.core.problems import Invalid, Unavailable

SESSION = "/desk/session"
PASSWORD = "/desk/password"
EMAIL = "eve@courier.example"
GOOD = "Nine quiet herons"
OTHER = "Eleven loud gulls"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Desk:
    """A browser at the desk: its cookie and its CSRF token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.headers: dict[str, str] = {}

    async def sign_in(self, **body: str) -> httpx.Response:
        self.client.cookies.clear()
        answer = await self.client.post(SESSION, json=body)
        if answer.is_success:
            cookie = self.client.cookies["rejoinder_desk"]
            self.headers = {
                "Cookie": f"rejoinder_desk={cookie}",
                "X-CSRF-Token": answer.json()["csrf"],
            }
        self.client.cookies.clear()
        return answer

    async def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        more = {"json": body} if body else {}
        return await self.client.request(method, path, headers=self.headers, **more)


@pytest.fixture
async def link(client: httpx.AsyncClient, pool: Pool, state: dict[str, Any]) -> str:
    state["passwords"] = Passwords(QUICK)
    async with pool.acquire() as conn:
        return await actions.add_moderator(conn, EMAIL, "editor", [])


@pytest.fixture
async def eve(client: httpx.AsyncClient, link: str) -> Desk:
    """Eve, who has signed in by a link and set a password."""
    desk = Desk(client)
    await desk.sign_in(token=link)
    assert (await desk.call("PUT", PASSWORD, password=GOOD)).status_code == 204
    return desk


async def age_sessions(pool: Pool) -> None:
    await pool.execute("update moderator_token set created_at = now() - interval '16 minutes'")


async def test_a_password_signs_in(eve: Desk) -> None:
    answer = await eve.sign_in(email=f" {EMAIL.upper()} ", password=GOOD)
    assert answer.status_code == 200
    assert answer.json()["moderator"]["email"] == EMAIL
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert (await eve.call("GET", SESSION)).status_code == 200
    account = (await eve.call("GET", "/desk/account")).json()
    assert account["needs_current"] is True
    assert account["password_at"]


async def test_however_it_is_typed(eve: Desk) -> None:
    password = "Fünf schöne Möwen"
    await eve.call("PUT", PASSWORD, password=unicodedata.normalize("NFD", password))
    spaced = password.replace(" ", "\u00a0")
    assert (await eve.sign_in(email=EMAIL, password=spaced)).status_code == 200
    assert (await eve.sign_in(email=EMAIL, password=password.lower())).status_code == 401


async def test_an_unknown_address_is_answered_like_a_wrong_password(
    eve: Desk, state: dict[str, Any], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool.acquire() as conn:
        await actions.add_moderator(conn, "no.password@courier.example", "moderator", [])
        await actions.add_moderator(conn, "gone@courier.example", "moderator", [])
        await credentials.set_password(conn, state["passwords"], "gone@courier.example", GOOD)
    await pool.execute("update moderator set disabled_at = now() where email like 'gone@%'")
    worked: list[str] = []
    fits = state["passwords"]._fits

    def counted(stored: str, password: str) -> bool:
        worked.append(stored.rsplit("$", 2)[0])
        return bool(fits(stored, password))

    monkeypatch.setattr(state["passwords"], "_fits", counted)
    tries = [
        (EMAIL, OTHER), ("nobody@courier.example", GOOD), ("no.password@courier.example", GOOD),
        ("gone@courier.example", GOOD), (EMAIL, "x"), (EMAIL, "\x00" * 20), (EMAIL, "x" * 2000),
    ]  # fmt: skip
    answers = [await eve.sign_in(email=email, password=word) for email, word in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    # As many hashes, by the same parameters.
    assert len(worked) == len(tries)
    assert len(set(worked)) == 1


async def test_the_guesses_at_an_account_are_few(
    eve: Desk, state: dict[str, Any], pool: Pool
) -> None:
    state["limiter"] = Limiter(pool, enabled=True)
    statuses = [
        (await eve.sign_in(email=EMAIL, password=f"{OTHER}{n}")).status_code for n in range(11)
    ]
    assert statuses == [401] * 10 + [429]
    # From another address too, the account stays shut; who isn't there is counted alike.
    await pool.execute("delete from rate_limit where bucket like 'sign-in%'::bytea")
    assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 429
    for n in range(11):
        await pool.execute("delete from rate_limit where bucket like 'sign-in%'::bytea")
        last = await eve.sign_in(email="nobody@courier.example", password=f"{OTHER}{n}")
    assert last.status_code == 429


async def test_another_password_needs_the_one_before(eve: Desk, pool: Pool) -> None:
    await eve.sign_in(email=EMAIL, password=GOOD)
    for body in ({"password": OTHER}, {"password": OTHER, "current": "Not this one"}):
        refused = await eve.call("PUT", PASSWORD, **body)
        assert refused.status_code == 403
    answer = await eve.call("PUT", PASSWORD, password=OTHER, current=GOOD)
    assert answer.status_code == 204
    assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 401
    assert (await eve.sign_in(email=EMAIL, password=OTHER)).status_code == 200
    assert await pool.fetchval("select count(*) from account_event where action = 'password set'")


async def test_a_fresh_link_replaces_a_forgotten_one(
    eve: Desk, client: httpx.AsyncClient, pool: Pool
) -> None:
    async with pool.acquire() as conn:
        link = await actions.add_moderator(conn, EMAIL, "editor", [])
    again = Desk(client)
    await again.sign_in(token=link)
    await age_sessions(pool)
    assert (await again.call("PUT", PASSWORD, password=OTHER)).status_code == 403
    await pool.execute("update moderator_token set created_at = now() - interval '14 minutes'")
    assert (await again.call("PUT", PASSWORD, password=OTHER)).status_code == 204
    # Only the session that changed it goes on.
    assert (await again.call("GET", SESSION)).status_code == 200
    assert (await eve.call("GET", SESSION)).status_code == 401


async def test_of_two_changes_at_once_one_is_told(eve: Desk) -> None:
    words = [f"{OTHER} {n}" for n in range(4)]
    answers = await asyncio.gather(*(eve.call("PUT", PASSWORD, password=word) for word in words))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {204, 409}
    last = [await eve.sign_in(email=EMAIL, password=word) for word in words]
    assert [answer.status_code for answer in last].count(200) == 1


async def test_without_a_password_links_go_on(eve: Desk, pool: Pool) -> None:
    for _twice in range(2):
        assert (await eve.call("DELETE", PASSWORD, current=None)).status_code == 204
    assert (await eve.call("GET", "/desk/account")).json()["password_at"] is None
    assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 401
    async with pool.acquire() as conn:
        link = await actions.add_moderator(conn, EMAIL, "editor", [])
    assert (await eve.sign_in(token=link)).status_code == 200


async def test_no_way_leads_round_the_current_password(eve: Desk, pool: Pool) -> None:
    """Whoever finds a desk open must not make it their own by removing the password first."""
    await eve.sign_in(email=EMAIL, password=GOOD)
    for body in ({"current": OTHER}, {"current": None}):
        assert (await eve.call("DELETE", PASSWORD, **body)).status_code == 403
    assert (await eve.call("PUT", PASSWORD, password=OTHER)).status_code == 403
    assert (await eve.call("DELETE", PASSWORD, current=GOOD)).status_code == 204
    assert (await eve.call("PUT", PASSWORD, password=OTHER)).status_code == 204


async def test_an_older_hash_is_renewed_when_it_signs_in(
    eve: Desk, state: dict[str, Any], pool: Pool
) -> None:
    before = await pool.fetchval("select hash from moderator_password")
    state["passwords"] = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert (await eve.sign_in(email=EMAIL, password=OTHER)).status_code == 401
    assert await pool.fetchval("select hash from moderator_password") == before
    assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 200
    after = await pool.fetchval("select hash from moderator_password")
    assert "m=16,t=2" in after
    assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 200
    assert await pool.fetchval("select hash from moderator_password") == after


def test_what_nobody_s_password_is_compared_with_costs_the_same_and_never_fits() -> None:
    for hasher in (PasswordHasher(), PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)):
        decoy = of_no_password(hasher)
        assert not hasher.check_needs_rehash(decoy)
        assert extract_parameters(decoy) == extract_parameters(hasher.hash("x"))
        # A mismatch is found by hashing; a malformed hash would be refused at once.
        with pytest.raises(VerifyMismatchError):
            hasher.verify(decoy, "")


async def test_a_damaged_hash_is_no_way_in_and_no_failure(eve: Desk, pool: Pool) -> None:
    for broken in ("", "$argon2id$v=19$m=8", "x"):
        await pool.execute("update moderator_password set hash = $1", broken)
        assert (await eve.sign_in(email=EMAIL, password=GOOD)).status_code == 401


async def test_a_token_makes_no_way_in(client: httpx.AsyncClient, editor_token: str) -> None:
    for method, path in [
        ("PUT", PASSWORD), ("DELETE", PASSWORD), ("POST", "/desk/tokens"),
        ("GET", "/desk/account"), ("GET", "/desk/sessions"),
    ]:  # fmt: skip
        answer = await client.request(method, path, headers=bearer(editor_token), json={})
        assert answer.status_code == 403


async def test_the_csrf_token_is_needed(eve: Desk) -> None:
    del eve.headers["X-CSRF-Token"]
    assert (await eve.call("PUT", PASSWORD, password=OTHER)).status_code == 403
    assert (await eve.call("DELETE", PASSWORD)).status_code == 403


@pytest.mark.parametrize("body", [
    {}, {"token": "x", "password": "y"}, {"email": EMAIL}, {"password": GOOD},
    {"email": "nobody", "password": GOOD}, {"email": "a\x00b@c.example", "password": GOOD},
    {"email": EMAIL, "password": ""}, {"email": EMAIL, "password": "x" * 2001},
    {"token": "x", "email": EMAIL, "password": GOOD}, {"email": EMAIL, "password": 7},
], ids=str)  # fmt: skip
async def test_half_a_sign_in_is_told(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post(SESSION, json=body)).status_code == 422


BAD = [
    "short", "elevenchars", "x" * 257, "aaaaaaaaaaaaaaa", "abababababab", "password1234",
    "PasswordPassword", "1234567890123", "qwertyuiopas", "lkjhgfdsapoi", "Rejoinder2026",
    "correct horse battery staple", "eve@courier.example", "EVE.courier@example",
    "with a\x00control", "with a\ttab inside", "private \ue000 letters", "\u0378 unassigned one",
    "000000000000", "2026202620262026", "!!!!!!!!!!!!",
]  # fmt: skip


@pytest.mark.parametrize("password", BAD)
def test_what_is_no_password(password: str) -> None:
    with pytest.raises(Invalid):
        check_password("$.password", password, EMAIL)


@pytest.mark.parametrize("password", [
    GOOD, "x y z w v u t", "пароль из слов", "密码密码很长的一句话真的很长", "tr0ub4dor&3-more",
    "a" * 252 + "bcde", "password is a bad one", "🦆🦢🦉🦅🐦 are birds",
    "%&/()=?!+*#-_.:;<>|",
])  # fmt: skip
def test_what_is_one(password: str) -> None:
    assert check_password("$.password", password, EMAIL)


@given(st.text())
def test_preparing_is_idempotent(password: str) -> None:
    prepared = prepare_password(password)
    if prepared is not None:
        assert prepare_password(prepared) == prepared
        assert 0 < len(prepared) <= 256


async def test_few_are_hashed_at_once_and_not_too_many_wait() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=1024))
    running = most = 0
    fits = passwords._fits

    def counted(stored: str, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        done = fits(stored, password)
        running -= 1
        return done

    passwords._fits = counted  # type: ignore[method-assign]
    tries = [passwords.verify(None, "x") for _ in range(MOST_WAITING + 4)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 4
    assert most <= 2
    assert await passwords.verify(await passwords.hash("x"), "x")


def test_the_parameters_are_no_weaker_than_recommended() -> None:
    hasher = Passwords()._hasher
    assert hasher.type.name == "ID"
    assert hasher.memory_cost >= 64 * 1024
    assert hasher.time_cost >= 3
