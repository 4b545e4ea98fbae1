"""The screenings of a site's last days as arrays, read once and kept for a minute."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.core.db import Pool
from service.moderation import policy_store as store
from service.moderation.policy_types import Progress
from service.screening.facts import LAYOUT, ROW, Facts, pack_signals
from service.screening.scorer import Scorer
from service.screening.store import list_unpacked
from service.screening.verdicts import Flags

MOST = 200_000  # comments, the newest
PAGE = 25_000  # screenings that are read in one go
REPACKED = 2_000  # screenings without facts that are read and packed in one go
KEPT = 60.0  # seconds
MOST_KEPT = 4  # windows of some 30 MB
MOST_LISTS = 16  # word lists of which is known what they find

UNDECIDED, PUBLISHED, REFUSED = 0, 1, 2

Ids = NDArray[np.bytes_]
_WIDTH = np.dtype([("comment", "S16"), ("facts", ROW)])
_DECIDED = np.dtype([("comment", "S16"), ("what", "u1")])


class Window(msgspec.Struct):
    """Comments newest first: id, facts, and what people decided. `found`: hits by word list."""

    ids: Ids
    rows: Facts
    decided: NDArray[np.uint8]
    truncated: bool
    found: dict[int, Flags] = msgspec.field(default_factory=dict)

    def id_at(self, index: int) -> UUID:
        """The id of a comment."""
        return UUID(bytes=bytes(self.ids[index]).ljust(16, b"\x00"))

    def note(self, digest: int, found: Flags) -> None:
        """Remember what a word list finds."""
        while len(self.found) >= MOST_LISTS:
            self.found.pop(next(iter(self.found)))
        self.found[digest] = found


class Windows:
    """This process's windows."""

    def __init__(self, pool: Pool, scorer: Scorer) -> None:
        """Empty."""
        self._pool = pool
        self._scorer = scorer
        self._kept: dict[tuple[UUID, int], tuple[float, Window]] = {}

    async def read(self, site_id: UUID, days: int) -> AsyncIterator[Window | Progress]:
        """How far it is, where screenings must be packed first; at last the window."""
        now = time.monotonic()
        self._kept = {key: kept for key, kept in self._kept.items() if now - kept[0] < KEPT}
        key = (site_id, days)
        if key in self._kept:
            yield self._kept[key][1]
            return
        since = since_id(days)
        parts, others, truncated = await self._facts(site_id, since)
        for begin in range(0, len(others), REPACKED):
            yield Progress(begin, len(others))
            parts.append(await self._repack(others[begin : begin + REPACKED]))
        decided = await store.read_decided(self._pool, site_id, since)
        window = await asyncio.to_thread(_window, b"".join(parts), decided, truncated)
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = (now, window)
        # An idle process must not hold it for ever.
        asyncio.get_running_loop().call_later(KEPT, self._forget, key, window)
        yield window

    def _forget(self, key: tuple[UUID, int], window: Window) -> None:
        if key in self._kept and self._kept[key][1] is window:
            del self._kept[key]

    async def _facts(self, site_id: UUID, since: UUID) -> tuple[list[bytes], list[UUID], bool]:
        parts: list[bytes] = []
        others: list[UUID] = []
        left, before = MOST, UUID(int=2**128 - 1)
        layout = (LAYOUT, ROW.itemsize)
        while left > 0:
            wanted = min(PAGE, left)
            page = await store.read_page(self._pool, site_id, since, before, layout, wanted)
            parts.append(page.facts)
            others += page.others
            left -= page.count
            if page.count < wanted or page.last is None:
                return parts, others, False
            before = page.last
        further = await store.read_page(self._pool, site_id, since, before, layout, 1)
        return parts, others, further.count > 0

    async def _repack(self, ids: list[UUID]) -> bytes:
        stored = await list_unpacked(self._pool, ids)

        def packed() -> bytes:
            return b"".join(
                one.comment_id.bytes
                + pack_signals(
                    one.signals, one.article_mode, one.created_at, self._scorer.thresholds_in
                )
                for one in stored
            )

        return await asyncio.to_thread(packed)


def since_id(days: int) -> UUID:
    """The lowest UUIDv7 of the last days (RFC 9562, section 5.7: it begins with milliseconds)."""
    return UUID(int=int((time.time() - days * 86_400) * 1000) << 80)


def _window(facts: bytes, decided: bytes, truncated: bool) -> Window:  # noqa: FBT001 (run in a thread by position)
    both = np.frombuffer(facts, _WIDTH)
    order = np.argsort(-both["facts"]["at"], kind="stable")
    # Of a comment that was screened again, the newest counts.
    _, first = np.unique(both["comment"][order], return_index=True)
    both = both[order[np.sort(first)]]
    ids: Ids = np.ascontiguousarray(both["comment"])
    known = np.frombuffer(decided, _DECIDED)
    said = np.zeros(len(ids), np.uint8)
    if len(known):
        known = known[np.argsort(known["comment"])]
        at = np.searchsorted(known["comment"], ids).clip(max=len(known) - 1)
        said = np.where(known["comment"][at] == ids, known["what"][at], UNDECIDED).astype(np.uint8)
    return Window(ids, np.ascontiguousarray(both["facts"]), said, truncated)
