"""What keys were used for is counted; what they send is kept once, and forgotten in time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from thread import bearer

from service.accounts.types import ApiKey
from service.compat import store
from service.compat.usage import Usage
from service.core.db import Conn, Pool, open_pool, uuid7


@pytest.fixture
async def key(conn: Conn) -> ApiKey:
    site, ident = uuid7(), uuid7()
    await conn.execute(
        "insert into site (id, slug, name, origins) values ($1, 'usage', 'U', '{}')", site
    )
    await conn.execute(
        "insert into api_key (site_id, id, token_hash, scopes) values ($1, $2, $3, '{classify}')",
        site,
        ident,
        ident.bytes,
    )
    return ApiKey(ident, site, ["classify"])


async def used(conn: Any, key_id: UUID) -> dict[str, tuple[int, ...]]:
    rows = await conn.fetch(
        """
        select blog, calls, spam, ham, missed_spam, false_positives from key_usage
        where api_key_id = $1
        """,
        key_id,
    )
    return {row[0]: tuple(row)[1:] for row in rows}


async def test_calls_are_counted_and_written(
    client: httpx.AsyncClient, state: dict[str, Any], publisher_key: str
) -> None:
    for _ in range(3):
        await client.post("/v1/classify", json={"texts": ["A"]}, headers=bearer(publisher_key))
    usage: Usage = state["usage"]
    key = await state["keys"].find(publisher_key)
    usage.count(key, "spam", blog="https://a.example")
    usage.count(key, "ham", blog="https://a.example")
    await usage.write()
    await usage.write()
    usage.count(key, "false_positives", blog="https://a.example")
    await usage.write()
    assert await used(state["pool"], key.id) == {
        "": (3, 0, 0, 0, 0),
        "https://a.example": (3, 1, 1, 0, 1),
    }


async def test_two_processes_add_up(pool: Pool, database_url: str) -> None:
    site, ident = uuid7(), uuid7()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'usage', 'U', '{}')", site
    )
    await pool.execute(
        "insert into api_key (site_id, id, token_hash, scopes) values ($1, $2, '\\x00', '{}')",
        site,
        ident,
    )
    key = ApiKey(ident, site, [])
    async with open_pool(database_url) as other:
        processes = [Usage(pool), Usage(other)]
        for number in range(200):
            processes[number % 2].count(key, blog=f"https://{number % 7}.example")
        await asyncio.gather(*(one.close() for one in processes))
    counted = await used(pool, ident)
    assert len(counted) == 7
    assert sum(row[0] for row in counted.values()) == 200


async def test_while_the_database_is_away_counts_wait(pool: Pool, database_url: str) -> None:
    site, ident = uuid7(), uuid7()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'usage', 'U', '{}')", site
    )
    key = ApiKey(ident, site, [])
    usage = Usage(pool)
    usage.count(key)
    with pytest.raises(Exception, match="api_key"):
        await usage.write()
    usage.count(key)
    await pool.execute(
        "insert into api_key (site_id, id, token_hash, scopes) values ($1, $2, '\\x00', '{}')",
        site,
        ident,
    )
    await usage.close()
    assert await used(pool, ident) == {"": (2, 0, 0, 0, 0)}


async def test_a_caller_that_makes_addresses_up_fills_no_table(conn: Conn, key: ApiKey) -> None:
    day = datetime.now(UTC).date()
    for turn in range(3):
        rows = [
            (key.site_id, key.id, day, f"{turn} {number}", {"calls": 1}) for number in range(600)
        ]
        await store.add_usage(conn, rows)
    counted = await used(conn, key.id)
    assert len(counted) <= store.MOST_BLOGS + 601
    assert sum(row[0] for row in counted.values()) == 1800
    await store.add_usage(conn, [(key.site_id, key.id, day, "one more", {"calls": 1})])
    assert "one more" not in await used(conn, key.id)


async def examples(conn: Conn, key: ApiKey) -> list[tuple[Any, ...]]:
    rows = await conn.fetch(
        "select text, label, source, trusted from example where api_key_id = $1 order by id", key.id
    )
    return [tuple(row) for row in rows]


async def test_what_a_key_says_last_of_a_text_stands(conn: Conn, key: ApiKey) -> None:
    async def put(text: str, label: Any, source: Any) -> None:
        await store.put_example(conn, key.site_id, key.id, text, label, source)

    await put("Buy", "spam", "submit-spam")
    await put("Buy", "spam", "submit-spam")
    await put("Buy", "abuse", "suggestscore")
    assert await examples(conn, key) == [
        ("Buy", "spam", "submit-spam", False),
        ("Buy", "abuse", "suggestscore", False),
    ]
    await conn.execute("update example set trusted = true")
    await put("Buy", "spam", "submit-spam")
    # An editor has trusted "spam", and nobody "ham".
    assert (await examples(conn, key))[-1] == ("Buy", "spam", "submit-spam", True)
    await put("Buy", "ham", "submit-ham")
    assert (await examples(conn, key))[-1] == ("Buy", "ham", "submit-ham", False)


async def test_what_is_kept_is_forgotten_in_time(conn: Conn, key: ApiKey) -> None:
    for age in (0, 29, 31):
        await store.insert_kept_text(conn, key.site_id, key.id, f"{age} days", b"{}")
        await conn.execute(
            "update kept_text set created_at = now() - $1::interval where text = $2",
            timedelta(days=age),
            f"{age} days",
        )
        await conn.execute(
            """
            insert into sender_day (site_id, kind, digest, day)
            values ($1, 'email', $2, (now() at time zone 'utc' - $3::interval)::date)
            """,
            key.site_id,
            bytes([age]),
            timedelta(days=age),
        )
    for number in range(5):
        await conn.execute("update api_key set trusted = $2 where id = $1", key.id, number == 0)
        await store.put_example(conn, key.site_id, key.id, f"{number}", "spam", "submit-spam")
    await store.delete_old(conn, 2)
    kept = await conn.fetch("select text from kept_text where api_key_id = $1 order by id", key.id)
    assert [row["text"] for row in kept] == ["0 days", "29 days"]
    senders = await conn.fetch(
        "select digest from sender_day where site_id = $1 order by day desc", key.site_id
    )
    assert [row["digest"] for row in senders] == [b"\x00", b"\x1d"]
    # The trusted one stays, whatever its age.
    assert [row[0] for row in await examples(conn, key)] == ["0", "3", "4"]


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
async def test_what_a_revoked_key_said_is_forgotten_in_time(
    conn: Conn, key: ApiKey, days: int, left: int
) -> None:
    await conn.execute("update api_key set trusted = true where id = $1", key.id)
    await store.put_example(conn, key.site_id, key.id, "Buy", "spam", "submit-spam")
    await conn.execute(
        "update api_key set revoked_at = now() - $2::interval where id = $1",
        key.id,
        timedelta(days=days),
    )
    await store.delete_old(conn, 2)
    assert len(await examples(conn, key)) == left
