"""`serve --workers 2 --with-worker`: three processes that stand and fall together."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from live import environment, free_port, wait_until_ready
from support import SECRET


class Several:
    """The parent process and where it answers."""

    def __init__(self, database_url: str, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve", "--port", str(port),
                 "--workers", "2", "--with-worker"],
                env=environment(database_url, SECRET, self.url, folder),
                stdout=output, stderr=output,
            )  # fmt: skip
        wait_until_ready(self.url, self.process, self.log)

    def worker(self) -> psutil.Process:
        """The background worker beside the web processes."""
        for _ in range(600):
            for child in psutil.Process(self.process.pid).children():
                if child.cmdline()[-1:] == ["worker"] and "worker started" in self.log.read_text():
                    return child
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def several(database_url: str, tmp_path: Path) -> Iterator[Several]:
    running = Several(database_url, tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.terminate()
    running.process.wait()


def requests_counted(url: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("rejoinder_requests_total") and "/docs" in line
    )


def test_metrics_add_up_and_stopping_is_no_failure(several: Several) -> None:
    several.worker()
    for _ in range(30):
        urllib.request.urlopen(f"{several.url}/docs", timeout=10).close()
    # A request is counted when its answer is sent, which may be after it has arrived here.
    until = time.monotonic() + 10
    while requests_counted(several.url) < 30 and time.monotonic() < until:
        time.sleep(0.05)
    assert [requests_counted(several.url) for _ in range(5)] == [30] * 5
    several.process.send_signal(signal.SIGTERM)
    assert several.process.wait(30) == 0
    assert "worker died" not in several.log.read_text()


def test_a_worker_that_dies_takes_the_others_along(several: Several) -> None:
    several.worker().kill()
    assert several.process.wait(30) == 1
    assert "worker died" in several.log.read_text()
