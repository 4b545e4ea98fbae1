"""What an export tells of a comment in other lines: SQL of a database for the time being.

Decisions come after the comments and are as many, so that they are put aside on disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from service.transfer.temporary_store import temporary_database
from service.transfer.types import PastDecision

TABLES = (
    "create table reader (id text primary key, email text not null) without rowid",
    """
    create table decision (
        seq integer primary key, id text not null unique, comment text not null,
        struct blob not null
    )
    """,
)

_to_bytes = msgspec.msgpack.Encoder().encode
_to_decision = msgspec.msgpack.Decoder(PastDecision).decode


class Aside:
    """Readers and decisions of a file. Not for two threads."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Empty; `open_aside` makes it."""
        self._run = database.execute

    def add_reader(self, ident: str, email: str) -> None:
        """Keep what a reader is known by."""
        self._run("insert into reader values (?, ?) on conflict do nothing", (ident, email))

    def add_decision(self, comment: str, decision: PastDecision) -> None:
        """Keep a decision; the first of an id counts."""
        self._run(
            """
            insert into decision (id, comment, struct) values (?, ?, ?) on conflict do nothing
            """,
            (str(decision.id), comment, _to_bytes(decision)),
        )

    def filled(self) -> None:
        """Make ready to be asked."""
        self._run("create index decision_comment on decision (comment, seq)")

    def reader(self, ident: str) -> str | None:
        """What the reader is known by."""
        row = self._run("select email from reader where id = ?", (ident,)).fetchone()
        return str(row[0]) if row else None

    def decisions(self, comment: str) -> list[PastDecision]:
        """A comment's decisions, in the file's order."""
        rows = self._run("select struct from decision where comment = ? order by seq", (comment,))
        return [_to_decision(row[0]) for row in rows]


@contextmanager
def open_aside() -> Iterator[Aside]:
    """An empty one, gone at the end."""
    with temporary_database(TABLES) as database:
        yield Aside(database)
