"""What posting and a reader's page ask of many readers is answered by indexes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import plan_nodes

from service.articles.types import Site
from service.comments.posting import get_reader_facts
from service.core.db import Pool, uuid7
from service.correspondence import own_store, store

FILL = """
insert into reader (site_id, id, email, name, name_key, confirmed_at, contact)
select $1, gen_random_uuid(), case when n % 2 = 0 then n || '@r.example' else n::text end,
    'N' || n, 'n' || n, case when n % 2 = 1 then now() end,
    case when n % 2 = 1 then n || '@r.example' end
from generate_series(1, 20000) n
"""
LINKS = """
insert into reader_link (site_id, token_hash, address, asked_from, lang, expires_at)
select $1, decode(md5(n::text), 'hex'), n || '@r.example', decode(md5((n / 3)::text), 'hex'), 'en',
    now() from generate_series(1, 20000) n
"""


class Asked:
    """Remembers what would be asked."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def ask(query: str, *values: Any) -> Any:
            self.asked.append((query, values))
            return await getattr(self._conn, name)(query, *values)

        return ask


@pytest.fixture
async def filled(pool: Pool, site: Site) -> Pool:
    await pool.execute(FILL, site.id)
    await pool.execute(LINKS, site.id)
    await pool.execute("analyze reader")
    await pool.execute("analyze reader_link")
    return pool


async def test_no_question_reads_all_readers_or_links(filled: Pool, site: Site) -> None:
    async with filled.acquire() as conn, conn.transaction():
        asked: Any = Asked(conn)
        await get_reader_facts(asked, site.id, "17@r.example", "n17", b"x" * 16)
        await own_store.list_typed(asked, site.id, "18@r.example", 50)
        await own_store.list_mine(asked, uuid7(), None, 26)
        await own_store.is_known(asked, site.id, "19@r.example")
        await store.count_links(asked, site.id, "20@r.example", b"y" * 16)
        await store.is_reserved(asked, site.id, "n21", "21@r.example")
        assert len(asked.asked) == 6
        for query, values in asked.asked:
            found = await conn.fetchval(f"explain (format json) {query}", *values)
            for node in plan_nodes(json.loads(found)[0]["Plan"]):
                read = (node["Node Type"], node.get("Relation Name"))
                assert read not in {("Seq Scan", "reader"), ("Seq Scan", "reader_link")}, query
