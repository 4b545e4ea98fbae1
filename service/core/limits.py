"""Rate limits held in PostgreSQL, so that they hold across nodes.

The generic cell rate algorithm (ITU-T I.371, Annex A): a bucket is one timestamp, the time at
which it would be full again; one statement reads, decides and writes it. The libraries looked
at keep their counters in Redis or in the process, and neither is here.
"""

import math
from datetime import timedelta

import msgspec

from service.core.db import Executor, Pool
from service.core.problems import TooManyRequests


class Limit(msgspec.Struct, frozen=True):
    """`burst` at once, then one each `every` seconds."""

    name: str
    burst: int
    every: float


class Limiter:
    """Takes from buckets. Its statements commit at once: a refused request still counts."""

    def __init__(self, pool: Pool, *, enabled: bool) -> None:
        """`enabled` is REJOINDER_RATE_LIMITS."""
        self._pool = pool
        self._enabled = enabled

    async def take(self, limit: Limit, who: bytes) -> None:
        """Take one from `who`'s bucket; raises TooManyRequests with the seconds to wait."""
        if not self._enabled:
            return
        wait = await self.wait(limit, who)
        if wait:
            raise TooManyRequests(wait)

    async def wait(
        self, limit: Limit, who: bytes, conn: Executor | None = None, count: int = 1
    ) -> int:
        """Take, also where limits are off: what an editor asks for is none of the operator's.

        Seconds to wait where there are no `count` to take, else 0. Whoever holds a connection gives
        it, outside of any transaction: a full pool has no second one.
        """
        values = (
            limit.name.encode() + b"\x00" + who,
            timedelta(seconds=limit.every * count),
            timedelta(seconds=limit.every * limit.burst),
        )
        wait: float | None = None
        # No row at all: others have made and emptied the bucket since the statement began, which
        # sees it full and can't read it. The next statement can.
        while wait is None:
            wait = await (conn or self._pool).fetchval(TAKE, *values)
        return math.ceil(wait)


# The update is skipped where the bucket has no room; then nothing is returned and the wait
# is read from the row as it stands.
TAKE = """
with taken as (
    insert into rate_limit (bucket, full_at) values ($1, now() + $2)
    on conflict (bucket) do update
    set full_at = greatest(rate_limit.full_at, now()) + $2
    where greatest(rate_limit.full_at, now()) + $2 <= now() + $3
    returning 0::float8 as wait
)
select wait from taken
union all
select greatest(extract(epoch from full_at + $2 - now() - $3)::float8, 0.001)
from rate_limit where bucket = $1 and not exists (select from taken)
"""

FORGET = "delete from rate_limit where full_at < now()"


async def forget_full(pool: Pool) -> None:
    """Drop the buckets that are full again."""
    await pool.execute(FORGET)
