"""Isso: its database (SQLite), or the JSON that its own importer calls "generic"."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, unquote_plus

from service.transfer.reading import isso_store
from service.transfer.reading.found import Found, Reading, date_of, plain, whole
from service.transfer.reading.input import Input
from service.transfer.reading.objects import Cut, Fields, Scanner, cut_objects, decoded
from service.transfer.types import UNREADABLE, Kept, Notes, SourceArticle, SourceComment

MODES: dict[int, Kept] = {1: "published", 2: "held", 4: "removed"}


def read(source: Input, notes: Notes) -> Reading:
    """Either kind, told by its first bytes; raises ImportFileError."""
    return _database(source, notes) if source.sqlite else _generic(source, notes)


def _database(source: Input, notes: Notes) -> Reading:
    """Threads, then comments. Rows have no lines: their ids stand for them."""
    source.read, number = source.size, 0
    with closing(isso_store.open_read_only(source.path)) as database:
        try:
            for thread in isso_store.list_threads(database):
                url = _text(thread["uri"], notes)
                found = SourceArticle(str(thread["id"]), url, _text(thread["title"], notes))
                number = _row_number(thread)
                yield Found(number, found)
            for row in isso_store.list_comments(database):
                number = _row_number(row)
                yield Found(number, _row(row, notes))
        except (sqlite3.Error, UnicodeDecodeError) as error:
            notes.refuse(UNREADABLE, number, f"{error}, behind the row of this id")


def _row_number(row: sqlite3.Row) -> int:
    """What stands for a line; 0 where a damaged file has something else."""
    return row["id"] if isinstance(row["id"], int) else 0


def _row(row: sqlite3.Row, notes: Notes) -> SourceComment:
    status = MODES.get(row["mode"])
    if status is None:
        notes.repair("statuses that don't exist, held")
    return SourceComment(
        source=str(row["id"]),
        article=str(row["tid"]),
        parent=_text(row["parent"], notes),
        name=_text(row["author"], notes),
        email=_text(row["email"], notes),
        body=_text(row["text"], notes),
        markup="markdown",
        status=status or "held",
        created_at=date_of(_text(row["created"], notes)),
        website=_text(row["website"], notes),
        votes=whole(row["likes"]) - whole(row["dislikes"]),
    )


def _text(value: object, notes: Notes) -> str:
    """A value that is bytes where it is text: what isn't UTF-8 is windows-1252."""
    if not isinstance(value, bytes):
        return plain(value, notes)
    try:
        return plain(value.decode(), notes)
    except UnicodeDecodeError:
        notes.repair("bytes in another encoding than the file's")
        return plain(value.decode("cp1252", "replace"), notes)


def _generic(source: Input, notes: Notes) -> Reading:
    """Threads with their comments in them. Ids begin anew in each thread, so its name is added."""
    for cut in cut_objects(source, notes, 1):
        fields = decoded(cut, notes)
        if fields is None:
            continue
        name = plain(fields.get("id"), notes)
        # Both are written as in a query.
        title = unquote_plus(plain(fields.get("title"), notes))
        comments = fields.get("comments")
        all_ = comments if isinstance(comments, list) else []
        listed = [one for one in all_ if isinstance(one, dict)]
        for _ in range(len(all_) - len(listed)):
            notes.refuse("no comment", cut.line, name)
        if listed:
            yield Found(cut.line, SourceArticle(name, name, title))
        lines = _lines(cut, notes)
        for one in listed:
            yield Found(next(lines, cut.line), _generic_comment(one, name, notes))


def _lines(cut: Cut, notes: Notes) -> Iterator[int]:
    """The lines in which a thread's comments begin."""
    inside = Scanner(2, notes).feed(cut.text, cut.line)
    return (one.line for one in inside if one.key == "comments")


def _generic_comment(fields: Fields, thread: str, notes: Notes) -> SourceComment:
    def ident(name: str) -> str:
        number = fields.get(name)
        return "" if number is None else f"{quote(thread, safe='/')}:{plain(number, notes)}"

    return SourceComment(
        source=ident("id"),
        article=thread,
        parent=ident("parent"),
        name=plain(fields.get("author"), notes),
        email=plain(fields.get("email"), notes),
        body=plain(fields.get("text"), notes),
        markup="markdown",
        status="published",
        created_at=date_of(fields.get("created")),
        website=plain(fields.get("website"), notes),
    )
