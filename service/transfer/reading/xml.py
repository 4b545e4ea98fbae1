"""Records of an XML file, one after another, in memory that doesn't grow with it.

Expat itself, because nothing above it gives line numbers while it reads. Document types are
refused, and with them every entity of a file's own (defusedxml, which does so for ElementTree, had
its last release in 2021).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.parsers import expat

import msgspec

from service.transfer.reading.ampersands import mended
from service.transfer.reading.input import Input
from service.transfer.types import UNREADABLE, ImportFileError, Notes

DEEPEST = 200
LONGEST_FIELD = 1 << 20  # characters; a comment of more is refused, and never held whole
LONGEST_TOKEN = 32 << 20  # bytes of one tag with its attributes
LONGEST_NAME = 40  # bytes of the tag that begins a record
STRAY = 4096  # characters before the first tag that may be stray


class Record(msgspec.Struct):
    """An element that was asked for: its fields by path, such as `author/name` and `thread@dsq:id`.

    `outer`: the fields, so far, of the record that it lies in. `too_long`: the fields of which only
    the beginning was kept.
    """

    name: str
    line: int
    fields: dict[str, str]
    outer: "Record | None" = None
    too_long: set[str] = msgspec.field(default_factory=set)

    def get(self, path: str) -> str:
        """A field without the blanks around it; '' where there is none."""
        return self.fields.get(path, "").strip()


class Records:
    """What expat tells, gathered into records."""

    def __init__(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """`wanted`: the paths to keep of each kind of element."""
        self.done: list[Record] = []
        self._wanted = wanted
        self._path: list[str] = []
        self._begun: list[tuple[int, Record]] = []
        self._text: list[str] | None = None
        self._length = 0
        self._places: dict[str, tuple[list[str], Record | None]] = {}
        self._lines = 0  # before what this parser was given
        self._begins_at = self._fed = 0
        self._parser = expat.ParserCreate("utf-8")
        self._listen()

    def _listen(self) -> None:
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take one more block of UTF-8; raises ExpatError and ImportFileError."""
        self._begins_at, self._fed = self._fed, self._fed + len(data)
        self._parser.Parse(data, final)
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
            raise ImportFileError("A tag of the file is too long to be one")

    def failed_at(self) -> tuple[int, int]:
        """Where the parser has given up: the byte of the block, and the line."""
        at = max(self._parser.ErrorByteIndex - self._begins_at, 0)
        return at, self._parser.ErrorLineNumber + self._lines

    def again(self, name: str, line: int) -> None:
        """Go on with a new parser at an element of this name, in the place where others were."""
        place, outer = self._places.get(name, ([], None))
        if self._begun and name not in self._places:
            # The first of its kind: within the record that was open.
            begun, outer = self._begun[0]
            place = self._path[:begun]
        place = place or ["lost"]
        self._lines, self._fed, self._text = line - 1, 0, None
        self._parser = expat.ParserCreate("utf-8")
        self._parser.Parse("".join(f"<{one}>" for one in place).encode())
        self._fed = self._parser.CurrentByteIndex
        self._path = list(place)
        self._begun = [(len(place), outer)] if outer is not None else []
        self._listen()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise ImportFileError("The file's elements lie too deep in one another")
        self._text = None
        if name in self._wanted:
            outer = self._begun[-1][1] if self._begun else None
            record = Record(name, self._parser.CurrentLineNumber + self._lines, {}, outer)
            self._places[name] = (self._path[:-1], outer)
            self._begun.append((len(self._path), record))
            self._attributes("", record, attributes)
        elif self._begun:
            begun, record = self._begun[-1]
            path = "/".join(self._path[begun:])
            self._attributes(path, record, attributes)
            if path in self._wanted[record.name]:
                self._text, self._length = [], 0

    def _attributes(self, path: str, record: Record, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if f"{path}@{name}" in self._wanted[record.name]:
                record.fields[f"{path}@{name}"] = value[:LONGEST_FIELD]

    def _characters(self, text: str) -> None:
        if self._text is not None and self._length <= LONGEST_FIELD:
            self._text.append(text)
            self._length += len(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if not self._begun:
            return
        begun, record = self._begun[-1]
        if len(self._path) < begun:
            self._begun.pop()
            self.done.append(record)
        elif self._text is not None:
            path = "/".join([*self._path[begun:], name])
            record.fields[path] = "".join(self._text)[:LONGEST_FIELD]
            if self._length > LONGEST_FIELD:
                record.too_long.add(path)
        self._text = None


def _refuse(*_: object) -> None:
    raise ImportFileError("The file declares a document type or entities, which no export does")


class Lost(NamedTuple):
    """Where the file can't be read, and why; `passed` lines were looked through since."""

    line: int
    why: str
    passed: int = 0


def records(
    source: Input, notes: Notes, wanted: Mapping[str, frozenset[str]], begins: re.Pattern[bytes]
) -> Iterator[Record]:
    """The records of a file in the order in which they end.

    Behind a damage it goes on at the next tag that `begins` finds, whose group is its name; where
    it finds none, what came before is all.
    """
    gathered = Records(wanted)
    lost: Lost | None = None
    data = b""
    for block in mended(_from_first_tag(source, notes), notes):
        data += block.encode("utf-8", "replace")
        while data:
            if lost is None:
                lost, data = _read(gathered, data)
                yield from gathered.done
                gathered.done.clear()
                continue
            found = begins.search(data)
            if found is None:
                # A tag may lie across two blocks.
                rest = data[-LONGEST_NAME:]
                lost = lost._replace(
                    passed=lost.passed + data.count(b"\n", 0, len(data) - len(rest))
                )
                data = rest
                break
            notes.refuse("damaged, up to the next whole one", lost.line, lost.why)
            at = found.start()
            gathered.again(found[1].decode(), lost.line + lost.passed + data.count(b"\n", 0, at))
            lost, data = None, data[at:]
    if lost is None:
        lost, _ = _read(gathered, b"", final=True)
        yield from gathered.done
    if lost is not None or source.cut:
        line = lost.line if lost is not None else source.line
        notes.refuse(UNREADABLE, line, source.cut or (lost.why if lost else ""))


def _read(gathered: Records, data: bytes, *, final: bool = False) -> tuple[Lost | None, bytes]:
    """Feed a block; where that fails, why, and what follows."""
    try:
        gathered.feed(data, final=final)
    except expat.ExpatError as error:
        at, line = gathered.failed_at()
        return Lost(line, expat.errors.messages.get(error.code, str(error))), data[at + 1 :]
    return None, b""


def _from_first_tag(source: Input, notes: Notes) -> Iterator[str]:
    """The text without what stands before its first tag, where blank lines may be (an error)."""
    begun = False
    for block in source.text():
        if begun:
            yield block
            continue
        at = block.find("<")
        if not 0 <= at <= STRAY:
            raise ImportFileError(f"{source.path} is no XML")
        before = block[:at].lstrip("\ufeff")
        if before:
            notes.repair("stray first bytes")
        begun = True
        yield block[at:]
    if not begun:
        raise ImportFileError(f"{source.path} is no XML")
