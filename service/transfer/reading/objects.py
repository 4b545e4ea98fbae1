"""Objects of a JSON file, one after another, in memory that doesn't grow with it.

Made for exports: the objects wanted lie in arrays near the top. Each is cut out by its brackets and
decoded by itself, so that its line is known and a bad one costs no other.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from service.transfer.reading.input import Input
from service.transfer.types import UNREADABLE, ImportFileError, Notes

LONGEST = 32 << 20  # characters of one object: a thread of some ten thousand comments
DEEPEST = 200
LONGEST_NUMBER = 400  # digits
STRAY = re.compile(r"(\s{0,100})[^\n\"{\[]{1,100}(?=\{)")  # before the first object

_OUTSIDE = re.compile(r'["{}\[\]]')
_INSIDE = re.compile(r'["\\]')

Fields = dict[str, Any]


class Cut(NamedTuple):
    """An object as text: its line, and the last key at the top before it."""

    line: int
    key: str
    text: str


class Scanner:
    """Where objects begin and end in text that comes in blocks."""

    def __init__(self, at: int, notes: Notes) -> None:
        """`at`: how many brackets are open around an object that is wanted."""
        self.level = 0
        self.begun_at = 1  # the line of the object that is open
        self.found = False
        self._at = at
        self._notes = notes
        self._string = self._escape = False
        self._string_from = 0
        self._key = ""
        self._pieces: list[str] | None = None
        self._length = 0

    @property
    def open(self) -> bool:
        """Whether something has begun that hasn't ended."""
        return self.level > 0 or self._string

    def feed(self, block: str, line: int) -> Iterator[Cut]:
        """The objects that end in this block, which begins in this line."""
        at, counted, start = 0, 0, 0
        while at < len(block):
            if self._string:
                at = self._through_string(block, at)
                continue
            token = _OUTSIDE.search(block, at)
            if token is None:
                break
            at = token.end()
            what = token[0]
            if what == '"':
                self._string, self._string_from = True, at
            elif what in "{[":
                if self._begins(what):
                    start = token.start()
                    line += block.count("\n", counted, start)
                    counted, self.begun_at = start, line
            elif self._ends():
                self._take(block[start:at])
                yield from self._cut()
                start = 0
        if self._pieces is not None:
            self._take(block[start:])

    def _through_string(self, block: str, at: int) -> int:
        """Where to go on within a string or after it."""
        if self._escape:
            self._escape = False
            return at + 1
        token = _INSIDE.search(block, at)
        if token is None:
            return len(block)
        if token[0] == "\\":
            self._escape = token.end() == len(block)
            return token.end() + 1
        self._string = False
        if self.level == 1:
            self._key = block[self._string_from : token.start()][:100]
        return token.end()

    def _begins(self, what: str) -> bool:
        """Go one level down; whether an object begins that is wanted."""
        self.found = True
        wanted = self.level == self._at and what == "{"
        self.level += 1
        if self.level > DEEPEST:
            raise ImportFileError("The file's objects lie too deep in one another")
        if wanted:
            self._pieces, self._length = [], 0
        return wanted

    def _ends(self) -> bool:
        """Go one level up; whether an object has ended that was wanted."""
        self.level = max(self.level - 1, 0)
        return self._pieces is not None and self.level == self._at

    def _take(self, text: str) -> None:
        self._length += len(text)
        if self._pieces is not None and self._length <= LONGEST:
            self._pieces.append(text)

    def _cut(self) -> Iterator[Cut]:
        pieces, self._pieces = self._pieces or [], None
        if self._length > LONGEST:
            self._notes.refuse("too long", self.begun_at, "An object of more than 32 MB")
        else:
            yield Cut(self.begun_at, self._key, "".join(pieces))


def cut_objects(source: Input, notes: Notes, at: int) -> Iterator[Cut]:
    """The objects with `at` brackets around them; of a damaged file, what came before."""
    scanner = Scanner(at, notes)
    for block in source.text():
        yield from scanner.feed(block, source.line)
    if not scanner.found:
        raise ImportFileError(f"{source.path} is no JSON")
    if scanner.open or source.cut:
        notes.refuse(
            UNREADABLE,
            scanner.begun_at if scanner.open else source.line,
            source.cut or "the file ends too early",
        )


def cut_lines(source: Input, notes: Notes) -> Iterator[Cut]:
    """The lines of a file that has an object in each."""
    rest, line = "", 1
    skipping = False
    for block in _from_first_object(source, notes):
        lines = (rest + block).split("\n")
        rest = lines.pop()
        for text in lines:
            if not skipping and text.strip():
                yield Cut(line, "", text)
            skipping = False
            line += 1
        if len(rest) > LONGEST:
            notes.refuse("too long", line, "A line of more than 32 MB")
            rest, skipping = "", True
    if rest.strip() and not skipping:
        yield Cut(line, "", rest)
    if source.cut:
        notes.refuse(UNREADABLE, line, source.cut)


def _from_first_object(source: Input, notes: Notes) -> Iterator[str]:
    """The text without stray bytes before its first line's object."""
    begun = False
    for block in source.text():
        if begun:
            yield block
            continue
        begun = True
        before = STRAY.match(block)
        if before and before[0].strip("\ufeff"):
            notes.repair("stray first bytes")
        yield before[1] + block[before.end() :] if before else block


def decoded(cut: Cut, notes: Notes) -> Fields | None:
    """The object of a text; None where it is none, which is noted."""
    try:
        found = msgspec.json.decode(cut.text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            found = json.loads(cut.text, strict=False, parse_int=_number)
        except (ValueError, RecursionError) as error:
            notes.refuse("no JSON", cut.line, str(error))
            return None
        notes.repair("JSON that isn't quite JSON")
    if not isinstance(found, dict):
        notes.refuse("no JSON", cut.line, "Expected an object")
        return None
    return found


def _number(digits: str) -> int | str:
    """An integer; as text where it is longer than Python takes, which costs no more than itself."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def inner(fields: Fields, name: str) -> Fields:
    """An object within; an empty one where there is none."""
    found = fields.get(name)
    return found if isinstance(found, dict) else {}
