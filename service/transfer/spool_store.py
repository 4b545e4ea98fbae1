"""A file's comments, put down on disk in order of need: SQL of a database for the time being.

Exports tell things in the wrong order (replies before what they answer, authors at the end), and
are larger than memory. So all of one is first put into an SQLite file beside the system's other
temporary ones, and read back thread by thread, each comment after the one that it answers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from service.transfer.temporary_store import temporary_database
from service.transfer.types import ORPHANS, Notes, Placed, SourceArticle, SourceComment

DEEPEST = 4
AT_ONCE = 1000

TABLES = (
    "create table article (id text primary key, line integer, struct blob) without rowid",
    """
    create table comment (
        seq integer primary key, id text not null unique, parent text not null,
        article text not null, line integer not null, struct blob not null
    )
    """,
    "create table reader (email text primary key) without rowid",
    # place: what it will hang below. hanging: the place for what answers it.
    """
    create table placed (
        seq integer primary key, root integer not null, place integer, hanging integer,
        depth integer not null
    )
    """,
)

# A comment's place is the one that it answers; below the deepest, that one's own place.
DOWN = f"""
insert into placed (seq, root, place, hanging, depth)
with recursive down (seq, id, article, root, place, hanging, depth) as (
    select seq, id, article, seq, null, seq, 0 from comment where seq = ?
    union all
    select c.seq, c.id, c.article, d.root, d.hanging,
        case when d.depth + 1 < {DEEPEST} then c.seq else d.hanging end,
        min(d.depth + 1, {DEEPEST})
    from down d join comment c on c.parent = d.id and c.article = d.article
)
select seq, root, place, hanging, depth from down where true on conflict do nothing
"""  # noqa: S608 (a constant)
ROOTS = DOWN.replace("where seq = ?", "where parent = ''")

_to_bytes = msgspec.msgpack.Encoder().encode
_to_comment = msgspec.msgpack.Decoder(SourceComment).decode
_to_article = msgspec.msgpack.Decoder(SourceArticle).decode


class Spool:
    """What was read of a file. Not for two threads."""

    def __init__(self, database: sqlite3.Connection, notes: Notes) -> None:
        """Empty; `open_spool` makes it."""
        self._database = database
        self._notes = notes
        self._whole = False

    def add_article(self, line: int, article: SourceArticle) -> None:
        """Keep an article; the first of an id counts, and a title that it lacked."""
        self._whole = self._whole or article.whole is not None
        self._database.execute(
            "insert into article (id, line, struct) values (?, ?, ?) on conflict do nothing",
            (article.source, line, _to_bytes(article)),
        )

    def add_comment(self, line: int, comment: SourceComment) -> None:
        """Keep a comment. The same one again is one; another with its id gets an id of its own."""
        struct = _to_bytes(comment)
        if self._insert(comment.source, line, comment, struct):
            return
        for number in range(2, 1 << 20):
            ident = comment.source if number == 2 else f"{comment.source}~{number - 1}"  # noqa: PLR2004 (the first is the id itself)
            row = self._database.execute("select struct from comment where id = ?", (ident,))
            if row.fetchone()[0] == struct:
                self._notes.skip("the same comment again")
                return
            if self._insert(f"{comment.source}~{number}", line, comment, struct):
                self._notes.repair("ids that another comment has, too")
                return

    def _insert(self, ident: str, line: int, comment: SourceComment, struct: bytes) -> bool:
        done = self._database.execute(
            """
            insert into comment (id, parent, article, line, struct) values (?, ?, ?, ?, ?)
            on conflict do nothing
            """,
            (ident, comment.parent, comment.article, line, struct),
        )
        return done.rowcount == 1

    def add_reader(self, email: str) -> None:
        """Keep whoever wrote something, once."""
        self._database.execute("insert into reader values (?) on conflict do nothing", (email,))

    def count_readers(self) -> int:
        """How many people there are."""
        return int(self._database.execute("select count(*) from reader").fetchone()[0])

    def readers(self) -> Iterator[list[str]]:
        """All of them, some at a time."""
        rows = self._database.execute("select email from reader order by email")
        while found := rows.fetchmany(AT_ONCE):
            yield [row[0] for row in found]

    def place(self) -> None:
        """Find each comment's place, once all are in: orphans and cycles become roots."""
        run = self._database.execute
        run("create index comment_parent on comment (parent)")
        # Of itself, of nobody, or of a comment under another article.
        orphans = run(
            """
            update comment set parent = '' where parent <> '' and (parent = id or not exists (
                select 1 from comment p where p.id = comment.parent and p.article = comment.article
            ))
            """
        )
        if orphans.rowcount:
            self._notes.repair(ORPHANS, orphans.rowcount)
        run(ROOTS)
        self._break_cycles()
        run("create index placed_order on placed (root, depth, seq)")

    def _break_cycles(self) -> None:
        """Whatever hangs below no root hangs below a cycle, whose earliest comment becomes one."""
        after = 0
        while row := self._database.execute(
            """
            select seq, id from comment where seq > ?
            and not exists (select 1 from placed where placed.seq = comment.seq)
            order by seq limit 1
            """,
            (after,),
        ).fetchone():
            after = row[0]
            root = self._earliest_of_cycle(row[1])
            self._database.execute("update comment set parent = '' where seq = ?", (root,))
            self._database.execute(DOWN, (root,))
            self._notes.repair("circles of replies, broken")
            after = min(after, root) - 1

    def _earliest_of_cycle(self, ident: str) -> int:
        seen: dict[str, int] = {}
        way: list[str] = []
        while ident not in seen:
            seq, parent = self._database.execute(
                "select seq, parent from comment where id = ?", (ident,)
            ).fetchone()
            seen[ident] = seq
            way.append(ident)
            ident = parent
        return min(seen[one] for one in way[way.index(ident) :])

    def articles(self) -> Iterator[tuple[int, SourceArticle]]:
        """Each article that has comments, with its line; an empty one where the file has none.

        Of an export of ours, all: those without comments are news as well.
        """
        rows = self._database.execute(
            """
            select c.article, coalesce(a.line, min(c.line)), a.struct
            from comment c left join article a on a.id = c.article group by c.article
            union all
            select id, line, struct from article a
            where ? and id not in (select article from comment)
            order by 2
            """,
            (self._whole,),
        )
        for ident, line, struct in rows:
            yield line, _to_article(struct) if struct else SourceArticle(ident, "", "")

    def count(self) -> int:
        """How many comments there are."""
        return int(self._database.execute("select count(*) from comment").fetchone()[0])

    def batches(self) -> Iterator[list[Placed]]:
        """All comments, a thread after another, each after what it hangs below."""
        rows = self._database.execute(
            """
            select c.id, c.line, c.struct, p.id
            from placed join comment c on c.seq = placed.seq
            left join comment p on p.seq = placed.place
            order by placed.root, placed.depth, placed.seq
            """
        )
        while found := rows.fetchmany(AT_ONCE):
            yield [_placed(*row) for row in found]


def _placed(ident: str, line: int, struct: bytes, place: str | None) -> Placed:
    comment = _to_comment(struct)
    if comment.source != ident:
        comment = msgspec.structs.replace(comment, source=ident)
    return Placed(line, comment, place)


@contextmanager
def open_spool(notes: Notes) -> Iterator[Spool]:
    """An empty spool, gone at the end."""
    with temporary_database(TABLES) as database:
        yield Spool(database, notes)
