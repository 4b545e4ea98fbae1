"""Signed messages, by the Standard Webhooks specification 1.0 (standardwebhooks.com).

HMAC-SHA256 over `id.timestamp.body`, so that neither of the three can be changed, nor an old
message sent again: receivers refuse what is older than five minutes.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_LENGTH = 32  # bytes; the specification wants 24 to 64


def new_secret() -> bytes:
    """A random secret."""
    return secrets.token_bytes(SECRET_LENGTH)


def spell(secret: bytes) -> str:
    """A secret as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, ident: str, timestamp: int, body: bytes) -> str:
    """One signature, with its version."""
    mac = hmac.digest(secret, f"{ident}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(mac).decode()


def signed_headers(
    secrets_: Sequence[bytes], ident: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers; with several secrets any of them verifies. `timestamp` in seconds."""
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(s, ident, timestamp, body) for s in secrets_),
    }
