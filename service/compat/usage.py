"""What each key was used for, by day: counted in memory, written every few seconds."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

import structlog

from service.accounts.types import ApiKey
from service.compat import store
from service.compat.store import Used
from service.core.db import AWAY, Pool

log = structlog.get_logger("rejoinder.usage")

EVERY = 2.0  # seconds
LONGEST_BLOG = 200
MOST_BLOGS = 200  # of a key in one go; what comes after is counted without its address

Row = tuple[UUID, UUID, date, str]  # site, key, day, blog


class Usage:
    """Counts, at no cost to a request. A process that is killed loses what it hasn't written."""

    def __init__(self, pool: Pool) -> None:
        """Nothing is counted yet."""
        self._pool = pool
        self._counts: dict[Row, Counter[Used]] = {}
        self._blogs: Counter[UUID] = Counter()
        self._task: asyncio.Task[None] | None = None

    def count(self, key: ApiKey, *what: Used, blog: str = "") -> None:
        """Count one call, and what came of it. `blog` is whatever address the caller gave."""
        row = (key.site_id, key.id, datetime.now(UTC).date(), blog[:LONGEST_BLOG])
        if row not in self._counts:
            if self._blogs[key.id] >= MOST_BLOGS:
                row = (*row[:3], "")
            self._blogs[key.id] += 1
        self._counts.setdefault(row, Counter()).update(("calls", *what))
        if self._task is None:
            self._task = asyncio.create_task(self._write_later(), name="usage")

    async def _write_later(self) -> None:
        await asyncio.sleep(EVERY)
        self._task = None
        try:
            await self.write()
        except AWAY as error:
            log.warning("usage not written yet", error=type(error).__name__)

    async def write(self) -> None:
        """Add what was counted to the database's sums; where that fails it is counted on."""
        counts, self._counts = self._counts, {}
        self._blogs.clear()
        try:
            await store.add_usage(self._pool, [(*row, counts[row]) for row in sorted(counts)])
        except BaseException:
            for row, counted in counts.items():
                self._counts.setdefault(row, Counter()).update(counted)
            raise

    async def close(self) -> None:
        """Write at once what is counted."""
        if self._task is not None:
            self._task.cancel()
        with contextlib.suppress(*AWAY):
            await self.write()
