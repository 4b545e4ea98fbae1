"""Learning by the clock: every night, every site in which people have decided something."""

import asyncio

import structlog

from classifiers import Model, load
from service.core.db import Pool
from service.core.jobs import Tick
from service.core.metrics import RETRAININGS
from service.core.problems import Conflict
from service.screening import learning_store as store
from service.screening.learning import retrain
from service.screening.scorer import Scorer

log = structlog.get_logger("rejoinder.learning")


async def retrain_due(pool: Pool, base: Model) -> None:
    """Retrain each site that has new decisions; one that fails holds up no other.

    One that has decided too little, or nothing but one way, is read every night until it has: at
    most MOST_DECISIONS and MOST_OTHERS rows and three seconds of sketching them, in a thread.
    """
    await store.delete_old_refused(pool)
    for site_id in await store.list_due(pool, base.id):
        try:
            async with pool.acquire() as conn:
                await retrain(conn, site_id, base)
        except Conflict:
            log.info("site is being retrained already", site=str(site_id))
        except Exception as error:  # one site that can't learn must not hold back the others
            RETRAININGS.labels("failed").inc()
            log.exception("not retrained", site=str(site_id), error=type(error).__name__)


def ticks(pool: Pool, scorer: Scorer | None = None) -> list[Tick]:
    """The nightly retraining; with the scorer's model where the process has one loaded."""

    async def learn() -> None:
        loaded = scorer.model if scorer else None
        base = loaded if isinstance(loaded, Model) else await asyncio.to_thread(load)
        await retrain_due(pool, base)

    return [Tick("screening.retrain", "41 3 * * *", learn)]
