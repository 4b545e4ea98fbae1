"""Message encryption (RFC 8291, aes128gcm), by pywebpush. The only place that knows how."""

import base64
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from pywebpush import WebPusher

from service.core.problems import Invalid
from service.push.types import SubscriptionKeys

POINT_LENGTH = 65
AUTH_LENGTH = 16


class Encrypt(Protocol):
    """Whatever turns a message into a body for one browser; it must not block for long."""

    def __call__(self, message: bytes, p256dh: bytes, auth: bytes) -> bytes:
        """The body of the POST, header block included (RFC 8188, section 2.1)."""


def encrypt(message: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """Encrypt with a sender key and salt of its own: the RFC to the letter."""
    pusher = WebPusher({"endpoint": "", "keys": {"p256dh": _base64(p256dh), "auth": _base64(auth)}})
    body: bytes = pusher.encode(message, content_encoding="aes128gcm")["body"]
    return body


def read_keys(keys: SubscriptionKeys) -> tuple[bytes, bytes]:
    """The browser's public key and secret as bytes; raises Invalid."""
    point = _bytes("$.subscription.keys.p256dh", keys.p256dh, POINT_LENGTH)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Invalid.field("$.subscription.keys.p256dh", "Not a point on P-256") from error
    return point, _bytes("$.subscription.keys.auth", keys.auth, AUTH_LENGTH)


def _bytes(path: str, text: str, length: int) -> bytes:
    """Base64url, padded or not; some libraries on the way turn it into plain base64."""
    try:
        letters = text.rstrip("=").replace("+", "-").replace("/", "_").encode("ascii")
        data = base64.b64decode(letters + b"=" * (-len(letters) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Invalid.field(path, "Expected base64url") from error
    if len(data) != length:
        raise Invalid.field(path, f"Expected {length} bytes")
    return data


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data)
