"""Files of texts, as the reader of them and the command take them."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forked import run_command

from service.classifying.rows import Rows
from service.classifying.source import Source
from service.classifying.types import Bad, Format, Reading, Row

COMMAND = [sys.executable, "-m", "service.cli", "classify"]
ENV = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("REJOINDER_", "DATABASE_URL"))},
    "COLUMNS": "80",
}


def classify(
    *words: str | Path, stdin: bytes = b"", **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        input=stdin,
        capture_output=True,
        check=False,
        env={**ENV, **env},
    )


def refused(*words: str, stdin: bytes, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The same without loading what it would score with, which what is wrong doesn't need."""
    return run_command("classify", *words, env={**ENV, **env}, stdin=stdin)


def read(file: Path, kind: Format = "csv", **options: Any) -> list[Row | Bad]:
    reading = Reading(file, kind, **options)
    with contextlib.closing(Source(file, reading.encoding, replace=reading.replace)) as source:
        return list(Rows(source, reading))


def texts(rows: Sequence[Row | Bad]) -> list[str]:
    assert all(isinstance(row, Row) for row in rows), rows
    return [row.text for row in rows if isinstance(row, Row)]


def faults(rows: Sequence[Row | Bad]) -> list[tuple[int, str]]:
    return [(row.line, row.why) for row in rows if isinstance(row, Bad)]


def written(folder: Path, content: bytes, name: str = "file") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file
