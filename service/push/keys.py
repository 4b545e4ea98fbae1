"""The VAPID keys of the sites that this process sends for, opened and kept in memory."""

from collections.abc import Iterable
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from service.core.db import Pool
from service.core.tokens import Keyring
from service.push import store
from service.push.vapid import Signer, open_key, subject


class Keys:
    """Opened keys, and the headers they sign."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        """Nothing is read before it is asked for."""
        self._pool = pool
        self._keyring = keyring
        self._signer = Signer()
        self._opened: dict[tuple[UUID, str], ec.EllipticCurvePrivateKey] = {}

    async def load(self, site_id: UUID, idents: Iterable[str]) -> None:
        """Open these keys of a site; raises SealError."""
        for ident in idents:
            if (site_id, ident) not in self._opened:
                key = await store.get_vapid_key(self._pool, site_id, ident)
                assert key is not None  # noqa: S101 (a subscription has its key by foreign key)
                self._opened[site_id, ident] = open_key(self._keyring, key)

    async def subject(self, site_id: UUID, public_url: str | None) -> str:
        """Whom a push service may ask about this site's messages."""
        return subject(public_url, await store.list_origins(self._pool, site_id))

    def authorization(self, site_id: UUID, ident: str, origin: str, sub: str) -> str:
        """The Authorization header for one push service; the key must be loaded."""
        return self._signer.header(self._opened[site_id, ident], ident, origin, sub)
