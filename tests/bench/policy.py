"""Trying a policy on 100,000 comments, over HTTP: seconds, and the floor of the same run.

`python -m tests.bench.policy`. The floor only fetches the same packed facts, in one value by one
statement on a connection of its own. Cold: nothing is kept in the process. Warm: within a minute.
"""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core import embedded
from service.core.db import Conn, connect
from service.core.migrating import migrate
from service.moderation.window import since_id
from service.screening.facts import LAYOUT, ROW
from tests.bench.__main__ import running
from tests.bench.desk import SIGNALS
from tests.bench.prose import WORDS, text
from tests.live import free_port

COMMENTS, BODIES, ARTICLES, READERS = 100_000, 20_000, 500, 20_000
OLD = 10_000  # of them without facts, as an earlier release left them
DAYS = 30
ROUNDS = 9

FILL = (
    """
    insert into article (site_id, id, key, url, title, verified)
    select $1, gen_random_uuid(), 'a-' || n, 'https://news.example/a-' || n, 'Article ' || n, true
    from generate_series(1, $2::int) n
    """,
    """
    insert into reader (site_id, id, email, name, name_key)
    select $1, gen_random_uuid(), 'r' || n || '@readers.example', 'Reader ' || n, 'r' || n
    from generate_series(1, $2::int) n
    """,
    # Ids in the order of time, as UUIDv7.
    """
    with a as (select id, row_number() over () - 1 as n from article),
    r as (select id, name, row_number() over () - 1 as n from reader)
    insert into comment (
        site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk, created_at
    )
    select $1, (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '7000a'
            || lpad(to_hex(t.n), 15, '0'))::uuid,
        a.id, 0, r.id, r.name, w.body, '<p>' || w.body || '</p>',
        case when t.n % 40 = 1 then 'rejected' else 'published' end, 0.1, t.at
    from (
        select n, now() - interval '29 days' * (1 - n / $2::float8) as at
        from generate_series(0, $2::int - 1) n
    ) t
    join a on a.n = (t.n * 7919::bigint) % (select count(*) from a)
    join r on r.n = (t.n * 104729::bigint) % (select count(*) from r)
    join words w on w.n = (t.n * 15485863::bigint) % (select count(*) from words)
    """,
    """
    insert into screening (
        site_id, id, comment_id, comment_version, policy_version, verdict, risk, signals, packed,
        created_at
    )
    select $1, c.id, c.id, 1, 0, 'publish', 0.1, $3::json, f.packed, c.created_at
    from (select id, created_at, row_number() over (order by id) - 1 as n from comment) c
    join facts f using (n)
    where $2::int > 0
    """,
    """
    insert into ledger (site_id, id, comment_id, actor, to_status, version)
    select $1, id, id, 'machine', status, 1 from comment where $2::int > 0
    """,
    # A third was looked at.
    """
    insert into ledger (site_id, id, comment_id, actor, to_status, version)
    select $1, gen_random_uuid(), id, 'moderator', status, 2 from comment
    where $2::int > 0 and get_byte(uuid_send(id), 15) % 3 = 0
    """,
)


def facts() -> list[tuple[int, bytes]]:
    """Facts of so many comments, most of them harmless."""
    chance = np.random.default_rng(5)
    rows = np.zeros(COMMENTS, ROW)
    rows["layout"] = LAYOUT
    rows["scores"] = chance.random((COMMENTS, 7)) ** 6
    rows["hold"], rows["spam"] = 0.5, np.nan
    rows["links"] = chance.integers(0, 4, COMMENTS)
    rows["published"] = chance.integers(0, 20, COMMENTS)
    rows["at"] = (time.time() - 86_400 * np.linspace(29, 0, COMMENTS)) * 1_000_000
    return [(n, row.tobytes()) for n, row in enumerate(rows)]


async def fill(url: str) -> tuple[UUID, str]:
    """The site's id and a moderator's token."""
    conn = await connect(url)
    site = await articles.add_site(conn, "default", "Bench", ["https://news.example"])
    await accounts.add_moderator(conn, "mod@courier.example", "moderator", [])
    token = await accounts.create_api_token(conn, "mod@courier.example")
    chance = random.Random(4)  # noqa: S311 (no secret)
    await conn.execute("create temp table words (n int primary key, body text)")
    await conn.execute("create temp table facts (n int primary key, packed bytea)")
    bodies = [(n, text(chance)) for n in range(BODIES)]
    await conn.copy_records_to_table("words", records=bodies, columns=["n", "body"])
    await conn.copy_records_to_table("facts", records=facts(), columns=["n", "packed"])
    sizes = [ARTICLES, READERS, COMMENTS, COMMENTS, COMMENTS, COMMENTS]
    for statement, size in zip(FILL, sizes, strict=True):
        more = [SIGNALS.encode()] if "$3" in statement else []
        await conn.execute(statement, site.id, size, *more, timeout=600)
    await conn.execute("vacuum analyze", timeout=600)
    await conn.close()
    return site.id, token


async def floor_of(conn: Conn, site_id: UUID) -> float:
    """Seconds to fetch every comment's facts."""
    begin = time.perf_counter()
    fetched = await conn.fetchval(
        "select string_agg(packed, ''::bytea) from screening where site_id = $1 and id >= $2",
        site_id,
        since_id(DAYS),
    )
    if len(fetched) < (COMMENTS - OLD) * ROW.itemsize:
        raise RuntimeError("the floor has not fetched what it should")
    return time.perf_counter() - begin


class Trier:
    """Simulates over HTTP; each cold window is one that nobody has asked for."""

    def __init__(self, web: httpx.AsyncClient) -> None:
        """`web` is signed in."""
        self.web = web
        self.days = DAYS

    async def seconds(self, policy: dict[str, Any], *, cold: bool) -> float:
        """One simulation."""
        self.days += cold
        begin = time.perf_counter()
        answer = await self.web.post(
            "/v1/moderation/policy/simulate", json={"policy": policy, "days": self.days}
        )
        taken = time.perf_counter() - begin
        if answer.raise_for_status().json()["comments"] != COMMENTS:
            raise RuntimeError(f"{answer.json()['comments']} comments were judged")
        return taken


async def measure(url: str, base: str, token: str, site_id: UUID, table: Table) -> None:
    """Every line of the table."""
    conn = await connect(url)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=300) as web:
        trier = Trier(web)
        tried = {"thresholds": {"abuse": {"hold": 0.3}, "spam": {"hold": 0.4, "spam": 0.9}}}
        schedule = {"time_zone": "Europe/Berlin", "outside": "hold_risky", "windows": [
            {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "18:00"}]}  # fmt: skip
        # The windows are of whole comments: one round warms the database's own cache.
        await trier.seconds(tried, cold=True)
        floors = [await floor_of(conn, site_id) for _ in range(ROUNDS)]

        async def line(what: str, policy: dict[str, Any], aim: str, *, cold: bool) -> None:
            taken = [await trier.seconds(policy, cold=cold) for _ in range(ROUNDS)]
            table.add_row(*row(what, taken, floors, aim))

        await line("thresholds, cold", tried, "2", cold=True)
        await line("thresholds, warm", tried, "-", cold=False)
        await line("staffed hours, warm", {**tried, "hours": schedule}, "-", cold=False)
        listed = {**tried, "banned_words": [WORDS[5], f"{WORDS[40]}*", "two words"]}
        first = await trier.seconds(listed, cold=True)
        table.add_row(*row("three other words, first time", [first], floors, "-"))
        await line("the same words again", listed, "-", cold=False)
        many = {**tried, "banned_words": WORDS[1000:5000]}
        first = await trier.seconds(many, cold=True)
        table.add_row(*row("4,000 other words, first time", [first], floors, "-"))
        await conn.execute(
            """
            update screening set packed = null
            where id in (select id from screening order by id limit $1)
            """,
            OLD,
        )
        first = await trier.seconds(tried, cold=True)
        table.add_row(*row(f"cold, {OLD:,} of them without facts", [first], floors, "-"))
    await conn.close()


def row(what: str, taken: list[float], floors: list[float], aim: str) -> list[str]:
    """One line of the table, in seconds."""
    middle, floor = statistics.median(taken), statistics.median(floors)
    figures = (middle, max(taken))
    return [
        what, *(f"{figure:.3f}" for figure in figures), aim, f"{floor:.3f}",
        f"{middle / floor:.2f}",
    ]  # fmt: skip


def bench(folder: Path, say: Console) -> None:
    """Make, measure, print."""
    table = Table(title=f"Trying a policy on {COMMENTS:,} comments (seconds)")
    for name in ("What", "Median", "Worst", "Aim", "Floor", "Ratio"):
        table.add_column(name, justify="left" if name == "What" else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        embedded.use(folder, ["-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB"]) as url,
        Progress(*columns, console=say, transient=True) as progress,
    ):
        task = progress.add_task("Making comments …")
        migrate(url)
        site_id, token = asyncio.run(fill(url))
        progress.update(task, description="Measuring …")
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        env = {"REJOINDER_DATA": str(folder), "REJOINDER_RATE_LIMITS": "off"}
        with running(["service.cli", "serve", "--port", str(port)], base, folder, **env):
            asyncio.run(measure(url, base, token, site_id, table))
    say.print(table)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console(width=120))
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)
