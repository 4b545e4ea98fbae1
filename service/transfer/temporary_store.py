"""SQLite databases that an import needs for a while, in the folder for temporary files."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.transfer.types import ImportFileError

# What SQLite says of a full disk, or of one that gives up.
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def temporary_database(tables: Sequence[str]) -> Iterator[sqlite3.Connection]:
    """An empty one with these tables, gone at the end; raises ImportFileError without room."""
    with tempfile.TemporaryDirectory(prefix="rejoinder-import-") as folder:
        database = sqlite3.connect(Path(folder) / "import.sqlite", isolation_level=None)
        try:
            # Nothing of it outlives the process, so that nothing need be safe on the disk.
            for option in ("journal_mode = off", "synchronous = off", "cache_size = -32000"):
                database.execute(f"pragma {option}")
            for table in tables:
                database.execute(table)
            database.execute("begin")
            yield database
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in NO_ROOM:  # the rest says which kind of it
                raise
            raise ImportFileError(
                f"No room in {tempfile.gettempdir()} ({error}). TMPDIR names another folder"
            ) from error
        finally:
            database.close()
