"""Secrets in the database: sealed, so that a copy of the database alone opens nothing.

ChaCha20-Poly1305 under a key derived from REJOINDER_SECRET for each purpose. Whatever a secret
belongs to is bound to it: a row that is copied to another one opens nothing there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from service.core.tokens import Keyring

NONCE_LENGTH = 12


class SealError(Exception):
    """Something doesn't open: REJOINDER_SECRET is not the one that it was sealed with."""


def seal(keyring: Keyring, purpose: str, secret: bytes, bound: bytes) -> bytes:
    """The nonce and the sealed secret."""
    nonce = os.urandom(NONCE_LENGTH)
    return nonce + ChaCha20Poly1305(keyring.key(purpose)).encrypt(nonce, secret, bound)


def unseal(keyring: Keyring, purpose: str, sealed: bytes, bound: bytes) -> bytes:
    """What was sealed; raises SealError."""
    nonce, rest = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
    try:
        return ChaCha20Poly1305(keyring.key(purpose)).decrypt(nonce, rest, bound)
    except (InvalidTag, ValueError) as error:
        raise SealError("This doesn't open: was REJOINDER_SECRET changed?") from error
