"""A file's bytes and its text: unpacked, decoded, cleaned, in bounded memory.

Whatever is wrong with them is put right and counted, or ends the reading with what was whole.
"""

import codecs
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from service.core.text import SURROGATE
from service.transfer.types import ImportFileError, Notes

BLOCK = 1 << 18
GZIP = b"\x1f\x8b"
SQLITE = b"SQLite format 3\x00"
# Texts pack to a tenth, repetitive ones to a hundredth; from so much on, more is a bomb.
MOST_RATIO = 250
UNSUSPECTED = 64 << 20
# What people hand over without having unpacked it, by its first bytes.
PACKED = {b"PK\x03\x04": "a ZIP archive", b"BZh": "packed by bzip2", b"\xfd7zXZ": "packed by xz"}
TWICE = {GZIP: "gzipped twice", SQLITE[:6]: "a gzipped SQLite file", **PACKED}
HEAD = 4096  # bytes within which a file says what it is encoded in

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Of an encoding's first letter or bracket, where no mark tells.
UNMARKED = (
    (re.compile(rb"[<{\[]\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00[<{\[]\x00[^\x00]"), "utf-16-be"),
)
# ASCII and more, as all of the web's but UTF-16: Python knows others by name that are no texts.
TEXTUAL = re.compile(
    r"utf-8|cp\d+|iso8859-\d+|koi8-[rtu]|gb\w+|big5\w*|shift_jis\w*|euc_\w+|mac-\w+"
)
ESCAPED = 0xDC00  # what surrogateescape adds to a byte


class Input:
    """A file being read. `read` counts the bytes taken from it, `size` is all of them."""

    def __init__(self, path: Path, notes: Notes) -> None:
        """Look at the file's beginning; raises ImportFileError where it can't be read."""
        self.path = path
        self.read = 0
        self.cut = ""  # why the file ends early, where it does
        self.line = 1  # that the text has got to
        self._notes = notes
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(HEAD)
        except OSError as error:
            raise ImportFileError(f"{path} can't be read: {error.strerror}") from error
        if not head:
            raise ImportFileError(f"{path} is empty")
        _refuse_packed(path, head, PACKED)
        self.packed = head.startswith(GZIP)
        self.sqlite = head.startswith(SQLITE)

    def blocks(self) -> Iterator[bytes]:
        """The content in blocks, unpacked if it is gzipped; raises ImportFileError on a bomb."""
        with self.path.open("rb") as file:
            if self.packed:
                yield from self._unpacked(file)
                return
            while block := file.read(BLOCK):
                self.read += len(block)
                yield block

    def _unpacked(self, file: IO[bytes]) -> Iterator[bytes]:
        unpacker, fresh, given = zlib.decompressobj(wbits=31), True, 0
        rest = b""
        while block := rest or file.read(BLOCK):
            self.read += 0 if rest else len(block)
            whole = unpacker.copy()
            try:
                out = unpacker.decompress(block, BLOCK)
            except zlib.error:
                out = _before_damage(whole, block)
                # What follows the last member is no part of it; padding, mostly.
                self.cut = "" if fresh and given and not out else "the gzip data is damaged"
                if out:
                    yield out
                return
            if not given:
                _refuse_packed(self.path, out, TWICE)
            fresh = False
            given += len(out)
            if given > UNSUSPECTED and given > MOST_RATIO * self.read:
                raise ImportFileError(f"{self.path} unpacks to over {MOST_RATIO} times its size")
            if out:
                yield out
            rest = unpacker.unconsumed_tail
            if unpacker.eof:  # there may be several members, one after another
                rest, fresh = unpacker.unused_data, True
                unpacker = zlib.decompressobj(wbits=31)
        if not fresh:
            self.cut = "the gzip data ends too early"
            yield unpacker.flush()

    def text(self) -> Iterator[str]:
        """The content as clean text; `line` is that in which the given block begins."""
        decode, ends = Decoder(self._notes), io.IncrementalNewlineDecoder(None, translate=True)
        for block in self.blocks():
            yield from self._cleaned(ends.decode(decode.feed(block)))
        yield from self._cleaned(ends.decode(decode.feed(b"", final=True), final=True))

    def _cleaned(self, text: str) -> Iterator[str]:
        text, dropped = CONTROL.subn("", text)
        if dropped:
            self._notes.repair("control characters dropped", dropped)
        if text:
            yield text
            self.line += text.count("\n")


class Decoder:
    """Text of bytes in the encoding that they are in, which needn't be the one they claim."""

    def __init__(self, notes: Notes) -> None:
        """Nothing is known before the first block."""
        self._notes = notes
        self._decoder: codecs.IncrementalDecoder | None = None
        self._claimed = ""

    def feed(self, block: bytes, *, final: bool = False) -> str:
        """The text of one more block; of bytes that aren't in the encoding, windows-1252's."""
        if self._decoder is None:
            if not self._claimed:
                self._claimed = self._claim(block)
            if block.isascii() and not self._claimed.startswith(("utf-16", "utf-32")) and not final:
                return block.decode("ascii")
            self._decoder = self._choose(block)
        text = self._decoder.decode(block, final)
        if SURROGATE.search(text):
            text, mended = SURROGATE.subn(_mended, text)
            self._notes.repair("bytes in another encoding than the file's", mended)
        return text

    @staticmethod
    def _claim(block: bytes) -> str:
        for mark, name in MARKS:
            if block.startswith(mark):
                return name
        for begin, name in UNMARKED:
            if begin.match(block):
                return name
        found = DECLARED.search(block[:HEAD])
        try:
            claimed = codecs.lookup(found[1].decode()).name if found else "utf-8"
        except LookupError:
            return "utf-8"
        # The declaration itself was read as single bytes: what says UTF-16 is none.
        return claimed if TEXTUAL.fullmatch(claimed) else "utf-8"

    def _choose(self, block: bytes) -> codecs.IncrementalDecoder:
        """A decoder for what the first bytes beyond ASCII are in."""
        claimed = self._claimed
        if not claimed.startswith("utf"):
            try:
                codecs.getincrementaldecoder("utf-8")().decode(block)
            except UnicodeDecodeError:
                pass
            else:
                if not block.isascii():
                    self._notes.repair(f"file says {claimed} and is UTF-8")
                claimed = "utf-8"
        name = "utf-8-sig" if claimed == "utf-8" and block.startswith(codecs.BOM_UTF8) else claimed
        # As every browser does (Encoding Standard): the bytes between are letters, not controls.
        name = "cp1252" if name == "iso8859-1" else name
        errors = "surrogateescape" if claimed == "utf-8" else "replace"
        return codecs.getincrementaldecoder(name)(errors)


def _refuse_packed(path: Path, head: bytes, kinds: dict[bytes, str]) -> None:
    for begin, what in kinds.items():
        if head.startswith(begin):
            raise ImportFileError(f"{path} is {what}: unpack it first")


def _before_damage(unpacker: "zlib._Decompress", block: bytes) -> bytes:
    """What a damaged block of gzip data still gives."""
    pieces = []
    for at in range(len(block)):
        try:
            pieces.append(unpacker.decompress(block[at : at + 1]))
        except zlib.error:
            break
    return b"".join(pieces)


def _mended(found: re.Match[str]) -> str:
    code = ord(found[0]) - ESCAPED
    if not 0x80 <= code <= 0xFF:  # noqa: PLR2004 (bytes beyond ASCII)
        return "\ufffd"
    return bytes([code]).decode("cp1252", "replace")
