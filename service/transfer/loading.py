"""Importing a file: read it to the end, find its threads, then load them batch by batch.

Each batch is one transaction, and what is in is never loaded again: whoever is killed begins anew
and goes on. Nobody is told: no job, no webhook, no mail, and the desk's list is not set off.
"""

import time
from collections.abc import Callable
from pathlib import Path

from service.articles.types import Site
from service.core.db import Conn
from service.core.problems import Conflict
from service.transfer import store
from service.transfer.cleaning import cleaned
from service.transfer.loader import Home, Loader
from service.transfer.matching import Matcher
from service.transfer.reading.formats import READERS
from service.transfer.reading.input import Input
from service.transfer.spool_store import Spool, open_spool
from service.transfer.types import (
    UNREADABLE,
    ImportFileError,
    Notes,
    Report,
    SourceArticle,
    Wanted,
)

Told = Callable[[str, int, int], None]  # what is being done, how much of it, of how much


class Import:
    """One file on its way into one site."""

    kind = Loader

    def __init__(self, conn: Conn, site: Site, file: Path, wanted: Wanted, told: Told) -> None:
        """Nothing is read yet. `conn` is in no transaction."""
        self._conn = conn
        self._site = site
        self._file = file
        self._wanted = wanted
        self._told = told
        self._notes = Notes()
        self._matcher = Matcher(conn, site, wanted)
        self._loader = self.kind(conn, site, wanted, self._notes)
        self._already = 0
        self._readers_made = 0

    async def run(self) -> Report:
        """Do it all; raises ImportFileError, and Conflict while another import is at work."""
        began = time.perf_counter()
        await self.lock()
        with open_spool(self._notes) as spool:
            self._read(spool)
            spool.place()
            for line, article in spool.articles():
                ident = await self._matcher.match(article)
                if ident is None and article.whole is not None:
                    self._notes.refuse("articles of other sites", line, article.url)
                home = Home(ident, article.url, article.published_at)
                self._loader.homes[article.source] = home
            await self._load(spool)
            readers = spool.count_readers()
            if self._wanted.dry_run:
                self._readers_made = readers - await self._known_readers(spool)
        return self._report(readers, time.perf_counter() - began)

    async def lock(self) -> None:
        """Let nobody else import into the site; raises Conflict where somebody does."""
        if not self._wanted.dry_run and not await store.lock_imports(self._conn, self._site.id):
            raise Conflict(f"Something is being imported into {self._site.slug} already.")

    async def _load(self, spool: Spool) -> None:
        total, done = spool.count(), 0
        for batch in spool.batches():
            loaded = await self._loader.load(batch)
            for email in loaded.emails:
                spool.add_reader(email)
            self._already += len(loaded.already)
            self._readers_made += loaded.readers_made
            done += len(batch)
            self._told("Importing", done, total)

    def _read(self, spool: Spool) -> None:
        source = Input(self._file, self._notes)
        reader = READERS[self._wanted.format]
        number = -1
        for number, (line, what) in enumerate(reader(source, self._notes)):
            if isinstance(what, SourceArticle):
                spool.add_article(line, what)
            elif (comment := cleaned(line, what, self._notes)) is not None:
                spool.add_comment(line, comment)
                self._loader.first = self._loader.first or comment.created_at
            if number % 1000 == 0:
                self._told("Reading", source.read, source.size)
        if number < 0 and not self._notes.skipped and self._notes.refused.keys() <= {UNREADABLE}:
            why = "".join(
                f" (line {one.line}: {one.what})" for one in self._notes.first.get(UNREADABLE, [])
            )
            raise ImportFileError(
                f"No page and no comment in {self._file}{why}. "
                f"Is it an export of {self._wanted.format}?"
            )

    async def _known_readers(self, spool: Spool) -> int:
        known = 0
        for emails in spool.readers():
            known += len(await store.list_readers(self._conn, self._site.id, emails))
        return known

    def _report(self, readers: int, seconds: float) -> Report:
        notes, wanted = self._notes, self._wanted
        return Report(
            file=str(self._file),
            format=wanted.format,
            source=wanted.source,
            site=self._site.slug,
            dry_run=wanted.dry_run,
            articles=len({home.id for home in self._loader.homes.values() if home.id}),
            articles_made=self._matcher.made,
            comments=dict(self._loader.statuses),
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
