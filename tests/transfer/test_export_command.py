"""The command, in processes of its own: whole files or none, and what it says."""

import asyncio
import gzip
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from exports import item, wp_comment, wxr
from forked import run_command
from support import SECRET

from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Pool
from service.transfer.loading import Import
from service.transfer.types import Wanted


@pytest.fixture
async def courier(pool: Pool, tmp_path: Path) -> Site:
    """A site with 300 comments."""
    file = tmp_path / "old.xml"
    file.write_text(wxr(*(
        item(n, *(wp_comment(n * 100 + m, "Of the bridge. " * 20) for m in range(100)))
        for n in (1, 2, 3)
    )))  # fmt: skip
    async with pool.acquire() as conn:
        site = await articles.add_site(conn, "default", "The Courier", ["https://news.example"])
        await Import(conn, site, file, Wanted("wordpress", "wordpress"), _nobody).run()
        await conn.execute("select pg_advisory_unlock_all()")
    file.unlink()
    return site


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _nobody(*_: object) -> None:
    """Tell nobody how far it is."""


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "REJOINDER_SECRET": SECRET}


async def run(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[bytes]:
    named = [*map(str, words), "--site", "default"]
    return await asyncio.to_thread(run_command, "export", *named, env=environment)


@pytest.mark.usefixtures("courier")
async def test_a_file_is_written_whole_packed_by_its_name_and_never_over_another(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "site.jsonl.gz"
    done = await run(environment, file)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert len(lines) == 1 + 3 + 1 + 300 + 300 + 1
    assert b"300 comments" in done.stderr
    content = file.read_bytes()
    again = await run(environment, file)
    assert (again.returncode, file.read_bytes()) == (1, content)
    assert b"--force" in again.stderr
    forced = await run(environment, file, "--force", "--articles", "1")
    assert forced.returncode == 0, forced.stderr
    assert gzip.decompress(file.read_bytes()).count(b'"type":"comment"') == 100
    assert names(tmp_path) == ["site.jsonl.gz"]


@pytest.mark.usefixtures("courier")
async def test_a_file_is_imported_again_by_its_first_line(
    environment: dict[str, str], tmp_path: Path, pool: Pool
) -> None:
    file = tmp_path / "site.jsonl.gz"
    await run(environment, file)
    async with pool.acquire() as conn:
        await articles.add_site(conn, "second", "The Courier", ["https://news.example"])
    words = ("import", "json", str(file), "--site", "second", "--trust-confirmed")
    done = await asyncio.to_thread(run_command, *words, env=environment)
    assert done.returncode == 0, done.stderr
    assert b"300  comments" in done.stderr
    rows = await pool.fetch("select count(*), sum(comment_count) from article group by site_id")
    assert [tuple(row) for row in rows] == [(3, 300), (3, 300)]


@pytest.mark.usefixtures("courier")
async def test_a_name_or_the_option_asks_for_wordpress(
    environment: dict[str, str], tmp_path: Path
) -> None:
    named = await run(environment, tmp_path / "site.xml.gz")
    assert named.returncode == 0, named.stderr
    content = gzip.decompress((tmp_path / "site.xml.gz").read_bytes())
    assert content.count(b"<wp:comment>") == 300
    asked = await run(environment, "-", "--to", "wxr")
    assert asked.stdout.count(b"<wp:comment>") == 300


@pytest.mark.usefixtures("courier")
async def test_a_dash_is_standard_output(environment: dict[str, str]) -> None:
    done = await run(environment, "-", "--since", "2019-03-04T05:06:07")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["since"] == "2019-03-04T05:06:07Z"
    assert len(lines) == 606


@pytest.mark.usefixtures("courier")
async def test_a_reader_of_standard_output_may_go(environment: dict[str, str]) -> None:
    def read_some() -> tuple[bytes, bytes, int]:
        with subprocess.Popen(
            [sys.executable, "-m", "service.cli", "export", "-", "--site", "default"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            read = process.stdout.read(7)
            process.stdout.close()
            return read, process.stderr.read(), process.wait()

    assert await asyncio.to_thread(read_some) == (b'{"type"', b"", 128 + signal.SIGPIPE)


@pytest.mark.usefixtures("courier")
async def test_a_full_disk_leaves_no_half_file(environment: dict[str, str], tmp_path: Path) -> None:
    full = 50_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, full))

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "service.cli", "export", str(tmp_path / "site.jsonl"),
         "--site", "default"],
        env=environment, capture_output=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"can't be written: File too large" in done.stderr
    assert names(tmp_path) == []
    done = await run(environment, "/dev/full")
    assert (done.returncode, b"No space left" in done.stderr) == (1, True)


@pytest.mark.usefixtures("courier")
async def test_an_interrupted_export_leaves_no_half_file(
    environment: dict[str, str], tmp_path: Path, pool: Pool
) -> None:
    # Whoever changes the table stops it in its middle.
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table ledger in access exclusive mode")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "service.cli", "export", str(tmp_path / "site.jsonl"),
            "--site", "default", env=environment, stderr=subprocess.PIPE,
        )  # fmt: skip
        while not names(tmp_path):
            assert process.returncode is None
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
    assert process.returncode not in {0, None}
    assert b"Traceback" not in said
    assert names(tmp_path) == []


async def test_a_site_or_a_folder_that_is_not_there_is_said(
    environment: dict[str, str], tmp_path: Path, pool: Pool
) -> None:
    file = tmp_path / "site.jsonl"
    unknown = await run(environment, file)
    assert (unknown.returncode, b"no site default" in unknown.stderr) == (1, True)
    async with pool.acquire() as conn:
        await articles.add_site(conn, "default", "The Courier", ["https://news.example"])
    missing = await run(environment, tmp_path / "nowhere" / "site.jsonl")
    assert (missing.returncode, b"can't be written" in missing.stderr) == (1, True)
    stranger = await run(environment, file, "--articles", "404")
    assert (stranger.returncode, b"no article 404" in stranger.stderr) == (1, True)
    assert names(tmp_path) == []
