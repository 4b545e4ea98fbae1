"""The secrets of webhooks: sealed in the database, opened to sign, shown once."""

from uuid import UUID

from service.core.sealing import seal, unseal
from service.core.signing import new_secret
from service.core.tokens import Keyring
from service.webhooks.types import Target

PURPOSE = "webhook"


def make(keyring: Keyring, webhook_id: UUID) -> tuple[bytes, bytes]:
    """A new secret, and the same sealed."""
    secret = new_secret()
    return secret, seal(keyring, PURPOSE, secret, webhook_id.bytes)


def open_all(keyring: Keyring, target: Target) -> list[bytes]:
    """What signs now, the newest first. Raises SealError."""
    sealed = [target.secret, *([target.previous] if target.previous else [])]
    return [unseal(keyring, PURPOSE, one, target.id.bytes) for one in sealed]
