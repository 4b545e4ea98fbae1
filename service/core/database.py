"""Which database: the one that DATABASE_URL names, or the embedded one, migrated on opening."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from service.core import embedded
from service.core.reaching import check


@contextlib.contextmanager
def database(url: str | None, data: Path) -> Iterator[str]:
    """Yield the database's address. Blocking: call it before a loop starts, or from a thread.

    The embedded server is started if nobody uses it, and migrated; a database that was named
    is left as it is, because only `rejoinder migrate` may change it.
    """
    if url is not None:
        yield url
        return
    from service.core.migrating import migrate  # noqa: PLC0415 (slow to load: alembic)

    with embedded.use(data) as own:
        migrate(own)
        yield own


@contextlib.contextmanager
def reached(url: str | None, data: Path, *, migrated: bool = False) -> Iterator[str]:
    """The same; raises DatabaseError before anything is begun, where DATABASE_URL is of no use.

    `migrated`: what is begun can't wait for a migration.
    """
    with database(url, data) as own:
        if url:  # the embedded one has just been migrated
            asyncio.run(check(own, migrated=migrated))
        yield own
