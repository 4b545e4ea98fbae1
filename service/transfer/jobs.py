"""By the clock: what was imported is screened, so slowly that nobody waits for it."""

import asyncio
import time
from uuid import UUID

from service.core.db import Pool
from service.core.jobs import Tick
from service.screening.actions import screen_text
from service.screening.scorer import Scorer
from service.screening.store import get_policy
from service.screening.types import (
    Context,
    Duplicates,
    History,
    Screening,
    SitePolicy,
)
from service.transfer import screening_store as store
from service.transfer.screening_store import Waiting

AT_ONCE = 50  # comments of a transaction, which holds their locks for some ten milliseconds
TURN = 0.004  # seconds of scoring, after which others have their turn
SHARE = 0.5  # of a core
RUN = 4.0  # seconds of a tick: a worker that is to stop waits no longer


async def screen_waiting(pool: Pool, scorer: Scorer, seconds: float = RUN) -> int:
    """Screen what waits, for so long at most; how many comments it were."""
    done, until = 0, time.monotonic() + seconds
    policies: dict[UUID, SitePolicy] = {}
    while time.monotonic() < until and (ids := await store.list_waiting(pool, AT_ONCE)):
        began = time.monotonic()
        async with pool.acquire() as conn, conn.transaction():
            waiting = await store.lock_waiting(conn, ids)
            for site_id in {one.site_id for one in waiting} - set(policies):
                policies[site_id] = await get_policy(conn, site_id)
            screened = await _screened(scorer, waiting, policies)
            await store.insert_screenings(conn, screened)
        done += len(waiting)
        await asyncio.sleep((time.monotonic() - began) * (1 / SHARE - 1))
    return done


async def _screened(
    scorer: Scorer, waiting: list[Waiting], policies: dict[UUID, SitePolicy]
) -> list[tuple[Waiting, Screening]]:
    done: list[tuple[Waiting, Screening]] = []
    turn = time.perf_counter() + TURN
    for one in waiting:
        context = Context(
            body=one.body,
            name=one.author_name,
            website=one.website,
            article_mode=None,
            policy=policies[one.site_id],
            scores=await scorer.score(one.body, one.site_id),
            history=History(confirmed=False, published=0, refused=0),
            duplicates=Duplicates(),
            recent_by_reader=0,
            recent_by_address=0,
            sanction=None,
            form_age=None,
            honeypot=False,
            now=one.created_at,
        )
        done.append((one, screen_text(context)))
        if time.perf_counter() > turn:
            await asyncio.sleep(0)
            turn = time.perf_counter() + TURN
    return done


def ticks(pool: Pool, scorer: Scorer | None = None) -> list[Tick]:
    """Screening; with the process's classifier where it has one loaded, else with one of its own.

    That is loaded once there is something to screen.
    """
    own: list[Scorer] = []

    async def screen() -> None:
        if not await store.list_waiting(pool, 1):
            return
        if scorer is None and not own:
            own.append(await asyncio.to_thread(Scorer.loaded))
        chosen = scorer or own[0]
        # Without a classifier they wait: what it can't judge is held when it is new, not years on.
        if chosen.model is not None:
            await screen_waiting(pool, chosen)

    return [Tick("transfer.screen", "*/5 * * * * *", screen)]
