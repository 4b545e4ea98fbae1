"""Keys and tokens: made, hashed, signed. Lower-case letters and digits, at most 63 of them.

A token that opens a row is random and stored hashed. A token that belongs to one object
(a comment's edit token) is derived from the service's secret, and so stored nowhere.
"""

import base64
import hashlib
import hmac
import secrets
import string
from uuid import UUID

from service.core.macs import Mac

ALPHABET = string.ascii_lowercase + string.digits
RANDOM_LENGTH = 40  # of 36 letters: 206 bits
MAC_LENGTH = 16  # bytes: 128 bits


class Keyring:
    """Everything that needs REJOINDER_SECRET, one derived key for each purpose."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is at least 32 characters of REJOINDER_SECRET."""
        self._secret = secret
        self._keys: dict[str, bytes] = {}  # by purpose: constants of this code, so a few
        self._macs: dict[str, Mac] = {}

    def key(self, purpose: str) -> bytes:
        """A 32-byte key that tells nothing of the others (HKDF-Expand's first block, RFC 5869)."""
        if purpose not in self._keys:
            self._keys[purpose] = hmac.digest(self._secret, purpose.encode() + b"\x01", "sha256")
        return self._keys[purpose]

    def digest(self, purpose: str, value: str | bytes) -> bytes:
        """A 16-byte keyed hash, for what must be compared and never read back."""
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        if purpose not in self._macs:
            self._macs[purpose] = Mac(self.key(purpose))
        return self._macs[purpose].digest(data)[:MAC_LENGTH]

    def object_token(self, kind: str, ident: UUID) -> str:
        """The token of one object: `kind` (two letters), its id, and a signature."""
        return kind + _letters(ident.bytes) + _letters(self.digest(kind, ident.bytes))

    def read_object_token(self, kind: str, token: str) -> UUID | None:
        """Whose token this is; None where it isn't one that this service gave."""
        if not token.isascii() or not token.startswith(kind):
            return None
        ident = _bytes(token[2:28])
        if ident is None or len(ident) != MAC_LENGTH:
            return None
        expected = self.object_token(kind, UUID(bytes=ident))
        return UUID(bytes=ident) if hmac.compare_digest(expected, token) else None


def random_token(kind: str) -> str:
    """A new random token; `kind` (two letters) tells keys and tokens apart when pasted wrong."""
    return kind + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))


def token_hash(token: str) -> bytes:
    """How a random token is stored: 206 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _bytes(letters: str) -> bytes | None:
    try:
        return base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))
    except ValueError:
        return None
