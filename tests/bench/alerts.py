"""A whole alert, ledger and all: `python -m tests.bench.alerts [SUBSCRIBERS]`.

Subscribers in a PostgreSQL that syncs to disk, a sink over TLS that answers 201, one process that
does what a worker does. Figures are messages for each second of that process's CPU time and of the
clock, beside the bare sender of the same run (the floor: encrypting and sending alone), and how
much memory the process takes at a tenth of the subscribers and at all of them. With a million:
`python -m tests.bench.alerts 1000000`, some minutes.
"""

import asyncio
import hashlib
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.articles import actions as articles
from service.articles.store import get_site
from service.articles.types import PutArticle, Site
from service.core import embedded
from service.core.db import Pool, open_pool, uuid7
from service.core.migrating import migrate
from service.core.tokens import Keyring
from service.push import actions, delivery, store
from service.push.delivery import Courier, start_alert
from service.push.sender import open_sender
from service.settings import Settings
from tests.bench import push as bare

SUBSCRIBERS = 100_000
SECRET = "of-a-benchmark-and-of-nothing-else-at-all"
CHUNK = 20_000
MB = 1024

Measured = dict[str, float]


def resident() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB


async def fill(pool: Pool, keyring: Keyring, site: Site, origin: str, number: int) -> None:
    """Subscribers, each with a key of its own."""
    async with pool.acquire() as conn:
        key = await actions.ensure_vapid_key(conn, keyring, site.id)
        for begin in range(0, number, CHUNK):
            rows = []
            for index in range(begin, min(begin + CHUNK, number)):
                endpoint = f"{origin}/send/{index}"
                public = ec.generate_private_key(ec.SECP256R1()).public_key()
                point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
                digest = hashlib.sha256(endpoint.encode()).digest()
                rows.append((site.id, uuid7(), endpoint, digest, point, os.urandom(16), [], key.id))
            await conn.copy_records_to_table(
                "subscription",
                columns=[
                    "site_id", "id", "endpoint", "endpoint_hash", "p256dh", "auth", "topics",
                    "vapid_key_id",
                ],
                records=rows,
            )  # fmt: skip
        await conn.execute("analyze subscription")


async def send(pool: Pool, courier: Courier, site: Site, key: str) -> Measured:
    """Publish an article with an alert and deliver it; seconds of each part, and counts."""
    put = PutArticle(url=f"https://news.example/{key}", title="The boat sails", alert=True)
    async with pool.acquire() as conn:
        _, _, alert = await actions.publish_article(conn, site, key, put, 0)
        assert alert is not None
        wall = time.perf_counter()
        assert await start_alert(conn, alert.id)
        frozen = time.perf_counter() - wall
    cpu, wall = time.process_time(), time.perf_counter()
    await courier.deliver()
    taken = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    async with pool.acquire() as conn:
        counts = await store.get_counts(conn, alert.id)
    assert counts.accepted == counts.audience, counts
    return {"frozen": frozen, "memory": resident(), "audience": counts.audience, **taken}


async def run(url: str, origin: str, number: int) -> list[Measured]:
    """An alert to browsers whose keys are new, and the next one."""
    settings = Settings.from_environment({"DATABASE_URL": url, "REJOINDER_SECRET": SECRET})
    keyring = Keyring(settings.secret)
    # The sink is on a port of its own: nothing else of what is checked would let it pass.
    delivery.place_of = lambda *_args, **_options: (None, origin)
    async with open_pool(url) as pool, open_sender(allow_local=True) as sender:
        async with pool.acquire() as conn:
            site = await get_site(conn, "bench")
            if site is None:
                site = await articles.add_site(conn, "bench", "Bench", ["https://news.example"])
        await fill(pool, keyring, site, origin, number)
        courier = Courier(pool, keyring, settings, sender)
        return [await send(pool, courier, site, key) for key in ("one", "two")]


def process(url: str, origin: str, number: int, out: Any) -> None:
    """A process of its own, whose time and memory are nobody else's."""
    out.put(uvloop.run(run(url, origin, number)))


def measured(folder: Path, origin: str, number: int) -> list[Measured]:
    """An alert to so many, in a database of its own."""
    with embedded.use(folder / f"postgres-{number}") as url:
        asyncio.run(migrated(url))
        context = multiprocessing.get_context("spawn")
        out: Any = context.SimpleQueue()
        child = context.Process(target=process, args=(url, origin, number, out))
        child.start()
        child.join()
        if child.exitcode:
            raise RuntimeError("The benchmark of alerts failed")
        found: list[Measured] = out.get()
    return found


async def migrated(url: str) -> None:
    """Tables."""
    await asyncio.to_thread(migrate, url)


def bench(folder: Path, say: Console, number: int = SUBSCRIBERS) -> None:
    """Measure, print."""
    if shutil.which("node") is None:
        say.print("Not measured: whole alerts, whose sink needs Node.js")
        return
    files = bare.certify(folder)
    table = Table(title=f"A whole alert to {number:,} subscribers, one process (messages)")
    for name in ("", "A second of its CPU", "To the bare sender", "A second", "Audience frozen in"):
        table.add_column(name, justify="right" if name else "left")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=say, transient=True) as progress,
        bare.sink(files) as origin,
    ):
        task = progress.add_task("the bare sender …")
        key = ec.generate_private_key(ec.SECP256R1())
        cpu, _ = uvloop.run(bare.ours(bare.browsers(origin), key, 3600))
        floor = bare.MANY / cpu
        progress.update(task, description=f"{number // 10:,} subscribers …")
        few = measured(folder, origin, number // 10)
        progress.update(task, description=f"{number:,} subscribers …")
        all_ = measured(folder, origin, number)
    table.add_row("the bare sender, keys agreed on", f"{floor:,.0f}", "1.00", "", "")
    for what, one in zip(("first alert of the day", "the next"), all_, strict=True):
        rate = one["audience"] / one["cpu"]
        table.add_row(
            what, f"{rate:,.0f}", f"{rate / floor:.2f}", f"{one['audience'] / one['wall']:,.0f}",
            f"{one['frozen']:.1f} s",
        )  # fmt: skip
    say.print(table)
    say.print(
        f"Memory of the process: {few[0]['memory']:.0f} MB with {number // 10:,} subscribers, "
        f"{all_[0]['memory']:.0f} MB with {number:,} (agreed keys of up to 200,000 included)."
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console(), int(sys.argv[1]) if sys.argv[1:] else SUBSCRIBERS)
    sys.exit()
