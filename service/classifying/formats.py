"""A scored text as a line: JSON, or CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from service.classifying.types import FileError, OutputFormat, Row, Value, Writing
from service.screening.plain import LABELS, Scored

_encode = msgspec.json.Encoder().encode
OWN = ("text", "scores", "language", "grounded", "evidence")


class Lines(Protocol):
    """How a scored text is written."""

    def begin(self, columns: Sequence[str]) -> bytes:
        """What stands before the first text; `columns` as far as the input names any."""

    def render(self, row: Row, scored: Scored) -> bytes:
        """One text, as a line or several. Raises FileError where it can't be written so."""


def lines_in(wanted: Writing) -> Lines:
    """The lines of an output format."""
    makers: dict[OutputFormat, type[JsonLines | CsvLines]] = {"csv": CsvLines, "jsonl": JsonLines}
    return makers[wanted.format](wanted)


@lru_cache(maxsize=64)
def renamed(names: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """The input's names where ours stand too: `input_` before those that would be there twice."""
    taken = {*own}
    kept = []
    for name in names:
        free = name
        while free in taken:
            free = f"input_{free}"
        taken.add(free)
        kept.append(free)
    return tuple(kept)


class JsonLines:
    """An object a line: text, scores, language, grounded, evidence if wanted, what is kept."""

    def __init__(self, wanted: Writing) -> None:
        """Take what is wanted of the answer."""
        self._evidence = wanted.evidence
        self._own = OWN if wanted.evidence else OWN[:-1]

    def begin(self, columns: Sequence[str]) -> bytes:  # noqa: ARG002 (a line says what it holds)
        """Nothing."""
        return b""

    def render(self, row: Row, scored: Scored) -> bytes:
        """One line."""
        answer: dict[str, Any] = {
            "text": row.text,
            "scores": scored.scores,
            "language": scored.language,
            "grounded": scored.grounded,
        }
        if self._evidence:
            answer["evidence"] = scored.evidence
        if row.fields:
            kept = [field for at, field in enumerate(row.fields) if at != row.at]
            names = renamed(tuple(name for name, _ in kept), self._own)
            answer.update(zip(names, (value for _, value in kept), strict=True))
        return _encode(answer) + b"\n"


class CsvLines:
    """A header and a record a text: the text, or all that is kept, then a column a label."""

    def __init__(self, wanted: Writing) -> None:
        """Take what is wanted of the answer."""
        self._own = (*LABELS, "language", "grounded", *(("evidence",) if wanted.evidence else ()))
        self._keep = wanted.keep
        self._evidence = wanted.evidence
        tab = wanted.file is not None and ".tsv" in wanted.file.name.lower()[-7:]
        self._buffer = io.StringIO()
        self._write = csv.writer(
            self._buffer, delimiter="\t" if tab else ",", lineterminator="\n"
        ).writerow
        self._names: tuple[str, ...] = ("text",)

    def begin(self, columns: Sequence[str]) -> bytes:
        """The header."""
        if self._keep and columns:
            self._names = tuple(columns)
        self._write([*renamed(self._names, self._own), *self._own])
        return self._taken()

    def render(self, row: Row, scored: Scored) -> bytes:
        """One record."""
        self._write([*self._kept(row), *self._answer(scored)])
        return self._taken()

    def _kept(self, row: Row) -> Iterator[str]:
        if not self._keep:
            yield row.text
            return
        names = tuple(name for name, _ in row.fields)
        if names == self._names:
            yield from (_cell(value) for _, value in row.fields)
            return
        fields = dict(row.fields)
        if strange := fields.keys() - set(self._names):
            raise FileError(
                f"line {row.line}: the field {min(strange)} is not in the first object, whose "
                "fields are the CSV's columns. JSON Lines (--to jsonl) keep it."
            )
        yield from (_cell(fields[name]) if name in fields else "" for name in self._names)

    def _answer(self, scored: Scored) -> Iterator[str | float]:
        yield from (scored.scores[label] for label in LABELS)
        yield scored.language
        yield "true" if scored.grounded else "false"
        if self._evidence:
            yield _encode(scored.evidence).decode()

    def _taken(self) -> bytes:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()


def _cell(value: Value) -> str:
    """A JSON value as a cell: a string's text, nothing for null, else as it stood."""
    if isinstance(value, str):
        return value
    raw = bytes(value)
    if raw.startswith(b'"'):
        return msgspec.json.decode(raw, type=str)
    return "" if raw == b"null" else raw.decode()
