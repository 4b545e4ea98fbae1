"""Message encryption: RFC 8291 in one record of aes128gcm (RFC 8188). Nothing else knows how.

Straight on `cryptography`'s primitives, and on OpenSSL's where a key pair lasts for one message
(curve.py); pywebpush and http_ece are what it is tested against. Most of a message's cost is
agreeing on a secret with the browser's key (RFC 8291, section 3.1), which a sender key of the
message's own asks for each time. A sender key that is kept for some hours asks
for it once a browser: the salt, and with it key and nonce of the record, are fresh in any case.
What that gives up is that a sender key, read from this process's memory, opens the messages of its
hours; the same memory holds those messages, and they are news.
"""

import base64
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.core.macs import Mac, mac
from service.core.problems import Invalid
from service.push.curve import NUMBER_LENGTH, Agreed, Curve, open_curve
from service.push.types import SubscriptionKeys

POINT_LENGTH = 65
AUTH_LENGTH = 16
SALT_LENGTH = 16
RECORD_SIZE = 4096
LARGEST_MESSAGE = RECORD_SIZE - 86 - 17  # the header, and the record's delimiter and tag
CURVE = ec.SECP256R1()
ECDH = ec.ECDH()
# RFC 8188, sections 2.2 and 2.3; RFC 8291, section 3.4. The last byte is HKDF's counter.
CONTENT_KEY = b"Content-Encoding: aes128gcm\x00\x01"
NONCE = b"Content-Encoding: nonce\x00\x01"
INPUT_KEY = b"WebPush: info\x00"
HEADER = RECORD_SIZE.to_bytes(4, "big") + POINT_LENGTH.to_bytes(1, "big")
LAST_RECORD = b"\x02"


Browser = tuple[bytes, bytes]  # its point and its secret


class Encrypt(Protocol):
    """Whatever turns a message into a body for one browser; it must not block for long."""

    def __call__(self, message: bytes, p256dh: bytes, auth: bytes) -> bytes:
        """The body of the POST, header block included (RFC 8188, section 2.1)."""


class SenderKey:
    """A key pair that messages come from."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None) -> None:
        """A new one, unless one is given."""
        self.private = private or ec.generate_private_key(CURVE)
        self.public = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def agree(self, p256dh: bytes, auth: bytes) -> bytes:
        """The 32 bytes that all records' keys between this key and a browser come from.

        IKM of RFC 8291, section 3.4. Raises ValueError where `p256dh` isn't a point.
        """
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh)
        return derive(self.private.exchange(ECDH, theirs), self.public, p256dh, auth)

    def agree_all(self, browsers: Sequence[Browser], curve: Curve | None) -> dict[Browser, bytes]:
        """The same by browser, for many at once; those whose point is none are left out."""
        if not curve or not browsers:
            return {}
        number = self.private.private_numbers().private_value.to_bytes(NUMBER_LENGTH, "big")
        shared = curve.share_all(number, [point for point, _ in browsers])
        return {
            (point, auth): derive(shared[point], self.public, point, auth)
            for point, auth in browsers
            if point in shared
        }


def derive(shared: bytes, sender: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """IKM of RFC 8291, section 3.4, of what ECDH agreed on."""
    secret = mac(auth, shared)
    return mac(secret, INPUT_KEY + p256dh + sender + b"\x01")


class Encryptor:
    """Encrypts with a sender key that lasts, and remembers what it agreed on with each browser.

    Nothing of it is ever written anywhere. Once `most` browsers are remembered (some 300 bytes
    each), the others are agreed with anew for each message: alerts go to all in turn, so that
    forgetting the oldest would forget each before it is asked for again.
    """

    def __init__(self, lasts: float, most: int = 200_000) -> None:
        """`lasts`: seconds for which a sender key is used; with 0 each message has its own."""
        self._lasts = lasts
        self._most = most
        self._until = 0.0
        self._curve = open_curve()
        self._sender = SenderKey()
        self._agreed: dict[Browser, bytes] = {}

    def __call__(self, message: bytes, p256dh: bytes, auth: bytes) -> bytes:
        """See Encrypt. Raises ValueError for a message of more than 3,993 bytes."""
        return self.window([(p256dh, auth)])(message, p256dh, auth)

    def window(self, browsers: Sequence[Browser]) -> Encrypt:
        """What encrypts the messages that are about to go to these browsers, and to no others.

        Agreeing with many at once costs less than with one after the other.
        """
        if not self._lasts:
            points = [point for point, _ in browsers]
            return partial(_once, self._curve.exchange_all(points) if self._curve else {})
        now = time.monotonic()
        if now >= self._until:
            self._sender, self._agreed, self._until = SenderKey(), {}, now + self._lasts
        sender, agreed = self._sender, self._agreed
        found = sender.agree_all([one for one in browsers if one not in agreed], self._curve)
        if len(agreed) + len(found) <= self._most:
            agreed.update(found)
        return partial(_again, sender, agreed, found)


def _once(agreed: dict[bytes, Agreed], message: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """Encrypt with what was agreed on, which is gone then, or else with a key made now."""
    if p256dh in agreed:
        sender, shared = agreed.pop(p256dh)
        secret = derive(shared, sender, p256dh, auth)
    else:
        key = SenderKey()
        sender, secret = key.public, key.agree(p256dh, auth)
    return seal(message, secret, sender, os.urandom(SALT_LENGTH))


def _again(
    sender: SenderKey, agreed: dict[Browser, bytes], found: dict[Browser, bytes],
    message: bytes, p256dh: bytes, auth: bytes,
) -> bytes:  # fmt: skip
    """Encrypt with what was agreed on with a key that lasts."""
    browser = p256dh, auth
    secret = agreed.get(browser) or found.get(browser) or sender.agree(p256dh, auth)
    return seal(message, secret, sender.public, os.urandom(SALT_LENGTH))


def seal(message: bytes, secret: bytes, sender: bytes, salt: bytes) -> bytes:
    """One record under the keys of a salt (RFC 8188, sections 2.1 to 2.3); a salt is used once.

    Raises ValueError for a message of more than 3,993 bytes: a push message has one record.
    """
    if len(message) > LARGEST_MESSAGE:
        raise ValueError(f"{len(message)} bytes are more than one record holds")
    key = Mac(mac(salt, secret))
    content_key, nonce = key.digest(CONTENT_KEY)[:16], key.digest(NONCE)[:12]
    record = AESGCM(content_key).encrypt(nonce, message + LAST_RECORD, None)
    return b"".join((salt, HEADER, sender, record))


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
