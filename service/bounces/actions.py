"""What follows from mail that came back."""

import base64
from uuid import UUID

import msgspec

from service.accounts.actions import check_email
from service.bounces import store
from service.bounces.reading import HEADER, read_report
from service.bounces.types import Bounce, Kind, Noted
from service.core.db import Conn, Pool
from service.core.metrics import BOUNCES
from service.core.sealing import SealError, seal, unseal
from service.core.tokens import Keyring
from service.correspondence.sending import Postman
from service.settings import Settings

PURPOSE = "letter"


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    """Whose letter it is, and which site's; None where it is no site's."""

    address: str
    site_id: UUID | None


class Bounces:
    """Keeps letters from addresses that they don't reach."""

    def __init__(self, pool: Pool | None, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing. Without a pool only what is given a connection works."""
        self._pool = pool
        self._keyring = keyring
        self._postman = Postman(keyring, settings)

    def mark(self, address: str, site_id: UUID | None) -> dict[str, str]:
        """The header that tells, when a message comes back, which one it was."""
        data = msgspec.msgpack.encode(_Sealed(address, site_id))
        sealed = seal(self._keyring, PURPOSE, data, b"")
        return {HEADER: base64.b32encode(sealed).decode().rstrip("=").lower()}

    async def nobody(self, address: str) -> None:
        """A mail server refuses an address for good: no site's letters go there any more."""
        assert self._pool is not None  # noqa: S101 (the post office's is given)
        async with self._pool.acquire() as conn:
            await self._postman.stop(conn, None, address, "bounced")
        BOUNCES.labels("refused").inc()

    async def take_message(self, conn: Conn, raw: bytes) -> Noted:
        """A message that came back. Needs a transaction."""
        report = read_report(raw)
        marked = self._unmark(report.seal) if report else None
        if report is None or marked is None:
            BOUNCES.labels("ignored").inc()
            return Noted("ignored")
        return await self._take(conn, marked.address, report.kind, marked.site_id, None)

    async def take(self, conn: Conn, site_id: UUID, bounce: Bounce) -> Noted:
        """What a site's own system says of an address: it counts for that site's letters alone.

        Raises Invalid where it is no address. Needs a transaction.
        """
        address = check_email("$.email", bounce.email)
        return await self._take(conn, address, bounce.kind, site_id, site_id)

    async def _take(
        self, conn: Conn, address: str, kind: Kind, complained_of: UUID | None, of: UUID | None
    ) -> Noted:
        """`complained_of` is the site whose letter was called spam, `of` the one whose end here."""
        hashed = self._postman.hash_of(address)
        if kind == "complaint":
            await self._postman.stop(conn, complained_of, address, "complained")
        elif kind == "hard" or await store.note_soft(conn, hashed):
            await self._postman.stop(conn, of, address, "bounced")
        else:
            BOUNCES.labels("soft").inc()
            return Noted("noted")
        BOUNCES.labels(kind).inc()
        return Noted("stopped")

    def _unmark(self, mark: str) -> _Sealed | None:
        try:
            sealed = base64.b32decode(mark.upper() + "=" * (-len(mark) % 8))
            return msgspec.msgpack.decode(unseal(self._keyring, PURPOSE, sealed, b""), type=_Sealed)
        except (SealError, ValueError, msgspec.DecodeError):
            return None
