"""What was imported is screened afterwards, and stays what it is."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from exports import item, wp_comment, wxr
from support import loaded_scorer

from service.articles.types import Site
from service.core.db import Pool
from service.screening.scorer import Scorer
from service.transfer.jobs import screen_waiting, ticks
from service.transfer.loading import Import
from service.transfer.screening_store import list_waiting
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
    assert await screen_waiting(imported, loaded_scorer()) == 4
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
    assert await screen_waiting(imported, loaded_scorer()) == 0
    assert await imported.fetchval("select count(*) from screening") == 4


async def test_the_desk_shows_the_signals(
    imported: Pool, client: httpx.AsyncClient, moderator_token: str
) -> None:
    await screen_waiting(imported, loaded_scorer())
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
    ids = await list_waiting(imported, 3)
    rows = await imported.fetch("select id, body from comment where id = any($1::uuid[])", ids)
    bodies = {row["id"]: row["body"] for row in rows}
    assert [bodies[ident][:5] for ident in ids] == ["You a", "Thank", "Cheap"]


async def test_what_was_edited_since_is_left_alone(imported: Pool) -> None:
    await imported.execute("update comment set version = 2, risk = 0.25")
    await screen_waiting(imported, loaded_scorer())
    assert await imported.fetchval("select count(*) from screening") == 0
    assert await imported.fetchval("select count(*) from unscreened") == 0
    assert {row[0] for row in await imported.fetch("select risk from comment")} == {0.25}


async def test_without_a_classifier_they_wait(imported: Pool) -> None:
    (tick,) = ticks(imported, Scorer(None))
    await tick.run()
    assert await imported.fetchval("select count(*) from unscreened") == 4
    (tick,) = ticks(imported, loaded_scorer())
    await tick.run()
    assert await imported.fetchval("select count(*) from unscreened") == 0
