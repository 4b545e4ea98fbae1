"""What was imported is screened afterwards, and stays what it is."""

import asyncio
import functools
from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
from croniter import croniter
from exports import item, wp_comment, wxr
from support import loaded_scorer
from thread import bearer, post

from service.articles.types import Site
from service.core.db import Pool
from service.core.machine import Cores
from service.screening.background import Processes
from service.screening.scorer import Scorer
from service.transfer import screener as screening
from service.transfer.jobs import ticks
from service.transfer.loading import Import
from service.transfer.screener import Screener
from service.transfer.screening_store import (
    Position,
    is_posted_to,
    list_waiting,
    lock_screening,
)
from service.transfer.types import Wanted

INSULT = "You are a stupid idiot and everybody hates you"


@pytest.fixture
async def imported(state: dict[str, Any], site: Site, tmp_path: Path) -> Pool:
    """A held insult, a published one, spam, a kind word; and nothing screened yet."""
    path = tmp_path / "export.xml"
    path.write_text(
        wxr(item(5, wp_comment(1, INSULT, approved="0"), wp_comment(2, INSULT),
                 wp_comment(3, "Cheap pills https://pills.example", approved="spam"),
                 wp_comment(4, "Thank you for this article about the ferry")))
    )  # fmt: skip
    wanted = Wanted("wordpress", "wordpress")
    pool: Pool = state["pool"]
    async with pool.acquire() as conn:
        await Import(conn, site, path, wanted, lambda *_: None).run()
        await conn.execute("select pg_advisory_unlock_all()")
    return pool


async def test_everything_is_screened_once_and_no_status_changes(imported: Pool) -> None:
    before = await imported.fetch("select id, status, version from comment order by id")
    assert await Screener(imported, loaded_scorer()).run() == 4
    assert await imported.fetch("select id, status, version from comment order by id") == before
    rows = await imported.fetch(
        """
        select c.body, c.risk, s.verdict, s.model, s.created_at = c.created_at as dated,
            s.packed is not null as packed, c.scores is not null as scored
        from comment c join screening s on s.comment_id = c.id order by c.created_at
        """
    )
    assert [row["verdict"] for row in rows][:2] == ["hold", "hold"]
    assert rows[3]["verdict"] == "publish"
    assert rows[0]["risk"] > 0.5 > rows[3]["risk"]
    assert all(row["dated"] and row["packed"] and row["scored"] for row in rows)
    assert await imported.fetchval("select count(*) from ledger") == 4
    assert await Screener(imported, loaded_scorer()).run() == 0
    assert await imported.fetchval("select count(*) from screening") == 4


async def test_what_waited_for_years_elsewhere_stands_behind_what_is_worse(
    client: httpx.AsyncClient, publisher_key: str, moderator_token: str, pool: Pool
) -> None:
    article = {"id": "5", "key": "5", "url": "https://news.example/5/", "title": "Post 5"}
    words = {"kind": "Thank you for this article about the ferry", "old": INSULT}
    batch = {
        "articles": [article],
        "comments": [
            {"id": ident, "article": "5", "name": "Ann", "body": body, "markup": "paragraphs",
             "status": "held", "created_at": "2009-03-04 05:06:07"}
            for ident, body in words.items()
        ],
    }  # fmt: skip
    sent = await client.post(
        "/v1/sites/default/imports/wordpress", json=batch, headers=bearer(publisher_key)
    )
    assert sent.json()["stored"] == 2
    await Screener(pool, loaded_scorer()).run()
    await post(client, f"{INSULT}, all of you.", article_key="5")
    queue = "/v1/moderation/queue?view=held&order=risk"
    items = (await client.get(queue, headers=bearer(moderator_token))).json()["items"]
    assert len(items) == 3
    assert items[-1]["body"] == words["kind"]
    # Here they age like all others: what comes three weeks later waits behind them.
    await pool.execute(
        "update comment set created_at = created_at + interval '21 days' where body like '%all of%'"
    )
    items = (await client.get(queue, headers=bearer(moderator_token))).json()["items"]
    assert [item["body"] for item in items[:2]] == [words["old"], words["kind"]]


async def test_the_desk_shows_the_signals(
    imported: Pool, client: httpx.AsyncClient, moderator_token: str
) -> None:
    await Screener(imported, loaded_scorer()).run()
    answer = await client.get(
        "/v1/moderation/queue?site=default&view=held",
        headers={"Authorization": f"Bearer {moderator_token}"},
    )
    (held,) = answer.json()["items"]
    checks = {one["check"] for one in held["signals"]}
    assert {"insult", "language"} <= checks
    # Nobody knows how it was posted.
    assert not checks & {"timing", "rate", "first_comment", "honeypot", "history", "duplicate"}


async def test_held_comments_come_first_then_the_newest(imported: Pool) -> None:
    waiting = await list_waiting(imported, 3)
    assert [one.body[:5] for one in waiting] == ["You a", "Thank", "Cheap"]
    last = waiting[1]
    behind = await list_waiting(imported, 3, Position(last.held, last.id))
    assert [one.body[:5] for one in behind] == ["Cheap", "You a"]


async def test_what_was_edited_since_is_left_alone(imported: Pool) -> None:
    await imported.execute("update comment set version = 2, risk = 0.25")
    await Screener(imported, loaded_scorer()).run()
    assert await imported.fetchval("select count(*) from screening") == 0
    assert await imported.fetchval("select count(*) from unscreened") == 0
    assert {row[0] for row in await imported.fetch("select risk from comment")} == {0.25}


async def test_without_a_classifier_they_wait(imported: Pool) -> None:
    (tick,) = ticks(Screener(imported, Scorer(None)))
    await tick.run()
    assert await imported.fetchval("select count(*) from unscreened") == 4
    (tick,) = ticks(Screener(imported, loaded_scorer()))
    await tick.run()
    assert await imported.fetchval("select count(*) from unscreened") == 0


def test_it_is_looked_for_every_five_seconds(imported: Pool) -> None:
    (tick,) = ticks(Screener(imported))
    times = croniter(tick.cron, 0.0)
    assert [times.get_next() for _ in range(3)] == [5.0, 10.0, 15.0]


async def test_another_worker_s_screening_is_left_to_it(imported: Pool) -> None:
    async with imported.acquire() as conn, conn.transaction():
        assert await lock_screening(conn)
        assert await Screener(imported, loaded_scorer()).run() == 0
    assert await Screener(imported, loaded_scorer()).run() == 4


@pytest.fixture
async def processes(imported: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Screener]:
    """A screener that takes a process for anything, two comments at a time.

    The process doesn't yield, as it would to the whole run's others.
    """
    monkeypatch.setattr(screening, "FEW", 0)
    monkeypatch.setattr(screening, "AT_ONCE", 2)
    monkeypatch.setattr(screening, "affordable_jobs", lambda: 1)
    monkeypatch.setattr(screening, "Processes", functools.partial(Processes, yielding=False))
    screener = Screener(imported, loaded_scorer())
    yield screener
    screener.stop()


STORED = """
    select c.body, c.risk, c.scores, s.verdict, s.reason, s.model, s.policy_version, s.packed,
        s.signals::text
    from comment c join screening s on s.comment_id = c.id order by c.id
"""


async def test_processes_say_the_same_and_end_with_the_queue(
    imported: Pool, processes: Screener
) -> None:
    await Screener(imported, loaded_scorer()).run()
    here = await imported.fetch(STORED)
    await imported.execute("update comment set risk = 0, scores = null")
    await imported.execute("delete from screening")
    await imported.execute(
        "insert into unscreened (site_id, comment_id, held) select site_id, id, false from comment"
    )
    before = set(active_children())
    assert await processes.run() == 4
    assert await imported.fetch(STORED) == here
    await gone(before)


async def test_a_screening_process_that_dies_costs_nothing(
    imported: Pool, processes: Screener
) -> None:
    before = set(active_children())
    run = asyncio.create_task(processes.run())
    [child] = await started(before)
    child.kill()
    with pytest.raises(BrokenProcessPool):
        await run
    assert await imported.fetchval("select count(*) from unscreened") == 4
    assert await processes.run() == 4
    assert await imported.fetchval("select count(*) from screening") == 4


async def test_who_is_told_to_stop_leaves_what_is_in_work(
    imported: Pool, processes: Screener
) -> None:
    before = set(active_children())
    run = asyncio.create_task(processes.run())
    await started(before)
    processes.stop()
    assert await run == 0
    assert await imported.fetchval("select count(*) from unscreened") == 4
    assert await imported.fetchval("select count(*) from screening") == 0
    await gone(before)


@pytest.mark.parametrize(
    ("posts", "unused", "done"), [(1, 0, 2), (1, 90, 4), (1, None, 4), (0, 0, 4)]
)
async def test_who_takes_the_machine_to_post_is_waited_for(
    imported: Pool, processes: Screener, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, posts: int, unused: int | None, done: int,
) -> None:  # fmt: skip
    stat = tmp_path / "stat"
    stat.write_text("cpu  0 0 0 0 0 0 0 0 0 0\n")
    monkeypatch.setattr(processes, "_cores", Cores(stat))
    monkeypatch.setattr(screening, "LOOK", 1e9)
    if unused is not None:
        stat.write_text(f"cpu  {100 - unused} 0 0 {unused} 0 0 0 0 0 0\n")
    for _ in range(posts):
        await post(client)
    assert await processes.run() == done
    assert await imported.fetchval("select count(*) from unscreened") == 4 - done


async def started(before: set[BaseProcess]) -> set[BaseProcess]:
    """Wait until there are others, too."""
    while not (more := set(active_children()) - before):  # noqa: ASYNC110 (processes tell nobody)
        await asyncio.sleep(0.01)
    return more


async def gone(before: set[BaseProcess]) -> None:
    """Wait until there are no others any more."""
    while set(active_children()) - before:  # noqa: ASYNC110 (as above)
        await asyncio.sleep(0.01)


async def test_whoever_posts_is_noticed_and_what_was_imported_isn_t(
    imported: Pool, client: httpx.AsyncClient
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    assert not await is_posted_to(imported, began)
    await post(client)
    assert await is_posted_to(imported, began)
