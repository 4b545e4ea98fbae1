"""A push service on this machine that believes nothing: it checks, decrypts and counts."""

import base64
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from local_site import LocalSite
from py_vapid import Vapid02
from py_vapid.jwt import decode

LARGEST = 4096  # bytes of body that every service must take (RFC 8030, section 7.2)
DAY = 24 * 3600


def letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Browser:
    """A subscriber: its keys, and what it has received."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    script: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: int = 0
    says: bytes = b""  # with what is scripted

    @property
    def p256dh(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def json(self) -> dict[str, Any]:
        """What the browser's toJSON() gives."""
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": letters(self.p256dh), "auth": letters(self.auth)},
        }

    def decrypt(self, body: bytes) -> dict[str, Any]:
        clear = http_ece.decrypt(
            body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"
        )
        message: dict[str, Any] = json.loads(clear)
        return message


class PushService(LocalSite):
    """`async with PushService() as service: browser = service.browser()`."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.faults: list[str] = []
        self.answers: Counter[int] = Counter()
        self.received = 0  # messages that were taken, each copy counted
        self.claims: list[dict[str, Any]] = []
        self._verified: dict[str, dict[str, Any]] = {}
        self.arrived: Callable[[], None] = lambda: None

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/push/{ident}", self._receive)
        router.add_route("*", "/inside", self._inside)

    def browser(self, *script: int, **headers: str) -> Browser:
        """A new subscriber; `script` is answered first, one status for each message, then 201."""
        ident = secrets.token_hex(8)
        browser = Browser(f"{self.origin}/push/{ident}")
        browser.script = [(s, {k.replace("_", "-"): v for k, v in headers.items()}) for s in script]
        self.browsers[ident] = browser
        return browser

    async def _inside(self, _request: web.Request) -> web.Response:
        self.faults.append("somebody followed a redirect")
        return web.Response(status=201)

    async def _receive(self, request: web.Request) -> web.Response:
        browser = self.browsers.get(request.match_info["ident"])
        if browser is None:
            return self._answer(404, {})
        browser.asked += 1
        body = await request.read()
        self.arrived()
        try:
            self._check(request, body)
            message = browser.decrypt(body)
        except (AssertionError, KeyError, ValueError, http_ece.ECEException) as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            return self._answer(400, {})
        status, headers = browser.script.pop(0) if browser.script else (201, {})
        if status in {200, 201, 202}:
            self.received += 1
            browser.messages.append(message)
            browser.headers.append(request.headers)
        return self._answer(status, headers, browser.says)

    def _answer(self, status: int, headers: dict[str, str], says: bytes = b"") -> web.Response:
        self.answers[status] += 1
        return web.Response(status=status, headers=headers, body=says)

    def _check(self, request: web.Request, body: bytes) -> None:
        """RFC 8030 (TTL, Urgency, Topic, size), RFC 8188 (encoding), RFC 8292 (VAPID)."""
        headers = request.headers
        assert 0 <= int(headers["TTL"]) <= 28 * DAY, "TTL"
        assert headers["Urgency"] in {"very-low", "low", "normal", "high"}, "urgency"
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers["Topic"]), "topic"
        assert headers["Content-Encoding"] == "aes128gcm", "encoding"
        assert headers["Content-Type"] == "application/octet-stream", "type"
        assert len(body) <= LARGEST, "size"
        self.claims.append(self._claims(headers["Authorization"]))

    def _claims(self, authorization: str) -> dict[str, Any]:
        """What is claimed; a header that has been verified needn't be again."""
        if authorization in self._verified:
            return self._verified[authorization]
        assert Vapid02.verify(authorization), "signature"
        fields = dict(part.split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
        claims: dict[str, Any] = decode(fields["t"], fields["k"])
        assert claims["aud"] == self.origin, f"aud {claims['aud']}"
        assert time.time() < claims["exp"] <= time.time() + DAY, "exp"
        assert re.fullmatch(r"(mailto:|https://)[^\s<>]+", claims["sub"]), "sub"
        assert "localhost" not in claims["sub"], "sub"
        return self._verified.setdefault(authorization, claims)
