"""`rejoinder classify` over a file: texts a second and peak memory, beside the bare model.

`python -m tests.bench.classify` scores 100,000 texts, with `--million` a million as well. The rate
of the command is of its whole run, start and loading included. Peak memory is what all of its
processes hold together, looked at ten times a second; pages that they share count in each.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from classifiers import load
from tests.bench.prose import text

LINES, MILLION = 100_000, 1_000_000
BARE = 5_000
JOBS = (1, 2)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command: seconds, and bytes at the peak."""

    seconds: float
    peak: int


def write(file: Path, lines: int) -> list[str]:
    """A CSV of so many comments; answers the first of them."""
    random_ = random.Random(11)  # noqa: S311 (no secret)
    first = []
    with file.open("w", encoding="utf-8", newline="") as output:
        rows = csv.writer(output)
        rows.writerow(["id", "comment"])
        for number in range(lines):
            comment = text(random_)
            rows.writerow([number, comment])
            if number < BARE:
                first.append(comment)
    return first


def bare(texts: list[str]) -> float:
    """Texts a second of the model alone, in one call."""
    model = load()
    model.score(texts[:200])
    started = time.perf_counter()
    model.score(texts)
    return len(texts) / (time.perf_counter() - started)


def held(process: psutil.Process) -> int:
    """Resident bytes of a process and all below it."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # it ended between being listed and being asked
    return total


def command(file: Path, jobs: int) -> Run:
    """Run the command, to the end."""
    target = file.with_suffix(".jsonl")
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "service.cli", "classify", str(file), "--jobs", str(jobs),
         "--output", str(target), "--force"],
        stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        process, peak = psutil.Process(running.pid), 0
        while running.poll() is None:
            peak = max(peak, held(process))
            time.sleep(0.1)
        seconds = time.perf_counter() - started
    if running.returncode:
        raise RuntimeError(f"the command ended with {running.returncode}")
    return Run(seconds, peak)


def bench(folder: Path, sizes: list[int], say: Console) -> None:
    """Measure and print the table."""
    table = Table(title="rejoinder classify, a CSV of comments of 270 characters")
    for name in ("Texts", "Jobs", "A second", "Of the bare model's", "Peak memory"):
        table.add_column(name, justify="right")
    for lines in sizes:
        file = folder / f"{lines}.csv"
        alone = bare(write(file, lines))
        table.add_row(f"{BARE:,}", "bare model", f"{alone:,.0f}", "1.00", "")
        for jobs in JOBS:
            run = command(file, jobs)
            rate = lines / run.seconds
            table.add_row(
                f"{lines:,}",
                str(jobs),
                f"{rate:,.0f}",
                f"{rate / alone:.2f}",
                f"{run.peak / 1_000_000:,.0f} MB",
            )
    say.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure `rejoinder classify`.")
    parser.add_argument("--million", action="store_true", help="also with a million texts")
    sizes = [LINES, MILLION] if parser.parse_args().million else [LINES]
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), sizes, Console())
