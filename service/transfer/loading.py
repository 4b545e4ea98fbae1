"""Importing a file: read it to the end, find its threads, then load them batch by batch.

Each batch is one transaction, and what is in is never loaded again: whoever is killed begins anew
and goes on. Nobody is told: no job, no webhook, no mail, and the desk's list is not set off.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.comments.store import add_to_roots, bump_threads
from service.core.db import Conn
from service.core.problems import Conflict
from service.screening.names import name_key
from service.screening.sketch import fingerprint
from service.transfer import rules, store
from service.transfer.cleaning import cleaned
from service.transfer.matching import Matcher
from service.transfer.placing import place
from service.transfer.reading.formats import READERS
from service.transfer.reading.input import Input
from service.transfer.spool_store import Spool, open_spool
from service.transfer.store import Known, NewRow
from service.transfer.types import (
    ImportFileError,
    Notes,
    Placed,
    Report,
    SourceArticle,
    Wanted,
)

COPIES = timedelta(days=7)  # for which a text is compared with others (screening/store.py)

OTHERS = "ids that are here already, of comments on other pages (see --source)"

Told = Callable[[str, int, int], None]  # what is being done, how much of it, of how much


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


class Import:
    """One file on its way into one site."""

    def __init__(self, conn: Conn, site: Site, wanted: Wanted, told: Told) -> None:
        """Nothing is read yet. `conn` is in no transaction."""
        self._conn = conn
        self._site = site
        self._wanted = wanted
        self._told = told
        self._notes = Notes()
        self._spool: Spool
        self._matcher = Matcher(conn, site, wanted)
        self._homes: dict[str, Home] = {}
        self._statuses: Counter[str] = Counter()
        self._already = 0
        self._readers_made = 0
        self._first: datetime | None = None  # date in the file
        self._last: tuple[str, datetime | None] = "", None  # article and date of the one before

    async def run(self) -> Report:
        """Do it all; raises ImportFileError, and Conflict while another import is at work."""
        began = time.perf_counter()
        await self.lock()
        with open_spool(self._notes) as spool:
            self._spool = spool
            self._read(spool)
            spool.place()
            for line, article in spool.articles():
                ident = await self._matcher.match(article)
                if ident is None and article.whole is not None:
                    self._notes.refuse("articles of other sites", line, article.url)
                self._homes[article.source] = Home(ident, article.url, article.published_at)
            total, done = spool.count(), 0
            for batch in spool.batches():
                await self._load(batch)
                done += len(batch)
                self._told("Importing", done, total)
            readers = spool.count_readers()
            if self._wanted.dry_run:
                self._readers_made = readers - await self._known_readers(spool)
        return self._report(readers, time.perf_counter() - began)

    async def lock(self) -> None:
        """Let nobody else import into the site; raises Conflict where somebody does."""
        if not self._wanted.dry_run and not await store.lock_imports(self._conn, self._site.id):
            raise Conflict(f"Something is being imported into {self._site.slug} already.")

    def _read(self, spool: Spool) -> None:
        source = Input(self._wanted.file, self._notes)
        reader = READERS[self._wanted.format]
        number = -1
        for number, (line, what) in enumerate(reader(source, self._notes)):
            if isinstance(what, SourceArticle):
                spool.add_article(line, what)
            elif (comment := cleaned(line, what, self._notes)) is not None:
                spool.add_comment(line, comment)
                self._first = self._first or comment.created_at
            if number % 1000 == 0:
                self._told("Reading", source.read, source.size)
        if number < 0 and not (self._notes.skipped or self._notes.refused):
            raise ImportFileError(
                f"No page and no comment in {self._wanted.file}. Is it an export of "
                f"{self._wanted.format}?"
            )

    async def _load(self, batch: Sequence[Placed]) -> None:
        """Store what isn't there of a batch, in a transaction of its own."""
        asked = {placed.comment.source for placed in batch}
        asked |= {placed.parent for placed in batch if placed.parent is not None}
        known = await self._known(batch, sorted(asked))
        taken = self._taken(batch, known)
        names = {
            self._email(placed): (placed.comment.name, name_key(placed.comment.name))
            for placed, _, _ in taken
        }
        for email in names:
            self._spool.add_reader(email)
        if self._wanted.dry_run:
            self._rows(taken, known, dict.fromkeys(names, self._site.id))
            return
        async with self._conn.transaction():
            readers, made = await store.ensure_readers(self._conn, self._site.id, names)
            rows = self._rows(taken, known, readers)
            if rows:
                await self._store(rows)
        self._readers_made += made

    async def _known(self, _batch: Sequence[Placed], asked: Sequence[str]) -> dict[str, Known]:
        """Where those hang that are here already, of the ids asked for."""
        return await store.list_known(self._conn, self._site.id, self._wanted.source, asked)

    def _email(self, placed: Placed) -> str:
        return rules.reader_of(placed.comment, self._wanted.source)

    def _taken(self, batch: Sequence[Placed], known: Mapping[str, Known]) -> list[Taken]:
        """What is new of a batch and can be stored; the rest is counted."""
        taken: list[Taken] = []
        for placed in batch:
            comment = placed.comment
            if (here := known.get(comment.source)) is not None:
                home = self._homes[comment.article]
                if comment.whole is None and home.id not in {None, here.article_id}:
                    # Of another system of the same kind: to skip it would be to lose it.
                    self._notes.refuse(OTHERS, placed.line, f"{comment.source} on {home.url}")
                else:
                    self._already += 1
                continue
            home, created = self._homes[comment.article], self._date(placed)
            if home.id is None:
                where = home.url or comment.article
                self._notes.unmatched[where] += 1
                self._notes.refuse("on pages of other sites", placed.line, where)
            elif created is None:
                self._notes.refuse("without any date in the file", placed.line, comment.source)
            else:
                taken.append(Taken(placed, home.id, created))
        return taken

    def _rows(
        self, taken: Sequence[Taken], known: dict[str, Known], readers: Mapping[str, UUID]
    ) -> list[NewRow]:
        """The rows of comments; adds where they hang to `known`."""
        rows: list[NewRow] = []
        for placed, article_id, created in taken:
            parent = known.get(placed.parent or "")
            at = place(self._ident(placed, created), article_id, parent)
            known[placed.comment.source] = at
            rows.append(self._row(placed, at, readers[self._email(placed)], created))
            self._statuses[placed.comment.status] += 1
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
            created = created or self._homes[comment.article].published_at or self._first
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

    async def _known_readers(self, spool: Spool) -> int:
        known = 0
        for emails in spool.readers():
            known += len(await store.list_readers(self._conn, self._site.id, emails))
        return known

    def _report(self, readers: int, seconds: float) -> Report:
        notes, wanted = self._notes, self._wanted
        return Report(
            file=str(wanted.file),
            format=wanted.format,
            source=wanted.source,
            site=self._site.slug,
            dry_run=wanted.dry_run,
            articles=len({home.id for home in self._homes.values() if home.id}),
            articles_made=self._matcher.made,
            comments=dict(self._statuses),
            already=self._already,
            readers=readers,
            readers_made=self._readers_made,
            skipped=dict(notes.skipped),
            repaired=dict(notes.repaired),
            unmatched=dict(notes.unmatched.most_common()),
            refused=dict(notes.refused),
            refused_first=notes.first,
            seconds=seconds,
        )
