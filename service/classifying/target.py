"""Where the answer goes: a file that is there when it is whole, or standard output."""

import contextlib
import gzip
import io
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from service.classifying.types import FileError, OutputFormat

LEVEL = 6  # of gzip


class ReaderGone(Exception):  # noqa: N818 (no fault of anybody: `| head` has seen enough)
    """Whoever reads our standard output has closed it."""


def format_to(file: Path | None) -> OutputFormat:
    """What an output's name asks for: CSV where it says so, else JSON Lines."""
    suffixes = [suffix.lower() for suffix in file.suffixes] if file else []
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return "csv" if suffixes[-1:] in ([".csv"], [".tsv"]) else "jsonl"


@contextlib.contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output; raises ReaderGone once nobody reads it any more."""
    if sys.stdout is None:
        raise FileError("Standard output is closed.")
    output = sys.stdout.buffer
    try:
        yield cast("BinaryIO", output)
        output.flush()
    except BrokenPipeError:
        # Python flushes at its end, too, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ReaderGone from None


@contextlib.contextmanager
def new_file(file: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file that appears under its name when the block has ended well, else not at all.

    Packed where the name ends in .gz. Raises FileError where the name is taken, unless `force`.
    """
    if file.exists() and not file.is_file():
        # A device or a pipe: there is nothing to replace, and a folder refuses.
        with file.open("wb") as output:
            yield output
        return
    # The file that a link names is replaced, not the link.
    target = file.resolve()
    if target.exists() and not force:
        raise FileError(f"{file} is there already; --force replaces it.")
    part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as output:
            if target.suffix == ".gz":
                with _packed(output) as packed:
                    yield packed
            else:
                yield output
            output.flush()
            os.fsync(output.fileno())
        _rename(part, target, force=force)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _packed(output: BinaryIO) -> Iterator[BinaryIO]:
    # Neither name nor time are in it: the same texts make the same bytes.
    with (
        gzip.GzipFile("", "wb", LEVEL, output, mtime=0) as packed,
        io.BufferedWriter(cast("io.RawIOBase", packed), 1 << 16) as buffered,
    ):
        yield cast("BinaryIO", buffered)


def _rename(part: Path, target: Path, *, force: bool) -> None:
    if force or not target.exists():
        part.replace(target)
        return
    # Hours of work aren't thrown away because somebody else took the name meanwhile.
    spare = target.with_name(f"{part.name.removeprefix('.').removesuffix('.part')}")
    part.replace(spare)
    raise FileError(f"{target} was made meanwhile; what was written is in {spare}.")
