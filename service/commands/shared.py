"""What commands share: the database, the site that an option names, where they write.

Secrets are printed alone on standard output, and so are lists, which one may want to search;
everything else goes beside it.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from service.articles import store as article_store
from service.articles.types import Site
from service.core.database import database
from service.core.db import Conn
from service.core.problems import NotFound
from service.core.reaching import reach
from service.settings import Settings

T = TypeVar("T")

LOCAL = "http://127.0.0.1:8000"

say = Console(stderr=True)

SiteOption = Annotated[str, typer.Option("--site", help="The site's slug.")]


def in_database(run: Callable[[Conn], Awaitable[T]]) -> T:
    """Run one coroutine function over one connection to the database in use."""

    async def connected(url: str) -> T:
        conn = await reach(url)
        try:
            return await run(conn)
        finally:
            await conn.close()

    settings = Settings.from_environment()
    with database(settings.database_url, settings.data) as url:
        return asyncio.run(connected(url))


async def site_of(conn: Conn, slug: str) -> Site:
    """The site with this slug; raises NotFound."""
    site = await article_store.get_site(conn, slug)
    if site is None:
        raise NotFound(f"There is no site {slug}. `rejoinder sites add` makes one.")
    return site


@contextlib.contextmanager
def ends_orderly() -> Iterator[None]:
    """Let a request to end leave no process and no half file behind."""

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    # What is ignored, as by nohup, stays so.
    ours = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) == signal.SIG_DFL
    ]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def shown_time(moment: datetime | None) -> str:
    """A time as lists show it, in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "never"


def print_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in plain columns, each row whole, however narrow the terminal is."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in table) for n in range(len(headings))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
