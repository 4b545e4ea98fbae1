"""The command, in processes of its own: its report, its exit code, and being killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from exports import item, wp_comment, wxr
from forked import as_text, run_command
from support import SECRET

from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Pool

MEMORY = """
import re, sys
from pathlib import Path
from service.transfer.cleaning import cleaned
from service.transfer.reading.formats import READERS
from service.transfer.reading.input import Input
from service.transfer.spool_store import open_spool
from service.transfer.types import Notes, SourceArticle

notes = Notes()
with open_spool(notes) as spool:
    for line, what in READERS["wordpress"](Input(Path(sys.argv[1]), notes), notes):
        if isinstance(what, SourceArticle):
            spool.add_article(line, what)
        else:
            spool.add_comment(line, cleaned(line, what, notes))
    spool.place()
    read = sum(len(batch) for batch in spool.batches())
# Not ru_maxrss, which begins with the size of whatever process started this one.
print(read, re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.fixture
async def courier(pool: Pool) -> Site:
    async with pool.acquire() as conn:
        return await articles.add_site(conn, "default", "The Courier", ["https://news.example"])


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "REJOINDER_SECRET": SECRET}


async def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return as_text(await asyncio.to_thread(run_command, "import", *words, env=environment))


async def test_the_report_is_shown_and_written_and_the_exit_code_says_whether_all_is_in(
    environment: dict[str, str], courier: Site, tmp_path: Path
) -> None:
    file, written = tmp_path / "export.xml", tmp_path / "report.json"
    file.write_text(wxr(item(5, wp_comment(1), wp_comment(2, "\u200b"))))
    words = ("wordpress", str(file), "--site", "default", "--report", str(written))
    done = await run(environment, *words)
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    assert "line 23: empty: 2" in done.stderr
    report: dict[str, Any] = json.loads(written.read_text())
    assert report["comments"] == {"published": 1}
    assert report["refused_first"] == {"empty": [{"line": 23, "what": "2"}]}
    file.write_text(wxr(item(5, wp_comment(1))))
    again = await run(environment, *words)
    assert again.returncode == 0, again.stderr
    assert "were here already" in again.stderr


async def test_a_map_is_read_from_a_file(
    environment: dict[str, str], courier: Site, tmp_path: Path, pool: Pool
) -> None:
    file, moved = tmp_path / "export.xml", tmp_path / "moved.csv"
    file.write_text(wxr(item(5, wp_comment(1), link="https://old.example/a?b=1,2")))
    moved.write_text('old,new\n"https://old.example/a?b=1,2",https://news.example/a\n')
    done = await run(environment, "wordpress", str(file), "--site", "default", "--map", str(moved))
    assert done.returncode == 0, done.stderr
    assert await pool.fetchval("select url from article") == "https://news.example/a"


async def test_what_cannot_be_read_is_said_in_a_line(
    environment: dict[str, str], courier: Site, tmp_path: Path
) -> None:
    file = tmp_path / "export.xml"
    file.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    done = await run(environment, "wordpress", str(file), "--site", "default")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "entities" in done.stderr
    # Another system's file would else be imported as nothing, and called done.
    file.write_text(wxr(item(5, wp_comment(1))))
    done = await run(environment, "disqus", str(file), "--site", "default")
    assert (done.returncode, "Is it an export of disqus?" in done.stderr) == (1, True)


async def test_a_full_temporary_folder_is_said_in_a_line(
    environment: dict[str, str], courier: Site, tmp_path: Path, pool: Pool
) -> None:
    file = tmp_path / "export.xml"
    file.write_text(wxr(item(5, *(wp_comment(n, f"{n} " * 10_000) for n in range(1, 1000)))))
    words = ("wordpress", str(file), "--site", "default")
    done = await asyncio.to_thread(
        subprocess.run,
        ["prlimit", "--fsize=1000000", sys.executable, "-m", "service.cli", "import", *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "TMPDIR" in done.stderr
    assert await pool.fetchval("select count(*) from comment") == 0


async def killed(environment: dict[str, str], pool: Pool, words: tuple[str, ...]) -> int:
    """Kill an import as soon as something of it is in; how many comments the new ones are."""
    before = await pool.fetchval("select count(*) from comment")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "import", *words, env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while await pool.fetchval("select count(*) from comment") == before:
        assert process.returncode is None
        await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    kept: int = await pool.fetchval("select count(*) from comment") - before
    assert 0 < kept < 4000
    assert kept % 1000 == 0
    return kept


async def totals(pool: Pool, slug: str) -> tuple[int, ...]:
    """Comments and rows of the ledger of a site, and what articles and roots count."""
    rows = await pool.fetchrow(
        """
        select count(*), (select count(*) from ledger l where l.site_id = s.id),
            (select sum(comment_count) from article a where a.site_id = s.id),
            sum(c.reply_count) filter (where c.root_id is null), count(c.root_id)
        from site s join comment c on c.site_id = s.id where s.slug = $1 group by s.id
        """,
        slug,
    )
    assert rows is not None
    return tuple(rows)


async def test_a_killed_import_goes_on_where_it_was(
    environment: dict[str, str], courier: Site, tmp_path: Path, pool: Pool
) -> None:
    """Of another system's file, and of an export of ours of the same."""
    file = tmp_path / "export.xml"
    file.write_text(wxr(*[
        item(n, *[wp_comment(n * 100 + m, parent=n * 100 + m - 1 if m % 5 else 0)
                  for m in range(100)])
        for n in range(1, 41)
    ]))  # fmt: skip
    words = ("wordpress", str(file), "--site", "default")
    kept = await killed(environment, pool, words)
    done = await run(environment, *words)
    assert done.returncode == 0, done.stderr
    assert f"{kept:,}  comments were here already" in done.stderr
    assert await totals(pool, "default") == (4000, 4000, 4000, 3200, 3200)

    own = tmp_path / "export.jsonl"
    exporting = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "export", str(own), "--site", "default",
        env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert await exporting.wait() == 0
    async with pool.acquire() as conn:
        await articles.add_site(conn, "twin", "The Twin", ["https://news.example"])
    words = ("json", str(own), "--site", "twin")
    kept = await killed(environment, pool, words)
    done = await run(environment, *words)
    assert done.returncode == 0, done.stderr
    assert f"{kept:,}  comments were here already" in done.stderr
    assert await totals(pool, "twin") == (4000, 4000, 4000, 3200, 3200)


async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for size in (20_000, 100_000):
        file = tmp_path / f"{size}.xml"
        with file.open("w") as out:
            out.write('<rss xmlns:wp="w"><channel>')
            for post in range(size // 1000):
                comments = (wp_comment(post * 1000 + n, parent=post * 1000 + n - 1 if n % 7 else 0)
                            for n in range(1000))  # fmt: skip
                out.write(item(post + 1, *comments))
            out.write("</channel></rss>")
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", MEMORY, str(file)], capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        read, peak = map(int, done.stdout.split())
        assert read == size
        peaks.append(peak / 1024)
    assert peaks[1] - peaks[0] < 40, peaks
    assert peaks[1] < 300, peaks
