"""What is read of a file, what is made of it, and what can be wrong with it."""

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

Format = Literal["csv", "jsonl", "text"]
OutputFormat = Literal["csv", "jsonl"]

# A cell's text, or the bytes of a JSON value as they stood: no number loses a digit.
Value = str | msgspec.Raw


class FileError(Exception):
    """The file can't be scored, or not on from here; the message says why, and in which line."""


class Row(NamedTuple):
    """A text, the line it begins in, and, where they are kept, all fields of its record.

    `at` is where among the fields the text is.
    """

    line: int
    text: str
    fields: tuple[tuple[str, Value], ...] = ()
    at: int = 0


class Bad(NamedTuple):
    """A record that can't be scored, the line, and why."""

    line: int
    why: str


class Reading(msgspec.Struct, frozen=True):
    """How a file is read: `file` None is standard input, `text` None the first usual name.

    `replace`: bytes that aren't in the encoding become U+FFFD instead of making a line bad.
    """

    file: Path | None
    format: Format
    text: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    replace: bool = False
    keep: bool = False


class Writing(msgspec.Struct, frozen=True):
    """How the answer is written: `file` None is standard output."""

    file: Path | None
    format: OutputFormat
    keep: bool = False
    evidence: bool = False
    force: bool = False
