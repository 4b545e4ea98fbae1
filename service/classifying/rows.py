"""The records of a file, by its format: texts with the lines they begin in, and what is bad."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from service.classifying.source import LONGEST, Source
from service.classifying.types import Bad, FileError, Format, Reading, Row

USUAL = ("text", "comment", "body", "comment_text", "content")
FORMATS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".txt": "text",
}  # fmt: skip
DELIMITERS = ",;\t"
_KINDS = {
    "{": "an object", "[": "a list", '"': "a string", "t": "true", "f": "false", "n": "null"
}  # fmt: skip
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)


def format_of(file: Path | None) -> Format:
    """The format that a file's name stands for; standard input is a text a line.

    Raises FileError where the name says nothing.
    """
    if file is None:
        return "text"
    named = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    found = FORMATS.get(named.suffix.lower())
    if found is None:
        raise FileError(
            f"{file}: the name doesn't say which format this is. Give --format csv, jsonl or text."
        )
    return found


def check_delimiter(given: str | None) -> str | None:
    """What `--delimiter` names; raises FileError where no CSV can be cut by it."""
    delimiter = "\t" if given in {"tab", "\\t"} else given
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\ufeff'):
        raise FileError("A delimiter is one character, or tab, and no quotation mark.")
    return delimiter


class Rows:
    """The records of a source in order, each a Row or Bad.

    `columns` are a CSV's once its header was read. Iterating raises FileError where nothing
    after can be read either.
    """

    def __init__(self, source: Source, reading: Reading) -> None:
        """Read nothing yet; raises FileError where a text a line is to have columns."""
        if reading.format == "text" and reading.text is not None:
            raise FileError("A text a line has no columns to choose from (--text).")
        self._source = source
        self._reading = reading
        self._name = reading.text
        self.columns: Sequence[str] = ()

    def __iter__(self) -> Iterator[Row | Bad]:
        """Read on, once."""
        if self._reading.format == "csv":
            return self._csv()
        return self._jsonl() if self._reading.format == "jsonl" else self._text()

    def _text(self) -> Iterator[Row | Bad]:
        for line in self._source.lines("\n"):
            text = line.removesuffix("\n").removesuffix("\r")
            yield self._source.take_fault() or Row(self._source.line, text, (("text", text),))

    def _jsonl(self) -> Iterator[Row | Bad]:
        for line in self._source.lines("\n"):
            if fault := self._source.take_fault():
                yield fault
            elif not line.isspace():
                yield self._object(line)

    def _object(self, line: str) -> Row | Bad:
        number = self._source.line
        try:
            fields = _OBJECT.decode(line)
        except msgspec.ValidationError:
            kind = _kind(line)
            hint = "; `jq -c '.[]'` writes its items a line each" if kind == "a list" else ""
            return Bad(number, f"{kind} where an object is due{hint}")
        except (msgspec.DecodeError, RecursionError) as error:
            return Bad(number, f"not JSON: {error}")
        name = self._name or _usual(list(fields))
        if name is None or name not in fields:
            return Bad(number, _missing("field", self._name, list(fields)))
        self._name = name
        try:
            text = _STRING.decode(fields[name])
        except msgspec.DecodeError:
            kind = _kind(bytes(fields[name]).decode())
            return Bad(number, f"the field {name} is {kind}, not a string")
        if not self._reading.keep:
            return Row(number, text)
        return Row(number, text, tuple(fields.items()), list(fields).index(name))

    def _csv(self) -> Iterator[Row | Bad]:
        # A field may span lines; what no line ends is stopped here.
        csv.field_size_limit(LONGEST)
        lines = self._source.lines("")
        first = next(lines, None)
        if first is None:
            return
        delimiter = self._reading.delimiter or self._delimiter(first)
        records = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        at = self._header(records)
        while True:
            begin = self._source.line + 1
            try:
                cells = next(records, None)
            except csv.Error as error:
                fault = self._source.take_fault()
                yield fault or Bad(begin, _broken(str(error)))
                continue
            if cells is None:
                return
            if fault := self._source.take_fault():
                yield fault
            elif cells:
                yield self._record(begin, cells, at)

    def _header(self, records: Iterator[list[str]]) -> int:
        """Read the header and answer where the text is; raises FileError."""
        try:
            self.columns = next(records)
        except csv.Error as error:
            raise FileError(f"line 1: {_broken(str(error))}") from None
        if fault := self._source.take_fault():
            raise FileError(f"line {fault.line}: {fault.why}")
        name = self._name or _usual(self.columns)
        if name is None or name not in self.columns:
            raise FileError(f"line 1: {_missing('column', self._name, self.columns)}")
        if self.columns.count(name) > 1:
            raise FileError(f"line 1: there are {self.columns.count(name)} columns {name}.")
        return self.columns.index(name)

    def _record(self, line: int, cells: list[str], at: int) -> Row | Bad:
        if len(cells) != len(self.columns):
            return Bad(line, f"{_count(cells)}, where the header has {len(self.columns)}")
        fields = tuple(zip(self.columns, cells, strict=True)) if self._reading.keep else ()
        return Row(line, cells[at], fields, at)

    def _delimiter(self, header: str) -> str:
        """What splits the header into most columns, one of them the text's if that can be."""

        def found(delimiter: str) -> tuple[bool, int]:
            try:
                names = next(csv.reader([header], delimiter=delimiter), [])
            except csv.Error:
                return False, 0
            return (self._name in names if self._name else _usual(names) is not None), len(names)

        return max(DELIMITERS, key=found)


def _usual(names: Sequence[str]) -> str | None:
    """The first usual name that is there; in capitals only where none is without."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    exact = next((name for name in USUAL if name in names), None)
    return exact or next((folded[name] for name in USUAL if name in folded), None)


def _missing(what: str, wanted: str | None, names: Sequence[str]) -> str:
    there = ", ".join(names[:30]) or "none"
    if wanted is not None:
        return f"there is no {what} {wanted}; there are: {there}"
    return f"no {what} is called {', '.join(USUAL)}; name one by --text; there are: {there}"


def _kind(value: str) -> str:
    return _KINDS.get(value.lstrip()[:1], "a number")


def _count(cells: Sequence[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"


def _broken(error: str) -> str:
    """What Python's csv says, in a user's words."""
    if error == "unexpected end of data":
        return "a quotation mark opens here and is never closed"
    if error.startswith("field larger"):
        return f"a cell of more than {LONGEST:,} characters; is a quotation mark never closed?"
    return f"{error}; a quotation mark inside of a cell is written twice"
