"""What is asked each minute reads indexes, however many comments there are."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from notices.conftest import Put, fill

from service.articles.types import Site
from service.core.db import Pool
from service.notices import figures_store as figures
from service.notices.store import list_newsrooms


@pytest.fixture
async def filled(pool: Pool, site: Site, put: Put) -> Site:
    """Thirty thousand comments of some weeks, a few of them held."""
    await put()
    now = datetime.now(UTC)
    await fill(pool, site, 100, now - timedelta(hours=3), "held")
    await pool.execute("update site set created_at = now() - interval '60 days'")
    for days in range(1, 31):
        await fill(pool, site, 1000, now - timedelta(days=days))
    # By many readers: what is one reader's or one article's alone would be read by other indexes.
    await pool.execute(
        """
        insert into reader (site_id, id, email, name, name_key)
        select $1, gen_random_uuid(), n || '@many.example', 'N', 'n' from generate_series(1, 5000) n
        """,
        site.id,
    )
    await pool.execute(
        """
        update comment c set reader_id = r.id
        from (select id, row_number() over () as n from reader) r
        where r.n = abs(hashtext(c.id::text)) % 5000 + 1
        """
    )
    await pool.execute(
        """
        insert into report (site_id, comment_id, reporter, reason, created_at)
        select site_id, id, '\\x00', 'spam', created_at from comment
        """
    )
    await pool.execute(
        """
        insert into screening (
            site_id, id, comment_id, comment_version, policy_version, verdict, risk, signals
        )
        select site_id,
            (lpad(to_hex((extract(epoch from created_at) * 1000)::bigint), 12, '0') || '7000'
                || right(md5(id::text), 16))::uuid,
            id, 1, 1, 'publish', 0, '[]'
        from comment
        """
    )
    await pool.execute(
        """
        insert into ledger (site_id, id, comment_id, actor, to_status, version, created_at)
        select site_id, gen_random_uuid(), id, 'machine', status, 1, created_at from comment
        """
    )
    await pool.execute("analyze")
    return site


async def nodes(pool: Pool, text: str, *arguments: Any) -> list[dict[str, Any]]:
    found = json.loads(await pool.fetchval(f"explain (format json) {text}", *arguments))
    below = [found[0]["Plan"]]
    every = []
    while below:
        node = below.pop()
        every.append(node)
        below += node.get("Plans", [])
    return every


def check(found: list[dict[str, Any]], table: str, *indexes: str) -> None:
    scanned = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    assert table not in scanned
    assert {node["Index Name"] for node in found if "Index Name" in node} & set(indexes)


async def test_each_alarm_reads_an_index(pool: Pool, filled: Site) -> None:
    now = datetime.now(UTC)
    held = await nodes(pool, figures.HELD, now, figures.MOST_LATE)
    check(held, "comment", "comment_queue", "comment_urgency")
    check(held, "ledger", "ledger_comment")
    hours = [[filled.id] * 5, [now - timedelta(weeks=back) for back in range(5)], now]
    check(await nodes(pool, figures.COMMENTS, *hours), "comment", "comment_queue")
    check(await nodes(pool, figures.REPORTS, *hours), "report", "report_site")
    recent = UUID(int=int(now.timestamp() * 1000) << 80)
    check(await nodes(pool, figures.FAILING, recent), "screening", "screening_facts")


async def test_the_figures_are_right_on_many(pool: Pool, filled: Site) -> None:
    now = datetime.now(UTC)
    rooms = await list_newsrooms(pool)
    held = (await figures.measure_held(pool, now))[filled.id]
    assert (held.waiting, held.late) == (100, 100)
    assert held.oldest
    assert held.oldest < now - timedelta(hours=3)
    jump = (await figures.measure_jump(pool, figures.COMMENTS, now, rooms))[filled.id]
    assert jump.count == 0
    assert jump.before == [1000] * 4
    reports = (await figures.measure_jump(pool, figures.REPORTS, now, rooms))[filled.id]
    assert reports.before == [1000] * 4
