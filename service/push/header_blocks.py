"""HPACK (RFC 7541), as far as one kind of request and the status of its answer go.

All messages of an alert to a push service have the same headers but for the path: once these are in
the other side's table, a block is a byte for each, the path and the body's length. What comes back
has to do without a table, which our settings say: a block then means the same whenever it comes,
and of nearly all only the status is looked at. Whatever is read beyond that, `hpack` reads.
"""

from collections import deque
from functools import lru_cache
from typing import NamedTuple

import hpack

Field = tuple[bytes, bytes]

TABLE = 4096  # bytes, unless the other side says less (RFC 9113, section 6.5.2)
ENTRY = 32  # what an entry counts beyond its letters (RFC 7541, section 4.1)
STATIC = 61  # entries of the table that everybody has (RFC 7541, appendix A)
NAMES = {
    b":authority": 1, b"authorization": 23, b"content-encoding": 26, b"content-type": 31,
    b"user-agent": 58,
}  # fmt: skip
POST_HTTPS = b"\x83\x87"  # :method and :scheme
PATH = b"\x04"  # a literal with that name, not kept (section 6.2.2)
LENGTH = b"\x0f\x0d"  # content-length, 28 = 15 + 13, likewise
KEPT, UPDATE, INDEXED = 0x40, 0x20, 0x80  # sections 6.2.1, 6.3 and 6.1
LONGEST = 1 << 16  # bytes of a list of headers that is read
STATUS_DIGITS = 3
NO_TABLE = b"\x20"  # an update to a table of no bytes, as our settings ask for
# How statuses are written: some have numbers (RFC 7541, appendix A); what else comes is added here.
STATUSES = {
    b"\x88": 200,
    b"\x89": 204,
    b"\x8a": 206,
    b"\x8b": 304,
    b"\x8c": 400,
    b"\x8d": 404,
    b"\x8e": 500,
}
# A literal, kept, not kept or never to be kept, under one of those numbers' name.
NAMED_STATUS = frozenset(bits | index for bits in (0x40, 0x00, 0x10) for index in range(8, 15))


class Block(NamedTuple):
    """The parts of a request's header block before and after the path."""

    before: bytes
    after: bytes

    def around(self, path: bytes, length: int) -> bytes:
        """The whole block of a POST with a body of so many bytes."""
        digits = b"%d" % length
        return b"".join(
            (self.before, _integer(len(path), 7), path, self.after, bytes((len(digits),)), digits)
        )


class Table:
    """What the other side of a connection remembers of the headers it was sent."""

    def __init__(self) -> None:
        """Empty, with the room that everybody has from the start."""
        self._room = TABLE
        self._size = 0
        self._entries: deque[Field] = deque()  # the oldest first
        self._numbers: dict[Field, int] = {}  # by what number each came in, from 1 on
        self._came = 0
        self._update = b""
        self._fields: tuple[Field, ...] | None = None
        self._block = Block(b"", b"")

    def shrink(self, room: int) -> None:
        """Do with less from now on, and say so (RFC 7541, section 4.2); more is not made use of."""
        if room < self._room:
            self._room = room
            self._make_room(0)
            self._update = _integer(room, 5, UPDATE)
            self._fields = None

    def block(self, fields: tuple[Field, ...]) -> Block:
        """For a POST with these fields, the authority first; it has to be sent, and in this order.

        The same as before for the same tuple, once the other side knows all of it.
        """
        if fields is self._fields:
            return self._block
        came, update = self._came, self._update
        self._update = b""
        authority, *others = fields
        before = b"".join((update, POST_HTTPS, self._field(authority), PATH))
        block = Block(before, b"".join([*map(self._field, others), LENGTH]))
        settled = came == self._came and not update
        self._fields, self._block = (fields, block) if settled else (None, block)
        return block

    def _field(self, field: Field) -> bytes:
        number = self._numbers.get(field)
        if number is not None:
            return _integer(STATIC + 1 + self._came - number, 7, INDEXED)
        name, value = field
        size = len(name) + len(value) + ENTRY
        kept = size <= self._room
        if kept:
            self._make_room(size)
            self._came += 1
            self._entries.append(field)
            self._numbers[field] = self._came
            self._size += size
        start = _integer(NAMES.get(name, 0), 6, KEPT) if kept else _integer(NAMES.get(name, 0), 4)
        return b"".join((start, b"" if name in NAMES else _string(name), _string(value)))

    def _make_room(self, size: int) -> None:
        while self._entries and self._size + size > self._room:
            field = self._entries.popleft()
            del self._numbers[field]
            self._size -= len(field[0]) + len(field[1]) + ENTRY


def read_status(block: bytes) -> int:
    """The status of an answer's header block, which is its first field (RFC 9113, section 8.3).

    Raises ValueError where the block isn't one, or has no status.
    """
    start = 0
    while block[start : start + 1] == NO_TABLE:
        start += 1
    first = _first_field(block, start)
    status = STATUSES.get(first)
    if status is None:
        # Of the first field alone: whatever else the block holds must not be remembered for it.
        said = read_fields(first or block).get(b":status", b"")
        if not (said.isdigit() and len(said) == STATUS_DIGITS):
            raise ValueError("An answer has no status")
        status = int(said)
        if first:
            STATUSES[first] = status
    return status


def read_fields(block: bytes) -> dict[bytes, bytes]:
    """All fields of a block that makes no use of a table; of two with one name, the last.

    Raises ValueError.
    """
    decoder = hpack.Decoder(max_header_list_size=LONGEST)
    decoder.max_allowed_table_size = decoder.header_table_size = 0
    try:
        return {bytes(name): bytes(value) for name, value in decoder.decode(block, raw=True)}
    except hpack.HPACKError as error:
        raise ValueError(f"Not a header block: {type(error).__name__}") from error


def _first_field(block: bytes, at: int) -> bytes:
    """The bytes of the field that begins there if it is a status, else none."""
    kind = block[at] if at < len(block) else 0
    if kind & INDEXED:
        return block[at : at + 1] if block[at : at + 1] in STATUSES else b""
    if kind not in NAMED_STATUS or at + 1 == len(block):
        return b""
    return block[at : at + 2 + (block[at + 1] & 0x7F)]


def _integer(value: int, bits: int, flags: int = 0) -> bytes:
    """RFC 7541, section 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((flags | value,))
    out = bytearray((flags | most,))
    value -= most
    while value >= 0x80:  # noqa: PLR2004 (seven bits a byte)
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@lru_cache(maxsize=256)
def _string(text: bytes) -> bytes:
    return _integer(len(text), 7) + text
