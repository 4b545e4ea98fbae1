"""Who sent a comment, as digests; and what checks found of them, written every few seconds."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from uuid import UUID

from service.compat import akismet_store as store
from service.compat.akismet_rules import host_of
from service.compat.akismet_store import Sender
from service.compat.akismet_types import SenderKind, Submission
from service.compat.tally import Tally
from service.core.address import countable
from service.core.db import Pool
from service.core.tokens import Keyring
from service.screening.checks import LINK
from service.screening.names import name_key

MOST_WAITING = 20_000  # rows that one process keeps while the database is away
MOST_HOSTS = 8  # of one comment
MOST_LINKS = 100  # that are looked at for them

Row = tuple[UUID, Sender, date]


def senders_of(keyring: Keyring, sent: Submission) -> list[Sender]:
    """The digests of whoever sent this, sorted; what it names no one by is left out."""
    return sorted(
        {
            Sender(kind, keyring.digest(f"sender {kind}", value))
            for kind, value in _named(sent)
            if value
        }
    )


def _named(sent: Submission) -> Iterator[tuple[SenderKind, str]]:
    # An address that is nobody's alone comes from a proxy that the site doesn't know of: it would
    # stand for all of the site's readers.
    yield "address", countable(sent.user_ip)
    if "@" in sent.email:
        yield "email", sent.email.lower()
    yield "author", name_key(sent.author)
    own = {host_of(sent.blog), host_of(sent.permalink)}
    found = [sent.url, *(link[0] for link in islice(LINK.finditer(sent.content), MOST_LINKS))]
    for host in sorted({host_of(address) for address in found} - own)[:MOST_HOSTS]:
        yield "host", host


class Senders:
    """Counts what checks found of senders."""

    def __init__(self, pool: Pool) -> None:
        """Nothing is counted yet."""
        self._pool = pool
        self._tally: Tally[Row, bool] = Tally("senders", self._add)

    def count(self, site_id: UUID, senders: list[Sender], *, taken: bool) -> None:
        """Count one comment of theirs, and whether it was taken for spam."""
        day = datetime.now(UTC).date()
        waiting = self._tally.waiting
        for sender in senders:
            row = (site_id, sender, day)
            if row in waiting or len(waiting) < MOST_WAITING:
                self._tally.count(row, (taken,))

    async def _add(self, counts: dict[Row, Counter[bool]]) -> None:
        rows = [
            (*row, counts[row].total(), counts[row][True])
            # The newer day first, as whoever reports locks today's rows before older ones.
            for row in sorted(counts, key=lambda row: (row[0], -row[2].toordinal(), row[1]))
        ]
        await store.add_checks(self._pool, rows)

    async def write(self) -> None:
        """Add what was counted to the records."""
        await self._tally.write()

    async def close(self) -> None:
        """Write at once what is counted."""
        await self._tally.close()
