"""`rejoinder replay`: real comments from a file, through the HTTP API, into tables."""

import asyncio
import gzip
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import altcha
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


class Line(msgspec.Struct, frozen=True):
    """One line of the file; other fields are passed over."""

    text: str
    name: str | None = None
    email: str | None = None
    article: str | None = None


class Replay(msgspec.Struct, frozen=True):
    """What to send where."""

    file: Path
    url: str
    site: str
    article: str
    page: str
    concurrency: int
    limit: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of one line: a comment's status, `refused` by the API, or `unreadable`."""

    status: str
    reason: str
    seconds: float | None


def read_lines(file: Path) -> Iterator[bytes]:
    """The lines, unpacked where the file is gzip, whatever it is called."""
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        lines: Iterable[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw
        yield from (line for line in lines if line.strip())


async def run(wanted: Replay, say: Console) -> bool:
    """Send every line, show progress, then the tables. False where nothing could be sent."""
    try:
        lines = [
            line for _, line in zip(range(wanted.limit), read_lines(wanted.file), strict=False)
        ]
    except (OSError, EOFError) as error:
        say.print(f"[red]{wanted.file}: {error}[/red]")
        return False
    queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
    for numbered in enumerate(lines, 1):
        queue.put_nowait(numbered)
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        with Progress(*columns, console=say) as progress:
            task = progress.add_task("Sending", total=len(lines))

            async def work() -> None:
                while not queue.empty():
                    number, line = queue.get_nowait()
                    outcomes.append(await _send(session, wanted, number, line))
                    progress.advance(task)

            await asyncio.gather(*(work() for _ in range(wanted.concurrency)))
    _show(outcomes, time.perf_counter() - started, say)
    return any(outcome.seconds is not None for outcome in outcomes)


async def _send(session: aiohttp.ClientSession, wanted: Replay, number: int, raw: bytes) -> Outcome:
    try:
        line = msgspec.json.decode(raw, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Outcome("unreadable", str(error)[:60], None)
    key = line.article or wanted.article
    body = {
        "name": line.name or f"Reader {number}",
        "email": line.email or f"reader{number}@replay.example",
        "body": line.text,
        "article": {"url": f"{wanted.page.rstrip('/')}/{key}", "title": key},
    }
    address = f"{wanted.url}/v1/sites/{wanted.site}/articles/{key}/comments"
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    while True:
        started = time.perf_counter()
        try:
            async with session.post(address, json=body, headers=headers) as response:
                answer: dict[str, Any] = msgspec.json.decode(await response.read())
                seconds = time.perf_counter() - started
                status, wait = response.status, response.headers.get("retry-after", "1")
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            return Outcome("failed", type(error).__name__, None)
        if status == 428 and "challenge" in answer and "proof" not in body:  # noqa: PLR2004 (Precondition Required)
            # So many comments at once are a flood to the service, and pay as one does.
            body["proof"] = await asyncio.to_thread(_solved, answer["challenge"])
        elif status == 429:  # noqa: PLR2004 (Too Many Requests)
            await asyncio.sleep(int(wait))
        else:
            break
    if status != 201:  # noqa: PLR2004 (Created)
        return Outcome("refused", f"{status} {answer.get('detail', '')}"[:80], seconds)
    comment = answer["comment"]
    return Outcome(comment["status"], comment.get("reason", ""), seconds)


def _solved(challenge: dict[str, Any]) -> str:
    given = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(given)
    return altcha.Payload(given, solution).to_base64() if solution else ""


def _show(outcomes: list[Outcome], seconds: float, say: Console) -> None:
    table = Table(title="What became of them")
    for name in ("Outcome", "Reason"):
        table.add_column(name)
    for name in ("Comments", "Share"):
        table.add_column(name, justify="right")
    for (status, reason), count in Counter((o.status, o.reason) for o in outcomes).most_common():
        table.add_row(status, reason or "-", str(count), f"{count / len(outcomes):.1%}")
    say.print(table)
    times = sorted(1000 * o.seconds for o in outcomes if o.seconds is not None)
    if len(times) > 1:
        cuts = statistics.quantiles(times, n=100)
        say.print(
            f"{len(outcomes)} comments in {seconds:.1f} s ({len(outcomes) / seconds:.0f}/s); "
            f"latency p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms"
        )
