"""The queue's statements read indexes, in order, however much lies beside what they want."""

import json
from typing import Any

import pytest
from support import plan_nodes

from service.comments.store import LOCK, lock_comments
from service.core.db import Conn, Pool
from service.moderation import queue_store
from service.moderation.queue_store import LAST, Filter
from service.moderation.types import ORDERS, VIEWS, Order, View

COMMENTS = 30_000


@pytest.fixture
async def filled(pool: Pool, site: Any) -> Any:
    """Thirty thousand comments, one in fifty of them held; the site's id."""
    await pool.execute(
        """
        insert into article (site_id, id, key, url, title, verified)
        values ($1, gen_random_uuid(), 'a', 'https://news.example/a', 'A', true)
        """,
        site.id,
    )
    await pool.execute(
        """
        insert into reader (site_id, id, email, name, name_key)
        values ($1, gen_random_uuid(), 'r@readers.example', 'R', 'r')
        """,
        site.id,
    )
    await pool.execute(
        """
        insert into comment (
            site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk,
            created_at, reviewed, reports
        )
        select $1, gen_random_uuid(), a.id, 0, r.id, 'R', 'word' || n % 500 || ' and more', '',
            case n % 50 when 0 then 'held' when 1 then 'spam' when 2 then 'rejected'
                else 'published' end,
            random(), now() - n * interval '1 minute', n % 60 <> 5, case when n % 70 = 3 then 1
                else 0 end
        from generate_series(1, $2) n, article a, reader r
        """,
        site.id,
        COMMENTS,
    )
    await pool.execute("analyze comment")
    return site.id


async def plan(conn: Conn, text: str, arguments: list[Any]) -> dict[str, Any]:
    # As asyncpg runs it: with the values, not with any values.
    await queue_store.plan_for_these(conn)
    found = await conn.fetchval(f"explain (format json) {text}", *arguments)
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


def indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in plan_nodes(plan) if "Index Name" in node}


def scanned(plan: dict[str, Any]) -> set[str]:
    return {n["Relation Name"] for n in plan_nodes(plan) if n["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("order", ORDERS)
async def test_a_page_is_read_off_an_index(
    pool: Pool, filled: Any, view: View, order: Order
) -> None:
    wanted = Filter(view=view, order=order, sites=[filled])
    async with pool.acquire() as conn, conn.transaction():
        found = await plan(conn, queue_store.PAGES[view, order], [*wanted.arguments(), LAST, 50])
    assert scanned(found) == set()
    # A short page of a view costs the view's part of an index and no more: few rows are expected.
    rows = max(n["Plan Rows"] for n in plan_nodes(found) if n.get("Relation Name") == "comment")
    assert rows <= COMMENTS
    wanted_index = {
        ("held", "risk"): "comment_urgency",
        ("new", "risk"): "comment_new_urgency",
        ("reported", "risk"): "comment_reported_urgency",
        ("published", "risk"): "comment_urgency",
        ("published", "newest"): "comment_queue",
        ("published", "oldest"): "comment_queue",
        ("held", "oldest"): "comment_queue",
    }.get((view, order))
    if wanted_index:
        assert wanted_index in indexes(found)
        sorts = [n for n in plan_nodes(found) if n["Node Type"] == "Sort"]
        # Only the sites' pages are merged by sorting, never a view.
        assert all(sort["Plan Rows"] <= 50 for sort in sorts)


async def test_a_rare_word_is_found_by_its_index(pool: Pool, filled: Any) -> None:
    wanted = Filter(view="published", order="newest", sites=[filled], words="word77")
    async with pool.acquire() as conn, conn.transaction():
        found = await plan(
            conn, queue_store.PAGES["published", "newest"], [*wanted.arguments(), LAST, 50]
        )
    assert "comment_search" in indexes(found)


async def test_the_next_free_items_are_read_off_the_order(pool: Pool, filled: Any) -> None:
    wanted = Filter(view="held", sites=[filled])
    async with pool.acquire() as conn, conn.transaction():
        found = await plan(conn, queue_store.FREE["held"], [*wanted.arguments(), LAST, 20, filled])
    assert "comment_urgency" in indexes(found)
    assert "comment" not in scanned(found)


async def test_comments_are_locked_by_their_ids_whatever_the_plan_was_made_for(
    pool: Pool, filled: Any
) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("set local plan_cache_mode = force_generic_plan")
        ids = await conn.fetchval("select array_agg(id) from comment where status = 'held'")
        assert len(await lock_comments(conn, ids)) == len(ids)
        text = LOCK.replace("$1", "array[]::uuid[]")
        found = json.loads(await conn.fetchval(f"explain (format json) {text}"))[0]["Plan"]
    assert "comment" not in scanned(found)
