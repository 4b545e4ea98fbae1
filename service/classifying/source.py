"""A file or standard input as numbered lines: unpacked, decoded, with what can't be read named."""

import codecs
import gzip
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from service.classifying.types import Bad, FileError

# Characters of one line. More is a file without line ends, or a quotation mark never closed, and
# memory must not depend on a file's mistakes.
LONGEST = 1 << 24
PACKED = b"\x1f\x8b"
BLOCK = 1 << 16

# No encoding of texts has this character, so that it can stand for bytes that aren't in it.
MARK = "\udcff"
_ODD = re.compile("[\ud800-\udfff]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return MARK, error.end
    raise error


codecs.register_error("rejoinder.mark", _mark)


class Counted(io.RawIOBase):
    """The bytes of a stream, how many of them were read, and whether they begin as gzip does."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the first two bytes; waits for them on a pipe."""
        self._stream = stream
        self._head = b""
        while len(self._head) < len(PACKED) and (more := stream.read(1)):
            self._head += more
        self.packed = self._head == PACKED
        self.count = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]  # typeshed's Buffer is 3.12's
        """Fill a buffer from the stream."""
        if self._head:
            taken = self._head[: len(buffer)]
            self._head = self._head[len(taken) :]
        else:
            read = self._stream.read(len(buffer))
            if read is None:
                # An end that is none would leave texts out silently.
                raise BlockingIOError("the input doesn't wait for data (it is non-blocking)")
            taken = read
        buffer[: len(taken)] = taken
        self.count += len(taken)
        return len(taken)


class Source:
    """The lines of a file, or of standard input, in one encoding."""

    def __init__(self, file: Path | None, encoding: str, *, replace: bool = False) -> None:
        """Open it; raises FileError where there is no such encoding, OSError."""
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise FileError(f"There is no encoding {encoding}.") from None
        if file is None and sys.stdin is None:
            raise FileError("Standard input is closed.")
        # Unbuffered, as what is counted is buffered here.
        self._stream = cast(
            "BinaryIO",
            open(0, "rb", buffering=0, closefd=False) if file is None else file.open("rb", 0),  # noqa: SIM115 (closed by close)
        )
        about = os.fstat(self._stream.fileno())
        self.size = about.st_size if stat.S_ISREG(about.st_mode) else None
        self._counted = Counted(self._stream)
        self._encoding = encoding
        self._errors = "replace" if replace else "rejoinder.mark"
        self.line = 0
        self._fault: Bad | None = None

    @property
    def read(self) -> int:
        """How many bytes of the file were read, packed as they are."""
        return self._counted.count

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._stream.close()

    def take_fault(self) -> Bad | None:
        """What was wrong with a line since this was last asked."""
        fault, self._fault = self._fault, None
        return fault

    def lines(self, newline: str) -> Iterator[str]:
        """Lines with their ends; `newline` as `io.TextIOWrapper` takes it.

        A line that is malformed, or cut because it is too long, is a fault and comes all the same.
        Raises FileError where nothing can be read from here on.
        """
        raw: io.BufferedIOBase = io.BufferedReader(self._counted, BLOCK)
        if self._counted.packed:
            raw = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=raw)), BLOCK)
        try:
            text = io.TextIOWrapper(
                cast("BinaryIO", raw), self._encoding, self._errors, newline=newline
            )
        except LookupError:
            raise FileError(f"{self._encoding} is no encoding of texts.") from None
        try:
            for line in iter(partial(text.readline, LONGEST), ""):
                self.line += 1
                first = line.removeprefix("\ufeff") if self.line == 1 else line
                if len(line) == LONGEST and not line.endswith(("\n", "\r")):
                    self._drain(text)
                    self._fault = Bad(self.line, f"more than {LONGEST:,} characters in one line")
                elif not line.isascii() and (odd := _ODD.search(line)):
                    self._fault = Bad(self.line, self._malformed(odd.start()))
                yield first
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileError(f"after line {self.line}: the gzip data is broken: {error}") from None
        except UnicodeError as error:
            raise FileError(f"line {self.line + 1}: {error}") from None

    def _malformed(self, at: int) -> str:
        return (
            f"character {at + 1} is malformed: not in the encoding {self._encoding}; "
            "--encoding names another"
        )

    @staticmethod
    def _drain(text: io.TextIOWrapper) -> None:
        while (more := text.readline(LONGEST)) and not more.endswith(("\n", "\r")):
            pass
