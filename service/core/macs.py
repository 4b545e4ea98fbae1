"""HMAC-SHA-256 (RFC 2104) for keys of at most 64 bytes.

`hmac.digest` has OpenSSL look its algorithm up each time, which takes longer than the hashing.
"""

from hashlib import sha256

BLOCK = 64
INNER, OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class Mac:
    """One key, hashed once for however many messages; may be shared between threads."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Raises ValueError for a longer key."""
        block = _block(key)
        self._inner, self._outer = sha256(block.translate(INNER)), sha256(block.translate(OUTER))

    def digest(self, message: bytes) -> bytes:
        """The 32 bytes for a message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def mac(key: bytes, message: bytes) -> bytes:
    """The same for a key that is used once."""
    block = _block(key)
    inner = sha256(block.translate(INNER) + message).digest()
    return sha256(block.translate(OUTER) + inner).digest()


def _block(key: bytes) -> bytes:
    if len(key) > BLOCK:  # the library would hash it first
        raise ValueError("The key is longer than a block")
    return key.ljust(BLOCK, b"\0")
