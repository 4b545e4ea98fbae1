"""Scores for other systems, which may ask for thousands at once: fair, and bounded.

The work is done on the loop, a few milliseconds at a time, so that a thousand texts of one caller
don't keep another's one waiting; threads would only take the interpreter from each other.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import structlog

from service.core.metrics import SCREENING_FAILURES
from service.core.problems import Unavailable
from service.screening.plain import Scored, Scoring, classify_text
from service.screening.scorer import INLINE, Scorer

log = structlog.get_logger("rejoinder.scorer")

TURN = 0.004  # seconds of scoring, after which others have their turn
# Characters that may wait: some ten seconds of work. Whoever comes then should ask again later.
MOST_WAITING = 8_000_000


class Assessor:
    """Scores texts with the shared model, or the one that a site's moderators have taught."""

    def __init__(self, scorer: Scorer) -> None:
        """Nothing waits yet."""
        self._scorer = scorer
        self._waiting = 0
        self._long = asyncio.Lock()

    async def model_of(self, site_id: UUID | None) -> Scoring:
        """The model that scores for a site, None: the shared one. Raises Unavailable."""
        model = await self._scorer.model_of(site_id)
        if model is None:
            SCREENING_FAILURES.labels("classifier").inc()
            raise Unavailable("The classifier is not loaded.")
        return model

    async def score(
        self, model: Scoring, texts: Sequence[str], *, evidence: bool = False
    ) -> list[Scored]:
        """Score texts in order. Raises Unavailable where too much waits already, or on a fault."""
        async with self._admitted(sum(map(len, texts))):
            try:
                return await self._score(model, texts, evidence=evidence)
            except Exception as error:
                SCREENING_FAILURES.labels("classifier").inc()
                log.exception("the classifier failed")
                raise Unavailable("The classifier failed.") from error

    @asynccontextmanager
    async def _admitted(self, size: int) -> AsyncIterator[None]:
        # A single request is never too much: it would be so again.
        if self._waiting and self._waiting + size > MOST_WAITING:
            raise Unavailable("Too many texts wait to be scored.")
        self._waiting += size
        try:
            yield
        finally:
            self._waiting -= size

    async def _score(self, model: Scoring, texts: Sequence[str], *, evidence: bool) -> list[Scored]:
        done: list[Scored] = []
        turn = time.perf_counter() + TURN
        for text in texts:
            if len(text) > INLINE:
                # One that takes long by itself would hold everybody up; several threads, too, as
                # each of them takes the interpreter from the loop.
                async with self._long:
                    scored = await asyncio.to_thread(classify_text, model, text, evidence=evidence)
                done.append(scored)
                continue
            done.append(classify_text(model, text, evidence=evidence))
            if time.perf_counter() > turn:
                await asyncio.sleep(0)
                turn = time.perf_counter() + TURN
        return done
