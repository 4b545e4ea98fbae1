"""The desk at a million comments: the queue's first page, search, a claim, a bulk decision.

`python -m tests.bench.desk` makes the comments (some minutes), measures over HTTP on one
connection, and compares each with its floor: the same rows, fetched (or written) by their ids in
one statement of the same run.
"""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core import embedded
from service.core.db import Conn, connect, uuid7
from service.core.migrating import migrate
from service.screening.scores import LABELS
from tests.bench.__main__ import running
from tests.bench.prose import WORDS, text
from tests.live import free_port

COMMENTS, HELD = 1_000_000, 20_000
ARTICLES, READERS, BODIES = 5_000, 100_000, 20_000
CAMPAIGNS, COPIES = 200, 20
ROUNDS = 200
BATCH = 500

SEARCHED = {"common": WORDS[0], "middling": WORDS[300], "rare": WORDS[5990]}

Measured = Callable[[], Awaitable[None]]

SIGNALS = json.dumps(
    [
        {"check": label, "verdict": "nothing", "score": 0.31, "evidence": {"spans": [
            {"begin": 4, "end": 9, "weight": 0.7}, {"begin": 20, "end": 26, "weight": -0.2}]}}
        for label in LABELS
    ]
    + [{"check": check, "verdict": "nothing", "evidence": {"count": 0}} for check in
       ("sanction", "mode", "links", "duplicate", "timing", "rate", "history", "language")]
)  # fmt: skip

FILL = (
    "create temp table words (n int primary key, body text)",
    """
    insert into article (site_id, id, key, url, title, section, verified)
    select $1, gen_random_uuid(), 'a-' || n, 'https://news.example/a-' || n, 'Article ' || n,
        (array['Local', 'World', 'Sport', 'Culture'])[1 + n % 4], true
    from generate_series(1, {articles}) n
    """,
    """
    insert into reader (site_id, id, email, name, name_key)
    select $1, gen_random_uuid(), 'r' || n || '@readers.example', 'Reader ' || n, 'r' || n
    from generate_series(1, {readers}) n
    """,
)
# Ids in the order of time, as UUIDv7; one comment in 50 is held, one in 40 was refused.
COMMENT_ROWS = """
with a as (select id, row_number() over () - 1 as n from article),
r as (select id, name, row_number() over () - 1 as n from reader)
insert into comment (
    site_id, id, article_id, depth, reader_id, author_name, body, html, status, reason, risk,
    created_at, scores, reviewed, reach
)
select $1, (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '7000a'
        || lpad(to_hex(t.n), 15, '0'))::uuid,
    a.id, 0, r.id, r.name, w.body, '<p>' || w.body || '</p>',
    t.status, case when t.status = 'published' then null else 'offensive' end,
    t.risk, t.at, array_fill(t.risk, array[7]), t.status = 'rejected', random()
from (
    select n, now() - (interval '365 days' * (1 - n / {comments}.0)) as at,
        case when n % 50 = 0 then 'held' when n % 40 = 1 then 'rejected' else 'published' end
            as status,
        (random() ^ 3)::real as risk
    from generate_series(1, {comments}) n
) t
join a on a.n = (t.n * 7919::bigint) % {articles}
join r on r.n = (t.n * 104729::bigint) % {readers}
join words w on w.n = (t.n * 15485863::bigint) % {bodies}
"""


async def fill(url: str, say: Callable[[str], None]) -> tuple[Any, str]:
    """Make the site, its moderator and its comments; the site's id and a token."""
    conn = await connect(url)
    site = await articles.add_site(conn, "default", "Bench", ["https://news.example"])
    await accounts.add_moderator(conn, "mod@courier.example", "moderator", [])
    token = await accounts.create_api_token(conn, "mod@courier.example")
    chance = random.Random(4)  # noqa: S311 (no secret)
    sizes = {"articles": ARTICLES, "readers": READERS, "comments": COMMENTS, "bodies": BODIES}
    words, *rows = FILL
    await conn.execute(words)
    await conn.copy_records_to_table(
        "words", records=[(n, text(chance)) for n in range(BODIES)], columns=["n", "body"]
    )
    for statement in rows:
        await conn.execute(statement.format(**sizes), site.id)
    say(f"Making {COMMENTS:,} comments …")
    indexes = await conn.fetch(
        """
        select indexname, indexdef from pg_indexes where tablename = 'comment'
            and indexname <> 'comment_pkey'
        """
    )
    for index in indexes:
        await conn.execute(f"drop index {index['indexname']}")
    await conn.execute(COMMENT_ROWS.format(**sizes), site.id, timeout=1800)
    say("Making their indexes …")
    await conn.execute("set maintenance_work_mem = '1GB'")
    for index in indexes:
        await conn.execute(index["indexdef"], timeout=1800)
    await _campaigns(conn, site.id)
    await conn.execute(
        """
        insert into screening (
            site_id, id, comment_id, comment_version, policy_version, verdict, risk, signals
        )
        select site_id, gen_random_uuid(), id, 1, 0, 'hold', risk, $1::json from comment
        where status = 'held'
        """,
        SIGNALS.encode(),
        timeout=600,
    )
    say("Vacuuming …")
    await conn.execute("vacuum analyze", timeout=1800)
    await conn.close()
    return site.id, token


async def _campaigns(conn: Conn, site_id: Any) -> None:
    await conn.execute(
        """
        with held as (
            select id, row_number() over (order by id) - 1 as n from comment
            where site_id = $1 and status = 'held' order by random() limit $2::int * $3::int
        )
        update comment c set campaign_id = f.id
        from held h join held f on f.n / $3 = h.n / $3 and f.n % $3 = 0 where c.id = h.id
        """,
        site_id,
        CAMPAIGNS,
        COPIES,
    )


async def timed(run: Measured, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each round; the first tenth warms up."""
    taken = []
    for _ in range(rounds + rounds // 10):
        begin = time.perf_counter()
        await run()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken[rounds // 10 :]


async def measure(url: str, base: str, token: str, table: Table) -> None:
    """Every line of the table."""
    floor = await connect(url)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as web:

        async def get(path: str) -> list[str]:
            answer = await web.get(path)
            answer.raise_for_status()
            return [item["id"] for item in answer.json().get("items", [])]

        async def line(what: str, path: str, aim: str) -> None:
            ids = await get(path)
            ours = await timed(lambda: get(path))
            floors = await timed(lambda: fetch(floor, ids))
            table.add_row(*row(f"{what} ({len(ids)} items)", ours, floors, aim))

        async def fetch(conn: Conn, ids: list[str]) -> None:
            await conn.fetch(
                """
                select c.*, s.signals, r.email, a.title from comment c
                join reader r on r.id = c.reader_id join article a on a.id = c.article_id
                left join screening s on s.comment_id = c.id where c.id = any($1::uuid[])
                """,
                ids,
            )

        queue = "/v1/moderation/queue?view=held"
        await line("first page by risk", queue, "30")
        await line("first page, oldest", f"{queue}&order=oldest", "30")
        for kind, word in SEARCHED.items():
            await line(f"search, a {kind} word", f"{queue}&q={word}", "100")
        published = "/v1/moderation/queue?view=published&order=newest"
        for kind, word in SEARCHED.items():
            await line(f"search all published, a {kind} word", f"{published}&q={word}", "100")
        await line("counts of the views", "/v1/moderation/counts", "-")
        await bulk(web, floor, table)
    await floor.close()


async def bulk(web: httpx.AsyncClient, floor: Conn, table: Table) -> None:
    """Decide 500 at once, and undo; the floor updates and notes the same rows, and rolls back."""
    rows = await floor.fetch(
        "select id from comment where status = 'held' and campaign_id is null limit $1", BATCH
    )
    ids = [str(row["id"]) for row in rows]
    ours, floors, undone = [], [], []
    for _ in range(12):
        decisions = [{"comment_id": ident, "action": "reject"} for ident in ids]
        begin = time.perf_counter()
        answer = await web.post("/v1/moderation/decisions", json={"decisions": decisions})
        ours.append((time.perf_counter() - begin) * 1000)
        batch = answer.raise_for_status().json()["batch_id"]
        begin = time.perf_counter()
        (await web.post(f"/v1/moderation/batches/{batch}/undo")).raise_for_status()
        undone.append((time.perf_counter() - begin) * 1000)
        begin = time.perf_counter()
        transaction = floor.transaction()
        await transaction.start()
        await floor.execute(
            "update comment set status = 'rejected', version = version + 1 where id = any($1)", ids
        )
        await floor.execute(
            """
            insert into ledger (site_id, id, comment_id, actor, to_status, version)
            select site_id, n.id, c.id, 'system', 'rejected', 2
            from unnest($1::uuid[], $2::uuid[]) as n (id, comment) join comment c on c.id = comment
            """,
            [uuid7() for _ in ids],
            ids,
        )
        await transaction.rollback()
        floors.append((time.perf_counter() - begin) * 1000)
    table.add_row(*row(f"decide {BATCH}", ours, floors, "300"))
    table.add_row(*row(f"undo {BATCH}", undone, floors, "-"))


def row(what: str, ours: list[float], floors: list[float], aim: str) -> list[str]:
    """One line of the table, in milliseconds."""
    cut = statistics.quantiles(ours, n=20)[18]
    floor = statistics.median(floors)
    middle = statistics.median(ours)
    return [what, f"{middle:.1f}", f"{cut:.1f}", aim, f"{floor:.1f}", f"{middle / floor:.1f}"]


def bench(folder: Path, say: Console) -> None:
    """Make, measure, print."""
    table = Table(title=f"The desk with {COMMENTS:,} comments, {HELD:,} held (milliseconds)")
    for name in ("What", "p50", "p95", "Aim p95", "Floor p50", "Ratio"):
        table.add_column(name, justify="left" if name == "What" else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    options = ["-c", "shared_buffers=1GB", "-c", "max_wal_size=8GB"]
    with (
        embedded.use(folder, options) as url,
        Progress(*columns, console=say, transient=True) as progress,
    ):
        task = progress.add_task("Starting …")
        migrate(url)
        _, token = asyncio.run(fill(url, lambda text: progress.update(task, description=text)))
        progress.update(task, description="Measuring …")
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        env = {"REJOINDER_DATA": str(folder), "REJOINDER_RATE_LIMITS": "off"}
        with running(["service.cli", "serve", "--port", str(port)], base, folder, **env):
            asyncio.run(measure(url, base, token, table))
    say.print(table)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console())
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)
