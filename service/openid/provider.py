"""The provider over the network: its description, its keys, the exchange of a code.

The operator has named it, so it may be on a private network; all that it answers is small, and has
little time.
"""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote_plus

import aiohttp
import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError

from service.openid import rules
from service.openid.types import Failure, Flow, Identity, KeyList, Metadata, SignInFailed, Tokens
from service.settings import OpenId

T = TypeVar("T")

SECONDS = 10.0
TO_CONNECT = 4.0
LARGEST = 256 * 1024
FRESH = 3600.0  # seconds after which description and keys are read again
PAUSE = 10.0  # seconds in which unknown keys ask for the list once
LONGEST_TOKEN = 16 * 1024


class Provider:
    """One provider, with what it has said of itself."""

    def __init__(self, openid: OpenId, session: aiohttp.ClientSession) -> None:
        """Nothing is asked before the first sign-in."""
        self.openid = openid
        self._session = session
        self._lock = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: list[jwk.Key] = []
        self._keys_at = -FRESH
        self._failed: SignInFailed | None = None
        self._failed_at = 0.0

    async def metadata(self) -> Metadata:
        """The provider's description; raises SignInFailed."""
        since = time.monotonic()
        async with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata_at > FRESH:
                url = f"{self.openid.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await self._ask_once(url, Metadata, since)
                self._metadata = rules.check_metadata(found, self.openid.issuer)
                self._metadata_at = time.monotonic()
            return self._metadata

    async def identify(self, code: str, flow: Flow, back: str) -> Identity:
        """Who has signed in there, for the code that the browser brought; raises SignInFailed."""
        metadata = await self.metadata()
        tokens = await self._exchange(metadata, code, flow, back)
        claims = await self._claims(metadata, tokens.id_token)
        found = rules.read_claims(claims, self.openid, flow.nonce)
        if found.email is None and metadata.userinfo_endpoint and tokens.access_token:
            found = await self._ask_email(metadata.userinfo_endpoint, tokens.access_token, found)
        return found

    async def _exchange(self, metadata: Metadata, code: str, flow: Flow, back: str) -> Tokens:
        """Core, section 3.1.3.1; the client's secret as RFC 6749, section 2.3.1 has it."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": flow.verifier,
        }
        headers = {}
        name, secret = self.openid.client_id, self.openid.client_secret
        if secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        else:
            form |= {"client_id": name, **({"client_secret": secret} if secret else {})}
        return await self._ask("POST", metadata.token_endpoint, Tokens, headers=headers, data=form)

    async def _claims(self, metadata: Metadata, token: str) -> Mapping[str, Any]:
        """The claims of a token whose signature is the provider's."""
        allowed = [
            name
            for name in rules.ALGORITHMS
            if name in metadata.id_token_signing_alg_values_supported
        ]
        try:
            if len(token) > LONGEST_TOKEN:
                raise SignInFailed("refused", "the ID token is too long")
            header = jws.extract_compact(token.encode()).headers()
            key = await self._key(metadata, header.get("kid"), str(header.get("alg")))
            signed = jws.deserialize_compact(token, key, algorithms=allowed)
            return msgspec.json.decode(signed.payload, type=dict[str, Any])
        except (JoseError, ValueError, TypeError, msgspec.DecodeError) as error:
            raise SignInFailed("refused", f"the ID token: {type(error).__name__}") from error

    async def _key(self, metadata: Metadata, kid: str | None, algorithm: str) -> jwk.Key:
        """The key that a token says it is signed with; an unknown one has the list read again."""
        since = time.monotonic()
        async with self._lock:
            found = self._find(kid, algorithm)
            age = time.monotonic() - self._keys_at
            if (found is None and age > PAUSE) or age > FRESH:
                listed = await self._ask_once(metadata.jwks_uri, KeyList, since)
                self._keys = [key for key in map(_read_key, listed.keys) if key is not None]
                self._keys_at = time.monotonic()
                found = self._find(kid, algorithm)
        if found is None:
            raise SignInFailed("refused", "the ID token is signed with an unknown key")
        return found

    def _find(self, kid: str | None, algorithm: str) -> jwk.Key | None:
        """Without a name there must be one key only that it can be (Core, section 10.1)."""
        fitting = [
            key
            for key in self._keys
            if (kid is None or key.kid == kid) and key.get("alg") in {None, algorithm}
        ]
        return fitting[0] if len(fitting) == 1 or (kid is not None and fitting) else None

    async def _ask_email(self, url: str, access_token: str, known: Identity) -> Identity:
        """The address from the UserInfo endpoint (Core, section 5.3)."""
        headers = {"Authorization": f"Bearer {access_token}"}
        claims = await self._ask("GET", url, dict[str, Any], headers=headers)
        if claims.get("sub") != known.subject:
            raise SignInFailed("refused", "UserInfo is about somebody else")
        return Identity(known.issuer, known.subject, *rules.read_email(claims))

    async def _ask_once(self, url: str, kind: type[T], since: float) -> T:
        """What the provider says of itself; needs the lock, for which one waits since `since`.

        Whoever waited while a question failed fails with it: a dead provider takes ten seconds of
        everybody's time, not of one after the other's.
        """
        if self._failed is not None and self._failed_at > since:
            raise SignInFailed(self._failed.failure, str(self._failed))
        try:
            return await self._ask("GET", url, kind)
        except SignInFailed as failed:
            self._failed, self._failed_at = failed, time.monotonic()
            raise

    async def _ask(self, method: str, url: str, kind: type[T], **more: Any) -> T:  # noqa: ANN401 (aiohttp's own keywords)
        """One request and its JSON; raises SignInFailed."""
        try:
            async with self._session.request(
                method, url, allow_redirects=False, **more
            ) as response:
                body = await _read(response)
                refused = 400 <= response.status < 500  # noqa: PLR2004 (the client is at fault)
                if response.status != 200:  # noqa: PLR2004 (anything else is none of the protocol's)
                    failure: Failure = "refused" if method == "POST" and refused else "unreachable"
                    raise SignInFailed(failure, f"{_where(url)} answered {response.status}")
                return msgspec.json.decode(body, type=kind)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise SignInFailed("unreachable", f"{_where(url)}: {type(error).__name__}") from error


def _read_key(fields: dict[str, Any]) -> jwk.Key | None:
    """A public key for signatures; None for what is none, or of a kind that isn't known."""
    if fields.get("use", "sig") != "sig" or fields.get("kty") == "oct":
        return None
    try:
        return jwk.import_key(fields)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("the answer is too large")
    return bytes(body)


def _where(url: str) -> str:
    return url.partition("?")[0][:200]


@asynccontextmanager
async def open_provider(openid: OpenId | None) -> AsyncIterator[Provider | None]:
    """The provider with an HTTP session of its own, None where none is set; closed on leaving."""
    if openid is None:
        yield None
        return
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=SECONDS, sock_connect=TO_CONNECT),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Rejoinder", "Accept": "application/json"},
        skip_auto_headers=("Accept-Encoding",),
        auto_decompress=False,
        trust_env=False,
    ) as session:
        yield Provider(openid, session)
