"""What importing costs: comments a second and peak memory, beside a bare COPY of the same rows.

`python -m tests.bench.imports` takes 100,000 comments; `--comments 1000000` is the figure that the
bar is about; `tests.bench.screening` measures what the worker does then. `--format json` takes an
export of ours, with readers and decisions. The floor copies the finished rows into a table with the
same columns and indexes.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from service.articles.actions import add_site
from service.core import embedded
from service.core.db import connect
from service.core.migrating import migrate
from tests.bench.dropin import comments as prose
from tests.exports import item, wp_comment

SECRET = "a secret of measurements, long enough"
POST = 50  # comments of an article
BAR = 1_000_000 / (15 * 60)  # comments a second
BAR_MEMORY = 300  # MB
COLUMNS = (
    "site_id", "id", "article_id", "root_id", "parent_id", "depth", "reader_id", "author_name",
    "website", "body", "html", "status", "reason", "risk", "likes", "reply_count", "created_at",
    "reviewed",
)  # fmt: skip


class Run(NamedTuple):
    """One command: seconds, and the most memory that it held, in MB."""

    seconds: float
    peak: float


def write(file: Path, count: int) -> None:
    """An export of so many comments, two thirds of them replies, by one reader in ten."""
    random_ = random.Random(7)  # noqa: S311 (no secret)
    texts = prose(5_000)
    with file.open("w") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?><rss xmlns:wp="w"><channel>')
        for post in range(count // POST):
            first = post * POST + 1
            out.write(item(post + 1, *(
                wp_comment(
                    number,
                    f"{random_.choice(texts)} <b>{number}</b>",
                    parent=random_.randrange(first, number) if number > first and n % 3 else 0,
                    date=f"20{10 + post % 15}-0{1 + n % 9}-11 12:{n:02}:{post % 60:02}",
                    email=f"reader{random_.randrange(count // 10 + 1)}@reader.example",
                )
                for n, number in enumerate(range(first, first + POST))
            )))  # fmt: skip
        out.write("</channel></rss>")


def lines(count: int) -> Iterator[dict[str, object]]:
    """An export of ours of as many, each decided once after it was posted."""
    random_ = random.Random(7)  # noqa: S311 (no secret)
    texts = prose(5_000)
    at = datetime(2020, 1, 1, tzinfo=UTC)
    readers = count // 10 + 1
    yield {"type": "header", "format": "rejoinder", "version": 1, "site": "old", "name": "Old",
           "exported_at": at, "push_key": None, "articles": None, "since": None}  # fmt: skip
    for post in range(count // POST):
        yield {"type": "article", "key": str(post), "url": f"https://news.example/{post}/",
               "title": f"Post {post}", "summary": None, "image": None, "section": None,
               "tags": [], "published_at": at, "open": True, "mode": None, "slow_mode": None,
               "support": None, "keys": [], "urls": [], "image_credit": None}  # fmt: skip
    for number in range(readers):
        yield {"type": "reader", "id": UUID(int=number), "name": f"Reader {number}",
               "email": f"reader{number}@reader.example", "subject": None, "contact": None,
               "confirmed_at": None, "created_at": at}  # fmt: skip
    for number in range(count):
        first = number // POST * POST
        parent = random_.randrange(first, number) if number > first and number % 3 else None
        yield {"type": "comment", "id": UUID(int=number + (1 << 64)),
               "article": str(number // POST),
               "parent": parent if parent is None else UUID(int=parent + (1 << 64)),
               "reader": UUID(int=random_.randrange(readers)), "name": "A reader", "badge": None,
               "website": None, "body": random_.choice(texts),
               "html": f"<p>A <strong>{number}</strong></p>", "status": "published",
               "reason": None, "version": 2, "reviewed": True, "risk": 0.1, "likes": 1,
               "created_at": at + timedelta(seconds=number), "edited_at": None, "sources": [],
               "notify": False}  # fmt: skip
    for number in range(count * 2):
        comment, version = divmod(number, 2)
        yield {"type": "decision", "id": UUID(int=number + (2 << 64)),
               "comment": UUID(int=comment + (1 << 64)), "actor": "moderator" if version else
               "machine", "moderator": "Eve" if version else None,
               "from": "held" if version else None, "to": "published" if version else "held",
               "version": version + 1, "reason": None, "note": None,
               "at": at + timedelta(seconds=comment + version)}  # fmt: skip
    yield {"type": "end", "lines": count // POST + readers + count * 3 + 1}


def write_export(file: Path, count: int) -> None:
    """Write them."""
    with file.open("wb") as out:
        out.writelines(msgspec.json.encode(line) + b"\n" for line in lines(count))


WRITERS = {"wordpress": write, "json": write_export}


def command(format_: str, file: Path, url: str) -> Run:
    """The import as a command, in a process of its own."""
    began, peak = time.perf_counter(), 0
    process = psutil.Popen(
        [sys.executable, "-m", "service.cli", "import", format_, str(file), "--site",
         "default"],
        env={"DATABASE_URL": url, "REJOINDER_SECRET": SECRET}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    if process.wait():
        raise SystemExit(f"The import ended with {process.returncode}")
    return Run(time.perf_counter() - began, peak / 1e6)


async def floor(url: str, folder: Path) -> float:
    """Seconds of copying the same rows into a table like theirs."""
    conn = await connect(url)
    try:
        rows = folder / "rows"
        await conn.copy_from_query(
            f"select {', '.join(COLUMNS)} from comment",
            output=rows,
            format="binary",
        )
        await conn.execute("create table bare (like comment including all)")
        began = time.perf_counter()
        await conn.copy_to_table("bare", source=rows, columns=COLUMNS, format="binary")
        return time.perf_counter() - began
    finally:
        await conn.close()


async def prepared(url: str) -> None:
    """A site to import into."""
    conn = await connect(url)
    await add_site(conn, "default", "Bench", ["https://news.example"])
    await conn.close()


def bench(folder: Path, format_: str, count: int, say: Console) -> None:
    """Import, import again, and copy."""
    file = folder / "export"
    WRITERS[format_](file, count)
    with embedded.use(folder / "data") as url:
        migrate(url)
        asyncio.run(prepared(url))
        first, again = command(format_, file, url), command(format_, file, url)
        bare = asyncio.run(floor(url, folder))
    title = f"Importing {count:,} comments ({file.stat().st_size / 1e6:,.0f} MB of {format_})"
    table = Table("", "seconds", "comments/s", "of bare COPY", "peak MB", "aim", title=title)
    for what, run, aim in (
        ("import", first, f"≥ {BAR:,.0f}/s, ≤ {BAR_MEMORY} MB"),
        ("the same again: all is there", again, ""),
    ):
        table.add_row(what, f"{run.seconds:.1f}", f"{count / run.seconds:,.0f}",
                      f"{run.seconds / bare:.1f} x", f"{run.peak:.0f}", aim)  # fmt: skip
    table.add_row(
        "bare COPY, the same indexes", f"{bare:.1f}", f"{count / bare:,.0f}", "1 x", "", ""
    )
    say.print(table)


def main() -> None:
    """Measure, in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--format", choices=WRITERS, default="wordpress")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as folder:
        bench(Path(folder), given.format, given.comments, Console())


if __name__ == "__main__":
    main()
