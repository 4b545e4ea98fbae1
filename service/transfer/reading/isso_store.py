"""SQL of Isso's own database, which is never written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from service.transfer.types import ImportFileError

ALL = """
select id, tid, parent, created, mode, text, author, email, website, likes, dislikes
from comments order by id
"""
WITHOUT_VOTES = ALL.replace("likes, dislikes", "0 as likes, 0 as dislikes")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open the file for reading, texts as the bytes that they are; raises ImportFileError."""
    try:
        database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        database.text_factory = bytes
        database.row_factory = sqlite3.Row
        # No views: these would compute whatever their author likes, also without an end.
        tables = {
            row[0]
            for row in database.execute("select name from sqlite_master where type = 'table'")
        }
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ImportFileError(f"{path} can't be read: {error}") from error
    if not {b"threads", b"comments"} <= tables:
        database.close()
        raise ImportFileError(f"{path} is no database of Isso's")
    return database


def list_threads(database: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Pages that have comments."""
    yield from database.execute("select id, uri, title from threads order by id")


def list_comments(database: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """All comments; votes are null in old releases, and the oldest have no columns for them."""
    has = {row["name"] for row in database.execute("pragma table_info (comments)")}
    yield from database.execute(ALL if b"likes" in has else WITHOUT_VOTES)
