"""`make bench`: CPU of reading and posting against the floor of the same run; the classifier."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from service.core import embedded
from tests.bench.load import drive, http, measure
from tests.bench.prose import text
from tests.bench.scoring import classifier
from tests.live import free_port

READS = 20_000
POSTS = 2_000
ROUNDS = 3
COMMENTS = 100


@contextmanager
def running(command: list[str], url: str, folder: Path, **env: str) -> Iterator[psutil.Process]:
    """A server process that answers at `url`."""
    log = folder / f"log-{url.rsplit(':', 1)[1]}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **env},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(url, timeout=1).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError(log.read_text())
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def comment(random_: random.Random, number: int) -> bytes:
    """A new comment as the form sends it."""
    return json.dumps(
        {
            "name": f"Reader {number}",
            "email": f"reader{number}@readers.example",
            "body": text(random_),
            "article": {"url": "https://news.example/bench", "title": "Bench"},
        }
    ).encode()


def post_requests(count: int, article: str, seed: int) -> list[bytes]:
    """Ready requests for `count` different comments."""
    random_ = random.Random(seed)  # noqa: S311 (no secret)
    path = f"/v1/sites/default/articles/{article}/comments"
    return [
        http(
            "POST",
            path,
            comment(random_, seed * 1_000_000 + n),
            "Content-Type: application/json\r\n",
        )
        for n in range(count)
    ]


def bench(folder: Path, say: Console) -> None:
    """Measure everything and print the tables."""
    env = {"REJOINDER_DATA": str(folder), "REJOINDER_RATE_LIMITS": "off"}
    env["REJOINDER_PUBLIC_URL"] = "https://news.example"
    table = Table(title="CPU of the servers, microseconds a request (median of 3)")
    for name in ("What", "Rejoinder", "Floor", "Ratio", "Aim", "p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name == "What" else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with embedded.use(folder) as url, Progress(*columns, console=say, transient=True) as progress:
        task = progress.add_task("Starting …")
        port, floor_port = free_port(), free_port()
        base = f"http://127.0.0.1:{port}"
        subprocess.run(
            [sys.executable, "-m", "service.cli", "sites", "add", "default", "--origin",
             "https://news.example"], env={**os.environ, **env}, check=True, capture_output=True,
        )  # fmt: skip
        postmaster = psutil.Process(embedded.Cluster(folder).postmaster())
        with running(["service.cli", "serve", "--port", str(port)], base, folder, **env) as server:
            progress.update(task, description="Reading a thread of 100 comments …")
            table.add_row(*read_thread(port, floor_port, folder, server))
            progress.update(task, description="Posting comments …")
            table.add_row(*post_comments(port, floor_port, folder, url, server, postmaster))
    say.print(table)
    classifier(say)


def read_thread(port: int, floor_port: int, folder: Path, server: psutil.Process) -> list[str]:
    """A thread of 100 comments against the same bytes, ready made."""
    drive(port, post_requests(COMMENTS, "bench", 1))
    path = "/v1/sites/default/articles/bench/comments?limit=100"
    body = folder / "thread.json"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        body.write_bytes(answer.read())
    floor_command = ["tests.bench.floors", "read", str(body), str(floor_port)]
    ours, floors, latencies = [], [], []
    with running(floor_command, f"http://127.0.0.1:{floor_port}", folder) as floor:
        for _ in range(ROUNDS):
            floors.append(measure(floor_port, [http("GET", "/")] * READS, lambda: [floor])[0])
            cost, taken = measure(port, [http("GET", path)] * READS, lambda: [server])
            ours.append(cost)
            latencies += taken
    size = body.stat().st_size // 1024
    return row(f"read a thread of {COMMENTS} ({size} KB)", ours, floors, "1.6", latencies)


def post_comments(
    port: int,
    floor_port: int,
    folder: Path,
    url: str,
    server: psutil.Process,
    postmaster: psutil.Process,
) -> list[str]:
    """A comment, screened and committed, against one bare insert; PostgreSQL's CPU included."""
    ours, floors, latencies = [], [], []
    floor_command = ["tests.bench.floors", "post", url, str(floor_port)]
    with running(floor_command, f"http://127.0.0.1:{floor_port}", folder) as floor:
        for number in range(ROUNDS):
            bodies = post_requests(POSTS, "posts", 10 + number)
            plain = [b"POST / " + b.split(b" ", 2)[2] for b in bodies]
            floors.append(measure(floor_port, plain, lambda: [floor, postmaster], 8)[0])
            fresh = post_requests(POSTS, "posts", 20 + number)
            cost, taken = measure(port, fresh, lambda: [server, postmaster], 8)
            ours.append(cost)
            latencies += taken
    return row("post a comment of 270 characters", ours, floors, "(6000 µs)", latencies)


def row(
    what: str, ours: list[float], floors: list[float], aim: str, seconds: list[float]
) -> list[str]:
    """One line of the table."""
    cost, floor = statistics.median(ours), statistics.median(floors)
    cuts = statistics.quantiles(seconds, n=100)
    return [
        what, f"{cost:.0f}", f"{floor:.0f}", f"{cost / floor:.2f}", aim,
        f"{1000 * cuts[49]:.1f}", f"{1000 * cuts[98]:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console())
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)
