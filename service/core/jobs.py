"""Background jobs: PgQueuer, enqueued in the transaction of the change that causes them.

A job is permanent or retryable in failing: a handler that wants to be called again raises
Later; any other exception is logged, counted, and ends that job for good (the rows that the
job was about stay, and a sweep finds them).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
from pgqueuer.queries import Queries

from service.core.db import Conn

JobHandler = Callable[[bytes], Awaitable[None]]
TickHandler = Callable[[], Awaitable[None]]


class Job(msgspec.Struct, frozen=True):
    """A named kind of work, `run` with the payload that was enqueued."""

    name: str
    run: JobHandler
    concurrency: int = 0


class Tick(msgspec.Struct, frozen=True):
    """Work by the clock; `cron` in five fields (minutes) or six (seconds last)."""

    name: str
    cron: str
    run: TickHandler


async def enqueue(
    conn: Conn,
    name: str,
    payload: bytes,
    *,
    after: timedelta | None = None,
    key: str | None = None,
) -> None:
    """Enqueue in the caller's transaction; with `key`, not twice while one waits."""
    queries = Queries.from_asyncpg_connection(conn)  # type: ignore[arg-type]  # a pool's proxy
    if key is None:
        await queries.enqueue(name, payload, execute_after=after)
    else:
        await queries.enqueue([name], [payload], [0], [after], [key], on_conflict="skip")
