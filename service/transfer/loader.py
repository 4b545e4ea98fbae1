"""Loading comments batch by batch, each one transaction; what is in is never loaded again."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.comments.store import add_to_roots, bump_threads
from service.core.db import Conn
from service.screening.names import name_key
from service.screening.sketch import fingerprint
from service.transfer import rules, store
from service.transfer.placing import place
from service.transfer.store import Known, NewRow
from service.transfer.types import ORPHANS, Notes, Placed, Wanted

COPIES = timedelta(days=7)  # for which a text is compared with others (screening/store.py)

OTHERS = "ids that are here already, of comments on other pages (see --source)"
ELSEWHERE = "on pages of other sites"
UNTOLD = "on pages that the file doesn't tell of"
UNDATED = "without any date in the file"


class Home(msgspec.Struct, frozen=True):
    """The article of a file's page; None where that is on none of the site's origins."""

    id: UUID | None
    url: str
    published_at: datetime | None


class Taken(NamedTuple):
    """A comment that will be stored, under which article, and its date."""

    placed: Placed
    article_id: UUID
    created: datetime


class Loaded(NamedTuple):
    """What became of a batch, but for what was refused: ids, authors, how many of them are new."""

    stored: list[str]
    already: list[str]
    emails: list[str]
    readers_made: int


class Loader:
    """Stores comments whose articles are known."""

    def __init__(self, conn: Conn, site: Site, wanted: Wanted, notes: Notes) -> None:
        """`homes`, by the old system's ids of articles, are to be filled before loading."""
        self._conn = conn
        self._site = site
        self._wanted = wanted
        self._notes = notes
        self.homes: dict[str, Home] = {}
        self.first: datetime | None = None  # date in the file
        self.statuses: Counter[str] = Counter()
        self._last: tuple[str, datetime | None] = "", None  # article and date of the one before

    async def load(self, batch: Sequence[Placed]) -> Loaded:
        """Store what isn't there of a batch, in a transaction of its own.

        In the order in which they are stored: each after what it hangs below.
        """
        asked = {placed.comment.source for placed in batch}
        asked |= {placed.parent for placed in batch if placed.parent is not None}
        known = await self._known(batch, sorted(asked))
        taken, already = self._taken(batch, known)
        names = {
            self._email(placed): (placed.comment.name, name_key(placed.comment.name))
            for placed, _, _ in taken
        }
        stored = [one.placed.comment.source for one in taken]
        if self._wanted.dry_run:
            await asyncio.to_thread(self._rows, taken, known, dict.fromkeys(names, self._site.id))
            return Loaded(stored, already, list(names), 0)
        async with self._conn.transaction():
            readers, made = await store.ensure_readers(self._conn, self._site.id, names)
            # Off the event loop: to compare long texts with others takes each some time.
            rows = await asyncio.to_thread(self._rows, taken, known, readers)
            if rows:
                await self._store(rows)
        return Loaded(stored, already, list(names), made)

    async def _known(self, _batch: Sequence[Placed], asked: Sequence[str]) -> dict[str, Known]:
        """Where those hang that are here already, of the ids asked for."""
        return await store.list_known(self._conn, self._site.id, self._wanted.source, asked)

    def _email(self, placed: Placed) -> str:
        return rules.reader_of(placed.comment, self._wanted.source)

    def _taken(
        self, batch: Sequence[Placed], known: Mapping[str, Known]
    ) -> tuple[list[Taken], list[str]]:
        """What is new of a batch and can be stored, and what is here; the rest is refused."""
        taken: list[Taken] = []
        already: list[str] = []
        for placed in batch:
            comment = placed.comment
            if (here := known.get(comment.source)) is not None:
                home = self.homes[comment.article]
                if comment.whole is None and home.id not in {None, here.article_id}:
                    # Of another system of the same kind: to skip it would be to lose it.
                    self._notes.refuse(OTHERS, placed.line, f"{comment.source} on {home.url}")
                else:
                    already.append(comment.source)
                continue
            home, created = self.homes[comment.article], self._date(placed)
            if home.id is None:
                where = home.url or comment.article
                self._notes.unmatched[where] += 1
                self._notes.refuse(ELSEWHERE if home.url else UNTOLD, placed.line, where)
            elif created is None:
                self._notes.refuse(UNDATED, placed.line, comment.source)
            else:
                taken.append(Taken(placed, home.id, created))
        return taken, already

    def _rows(
        self, taken: Sequence[Taken], known: dict[str, Known], readers: Mapping[str, UUID]
    ) -> list[NewRow]:
        """The rows of comments; adds where they hang to `known`."""
        rows: list[NewRow] = []
        for placed, article_id, created in taken:
            parent = known.get(placed.parent or "")
            if parent and parent.article_id != article_id and placed.comment.whole is None:
                # Of another blog whose numbers are the same.
                parent = None
                self._notes.repair(ORPHANS)
            at = place(self._ident(placed, created), article_id, parent)
            known[placed.comment.source] = at
            rows.append(self._row(placed, at, readers[self._email(placed)], created))
            self.statuses[placed.comment.status] += 1
        return rows

    def _ident(self, _placed: Placed, created: datetime) -> UUID:
        """A new comment's id."""
        return rules.uuid_at(created)

    def _date(self, placed: Placed) -> datetime | None:
        """The comment's date.

        Where it has none, that of the one before in its thread, of its article, or of the first in
        the file, in this order.
        """
        comment = placed.comment
        created = comment.created_at
        if created is None:
            article, before = self._last
            created = before if article == comment.article else None
            created = created or self.homes[comment.article].published_at or self.first
            if created is not None:
                self._notes.repair("dates that can't be meant, a neighbour's taken")
        self._last = comment.article, created
        return created

    def _row(self, placed: Placed, at: Known, reader: UUID, created: datetime) -> NewRow:
        comment = placed.comment
        recent = created > datetime.now(UTC) - COPIES and comment.body
        return NewRow(
            at=at,
            source_id=comment.source,
            reader_id=reader,
            name=comment.name,
            website=comment.website or None,
            body=comment.body,
            html=comment.html,
            status=comment.status,
            reason=rules.REASONS.get(comment.status),
            risk=rules.RISKS[comment.status],
            likes=comment.votes,
            created_at=created,
            ledger_id=rules.uuid_at(created),
            decided=rules.is_decision(comment.status, self._wanted.format),
            print_=fingerprint(comment.body) if recent else None,
        )

    async def _store(self, rows: Sequence[NewRow]) -> None:
        """Write rows and what they add to older ones: roots by id, then articles (changes.py)."""
        replies = Counter(r.at.root_id for r in rows if r.at.root_id and r.status == "published")
        own = {row.at.id for row in rows}
        older = {root: count for root, count in replies.items() if root not in own}
        if older:
            await store.lock_roots(self._conn, list(older))
        await store.copy_rows(self._conn, self._site.id, self._wanted.source, rows, replies)
        if older:
            await add_to_roots(self._conn, older)
        counts: Counter[UUID] = Counter()
        for row in rows:
            counts[row.at.article_id] += row.status == "published"
        await bump_threads(self._conn, counts)
