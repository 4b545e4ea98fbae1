"""Up, down, up, and two nodes at once."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import asyncpg
from support import run_sql, with_database

from service.articles.rules import key_of_url, normalised_url
from service.articles.store import get_article
from service.core.db import connect, current_revision, uuid7
from service.core.migrating import downgrade, migrate, newest_revision

SCHEMA = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' order by 1, 2
"""


async def schema(url: str) -> list[asyncpg.Record]:
    conn = await connect(url)
    try:
        return await conn.fetch(SCHEMA)
    finally:
        await conn.close()


async def test_up_down_up_gives_the_same_schema(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_updown")
    url = with_database(server_url, "rejoinder_updown")
    await asyncio.to_thread(migrate, url)
    first = await schema(url)
    await asyncio.to_thread(downgrade, url)
    left = {row["table_name"] for row in await schema(url)}
    assert {name for name in left if not name.startswith("pgqueuer")} == {"alembic_version"}
    await asyncio.to_thread(migrate, url)
    assert await schema(url) == first
    await run_sql(server_url, "drop database rejoinder_updown with (force)")


async def test_two_nodes_that_start_at_once_migrate_once(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_twonodes")
    url = with_database(server_url, "rejoinder_twonodes")
    code = f"from service.core.migrating import migrate; migrate({url!r})"
    nodes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for node in nodes:
        _, errors = await node.communicate()
        assert node.returncode == 0, errors.decode()
    conn = await connect(url)
    assert await current_revision(conn) == newest_revision()
    await conn.close()
    await run_sql(server_url, "drop database rejoinder_twonodes with (force)")


URLS = [
    "https://www.news.example/2026/11/ferry/",
    "https://news.example/?p=2&a=b%20c&a=*~&empty=",
    "https://news.example/пором/ä%C3%A4",
    "https://news.example:8443/a;b=c/(d)-e",
    f"https://news.example/{'long-' * 60}",
    f"https://news.example/{'довго-' * 60}",
]
FIRST = """
insert into site (id, slug, name, origins) values ($1, 's', 'S', '{https://news.example}')
"""
ARTICLE = """
insert into article (site_id, id, key, url, title, verified) values ($1, $2, $3, $4, 'T', true)
"""
ALIAS = """
insert into article_alias (site_id, kind, value, article_id, verified)
values ($1, 'url', $2, $3, $4 = 'publisher')
"""


async def test_articles_that_were_there_get_the_keys_of_their_addresses(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_keys")
    url = with_database(server_url, "rejoinder_keys")
    await asyncio.to_thread(migrate, url)
    await asyncio.to_thread(downgrade, url, "0013")
    conn = await connect(url)
    site = uuid7()
    await conn.execute(FIRST, site)
    articles = {page: uuid7() for page in URLS}
    for n, (page, ident) in enumerate(articles.items()):
        await conn.execute(ARTICLE, site, ident, str(n), page)
        # The release before left letters beyond ASCII as they came.
        known = normalised_url(page) if page.isascii() else page.removeprefix("https://")
        await conn.execute(ALIAS, site, known, ident, "publisher")
    claimed, taken = uuid7(), uuid7()
    await conn.execute(ARTICLE, site, claimed, "claimed", "https://news.example/claimed")
    await conn.execute(ALIAS, site, "news.example/claimed", claimed, "reader")
    await conn.execute(ARTICLE, site, taken, "news.example~taken", "https://news.example/a")
    await conn.execute(ALIAS, site, "news.example/taken", claimed, "publisher")
    await asyncio.to_thread(migrate, url)
    found = await conn.fetch("select value, article_id from article_alias where kind = 'key'")
    made = {row["value"]: row["article_id"] for row in found}
    assert {key: made.get(key) for key in map(key_of_url, URLS)} == {
        key_of_url(page): ident for page, ident in articles.items()
    }
    assert claimed not in made.values()
    for page, ident in articles.items():
        article = await get_article(conn, site, "unknown", normalised_url(page))
        assert article, page
        assert article.id == ident, page
    await conn.close()
    await run_sql(server_url, "drop database rejoinder_keys with (force)")


READERS = """
select name, email, contact, confirmed_at is not null as confirmed,
    (select count(*) from comment c where c.reader_id = r.id) as comments
from reader r order by name
"""
READER = """
insert into reader (site_id, id, email, name, name_key, confirmed_at)
values ($1, $2, $3, $4, $4, $5)
"""
COMMENT = """
insert into comment (
    site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk, created_at
) select site_id, gen_random_uuid(), $1, 0, id, name, 'B', 'B', 'published', 0, now()
from reader where id = $2
"""


async def test_who_had_confirmed_an_address_is_known_by_an_id_and_back(server_url: str) -> None:
    await run_sql(server_url, "create database rejoinder_readers")
    url = with_database(server_url, "rejoinder_readers")
    await asyncio.to_thread(migrate, url)
    await asyncio.to_thread(downgrade, url, "0021")
    conn = await connect(url)
    site, article, ana, bo = uuid7(), uuid7(), uuid7(), uuid7()
    await conn.execute(FIRST, site)
    await conn.execute(ARTICLE, site, article, "a", "https://news.example/a")
    await conn.execute(READER, site, ana, "ana@r.example", "ana", datetime.now(UTC))
    await conn.execute(READER, site, bo, "bo@r.example", "bo", None)
    for reader in (ana, bo):
        await conn.execute(COMMENT, article, reader)
    await asyncio.to_thread(migrate, url)
    found = [tuple(row) for row in await conn.fetch(READERS)]
    assert found == [
        ("ana", str(ana), "ana@r.example", True, 1), ("bo", "bo@r.example", None, False, 1),
    ]  # fmt: skip
    # Somebody types the address meanwhile: with the release before, both are one again.
    await conn.execute(READER, site, uuid7(), "ana@r.example", "typed", None)
    await asyncio.to_thread(downgrade, url, "0021")
    found = [tuple(row) for row in await conn.fetch(READERS)]
    assert found == [
        ("bo", "bo@r.example", None, False, 1), ("typed", "ana@r.example", None, False, 1),
    ]  # fmt: skip
    await conn.close()
    await run_sql(server_url, "drop database rejoinder_readers with (force)")
