"""Score a file: read, score and write in step, so that memory doesn't grow with it."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from rich.console import Console

from service.classifying.formats import lines_in
from service.classifying.progress import shown
from service.classifying.rows import Rows
from service.classifying.source import Source
from service.classifying.target import new_file, standard_output
from service.classifying.types import Bad, FileError, Reading, Row, Writing
from service.screening.batches import By, score_in_order

TEXTS = 256  # at once
CHARACTERS = 200_000  # at once; half a second of work
TOLD = 5  # bad records that are named


class Scoring(msgspec.Struct, frozen=True):
    """What to score by, in how many processes, and whether a bad record ends it."""

    by: By
    jobs: int = 1
    skip_bad: bool = False


class Outcome(msgspec.Struct):
    """What became of a file. `model` is None where there was no text."""

    texts: int = 0
    seconds: float = 0.0
    model: str | None = None
    bad: int = 0
    first_bad: list[Bad] = []


class _Read(NamedTuple):
    """Records of one batch, and how many bytes were read when it was full."""

    rows: list[Row]
    read: int


def run(reading: Reading, writing: Writing, scoring: Scoring, say: Console) -> Outcome:
    """Score every text and write the answer in the file's order.

    Raises FileError, ScoringError, ReaderGone, OSError; an output file isn't there then.
    """
    outcome = Outcome()
    started = time.perf_counter()
    # A bar amid the lines of an answer could be read by nobody.
    crowded = writing.file is None and sys.stdout is not None and sys.stdout.isatty()
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(
            contextlib.closing(Source(reading.file, reading.encoding, replace=reading.replace))
        )
        output = stack.enter_context(
            standard_output()
            if writing.file is None
            else new_file(writing.file, force=writing.force)
        )
        tell = stack.enter_context(shown(say, source.size, disable=crowded))
        rows = Rows(source, reading)
        lines = lines_in(writing)
        batches = _batches(_good(rows, outcome, skip=scoring.skip_bad), source)
        scored = score_in_order(batches, scoring.by, scoring.jobs)
        stack.enter_context(contextlib.closing(scored))
        for batch, (model, answers) in scored:
            if not outcome.texts:
                output.write(
                    lines.begin(rows.columns or [name for name, _ in batch.rows[0].fields])
                )
            for row, answer in zip(batch.rows, answers, strict=True):
                output.write(lines.render(row, answer))
            outcome.model = model
            outcome.texts += len(batch.rows)
            tell(outcome.texts, batch.read)
        if not outcome.texts:
            output.write(lines.begin(rows.columns))
    outcome.seconds = time.perf_counter() - started
    return outcome


def _good(rows: Iterable[Row | Bad], outcome: Outcome, *, skip: bool) -> Iterator[Row]:
    """The rows; what is bad is counted, or raised as FileError."""
    for row in rows:
        if isinstance(row, Row):
            yield row
        elif not skip:
            raise FileError(f"line {row.line}: {row.why}. (--skip-bad leaves such records out.)")
        else:
            outcome.bad += 1
            if len(outcome.first_bad) < TOLD:
                outcome.first_bad.append(row)


def _batches(rows: Iterable[Row], source: Source) -> Iterator[tuple[_Read, list[str]]]:
    batch: list[Row] = []
    length = 0
    for row in rows:
        batch.append(row)
        length += len(row.text)
        if len(batch) == TEXTS or length >= CHARACTERS:
            yield _Read(batch, source.read), [one.text for one in batch]
            batch, length = [], 0
    if batch:
        yield _Read(batch, source.read), [one.text for one in batch]
