"""The protocol's rules without its network: addresses, the flow's cookie, the token's claims."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from service.core.address import is_loopback
from service.core.sealing import SealError, seal, unseal
from service.core.tokens import Keyring
from service.openid.types import Flow, Identity, Metadata, SignInFailed
from service.settings import OpenId

FLOW_LASTS = 600  # seconds that somebody may take to sign in there
SKEW = 60  # seconds by which two clocks may differ
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2
PURPOSE = "openid-flow"
# Signatures that only the provider can make. Never "none", and never a shared secret: an
# HMAC under a public key is how such tokens are forged.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "Ed25519", "EdDSA")  # fmt: skip


def new_flow() -> Flow:
    """A new way there: nothing in it can be guessed."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Flow(state, nonce, verifier, time.time() + FLOW_LASTS)


def seal_flow(keyring: Keyring, flow: Flow) -> str:
    """The flow as its cookie carries it."""
    sealed = seal(keyring, PURPOSE, msgspec.msgpack.encode(flow), b"")
    return base64.urlsafe_b64encode(sealed).decode()


def open_flow(keyring: Keyring, cookie: str, state: str) -> Flow:
    """The flow that a browser comes back from; raises SignInFailed where it is another one's."""
    try:
        sealed = base64.b64decode(cookie, altchars=b"-_", validate=True)
        flow = msgspec.msgpack.decode(unseal(keyring, PURPOSE, sealed, b""), type=Flow)
    except (ValueError, SealError, msgspec.DecodeError) as error:
        raise SignInFailed("expired", "no cookie of a flow") from error
    if not hmac.compare_digest(flow.state.encode(), state.encode("utf-8", "replace")):
        raise SignInFailed("expired", "the state is another one's")
    if flow.until < time.time():
        raise SignInFailed("expired", "the flow took too long")
    return flow


def authorization_url(metadata: Metadata, openid: OpenId, flow: Flow, back: str) -> str:
    """Where the browser goes (Core, section 3.1.2.1) with the challenge of RFC 7636 (PKCE)."""
    digest = hashlib.sha256(flow.verifier.encode()).digest()
    query = urlencode(
        {
            "response_type": "code",
            "scope": "openid email",
            "client_id": openid.client_id,
            "redirect_uri": back,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
    )
    endpoint = metadata.authorization_endpoint
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def check_metadata(metadata: Metadata, issuer: str) -> Metadata:
    """The metadata; raises SignInFailed where it isn't this issuer's, or anything isn't https.

    An issuer on this machine (development, tests) may use plain http.
    """
    if metadata.issuer != issuer:
        raise SignInFailed("unreachable", f"the provider calls itself {metadata.issuer[:200]}")
    local = is_loopback(urlsplit(issuer).hostname or "")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        url = getattr(metadata, name)
        if url and not _is_safe(url, local=local):
            raise SignInFailed("unreachable", f"the provider's {name} is not an https address")
    return metadata


def _is_safe(url: str, *, local: bool) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.scheme == "http" and local and is_loopback(host)
    return bool(host) and (parts.scheme == "https" or plain) and not parts.fragment


def check_issuer(metadata: Metadata, given: str | None) -> None:
    """Raise SignInFailed where the answer comes from another provider (RFC 9207, section 2.4)."""
    missing = given is None and metadata.authorization_response_iss_parameter_supported
    if missing or given not in {None, metadata.issuer}:
        raise SignInFailed("refused", "the answer is another issuer's")


def read_claims(
    claims: Mapping[str, Any], openid: OpenId, nonce: str, now: float | None = None
) -> Identity:
    """Who an ID token of good signature is about (Core, section 3.1.3.7); raises SignInFailed."""
    registry = JWTClaimsRegistry(
        now=int(time.time() if now is None else now),
        leeway=SKEW,
        iss={"essential": True, "value": openid.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": openid.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        registry.validate(dict(claims))
    except (JoseError, ValueError, TypeError) as error:
        raise SignInFailed("refused", f"the ID token: {type(error).__name__}: {error}") from error
    audience = claims["aud"]
    party = claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or party is not None) and party != openid.client_id:
        raise SignInFailed("refused", "the ID token is for another party")
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise SignInFailed("refused", "the ID token names nobody")
    return Identity(openid.issuer, subject, *read_email(claims))


def read_email(claims: Mapping[str, Any]) -> tuple[str | None, bool | None]:
    """The address, and whether it is verified: None where that isn't said.

    Some providers write "true" where the standard has true.
    """
    email, verified = claims.get("email"), claims.get("email_verified")
    known = {True: True, "true": True, False: False, "false": False}
    said = known.get(verified, False) if isinstance(verified, bool | str) else None
    return (email if isinstance(email, str) and email else None), said


def may_bind(identity: Identity, *, require_verified: bool) -> str:
    """The address by which somebody is known here; raises SignInFailed.

    An address that isn't verified could be anybody's: who types a moderator's address into an
    account of their own must not become that moderator.
    """
    if identity.email is None:
        raise SignInFailed("no-email")
    unsaid = identity.verified is None and not require_verified
    if identity.verified is not True and not unsaid:
        raise SignInFailed("unverified")
    return identity.email
