"""Screening imported comments beside live posting: how fast, and what it costs those who post.

`python -m tests.bench.screening`: one process serves and works (`serve --with-worker`), the load
comes from another. Each round posts twice, with nothing else to do and while comments are screened,
so that both are measured on the same machine within the same minute. The floor is posting beside a
process that touches no database: it only counts, at the priority that screening has.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from service.core import embedded
from service.core.db import connect
from tests.bench.__main__ import post_requests, running
from tests.bench.imports import command, prepared, write
from tests.bench.load import drive_paced, drive_timed
from tests.live import free_port

PACE = 20  # comments posted a second: 1.7 million a day
SECONDS = 15  # of each measurement
CONNECTIONS = 16
FULL = 2_000  # comments posted as fast as it goes
WARM = 5  # seconds in which processes load what they screen with
BAR, BAR_SLOWER = 1_000, 1.2

# At the lowest priority, through more memory than a core's cache holds.
COUNTER = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
numbers = {str(number): number for number in range(300_000)}
while True:
    sum(numbers[name] for name in numbers)
"""

QUEUE = """
    insert into unscreened (site_id, comment_id, held)
    select i.site_id, i.comment_id, false from imported i on conflict do nothing
"""


class Posted(NamedTuple):
    """One measurement: latencies in milliseconds, posts a second, screened a second."""

    p50: float
    p95: float
    rate: float
    screened: float


async def _run(url: str, *statements: str) -> int:
    conn = await connect(url)
    try:
        for statement in statements:
            await conn.execute(statement)
        return int(await conn.fetchval("select count(*) from screening"))
    finally:
        await conn.close()


def run(url: str, *statements: str) -> int:
    """Run statements; how many screenings there are then."""
    return asyncio.run(_run(url, *statements))


class Bench:
    """The server under measurement."""

    def __init__(self, url: str, port: int) -> None:
        """`url` of its database, where comments have been imported."""
        self.url = url
        self.port = port
        self._seed = 0

    def screening(self) -> None:
        """Let it screen all that was imported, again, and wait until it is at full speed."""
        before = run(self.url, "delete from screening where model is not null", QUEUE)
        while run(self.url) == before:
            time.sleep(0.2)
        time.sleep(WARM)

    def quiet(self) -> None:
        """Let it do nothing but what it is asked for."""
        run(self.url, "delete from unscreened")
        time.sleep(WARM)

    def alone(self) -> float:
        """Comments screened a second while nobody posts."""
        self.screening()
        before, began = run(self.url), time.perf_counter()
        time.sleep(SECONDS)
        return (run(self.url) - before) / (time.perf_counter() - began)

    def _posted(
        self, count: int, send: Callable[[Sequence[bytes]], tuple[list[float], float]]
    ) -> Posted:
        self._seed += 1
        requests = post_requests(count, f"live{self._seed}", 100 + self._seed)
        before = run(self.url)
        taken, seconds = send(requests)
        screened = run(self.url) - before - count
        cuts = statistics.quantiles(taken, n=20)
        return Posted(cuts[9] * 1000, cuts[18] * 1000, count / seconds, screened / seconds)

    def paced(self) -> Posted:
        """Post at a steady pace."""
        return self._posted(PACE * SECONDS, lambda r: drive_paced(self.port, r, PACE, CONNECTIONS))

    def beside_counter(self) -> Posted:
        """Post at that pace while one core counts."""
        with subprocess.Popen([sys.executable, "-c", COUNTER]) as counter:
            try:
                time.sleep(WARM)
                return self.paced()
            finally:
                counter.kill()

    def full(self) -> Posted:
        """Post as fast as it goes."""
        return self._posted(FULL, lambda r: drive_timed(self.port, r, CONNECTIONS))


def bench(folder: Path, comments: int, rounds: int, say: Console) -> None:
    """Import, then post with and without screening."""
    file = folder / "export.xml"
    write(file, comments)
    env = {"REJOINDER_DATA": str(folder), "REJOINDER_RATE_LIMITS": "off"}
    env["REJOINDER_PUBLIC_URL"] = "https://news.example"
    pairs: dict[str, list[tuple[Posted, Posted]]] = {"floor": [], "paced": [], "full": []}
    with embedded.use(folder) as url:
        subprocess.run(
            [sys.executable, "-m", "service.cli", "migrate"], env={**os.environ, **env}, check=True,
            capture_output=True,
        )  # fmt: skip
        asyncio.run(prepared(url))
        command(file, url)
        port = free_port()
        served = ["service.cli", "serve", "--with-worker", "--port", str(port)]
        with running(served, f"http://127.0.0.1:{port}", folder, **env):
            server = Bench(url, port)
            drive_timed(port, post_requests(300, "warm", 1), CONNECTIONS)
            alone = [server.alone() for _ in range(rounds)]
            for _ in range(rounds):
                for name, measure in (("paced", server.paced), ("full", server.full)):
                    server.quiet()
                    before = measure()
                    if name == "paced":
                        pairs["floor"].append((before, server.beside_counter()))
                    server.screening()
                    pairs[name].append((before, measure()))
    say.print(_table(alone, pairs))


def _table(alone: Sequence[float], pairs: dict[str, list[tuple[Posted, Posted]]]) -> Table:
    title = f"Screening beside posting, load average {os.getloadavg()[1]:.1f} (median of rounds)"
    table = Table("", "screened/s", "posted/s", "p50 ms", "p95 ms", title=title)
    table.add_row(f"nobody posts (aim ≥ {BAR:,}/s)", f"{statistics.median(alone):,.0f}", "", "", "")
    for name, both in pairs.items():
        beside = ", beside counting" if name == "floor" else ", beside screening"
        for what, side in (("", 0), (beside, 1)):
            median = [statistics.median(pair[side][at] for pair in both) for at in range(4)]
            table.add_row(
                f"{name}{what}", f"{median[3]:,.0f}", f"{median[2]:,.0f}", f"{median[0]:.1f}",
                f"{median[1]:.1f}",
            )  # fmt: skip
        ratios = [statistics.median(pair[1][at] / pair[0][at] for pair in both) for at in range(3)]
        table.add_row(
            f"  ratio (aim ≤ {BAR_SLOWER})", "", f"{ratios[2]:.2f}", f"{ratios[0]:.2f}",
            f"{ratios[1]:.2f}",
        )  # fmt: skip
    return table


def main() -> None:
    """Measure, in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), given.comments, given.rounds, Console())
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)


if __name__ == "__main__":
    main()
