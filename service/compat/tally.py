"""Counts in memory, written every few seconds: at no cost to a request."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

import structlog

from service.core.db import AWAY

log = structlog.get_logger("rejoinder.tally")

EVERY = 2.0  # seconds

Row = TypeVar("Row")
What = TypeVar("What")


class Tally(Generic[Row, What]):
    """Counters by row. A process that is killed loses what it hasn't written."""

    def __init__(
        self, name: str, add: Callable[[dict[Row, Counter[What]]], Awaitable[None]]
    ) -> None:
        """`add` adds counters to the database's sums, all or none of them."""
        self.waiting: dict[Row, Counter[What]] = {}
        self._name = name
        self._add = add
        self._task: asyncio.Task[None] | None = None

    def count(self, row: Row, what: Iterable[What]) -> None:
        """Count each of these once."""
        self.waiting.setdefault(row, Counter()).update(what)
        if self._task is None:
            self._task = asyncio.create_task(self._write_later(), name=self._name)

    async def _write_later(self) -> None:
        await asyncio.sleep(EVERY)
        self._task = None
        try:
            await self.write()
        except AWAY as error:
            log.warning("not written yet", what=self._name, error=type(error).__name__)
        except Exception:  # counted on, and tried again with the next
            log.exception("not written", what=self._name)

    async def write(self) -> None:
        """Write what was counted; where that fails it is counted on."""
        counts, self.waiting = self.waiting, {}
        if not counts:
            return
        try:
            await self._add(counts)
        except BaseException:
            for row, counted in counts.items():
                self.waiting.setdefault(row, Counter()).update(counted)
            raise

    async def close(self) -> None:
        """Write at once what is counted."""
        if self._task is not None:
            self._task.cancel()
        with contextlib.suppress(*AWAY):
            await self.write()
