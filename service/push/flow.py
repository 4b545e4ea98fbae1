"""How much may be under way to one push service.

As much as helps and no more: what is under way is what is sent again after a kill. TCP Vegas
(Brakmo and Peterson, 1995) for windows of messages instead of packets: where a window takes as long
as the fastest one did, more of them at once are no burden; where it takes longer, some of them only
wait in the service's queue.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil, inf

FEW, MANY = 0.5, 1.0  # windows that wait in the service's queue: below and above what is aimed at
FORGETS = 1000  # windows after which all is learnt anew


class Flow:
    """Windows to one push service; `most` of them at once at most."""

    def __init__(self, most: int) -> None:
        """Starts with one at a time, and with twice as many each time until some wait."""
        self._most = most
        self._limit = 1.0
        self._fastest = inf
        self._learnt = 0
        self._starting = True
        self._under_way = 0
        self._freed = asyncio.Condition()

    @property
    def limit(self) -> int:
        """Windows that may be under way."""
        return ceil(self._limit)

    @asynccontextmanager
    async def window(self) -> AsyncIterator[tuple[float, Callable[[], float]]]:
        """Wait for room, send a window inside; yields the seconds waited, and a clock since."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        async with self._freed:
            await self._freed.wait_for(lambda: self._under_way < self.limit)
            self._under_way += 1
        began = clock()
        try:
            yield began - asked, lambda: clock() - began
        finally:
            self._under_way -= 1
            async with self._freed:
                self._freed.notify_all()

    def note(self, seconds: float) -> None:
        """Learn from a window that took so long, and got through."""
        seconds = max(seconds, 1e-6)
        self._learnt += 1
        if self._learnt == FORGETS:  # the way may be another by now, or the service busier
            self._learnt, self._limit, self._fastest, self._starting = 0, 1.0, inf, True
        self._fastest = min(self._fastest, seconds)
        waiting = self._limit * (1 - self._fastest / seconds)
        if waiting < FEW:
            self._limit += 1.0 if self._starting else 1.0 / self._limit
        else:
            self._starting = False
            if waiting > MANY:
                self._limit -= 1.0 / self._limit
        self._limit = min(max(self._limit, 1.0), self._most)
