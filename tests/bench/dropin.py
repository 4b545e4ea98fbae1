"""What other systems' calls cost: Perspective's `comments:analyze`, and `POST /v1/classify`.

`python -m tests.bench.dropin` measures this alone: one server process, the load from another.
The floor of a request is the classifier's own work on its text, with nothing else to do.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from classifiers import Model, load
from service.core import embedded
from tests.bench.__main__ import running
from tests.bench.load import cpu_seconds, drive, drive_timed, http
from tests.live import free_port

SIX = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
LENGTH = 270  # characters: a reader's comment
REQUESTS, CONNECTIONS, ROUNDS = 6_000, 64, 3
BATCHES, BATCH = 12, 1000
QUOTA_BEFORE = 1  # requests a second that the service which is replaced gave


def comments(count: int) -> list[str]:
    """Ordinary comments of about 270 characters: our own examples, put together anew."""
    source = files("classifiers").joinpath("examples", "comments.jsonl").read_text("utf-8")
    lines = [json.loads(line)["text"] for line in source.splitlines()]
    random_ = random.Random(11)  # noqa: S311 (no secret)
    made = []
    for _ in range(count):
        text = ""
        while len(text) < LENGTH:
            text += random_.choice(lines) + " "
        made.append(text[:LENGTH].rsplit(" ", 1)[0])
    return made


def analyze_requests(texts: Sequence[str], key: str) -> list[bytes]:
    """Ready requests, six attributes each."""
    attributes = {name: {} for name in SIX}
    path = f"/v1alpha1/comments:analyze?key={key}"
    return [
        http("POST", path, json.dumps(
            {"comment": {"text": text}, "requestedAttributes": attributes, "doNotStore": True}
        ).encode(), "Content-Type: application/json\r\n")
        for text in texts
    ]  # fmt: skip


def classify_requests(texts: Sequence[str], key: str) -> list[bytes]:
    """Ready requests, a thousand texts each."""
    headers = f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return [
        http("POST", "/v1/classify", json.dumps({"texts": texts[at : at + BATCH]}).encode(),
             headers)
        for at in range(0, len(texts), BATCH)
    ]  # fmt: skip


def floor(model: Model, texts: Sequence[str]) -> float:
    """Microseconds of the classifier alone, one text at a time."""
    started = time.thread_time()
    for text in texts:
        model.score([text])
    return (time.thread_time() - started) / len(texts) * 1e6


class Round:
    """One measurement: CPU microseconds a piece, pieces a second, and latencies in seconds."""

    def __init__(
        self, port: int, requests: Sequence[bytes], pieces: int, connections: int,
        processes: Callable[[], list[psutil.Process]],
    ) -> None:  # fmt: skip
        before = cpu_seconds(processes())
        self.taken, seconds = drive_timed(port, requests, connections)
        self.cost = (cpu_seconds(processes()) - before) / pieces * 1e6
        self.rate = pieces / seconds
        self.cuts = statistics.quantiles(self.taken, n=100)


def row(what: str, rounds: Sequence[Round], floors: Sequence[float], aim: str) -> list[str]:
    """One line of the table, of medians."""
    cost = statistics.median(one.cost for one in rounds)
    least = statistics.median(floors)
    return [
        what,
        f"{cost:.0f}",
        f"{least:.0f}",
        f"{cost / least:.2f}",
        f"{1e6 / cost:.0f}",
        f"{statistics.median(one.rate for one in rounds):.0f}",
        f"{1000 * statistics.median(one.cuts[49] for one in rounds):.0f}",
        f"{1000 * statistics.median(one.cuts[98] for one in rounds):.0f}",
        aim,
    ]


def bench(folder: Path, say: Console) -> None:
    """Measure both and print the table."""
    env = {"REJOINDER_DATA": str(folder), "REJOINDER_PUBLIC_URL": "https://news.example"}
    command = [sys.executable, "-m", "service.cli"]
    table = Table(title="Other systems' calls, one server process (median of 3)")
    for name in (
        "What", "µs CPU", "classifier's", "Ratio", "a CPU-second", "a second", "p50 ms", "p99 ms",
        "Aim",
    ):  # fmt: skip
        table.add_column(name, justify="left" if name in {"What", "Aim"} else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with embedded.use(folder), Progress(*columns, console=say, transient=True) as progress:
        task = progress.add_task("Starting …")
        add = ["sites", "add", "default", "--origin", "https://news.example"]
        whole = {**os.environ, **env}
        subprocess.run([*command, *add], env=whole, check=True, capture_output=True)
        made = subprocess.run(
            [*command, "keys", "create", "--site", "default"],
            env=whole, check=True, capture_output=True, text=True,
        )  # fmt: skip
        key, port = made.stdout.strip(), free_port()
        model, texts = load(), comments(max(REQUESTS, BATCHES * BATCH))
        floor(model, texts[:1000])
        postmaster = psutil.Process(embedded.Cluster(folder).postmaster())
        serve = ["service.cli", "serve", "--port", str(port)]
        with running(serve, f"http://127.0.0.1:{port}", folder, **env) as server:
            for what, requests, pieces, connections, aim in (
                ("comments:analyze, six attributes", analyze_requests(texts[:REQUESTS], key),
                 REQUESTS, CONNECTIONS, "≥ 700 a second, p99 ≤ 200 ms, ≤ 1300 µs"),
                ("/v1/classify, a text", classify_requests(texts[: BATCHES * BATCH], key),
                 BATCHES * BATCH, 2, "≥ 1800 texts a CPU-second"),
            ):  # fmt: skip
                progress.update(task, description=f"{what} …")
                drive(port, requests[: len(requests) // 5 or 1], connections)
                rounds, floors = [], []
                for _ in range(ROUNDS):
                    floors.append(floor(model, texts[:2000]))
                    rounds.append(
                        Round(port, requests, pieces, connections, lambda: [server, postmaster])
                    )
                table.add_row(*row(what, rounds, floors, aim))
    say.print(table)
    say.print(f"The service that is replaced gave {QUOTA_BEFORE} request a second.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console(width=160))
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)
