"""A publisher: makes tokens by either of two libraries, and shows its keys at an address."""

import base64
import json
import time
from typing import Any

import jwt as pyjwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from joserfc import jwk as jose_jwk
from joserfc import jwt as jose_jwt
from local_site import LocalSite

SECRET = "the publisher's secret, of more than 32 bytes"


def claims(**changes: Any) -> dict[str, Any]:
    """What a token says; None leaves a claim out."""
    now = int(time.time())
    given = {
        "sub": "reader-1", "name": "Ana Kovač", "email": "ana@readers.example",
        "iat": now, "exp": now + 300, **changes,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def by_pyjwt(
    key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **changes: Any
) -> str:
    """A token made by PyJWT."""
    headers = {"kid": kid} if kid else None
    return pyjwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def by_joserfc(secret: str = SECRET, **changes: Any) -> str:
    """A token made by joserfc."""
    key = jose_jwk.OctKey.import_key(secret)
    return jose_jwt.encode({"alg": "HS256"}, claims(**changes), key)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def by_hand(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(b64(part) for part in parts)


class SigningKey:
    """An Ed25519 key of the publisher's."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = Ed25519PrivateKey.generate()

    @property
    def public_jwk(self) -> dict[str, str]:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw), "kid": self.kid, "use": "sig"}

    @property
    def pem(self) -> str:
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, kid: str | None = "", **changes: Any) -> str:
        """A token of this key, under its own name unless another, or None, is given."""
        named = self.kid if kid == "" else kid
        return by_pyjwt(self.private, "EdDSA", named, **changes)


class Shown(LocalSite):
    """`async with Shown(key) as shown`: keys at an address on this machine, and who asked."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.status = 200
        self.body: bytes | None = None
        self.location = ""
        self.followed = False

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/jwks.json", self._answer)
        router.add_get("/inside", self._inside)

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"{self.origin}/jwks.json"

    async def _inside(self, _request: web.Request) -> web.Response:
        self.followed = True
        return web.json_response({"keys": [key.public_jwk for key in self.keys]})

    async def _answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if self.body is not None:
            return web.Response(body=self.body, status=self.status)
        headers = {"Location": self.location} if self.location else None
        listed = {"keys": [{"kty": "RSA", "n": "x"}, *(key.public_jwk for key in self.keys)]}
        return web.json_response(listed, status=self.status, headers=headers)
