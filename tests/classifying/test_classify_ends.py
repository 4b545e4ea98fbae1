"""How `rejoinder classify` ends before its time, and that it holds no more for a larger file."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from classified import COMMAND, ENV

DEADLINE = 600  # polls of a tenth of a second, for a machine that does much else


def wait_until(met: Callable[[], object]) -> None:
    for _ in range(DEADLINE):
        if met():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to pass")


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that takes minutes."""
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8") as output:
        output.write("id,comment\n")
        for number in range(200_000):
            output.write(f"{number},Number {number} asks who pays for the ferry and the bridge.\n")
    return file


@contextlib.contextmanager
def at_work(folder: Path, file: Path, jobs: int) -> Iterator[subprocess.Popen[bytes]]:
    """The command, in a group of its own, once it has written some of its answer."""
    with subprocess.Popen(
        [*COMMAND, str(file), "--jobs", str(jobs), "--output", str(folder / "out.jsonl")],
        stderr=subprocess.PIPE, env=ENV, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            wait_until(lambda: any(part.stat().st_size for part in folder.glob(".*.part")))
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def scorers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that score for it."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [one for one in below if "--multiprocessing-fork" in one.cmdline()]


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_has_seen_enough_ends_it_quietly(endless: Path, jobs: str) -> None:
    with subprocess.Popen(
        [*COMMAND, str(endless), "--jobs", jobs],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["text"].startswith("Number 0 ")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 128 + signal.SIGPIPE


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_nothing_left(
    tmp_path: Path, endless: Path, jobs: int, number: signal.Signals
) -> None:
    with at_work(tmp_path, endless, jobs) as process:
        below = scorers(process)
        assert len(below) == (jobs if jobs > 1 else 0)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        _, said = process.communicate()
    assert process.returncode == 128 + number, said
    assert b"Traceback" not in said
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
    wait_until(lambda: gone(below))


def test_a_scoring_process_that_dies_is_said_and_nothing_is_left(
    tmp_path: Path, endless: Path
) -> None:
    with at_work(tmp_path, endless, 2) as process:
        below = scorers(process)
        below[0].kill()
        _, said = process.communicate()
    assert process.returncode == 1
    assert b"A scoring process died" in said
    assert b"Traceback" not in said
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
    wait_until(lambda: gone(below))


def test_scoring_processes_outlive_no_killed_parent(tmp_path: Path, endless: Path) -> None:
    with at_work(tmp_path, endless, 2) as process:
        below = scorers(process)
        process.kill()
        process.communicate()
    assert len(below) == 2
    wait_until(lambda: gone(below))


def peak(lines: int) -> int:
    """Bytes resident at the most while so many different lines are scored."""
    with subprocess.Popen(
        [*COMMAND, "--keep"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=ENV,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        for number in range(lines):
            process.stdin.write(b"Number %d pays.\n" % number)
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024


def test_memory_does_not_grow_with_the_file() -> None:
    # What is kept of 40,000 scored lines, if it is, takes 40 MB and more.
    assert peak(40_000) - peak(2_000) < 25_000_000
