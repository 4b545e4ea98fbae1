"""Receipts: signed tokens that say "this alert, once" and name nobody.

A receipt is 38 bytes: the alert's id, ten bytes of a keyed hash of alert and subscription
(nobody without the secret can tell whose), and a signature of 96 bits.
"""

import base64
import hmac
from uuid import UUID

from service.core.tokens import Keyring

TAG_LENGTH = 10
SIGNATURE_LENGTH = 12
BYTES = 16 + TAG_LENGTH + SIGNATURE_LENGTH
LENGTH = 61  # base32 letters without padding (RFC 4648, section 6)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [first + second for first in LETTERS for second in LETTERS]
SPARE = 10 * (LENGTH // 2 + 1) - 8 * BYTES  # bits after the last letter's
SHIFTS = range(10 * (LENGTH // 2), -1, -10)  # of ten bits each, which are two letters


def make_receipt(keyring: Keyring, alert_id: UUID, subscription_id: UUID) -> str:
    """The receipt that goes with one delivery; the same again for a repeated one.

    Python's own base32 would take longer than the rest: an alert has as many as it has readers.
    """
    alert = alert_id.bytes
    body = alert + keyring.digest("receipt-tag", alert + subscription_id.bytes)[:TAG_LENGTH]
    bits = int.from_bytes(body + _sign(keyring, body), "big") << SPARE
    return "".join([PAIRS[bits >> shift & 0x3FF] for shift in SHIFTS])[:LENGTH]


def read_receipt(keyring: Keyring, receipt: str) -> tuple[UUID, bytes] | None:
    """The alert and the tag of a receipt that this service made, None for any other text."""
    if len(receipt) != LENGTH or not receipt.isascii():
        return None
    try:
        data = base64.b32decode(receipt.upper() + "=" * (-LENGTH % 8))
    except ValueError:
        return None
    body, signature = data[:-SIGNATURE_LENGTH], data[-SIGNATURE_LENGTH:]
    if len(data) != BYTES or not hmac.compare_digest(signature, _sign(keyring, body)):
        return None
    return UUID(bytes=body[:16]), body[16:]


def _sign(keyring: Keyring, body: bytes) -> bytes:
    return keyring.digest("receipt", body)[:SIGNATURE_LENGTH]
