"""What of an export belongs to readers and browsers: sanctions, subscriptions, letters."""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec

from service.accounts.actions import check_email
from service.core.db import Conn
from service.core.outbound import HTTPS, is_odd
from service.core.problems import Invalid
from service.transfer import restoring_store as store
from service.transfer.reading.export import Told, lines_of
from service.transfer.reading.input import Input
from service.transfer.restoring_store import NewSubscription
from service.transfer.types import Notes
from service.transfer.writing.types import (
    FollowLine,
    MailStopLine,
    SanctionLine,
    SubscriptionLine,
)
from service.web.words import catalogue

AT_ONCE = 500
POINT, SECRET = 65, 16  # bytes of a browser's keys (RFC 8291, section 3)
MOST_A_DAY = 1000
WHY_STOPPED = ("asked", "bounced", "complained")
LONGEST_HASH = 64  # bytes
NO_LINE = "no line of this format"

RestLine = SanctionLine | SubscriptionLine | FollowLine | MailStopLine


class Rest:
    """The last lines of a file on their way into a site whose readers and articles are there."""

    def __init__(
        self,
        conn: Conn,
        site_id: UUID,
        notes: Notes,
        readers: Mapping[UUID, UUID],
        *,
        trusted: bool,
    ) -> None:
        """`readers`: the ids here of those who have another one than in the file.

        `trusted`: who confirmed an address, and so follows an article, is believed to have.
        """
        self.restored: Counter[str] = Counter()
        self._conn = conn
        self._site_id = site_id
        self._notes = notes
        self._readers = readers
        self._trusted = trusted
        self._keys: set[str] = set()

    async def restore(self, file: Path) -> None:
        """Read the file once more; what is here already stays as it is."""
        self._keys = await store.list_push_keys(self._conn, self._site_id)
        batch: list[Told] = []
        for told in lines_of(Input(file, Notes()), Notes()):
            if isinstance(told.what, RestLine):
                batch.append(told)
            if len(batch) == AT_ONCE:
                await self._store(batch)
                batch = []
        await self._store(batch)

    async def _store(self, batch: Sequence[Told]) -> None:
        lines = [(number, line) for number, line in batch if isinstance(line, RestLine)]
        ids = [line.id for _, line in lines if not isinstance(line, MailStopLine)]
        async with self._conn.transaction():
            foreign = await store.list_foreign(self._conn, self._site_id, ids)
            for number, line in lines:
                if isinstance(line, MailStopLine):
                    await self._mail_stop(number, line)
                    continue
                # The same one each time, so that it never comes twice.
                ident = uuid5(self._site_id, str(line.id)) if line.id in foreign else line.id
                if isinstance(line, SanctionLine):
                    await self._sanction(number, line, ident)
                elif isinstance(line, FollowLine):
                    await self._follow(number, line, ident)
                else:
                    await self._subscription(number, line, ident)

    async def _sanction(self, number: int, line: SanctionLine, ident: UUID) -> None:
        if line.sanction not in {"hold", "ban"}:
            self._notes.refuse(NO_LINE, number, f"sanction {line.sanction}")
            return
        reader = self._readers.get(line.reader, line.reader)
        done = await store.insert_sanction(self._conn, self._site_id, ident, reader, line)
        self.restored["sanctions"] += done

    async def _subscription(self, number: int, line: SubscriptionLine, ident: UUID) -> None:
        if line.removed_at is not None or line.endpoint is None:
            self._notes.skip("subscriptions that had ended")
            return
        if line.push_key not in self._keys:
            self._notes.skip("subscriptions made with another push key, which no alert can reach")
            return
        new = _new(line, ident)
        if new is None:
            self._notes.refuse(NO_LINE, number, "a subscription")
            return
        done = await store.insert_subscription(self._conn, self._site_id, new)
        self.restored["subscriptions"] += done

    async def _follow(self, number: int, line: FollowLine, ident: UUID) -> None:
        if not self._trusted:
            self._notes.skip("articles followed by e-mail, which come with --trust-confirmed")
            return
        try:
            address = check_email("$.address", line.address)
        except Invalid:
            self._notes.refuse(NO_LINE, number, "an address that is none")
            return
        known = msgspec.structs.replace(line, lang=catalogue(line.lang).lang)
        done = await store.insert_follow(self._conn, self._site_id, ident, address, known)
        self.restored["articles followed by e-mail"] += done

    async def _mail_stop(self, number: int, line: MailStopLine) -> None:
        try:
            hashed = bytes.fromhex(line.address_hash)
        except ValueError:
            hashed = b""
        if line.reason not in WHY_STOPPED or not 0 < len(hashed) <= LONGEST_HASH:
            self._notes.refuse(NO_LINE, number, "an address without letters")
            return
        done = await store.insert_mail_stop(self._conn, self._site_id, hashed, line)
        self.restored["addresses without letters"] += done


def _new(line: SubscriptionLine, ident: UUID) -> NewSubscription | None:
    """The row; None where no browser made it. Which hosts are sent to is asked at each alert."""
    endpoint = line.endpoint or ""
    try:
        parts = urlsplit(endpoint)
        fit = parts.scheme == "https" and parts.port in {None, HTTPS} and not is_odd(endpoint)
        keys = [
            base64.urlsafe_b64decode(key + "==") for key in (line.p256dh or "", line.auth or "")
        ]
        quiet = None
        if line.quiet_from and line.quiet_until:
            quiet = time.fromisoformat(line.quiet_from), time.fromisoformat(line.quiet_until)
        hashed = hashlib.sha256(endpoint.encode("ascii")).digest()
    except (ValueError, binascii.Error):
        return None
    capped = line.daily_cap is None or 1 <= line.daily_cap <= MOST_A_DAY
    if not fit or not capped or [len(key) for key in keys] != [POINT, SECRET]:
        return None
    return NewSubscription(ident, endpoint, hashed, keys[0], keys[1], quiet, line)
