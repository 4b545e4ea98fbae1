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
LENGTH = 61  # base32 letters without padding


def make_receipt(keyring: Keyring, alert_id: UUID, subscription_id: UUID) -> str:
    """The receipt that goes with one delivery; the same again for a repeated one."""
    tag = keyring.digest("receipt-tag", alert_id.bytes + subscription_id.bytes)[:TAG_LENGTH]
    body = alert_id.bytes + tag
    return base64.b32encode(body + _sign(keyring, body)).decode("ascii").rstrip("=").lower()


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
