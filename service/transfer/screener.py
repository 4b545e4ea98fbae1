"""Screening what was imported: on cores that nobody else wants.

A few comments in this process, which has the classifier already, with half of a core; many in
processes of their own. What is in work is in the queue until it is stored, so that nothing is lost
of what ends in the middle.
"""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from service.core.db import Pool
from service.core.machine import Cores
from service.screening.background import (
    OldText,
    Processes,
    Screened,
    affordable_jobs,
    screen_old,
)
from service.screening.learning_store import get_live
from service.screening.scorer import Scorer
from service.screening.store import get_policy
from service.screening.types import SitePolicy
from service.transfer import screening_store as store
from service.transfer.screening_store import TOP, Position, Waiting

FEW = 500  # comments: screened before processes have loaded what they need
AT_ONCE = 50  # comments of a batch: some fifty milliseconds of work, and ten of PostgreSQL's
LIVELY = timedelta(seconds=5)  # after a comment was posted: a core is left to whoever is next
LOOK = 0.5  # seconds between two looks whether anybody posts
AHEAD = 2  # batches a process: one that it screens, and the next
TURN = 0.004  # seconds of scoring in this process, after which others have their turn
SHARE = 0.5  # of a core, in this process
RUN = 60.0  # seconds, after which another worker may go on

Text = tuple[UUID, OldText]  # and its site
Scored = list[Screened]


class Screener:
    """One at a time in all workers."""

    def __init__(self, pool: Pool, scorer: Scorer | None = None) -> None:
        """With the process's classifier where it has one, else with one that is loaded in need."""
        self._pool = pool
        self._scorer = scorer
        self._processes: Processes | None = None
        self._stopped = asyncio.Event()
        self._cores = Cores()
        self._most = 1
        self._looked = -math.inf
        # Of each site, read once a run.
        self._policies: dict[UUID, SitePolicy] = {}
        self._models: dict[UUID, bytes | None] = {}

    def stop(self) -> None:
        """Leave at once what is in work."""
        self._stopped.set()
        self._end_processes()

    async def run(self, seconds: float = RUN) -> int:
        """Screen what waits, for so long at most; how many comments it were.

        Without a classifier they wait: what it can't judge is held when it is new, not years on.
        """
        try:
            done = await self._run(time.monotonic() + seconds)
        except BaseException:
            self._end_processes()
            raise
        if not await store.count_waiting(self._pool, 1):
            self._end_processes()
        return done

    async def _run(self, until: float) -> int:
        waiting = await store.count_waiting(self._pool, FEW + 1)
        if not waiting:
            return 0
        if self._scorer is None:
            self._scorer = await asyncio.to_thread(Scorer.loaded)
        if self._scorer.model is None:
            return 0
        self._policies, self._models = {}, {}
        async with self._pool.acquire() as conn, conn.transaction():
            if not await store.lock_screening(conn):
                return 0
            if waiting > FEW and not self._processes and (jobs := affordable_jobs()):
                self._processes = Processes(jobs)
            if self._processes:
                return await self._by_processes(self._processes, until)
            return await self._here(self._scorer, until)

    async def _here(self, scorer: Scorer, until: float) -> int:
        done = 0
        while time.monotonic() < until and not self._stopped.is_set():
            began = time.monotonic()
            waiting = await store.list_waiting(self._pool, AT_ONCE)
            if not waiting:
                break
            texts = await self._texts(waiting)
            await store.insert_screenings(self._pool, waiting, await _scored(scorer, texts))
            done += len(waiting)
            await asyncio.sleep((time.monotonic() - began) * (1 / SHARE - 1))
        return done

    async def _by_processes(self, processes: Processes, until: float) -> int:
        done, after = 0, TOP
        working: dict[asyncio.Future[Scored], list[Waiting]] = {}
        stopped: asyncio.Future[Any] = asyncio.ensure_future(self._stopped.wait())
        try:
            while not self._stopped.is_set():
                if time.monotonic() < until:
                    # One batch a run at least, however busy the machine is.
                    after = await self._hand_out(processes, working, after, least=not done)
                if not working:
                    break
                await _first([stopped, *working])
                for one in [one for one in working if one.done() and not self._stopped.is_set()]:
                    waiting = working.pop(one)
                    # The next is begun before this one is stored.
                    if time.monotonic() < until:
                        after = await self._hand_out(processes, working, after)
                    await store.insert_screenings(self._pool, waiting, one.result())
                    done += len(waiting)
        finally:
            stopped.cancel()
            for one in working:
                one.cancel()
        return done

    async def _hand_out(
        self,
        processes: Processes,
        working: dict[asyncio.Future[Scored], list[Waiting]],
        after: Position,
        least: int = 0,
    ) -> Position:
        """Keep the processes busy with what comes after; where that is read on from then."""
        while len(working) < max(least, await self._affordable(processes.jobs)):
            waiting = await store.list_waiting(self._pool, AT_ONCE, after)
            if not waiting:
                break
            texts = await self._texts(waiting)
            if self._stopped.is_set():
                break
            models = {site: self._models[site] for site, _ in texts}
            working[asyncio.wrap_future(processes.screen(texts, models))] = waiting
            after = Position(waiting[-1].held, waiting[-1].id)
        return after

    async def _affordable(self, jobs: int) -> int:
        """How many batches may be in work: fewer than take every core while somebody posts.

        None where those who post, and all else, leave less than half of one.
        """
        if time.monotonic() > self._looked + LOOK:
            lively = await store.is_posted_to(self._pool, datetime.now(UTC) - LIVELY)
            left = self._cores.left()
            self._looked = time.monotonic()
            self._most = AHEAD * jobs
            if lively:
                self._most = max(1, jobs - 1)
                if left is not None:
                    self._most = min(self._most, round(left))
        return self._most

    async def _texts(self, waiting: Sequence[Waiting]) -> list[Text]:
        """What is to be screened of these, under which policies."""
        for site in {one.site_id for one in waiting} - self._policies.keys():
            self._policies[site] = await get_policy(self._pool, site)
            live = await get_live(self._pool, site)
            self._models[site] = live.content if live else None
        return [
            (
                one.site_id,
                OldText(
                    one.body,
                    one.author_name,
                    one.website,
                    one.created_at,
                    self._policies[one.site_id],
                ),
            )
            for one in waiting
            if one.fresh
        ]

    def _end_processes(self) -> None:
        if self._processes is not None:
            self._processes.end()
            self._processes = None


async def _first(futures: Iterable[asyncio.Future[Any]]) -> None:
    await asyncio.wait(list(futures), return_when=asyncio.FIRST_COMPLETED)


async def _scored(scorer: Scorer, texts: Sequence[Text]) -> Scored:
    done: Scored = []
    turn = time.perf_counter() + TURN
    for site, text in texts:
        done.append(screen_old(text, await scorer.score(text.body, site)))
        if time.perf_counter() > turn:
            await asyncio.sleep(0)
            turn = time.perf_counter() + TURN
    return done
