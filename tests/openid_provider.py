"""A provider in the test's own hands, so that it can lie in every way."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from aiohttp import web
from joserfc import jwk, jwt

CLIENT, SECRET = "the desk", "pass:word/+"
EMAIL = "eve@courier.example"


class Liar:
    """An honest provider, until a test changes one of its fields."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.published: list[jwk.Key] = [self.key]
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.times: dict[str, int] = {}  # seconds from now
        self.header: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.token: str | None = None
        self.status = 200
        self.padding = 0
        self.asked: list[str] = []
        self.flows: dict[str, dict[str, str]] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.describe)
        app.router.add_get("/jwks", self.list_keys)
        app.router.add_post("/token", self.exchange)
        app.router.add_get("/userinfo", self.inform)
        return app

    async def describe(self, _request: web.Request) -> web.Response:
        self.asked.append("description")
        return web.json_response({
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "padding": "x" * self.padding,
            **self.metadata,
        })  # fmt: skip

    async def list_keys(self, _request: web.Request) -> web.Response:
        self.asked.append("keys")
        odd = [{"kty": "XYZ", "kid": "odd"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, {}]
        public = [key.as_dict(private=False) for key in self.published]
        return web.json_response({"keys": [*odd, *public]})

    async def exchange(self, request: web.Request) -> web.Response:
        self.asked.append("token")
        form = await request.post()
        flow = self.flows.pop(str(form["code"]), None)
        challenge = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        assert (
            flow is None
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") == flow["code_challenge"]
        )
        if flow is None or self.status != 200:
            return web.json_response({"error": "invalid_grant"}, status=max(self.status, 400))
        assert form["redirect_uri"] == flow["redirect_uri"]
        expected = base64.b64encode(b"the+desk:pass%3Aword%2F%2B").decode()
        assert request.headers["Authorization"] == f"Basic {expected}"
        token = self.token or self.sign(flow["nonce"])
        return web.json_response({"id_token": token, "access_token": "at", "token_type": "Bearer"})

    def sign(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": nonce, "email": EMAIL, "email_verified": True, **self.claims,
            **{name: now + seconds for name, seconds in self.times.items()},
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        named = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(named, kept, self.key)

    async def inform(self, request: web.Request) -> web.Response:
        self.asked.append("userinfo")
        assert request.headers["Authorization"] == "Bearer at"
        return web.json_response(self.userinfo)


class Browser:
    """A browser that goes to the provider and comes back; keeps its cookies itself."""

    def __init__(self, client: httpx.AsyncClient, liar: Liar) -> None:
        self.client = client
        self.liar = liar
        self.sent: dict[str, str] = {}

    async def go(self) -> httpx.Response:
        answer = await self.client.get("/desk/openid/start")
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        self.sent = {name: values[0] for name, values in query.items()}
        return answer

    async def come_back(self, **changes: str | None) -> httpx.Response:
        self.liar.flows["code-1"] = self.sent
        given = {"code": "code-1", "state": self.sent["state"], **changes}
        params = {name: value for name, value in given.items() if value is not None}
        return await self.client.get("/desk/openid/callback", params=params)

    async def sign_in(self) -> str:
        """What became of it: "", or the failure."""
        await self.go()
        return failure(await self.come_back())


def failure(answer: httpx.Response) -> str:
    if answer.status_code == 200:
        return ""
    assert answer.status_code == 303
    location: str = answer.headers["location"]
    assert location.startswith("/desk/#sign-in-failed=")
    return location.partition("=")[2]
