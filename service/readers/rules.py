"""What a token must be: JSON Web Tokens (RFC 7519) signed by HS256 or EdDSA. Pure functions."""

import re
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from joserfc import jwk, jws
from joserfc.errors import ExpiredTokenError, JoseError, SecurityWarning
from joserfc.jwk import OctKey, OKPKey
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from service.accounts.actions import check_email
from service.core.http import CONTROL
from service.core.problems import Invalid
from service.core.text import SURROGATE, visible
from service.readers.types import Algorithm, Reader, RefusedError, Settings, SignInKey, Token

LEEWAY = 60  # seconds by which two clocks may differ
LONGEST_TOKEN = 4096
LONGEST_SUBJECT = 200
LONGEST_NAME = 80
LONGEST_BADGE = 30
LONGEST_KID = 200
SHORTEST_SECRET = 32  # bytes: RFC 7518, section 3.2
LONGEST_SECRET = 512
MOST_PUBLIC = 20

# Base64url without padding; the signature may be missing here, so that "none" is met and refused.
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")

# A header chooses among these and never what a key is good for: a key verifies its own kind alone.
# Ed25519 is what RFC 9864 calls EdDSA with that curve.
ALGORITHMS: Mapping[str, Algorithm] = {"HS256": "HS256", "EdDSA": "EdDSA", "Ed25519": "EdDSA"}


def is_jwt(token: str) -> bool:
    """Whether a bearer has a JWT's form: our own keys and tokens have no dots."""
    return token.count(".") == 2 and FORM.fullmatch(token) is not None  # noqa: PLR2004 (RFC 7515, 3.1)


def read_token(text: str) -> Token:
    """A token's header and claims, not believed yet; raises RefusedError."""
    if len(text) > LONGEST_TOKEN:
        raise RefusedError(f"it has more than {LONGEST_TOKEN} characters")
    if not is_jwt(text):
        raise RefusedError("it has not the form of a JWT: three parts with dots between")
    try:
        signed = jws.extract_compact(text.encode())
        header = signed.headers()
        claims = msgspec.json.decode(signed.payload, type=dict[str, Any])
    except (JoseError, ValueError, TypeError, msgspec.DecodeError, RecursionError) as error:
        raise RefusedError("its header or its claims are no JSON object") from error
    named, kid = str(header.get("alg")), header.get("kid")
    algorithm = ALGORITHMS.get(named)
    if algorithm is None:
        raise RefusedError(f"its algorithm must be HS256 or EdDSA, and is {named[:20]}")
    if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_KID):
        raise RefusedError(f"its kid must be a text of at most {LONGEST_KID} characters")
    if "crit" in header or "b64" in header:
        raise RefusedError("its header has crit or b64, which are not understood here")
    return Token(text, algorithm, named, kid, claims)


def shown(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is written in a token, header and claims, whoever wrote it; empty where it is none."""
    try:
        signed = jws.extract_compact(text.encode("utf-8", "replace"))
        written = (dict(signed.headers()), msgspec.json.decode(signed.payload, type=dict[str, Any]))
        msgspec.json.encode(written)  # what another decoder let by, such as half a character
    except (JoseError, ValueError, TypeError, OverflowError, msgspec.MsgspecError, RecursionError):
        return {}, {}
    return written


def candidates(token: Token, keys: Sequence[SignInKey]) -> list[SignInKey]:
    """The keys that may have signed it: of its kind, and of its name where it and they have one."""
    fitting = [key for key in keys if key.algorithm == token.algorithm]
    return [key for key in fitting if token.kid is None or key.kid in {None, token.kid}]


def is_signed(token: Token, keys: Sequence[SignInKey]) -> bool:
    """Whether one of these keys has signed the token (RFC 7515, section 5.2)."""
    for key in keys:
        # The library asks to say Ed25519 for EdDSA, which few others write yet.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            try:
                jws.deserialize_compact(token.text, key.key, algorithms=[token.named])
            except (JoseError, ValueError, TypeError):
                continue
        return True
    return False


def unsigned(token: Token, keys: Sequence[SignInKey]) -> RefusedError:
    """Why none of these keys, which were all that may have, has signed the token."""
    if keys:
        return RefusedError("its signature is of none of the keys here")
    named = f" with the kid {token.kid}" if token.kid else ""
    return RefusedError(f"there is no key here for {token.algorithm}{named}")


def read_claims(claims: Mapping[str, Any], settings: Settings, now: float | None = None) -> Reader:
    """Who a token of good signature is about (RFC 7519, section 4.1); raises RefusedError."""
    wanted: dict[str, ClaimsOption] = {"sub": {"essential": True}, "exp": {"essential": True}}
    for name, value in (("iss", settings.issuer), ("aud", settings.audience)):
        if value is not None:
            wanted[name] = {"essential": True, "value": value}
    moment = int(time.time() if now is None else now)
    registry = JWTClaimsRegistry(moment, LEEWAY, **wanted)
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError as error:
        raise RefusedError("it has expired (exp)", expired=True) from error
    except (JoseError, ValueError, TypeError, OverflowError) as error:
        raise RefusedError(_why(error)) from error
    return Reader(
        subject=_subject(claims["sub"]),
        name=_line(claims, "name", LONGEST_NAME, required=True) or "",
        email=_email(claims),
        badge=_line(claims, "badge", LONGEST_BADGE),
    )


def _why(error: Exception) -> str:
    said = getattr(error, "description", "") or str(error) or type(error).__name__
    return f"{said[0].lower()}{said[1:]}".rstrip(".")[:200]


def _subject(subject: str) -> str:
    """As it is: what identifies a reader is compared byte by byte, and never changed."""
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise RefusedError(f"sub must be 1 to {LONGEST_SUBJECT} printable characters")
    return subject


def _line(
    claims: Mapping[str, Any], name: str, longest: int, *, required: bool = False
) -> str | None:
    value = claims.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or CONTROL.search(value) or SURROGATE.search(value):
        raise RefusedError(f"{name} must be a text of 1 to {longest} characters")
    shown = visible(value)
    if len(shown) > longest or (required and not shown):
        raise RefusedError(f"{name} must be a text of 1 to {longest} characters")
    return shown or None


def _email(claims: Mapping[str, Any]) -> str | None:
    """The address; None also where the publisher says that it may be somebody else's."""
    email, verified = claims.get("email"), claims.get("email_verified")
    # Some write "true" where OpenID Connect has true.
    known = {True: True, "true": True, False: False, "false": False}
    said = known.get(verified) if isinstance(verified, bool | str) else None
    if verified is not None and said is None:
        raise RefusedError("email_verified must be true or false")
    if email is None:
        return None
    if not isinstance(email, str) or SURROGATE.search(email):
        raise RefusedError("email must be an e-mail address")
    try:
        checked = check_email("email", email)
    except Invalid as error:
        raise RefusedError("email must be an e-mail address") from error
    return None if said is False else checked


def check_secret(secret: str) -> bytes:
    """A shared secret as libraries take it: its UTF-8 bytes. Raises Invalid."""
    if SURROGATE.search(secret):
        raise Invalid.field("$.secret", "Contains a lone surrogate")
    data = secret.encode()
    if not SHORTEST_SECRET <= len(data) <= LONGEST_SECRET:
        raise Invalid.field(
            "$.secret", f"Expected {SHORTEST_SECRET} to {LONGEST_SECRET} bytes, random ones"
        )
    if data.lstrip().startswith(b"-----BEGIN") or secret.strip() != secret:
        raise Invalid.field("$.secret", "A secret has no blanks around it and is no PEM file")
    return data


def secret_key(secret: bytes) -> SignInKey:
    """A shared secret, ready to verify."""
    return SignInKey("HS256", None, OctKey.import_key(secret))


def read_public(text: str) -> list[SignInKey]:
    """Public keys that somebody pasted: a JWK, a JWKS or PEM. Raises Invalid."""
    text = text.strip()
    if SURROGATE.search(text):
        raise Invalid.field("$.public", "Contains a lone surrogate")
    if text.startswith("-----BEGIN"):
        fields = _pem(text)
    else:
        try:
            fields = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Invalid.field("$.public", "Expected a JWK, a JWKS or PEM") from error
    listed = fields.get("keys", [fields])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Invalid.field("$.public", "Expected a list of keys in `keys`")
    if any("d" in one or one.get("kty") == "oct" for one in listed):
        raise Invalid.field(
            "$.public", "This is a private key: make another one, and give its public half only"
        )
    keys = public_keys(listed)
    if not keys:
        raise Invalid.field("$.public", "There is no Ed25519 key for signatures in it")
    return keys


def _pem(text: str) -> dict[str, Any]:
    if "PRIVATE" in text:
        raise Invalid.field(
            "$.public", "This is a private key: make another one, and give its public half only"
        )
    try:
        return dict(OKPKey.import_key(text).as_dict(private=False))
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Invalid.field("$.public", "Not the PEM of an Ed25519 public key") from error


def public_keys(listed: Sequence[Any]) -> list[SignInKey]:
    """The Ed25519 keys of a list of JWKs (RFC 8037) that are for signatures, no others."""
    found = [_public_key(fields) for fields in listed if isinstance(fields, dict)]
    return [key for key in found if key is not None][:MOST_PUBLIC]


def _public_key(fields: dict[str, Any]) -> SignInKey | None:
    if fields.get("kty") != "OKP" or fields.get("crv") != "Ed25519" or "d" in fields:
        return None
    if fields.get("use", "sig") != "sig" or fields.get("alg", "EdDSA") not in ALGORITHMS:
        return None
    kid = fields.get("kid")
    if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_KID):
        return None
    try:
        # What else stands in it is of no use here, and may not be what the library takes.
        key = jwk.import_key({"kty": "OKP", "crv": "Ed25519", "x": fields["x"]})
        key.as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return SignInKey("EdDSA", kid, key)


def spelt(key: SignInKey) -> str:
    """A public key as it is stored."""
    fields = key.key.as_dict(private=False)
    return msgspec.json.encode({name: fields[name] for name in ("kty", "crv", "x")}).decode()
