"""SQL of how a poll went."""

from datetime import timedelta
from uuid import UUID

from service.core.db import Conn
from service.feeds.rules import LEASE
from service.feeds.types import Claimed, Document

# A hub may have told of something new while the poll was under way.
POKED_SOON = timedelta(seconds=15)


async def finish_poll(
    conn: Conn, one: Claimed, status: int, etag: str | None, modified: str | None, wait: timedelta
) -> bool:
    """The end of a poll that was answered; False where the lease is lost."""
    done = await conn.execute(
        """
        update feed set etag = $3, modified = $4, last_status = $5, last_error = null,
            failures = 0, stopped = null, last_poll_at = now(),
            poked_at = case when poked_at > leased_until - $7::interval then poked_at end,
            next_poll_at = now() + case
                when poked_at > leased_until - $7::interval then $8::interval else $6::interval
            end,
            lease = null, leased_until = null
        where id = $1 and lease = $2
        """,
        one.id,
        one.lease,
        etag,
        modified,
        status,
        wait,
        LEASE,
        POKED_SOON,
    )
    return done == "UPDATE 1"


async def fail_poll(
    conn: Conn, one: Claimed, status: int | None, error: str, wait: timedelta
) -> bool:
    """The end of a poll that brought nothing; False where the lease is lost."""
    done = await conn.execute(
        """
        update feed set last_status = $3, last_error = $4, failures = failures + 1,
            last_poll_at = now(), poked_at = null, next_poll_at = now() + $5,
            lease = null, leased_until = null
        where id = $1 and lease = $2
        """,
        one.id,
        one.lease,
        status,
        error,
        wait,
    )
    return done == "UPDATE 1"


async def stop_feed(conn: Conn, one: Claimed, status: int, why: str) -> bool:
    """Poll a feed no more; False where the lease is lost."""
    done = await conn.execute(
        """
        update feed set last_status = $3, last_error = $4, stopped = $4, failures = failures + 1,
            last_poll_at = now(), poked_at = null, next_poll_at = null,
            lease = null, leased_until = null
        where id = $1 and lease = $2
        """,
        one.id,
        one.lease,
        status,
        why,
    )
    return done == "UPDATE 1"


async def describe_feed(
    conn: Conn, feed_id: UUID, document: Document, refused: int, refused_url: str | None
) -> None:
    """What the document is that was read, and which of its entries are none of the site's."""
    await conn.execute(
        """
        update feed set format = $2, title = $3, floor = $4, refused = $5, refused_url = $6
        where id = $1
        """,
        feed_id,
        document.format,
        document.title,
        document.floor,
        refused,
        refused_url,
    )


async def poke(conn: Conn, feed_id: UUID, soonest: timedelta) -> bool:
    """Poll a feed that does well at once, but not sooner than so long after its last poll."""
    done = await conn.execute(
        """
        update feed set poked_at = now(),
            next_poll_at = least(next_poll_at, greatest(now(), last_poll_at + $2::interval))
        where id = $1 and stopped is null and failures = 0
        """,
        feed_id,
        soonest,
    )
    return done == "UPDATE 1"
