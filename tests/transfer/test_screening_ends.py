"""A worker that is stopped or killed while it screens what was imported."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from exports import item, wp_comment, wxr
from live import environment
from support import SECRET

from service.articles.types import Site
from service.core.db import Pool
from service.transfer.loading import Import
from service.transfer.types import Wanted

COMMENTS = 400  # few enough for the worker itself, which takes them in batches of fifty


@pytest.fixture
async def imported(state: dict[str, Any], site: Site, tmp_path: Path) -> Pool:
    """What waits to be screened."""
    path = tmp_path / "export.xml"
    remarks = (
        wp_comment(n, f"The ferry was late again, by {n} minutes") for n in range(1, COMMENTS + 1)
    )
    path.write_text(wxr(item(5, *remarks)))
    pool: Pool = state["pool"]
    async with pool.acquire() as conn:
        await Import(conn, site, path, Wanted("wordpress", "wordpress"), lambda *_: None).run()
        await conn.execute("select pg_advisory_unlock_all()")
    return pool


async def counted(pool: Pool) -> tuple[int, int, int]:
    """Screenings, comments that have one, and those that wait."""
    row = await pool.fetchrow(
        """
        select count(*), count(distinct comment_id), (select count(*) from unscreened)
        from screening
        """
    )
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_what_it_had_in_work_is_screened_by_the_next(
    imported: Pool, database_url: str, tmp_path: Path, how: signal.Signals
) -> None:
    process = await started(database_url, tmp_path)
    await screened(imported, 1, process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    assert await asyncio.wait_for(process.wait(), 30) == (0 if how is signal.SIGTERM else -how)
    assert not psutil.wait_procs(children, timeout=10)[1]
    done, of, waiting = await counted(imported)
    assert done == of
    assert 0 < done < COMMENTS
    assert done + waiting == COMMENTS
    process = await started(database_url, tmp_path)
    await screened(imported, COMMENTS, process)
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await counted(imported) == (COMMENTS, COMMENTS, 0)


async def started(database_url: str, folder: Path) -> asyncio.subprocess.Process:
    """A worker in a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "worker",
        env=environment(database_url, SECRET, "http://127.0.0.1:9", folder),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


async def screened(pool: Pool, least: int, process: asyncio.subprocess.Process) -> None:
    """Wait until it has screened so many."""
    while (await counted(pool))[0] < least:
        assert process.returncode is None
        await asyncio.sleep(0.005)
