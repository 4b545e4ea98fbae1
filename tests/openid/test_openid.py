"""OpenID Connect: who gets in, and every way in which an answer can be wrong."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import httpx
import msgspec
import pytest
from joserfc import jwk
from openid_provider import CLIENT, EMAIL, Browser, Liar, failure

from service.accounts import actions as accounts
from service.core.db import Pool
from service.core.limits import Limiter
from service.openid import rules
from service.openid.types import SignInFailed
from service.settings import Settings, SettingsError

FAILED = "/desk/#sign-in-failed="


async def test_a_member_gets_in(browser: Browser, client: httpx.AsyncClient, pool: Pool) -> None:
    assert (await client.get("/desk/ways")).json()["openid"] == (
        "Sign in with the newsroom's account"
    )
    went = await browser.go()
    sent = browser.sent
    assert (sent["response_type"], sent["scope"], sent["client_id"], sent["tenant"]) == (
        "code", "openid email", CLIENT, "1",
    )  # fmt: skip
    assert sent["redirect_uri"] == "https://comments.example/desk/openid/callback"
    assert sent["code_challenge_method"] == "S256"
    cookie = went.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "secure"))
    assert "path=/desk/openid;" in cookie
    came = await browser.come_back()
    assert came.status_code == 200
    assert came.headers["referrer-policy"] == "no-referrer"
    assert 'http-equiv="refresh"' in came.text
    session, flow = came.headers.get_list("set-cookie")
    assert "samesite=strict" in session.lower()
    assert "max-age=0" in flow.lower()
    signed = await client.get("/desk/session")
    assert signed.json()["moderator"]["email"] == EMAIL
    told = await pool.fetchrow("select * from account_event order by id desc limit 1")
    assert told["action"] == "identity bound"
    method = await pool.fetchval("select method from moderator_token where kind = 'session'")
    assert method == "openid"


async def test_from_then_on_the_subject_decides(
    browser: Browser, liar: Liar, client: httpx.AsyncClient, pool: Pool
) -> None:
    assert await browser.sign_in() == ""
    async with pool.acquire() as conn:
        await accounts.add_moderator(conn, "bo@courier.example", "moderator", [])
    liar.claims = {"email": "bo@courier.example", "email_verified": False}
    assert await browser.sign_in() == ""
    assert (await client.get("/desk/session")).json()["moderator"]["email"] == EMAIL
    # Another account there that has got the address meanwhile is somebody else.
    liar.claims = {"sub": "subject-2"}
    assert await browser.sign_in() == "other-account"
    await pool.execute("update moderator set disabled_at = now() where email = $1", EMAIL)
    liar.claims = {}
    assert await browser.sign_in() == "not-a-member"


def from_now(claims: dict[str, Any]) -> dict[str, Any]:
    """Claims whose times are seconds from now on: tests run long after they are collected."""
    now = int(time.time())
    return {
        name: now + value if name in {"exp", "iat", "nbf"} and isinstance(value, int) else value
        for name, value in claims.items()
    }


LIES: list[tuple[str, dict[str, Any], str]] = [
    ("another nonce", {"nonce": "x"}, "refused"),
    ("no nonce", {"nonce": None}, "refused"),
    ("another audience", {"aud": "another"}, "refused"),
    ("no audience", {"aud": None}, "refused"),
    ("several audiences", {"aud": [CLIENT, "another"]}, "refused"),
    ("another party", {"azp": "another"}, "refused"),
    ("another issuer", {"iss": "https://id.example"}, "refused"),
    ("the issuer with a slash", {"iss": "/"}, "refused"),
    ("expired", {"exp": -120}, "refused"),
    ("never expires", {"exp": None}, "refused"),
    ("expires at a text", {"exp": "tomorrow"}, "refused"),
    ("issued in the future", {"iat": 600}, "refused"),
    ("issued at no time", {"iat": None}, "refused"),
    ("not yet valid", {"nbf": 600}, "refused"),
    ("nobody", {"sub": ""}, "refused"),
    ("no subject", {"sub": None}, "refused"),
    ("a subject of control characters", {"sub": "a\x00b"}, "refused"),
    ("a long subject", {"sub": "x" * 256}, "refused"),
    ("a number for a subject", {"sub": 7}, "refused"),
    ("not verified", {"email_verified": False}, "unverified"),
    ("not verified, in words", {"email_verified": "false"}, "unverified"),
    ("verified, one may think", {"email_verified": "yes"}, "unverified"),
    ("verified by a number", {"email_verified": 1}, "unverified"),
    ("nothing said", {"email_verified": None}, "unverified"),
    ("no member", {"email": "nobody@courier.example"}, "not-a-member"),
    ("no address", {"email": "<script>"}, "not-a-member"),
    ("an address of control characters", {"email": "eve@courier.example\x00"}, "not-a-member"),
]


@pytest.mark.parametrize(
    ("claims", "expected"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES]
)
async def test_a_wrong_token_opens_nothing(
    claims: dict[str, Any], expected: str, browser: Browser, liar: Liar, pool: Pool
) -> None:
    if claims.get("iss") == "/":
        claims = {"iss": f"{liar.issuer}/"}
    liar.claims = from_now(claims)
    assert await browser.sign_in() == expected
    assert not await pool.fetchval("select count(*) from moderator_identity")
    assert not await pool.fetchval("select count(*) from moderator_token where kind = 'session'")
    liar.claims = {}
    assert await browser.sign_in() == ""


@pytest.mark.parametrize("claims", [
    {"exp": -20}, {"iat": 40}, {"aud": [CLIENT]},
    {"aud": [CLIENT, "another"], "azp": CLIENT}, {"azp": CLIENT}, {"email_verified": "true"},
    {"email": "EVE@Courier.example"}, {"sub": "x" * 255},
], ids=str)  # fmt: skip
async def test_an_unusual_token_is_good(
    claims: dict[str, Any], browser: Browser, liar: Liar
) -> None:
    liar.claims = from_now(claims)
    assert await browser.sign_in() == ""


async def test_whose_signature_it_is(browser: Browser, liar: Liar) -> None:
    await browser.go()
    nonce = browser.sent["nonce"]
    public = liar.key.as_pem(private=False)
    forged = Liar()
    forged.issuer = liar.issuer
    unsigned = by_hand(liar, nonce, "none", None)
    by_public_key = by_hand(liar, nonce, "HS256", public)
    by_shared = by_hand(liar, nonce, "HS256", b"secret", kid="shared")
    head, body, _ = liar.sign(nonce).split(".")
    other_body = forged.sign(nonce).split(".")[1]
    signature = liar.sign(nonce).split(".")[2]
    for what, token in {
        "another key under the same name": forged.sign(nonce),
        "no signature": unsigned,
        "an empty signature": f"{head}.{body}.",
        "another body": f"{head}.{other_body}x.{signature}",
        "HMAC under the public key": by_public_key,
        "HMAC under a listed secret": by_shared,
        "no token": "nonsense",
        "two parts": f"{head}.{body}",
        "nothing between": "..",
        "not ASCII": "ä.ö.ü",
        "long": "a" * 20_000,
    }.items():
        await browser.go()
        liar.token = token
        assert failure(await browser.come_back()) == "refused", what
    liar.token = None
    assert await browser.sign_in() == ""


def by_hand(liar: Liar, nonce: str, algorithm: str, key: bytes | None, kid: str = "one") -> str:
    """A token that no library would make."""
    head = json.dumps({"alg": algorithm, "kid": kid}).encode()
    signed = f"{letters(head)}.{liar.sign(nonce).split('.')[1]}"
    return f"{signed}.{letters(hmac.digest(key, signed.encode(), 'sha256') if key else b'')}"


def letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def test_new_keys_are_found_and_unknown_ones_ask_seldom(
    browser: Browser, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await browser.sign_in() == ""
    assert liar.asked == ["description", "token", "keys"]
    assert await browser.sign_in() == ""
    assert liar.asked[3:] == ["token"]
    liar.key = jwk.RSAKey.generate_key(2048, {"kid": "two"})
    liar.published.append(liar.key)
    assert await browser.sign_in() == "refused"  # asked a moment ago
    monkeypatch.setattr("service.openid.provider.PAUSE", 0)
    assert await browser.sign_in() == ""
    assert liar.asked.count("keys") == 2


async def test_a_key_without_a_name_serves_if_it_is_the_only_one(
    browser: Browser, liar: Liar
) -> None:
    liar.key = jwk.ECKey.generate_key("P-256")
    liar.published = [liar.key]
    liar.header = {"alg": "ES256", "kid": None}
    liar.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}
    assert await browser.sign_in() == ""


async def test_the_address_may_come_from_userinfo(browser: Browser, liar: Liar) -> None:
    liar.claims = {"email": None, "email_verified": None}
    liar.userinfo = {"sub": "somebody else", "email": EMAIL, "email_verified": True}
    assert await browser.sign_in() == "refused"
    liar.userinfo["sub"] = "subject-1"
    assert await browser.sign_in() == ""
    liar.claims["sub"] = "subject-3"
    liar.userinfo = {"sub": "subject-3"}
    assert await browser.sign_in() == "no-email"


async def test_what_a_provider_doesn_t_say_can_be_allowed(
    browser: Browser, liar: Liar, state: dict[str, Any]
) -> None:
    provider = state["openid"]
    provider.openid = msgspec.structs.replace(provider.openid, require_verified=False)
    liar.claims = {"email_verified": False}
    assert await browser.sign_in() == "unverified"
    liar.claims = {"email_verified": None}
    assert await browser.sign_in() == ""


async def test_the_way_back_is_one_browser_s_and_one_s_time(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    await browser.go()
    for changes in ({"state": "x"}, {"state": None}, {"state": "ä\x00"}):
        assert failure(await browser.come_back(**changes)) == "expired"
        await browser.go()
    cookie = client.cookies["rejoinder_openid"]
    for broken in ("", "x", cookie[:-4] + "AAAA", cookie + "A", "ä"):
        client.cookies.clear()
        answer = await client.get(
            "/desk/openid/callback",
            params={"code": "c", "state": browser.sent["state"]},
            headers={"Cookie": f"rejoinder_openid={broken}".encode()},
        )
        assert failure(answer) == "expired"
    client.cookies.clear()
    await browser.go()
    assert failure(await browser.come_back()) == ""
    assert failure(await browser.come_back()) == "expired"


async def test_errors_of_the_provider(browser: Browser, liar: Liar) -> None:
    await browser.go()
    for state in (browser.sent["state"], None):
        denied = await browser.come_back(code=None, error="access_denied", state=state)
        assert failure(denied) == "cancelled"
    for changes in ({"error": "server_error"}, {"code": None}, {"code": "x" * 5000}, {"code": ""}):
        await browser.go()
        assert failure(await browser.come_back(**changes)) == "refused"
    await browser.go()
    assert failure(await browser.come_back(code="another")) == "refused"
    for status, expected in [(400, "refused"), (401, "refused"), (500, "unreachable")]:
        liar.status = status
        assert await browser.sign_in() == expected


async def test_the_issuer_of_the_answer_counts(browser: Browser, liar: Liar) -> None:
    await browser.go()
    assert failure(await browser.come_back(iss="https://id.example")) == "refused"
    await browser.go()
    assert failure(await browser.come_back(iss=liar.issuer)) == ""


async def test_an_issuer_that_is_promised_must_come(browser: Browser, liar: Liar) -> None:
    liar.metadata = {"authorization_response_iss_parameter_supported": True}
    assert await browser.sign_in() == "refused"
    await browser.go()
    assert failure(await browser.come_back(iss=liar.issuer)) == ""


@pytest.mark.parametrize("metadata", [
    {"issuer": "https://id.example"}, {"issuer": 7}, {"token_endpoint": "http://id.example/token"},
    {"jwks_uri": "file:///etc/passwd"}, {"authorization_endpoint": "javascript:alert(1)"},
    {"token_endpoint": "https://"}, {"jwks_uri": None}, {"userinfo_endpoint": "http://[x"},
], ids=str)  # fmt: skip
async def test_a_provider_that_describes_itself_wrong(
    metadata: dict[str, Any], client: httpx.AsyncClient, liar: Liar
) -> None:
    liar.metadata = metadata
    answer = await client.get("/desk/openid/start")
    assert failure(answer) == "unreachable"
    liar.metadata = {}
    assert (await client.get("/desk/openid/start")).headers["location"].startswith(liar.issuer)


async def test_an_endless_answer_is_left(client: httpx.AsyncClient, liar: Liar) -> None:
    liar.padding = 300_000
    assert failure(await client.get("/desk/openid/start")) == "unreachable"


async def test_a_provider_that_is_down_or_slow(
    client: httpx.AsyncClient, liar: Liar, state: dict[str, Any]
) -> None:
    provider = state["openid"]

    async def stall(_reader: Any, writer: Any) -> None:
        await asyncio.sleep(5)
        writer.close()

    async with await asyncio.start_server(stall, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        provider.openid = msgspec.structs.replace(
            provider.openid, issuer=f"http://127.0.0.1:{port}"
        )
        provider._session._timeout = type(provider._session._timeout)(total=0.3)
        assert failure(await client.get("/desk/openid/start")) == "unreachable"
    assert failure(await client.get("/desk/openid/start")) == "unreachable"


async def test_who_waits_for_a_dead_provider_waits_once(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    """Not each for all who came before: ten people would wait for a minute and a half."""
    provider = state["openid"]
    asked = 0

    async def stall(reader: Any, writer: Any) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    async with await asyncio.start_server(stall, "127.0.0.1", 0) as server:
        issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        provider.openid = msgspec.structs.replace(provider.openid, issuer=issuer)
        provider._session._timeout = type(provider._session._timeout)(total=0.5)
        answers = await asyncio.gather(*(client.get("/desk/openid/start") for _ in range(5)))
        assert {failure(answer) for answer in answers} == {"unreachable"}
        assert asked == 1
        # Whoever comes later has it tried again.
        assert failure(await client.get("/desk/openid/start")) == "unreachable"
        assert asked == 2


async def test_too_many_tries_are_told_at_the_desk(
    client: httpx.AsyncClient, liar: Liar, state: dict[str, Any], pool: Pool
) -> None:
    state["limiter"] = Limiter(pool, enabled=True)
    answers = [await client.get("/desk/openid/start") for _ in range(11)]
    assert failure(answers[-1]) == "busy"
    assert not answers[-2].headers["location"].startswith("/desk/")


BASE = {
    "DATABASE_URL": "postgresql://localhost/x", "REJOINDER_SECRET": "x" * 32,
    "REJOINDER_PUBLIC_URL": "https://news.example/rejoinder",
    "REJOINDER_OIDC_ISSUER": "https://id.example", "REJOINDER_OIDC_CLIENT_ID": "desk",
}  # fmt: skip


@pytest.mark.parametrize(("change", "named"), [
    ({"REJOINDER_PUBLIC_URL": ""}, "REJOINDER_PUBLIC_URL"),
    ({"REJOINDER_OIDC_CLIENT_ID": ""}, "REJOINDER_OIDC_CLIENT_ID"),
    ({"REJOINDER_OIDC_ISSUER": ""}, "REJOINDER_OIDC_ISSUER"),
    ({"REJOINDER_OIDC_ISSUER": "http://id.example"}, "REJOINDER_OIDC_ISSUER"),
    ({"REJOINDER_OIDC_ISSUER": "id.example"}, "REJOINDER_OIDC_ISSUER"),
    ({"REJOINDER_OIDC_ISSUER": "https://id.example?x=1"}, "REJOINDER_OIDC_ISSUER"),
    ({"REJOINDER_OIDC_REQUIRE_VERIFIED": "no"}, "REJOINDER_OIDC_REQUIRE_VERIFIED"),
])  # fmt: skip
def test_a_wrong_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environment({**BASE, **change})


def test_settings() -> None:
    openid = Settings.from_environment(BASE).openid
    assert openid
    assert (openid.name, openid.require_verified) == ("Sign in with id.example", True)
    bare = {name: value for name, value in BASE.items() if "OIDC" not in name}
    assert Settings.from_environment(bare).openid is None


def test_an_old_flow_is_over(keyring: Any) -> None:
    flow = rules.new_flow()
    old = msgspec.structs.replace(flow, until=time.time() - 1)
    assert rules.open_flow(keyring, rules.seal_flow(keyring, flow), flow.state) == flow
    with pytest.raises(SignInFailed, match="too long"):
        rules.open_flow(keyring, rules.seal_flow(keyring, old), flow.state)
