"""By the clock: learning, every night, of what people have decided; packing what was not."""

import asyncio

import structlog

from classifiers import Model, load
from service.core.db import Pool
from service.core.jobs import Tick
from service.core.metrics import RETRAININGS
from service.core.problems import Conflict
from service.screening import learning_store as store
from service.screening import store as screenings
from service.screening.facts import pack_signals
from service.screening.learning import retrain
from service.screening.scorer import Scorer

log = structlog.get_logger("rejoinder.learning")

PACKED_DAYS = 90
PACKED_AT_ONCE = 500  # some ten milliseconds of work between two waits


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


async def pack_older(pool: Pool, scorer: Scorer | None) -> int:
    """Pack screenings of earlier releases, as far back as policies are tried; how many it were."""
    done = 0
    while rows := await screenings.list_never_packed(pool, PACKED_DAYS, PACKED_AT_ONCE):
        if scorer is None or scorer.model is None:
            scorer = Scorer(await asyncio.to_thread(load))
        thresholds_in = scorer.thresholds_in
        packed = [
            (row.id, pack_signals(row.signals, row.article_mode, row.created_at, thresholds_in))
            for row in rows
        ]
        await screenings.update_facts(pool, packed)
        done += len(packed)
        await asyncio.sleep(0)
    return done


def ticks(pool: Pool, scorer: Scorer | None = None) -> list[Tick]:
    """Nightly retraining, and packing; with the scorer's model where the process has it loaded."""

    async def learn() -> None:
        loaded = scorer.model if scorer else None
        base = loaded if isinstance(loaded, Model) else await asyncio.to_thread(load)
        await retrain_due(pool, base)

    async def pack() -> None:
        if done := await pack_older(pool, scorer):
            log.info("packed screenings of an earlier release", count=done)

    return [
        Tick("screening.retrain", "41 3 * * *", learn),
        Tick("screening.pack", "*/10 * * * *", pack),
    ]
