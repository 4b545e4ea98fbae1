"""The one way out of a letter to a reader.

How to send one, from a job or wherever a change is made, in the transaction of that change:

    letter = Letter(lang=..., subject=..., paragraphs=[...], action=(text, address))
    await Postman(keyring, settings).send(conn, site, address, letter, kind="reply", lasts=...)

It goes to nobody who has asked for no letters, whose address has bounced, or who has complained
(`stop` writes that down; a bounce is every site's, and so has no site), and nowhere without a mail
server and a public URL. Limits are the caller's: this sends whatever it is given.
"""

from datetime import timedelta
from uuid import UUID

import msgspec

from service.core.db import Conn
from service.core.outbox import post
from service.core.tokens import Keyring
from service.correspondence import store
from service.correspondence.letters import compose
from service.correspondence.types import Letter, StopReason, Subscription
from service.settings import Settings


class From(msgspec.Struct, frozen=True):
    """The site that writes."""

    id: UUID
    slug: str
    name: str


class Postman:
    """Writes letters into the outbox."""

    def __init__(self, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._keyring = keyring
        self.base = settings.public_url if settings.mails_readers else None

    async def send(
        self,
        conn: Conn,
        site: From,
        address: str,
        letter: Letter,
        *,
        kind: str,
        lasts: timedelta,
        subscription: Subscription | None = None,
    ) -> UUID | None:
        """Write a letter; its id in the outbox, None where it doesn't go.

        Needs the transaction of what it is about. `kind` is one or two words for metrics and
        failures; `lasts`: after that it is useless.
        """
        if self.base is None or not address.isascii():
            return None
        if await store.is_stopped(conn, site.id, self.hash_of(address)):
            return None
        message = compose(letter, site.name, site.slug, address, self.base, subscription)
        return await post(conn, self._keyring, kind, message, site_id=site.id, useless_after=lasts)

    async def stop(
        self, conn: Conn, site_id: UUID | None, address: str, reason: StopReason
    ) -> None:
        """Write to an address no more, from this site or (None) from any. Twice is once.

        Nor what is written already, and waits.
        """
        await store.insert_stop(conn, site_id, self.hash_of(address), reason)
        await store.delete_waiting(conn, site_id, address)

    def hash_of(self, address: str) -> bytes:
        """How an address stands in the list of those that want no letters."""
        return self._keyring.digest("mail-stop", address.strip().lower())
