"""Importing what `rejoinder export` wrote: as any other file, but that nothing is lost of it.

Ids stay what they were where they are free, so that links stay right. Whoever confirmed an address
elsewhere has confirmed nothing here, unless the importer vouches for the file.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.core.db import Conn, uuid7
from service.screening.names import name_key
from service.transfer import completing_store, restoring_store, rules, store
from service.transfer.completing import complete, was_decided
from service.transfer.loader import Loaded, Loader
from service.transfer.loading import Import, Told
from service.transfer.reading import export
from service.transfer.reading.export import lines_of, unnamed
from service.transfer.reading.input import Input
from service.transfer.restoring_rest import Rest
from service.transfer.restoring_store import NewReader
from service.transfer.store import Known, NewRow
from service.transfer.types import ImportFileError, Notes, Placed, Report, Wanted
from service.transfer.writing.types import ReaderLine

AT_ONCE = 1000
LONGEST_IDENT = 400  # characters in an old system
LONGEST_EMAIL = rules.LONGEST_EMAIL


def is_export(file: Path, wanted: Wanted) -> bool:
    """Whether the file is one of ours, by its first lines; raises ImportFileError."""
    return wanted.format == "json" and export.is_export(Input(file, Notes()))


class Restoring(Loader):
    """Stores comments with all that an export tells of them."""

    def __init__(self, conn: Conn, site: Site, wanted: Wanted, notes: Notes) -> None:
        """As any loader."""
        super().__init__(conn, site, wanted, notes)
        self._taken_ids: frozenset[UUID] = frozenset()

    async def load(self, batch: Sequence[Placed]) -> Loaded:
        """As any loader; and completes what came earlier, from a damaged copy of the file."""
        loaded = await super().load(batch)
        if loaded.already and not self._wanted.dry_run:
            asked = {one.comment.source for one in batch} | {one.parent or "" for one in batch}
            known = await super()._known(batch, sorted(asked))
            await complete(
                self._conn, self._site, self._wanted.source, batch, known, self._taken_ids,
                self._notes,
            )  # fmt: skip
        return loaded

    async def _known(self, batch: Sequence[Placed], asked: Sequence[str]) -> dict[str, Known]:
        """Also what never left this site, and what came here from the same old system."""
        ids = [ident for one in asked if (ident := _uuid(one)) is not None]
        known = await restoring_store.list_here(self._conn, self._site.id, ids)
        named = [
            (placed.comment.source, source, ident)
            for placed in batch
            if placed.comment.whole
            for source, ident, _ in placed.comment.whole.sources
        ]
        if named:
            known |= await restoring_store.list_met(self._conn, self._site.id, named)
        known |= await super()._known(batch, asked)
        mine = [one.id for p in batch if p.comment.whole for one in p.comment.whole.history]
        self._taken_ids = frozenset(await restoring_store.list_taken(self._conn, [*ids, *mine]))
        return known

    def _ident(self, placed: Placed, created: datetime) -> UUID:
        ident = _uuid(placed.comment.source)
        return ident if ident and ident not in self._taken_ids else rules.uuid_at(created)

    def _row(self, placed: Placed, at: Known, reader: UUID, created: datetime) -> NewRow:
        row, whole = super()._row(placed, at, reader, created), placed.comment.whole
        if whole is None:
            raise ImportFileError("The file changed while it was read")
        again = _uuid(placed.comment.source) is None  # another comment has its id and its ledger
        history = [
            msgspec.structs.replace(one, id=rules.uuid_at(one.at))
            if again or one.id in self._taken_ids
            else one
            for one in whole.history
        ]
        return msgspec.structs.replace(
            row,
            reason=whole.reason,
            risk=min(max(whole.risk, 0.0), 1.0),
            decided=was_decided(history),
            whole=msgspec.structs.replace(whole, history=history),
        )

    async def _store(self, rows: Sequence[NewRow]) -> None:
        await super()._store(rows)
        sources = [
            (row.at.id, *one) for row in rows if row.whole for one in row.whole.sources
            if rules.SOURCE.fullmatch(one[0]) and 0 < len(one[1]) <= LONGEST_IDENT
        ]  # fmt: skip
        await restoring_store.insert_sources(self._conn, self._site.id, sources)


class Restore(Import):
    """One export on its way into one site."""

    kind = Restoring

    def __init__(self, conn: Conn, site: Site, file: Path, wanted: Wanted, told: Told) -> None:
        """As of any import."""
        super().__init__(conn, site, file, wanted, told)
        self._renamed: dict[UUID, UUID] = {}  # readers that have another id here

    async def run(self) -> Report:
        """As of any import; then what belongs to readers and browsers."""
        await self.lock()
        await self._restore_readers()
        report = await super().run()
        if self._wanted.trust_confirmed and not self._wanted.dry_run:
            async with self._conn.transaction():
                await restoring_store.know_by_id(self._conn, self._site.id)
        rest = Rest(
            self._conn, self._site.id, self._notes, self._renamed,
            trusted=self._wanted.trust_confirmed,
        )  # fmt: skip
        if not self._wanted.dry_run:
            await rest.restore(self._file)
        return msgspec.structs.replace(
            report,
            restored=dict(rest.restored),
            skipped=dict(self._notes.skipped),
            refused=dict(self._notes.refused),
        )

    async def _restore_readers(self) -> None:
        """All readers, also those who have written nothing, under their names and dates."""
        batch: list[ReaderLine] = []
        for _, line in lines_of(Input(self._file, Notes()), Notes()):
            if isinstance(line, ReaderLine) and line.email and len(line.email) <= LONGEST_EMAIL:
                batch.append(line)
            if len(batch) == AT_ONCE:
                await self._store_readers(batch)
                batch = []
        if batch:
            await self._store_readers(batch)

    async def _store_readers(self, lines: Sequence[ReaderLine]) -> None:
        if self._wanted.dry_run:
            return
        trusted = self._wanted.trust_confirmed
        async with self._conn.transaction():
            taken = await restoring_store.list_taken(self._conn, [line.id for line in lines])
            readers = [
                NewReader(uuid7() if line.id in taken else line.id, name, name_key(name), line)
                for line in lines
                for name in [rules.shown_name(line.name)]
            ]
            self._readers_made += await restoring_store.insert_readers(
                self._conn, self._site.id, readers, trusted=trusted
            )
            if trusted:
                await restoring_store.confirm_readers(self._conn, self._site.id, readers)
            here = await store.list_readers(
                self._conn, self._site.id, [line.email for line in lines]
            )
            # Whoever's line a damaged copy lacked wrote under the id alone.
            await completing_store.name_readers(
                self._conn,
                self._site.id,
                [(unnamed(line.id), here[line.email]) for line in lines if line.email in here],
            )
        for line in lines:
            if here.get(line.email, line.id) != line.id:
                self._renamed[line.id] = here[line.email]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
