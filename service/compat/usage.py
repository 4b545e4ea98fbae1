"""What each key was used for, by day."""

from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

from service.accounts.types import ApiKey
from service.compat import store
from service.compat.store import Used
from service.compat.tally import Tally
from service.core.db import Pool

LONGEST_BLOG = 200
MOST_BLOGS = 200  # of a key in one go; what comes after is counted without its address

Row = tuple[UUID, UUID, date, str]  # site, key, day, blog


class Usage:
    """Counts calls and what came of them."""

    def __init__(self, pool: Pool) -> None:
        """Nothing is counted yet."""
        self._pool = pool
        self._blogs: Counter[UUID] = Counter()
        self._tally: Tally[Row, Used] = Tally("usage", self._add)

    def count(self, key: ApiKey, *what: Used, blog: str = "") -> None:
        """Count one call, and what came of it. `blog` is whatever address the caller gave."""
        row = (key.site_id, key.id, datetime.now(UTC).date(), blog[:LONGEST_BLOG])
        if row not in self._tally.waiting:
            if self._blogs[key.id] >= MOST_BLOGS:
                row = (*row[:3], "")
            self._blogs[key.id] += 1
        self._tally.count(row, ("calls", *what))

    async def _add(self, counts: dict[Row, Counter[Used]]) -> None:
        self._blogs.clear()
        await store.add_usage(self._pool, [(*row, counts[row]) for row in sorted(counts)])

    async def write(self) -> None:
        """Add what was counted to the database's sums."""
        await self._tally.write()

    async def close(self) -> None:
        """Write at once what is counted."""
        await self._tally.close()
