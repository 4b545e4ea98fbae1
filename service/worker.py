"""The worker process: background jobs and work by the clock, until told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pgqueuer import PgQueuer
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from service.accounts.jobs import LinkSender
from service.bounces.actions import Bounces
from service.bounces.jobs import ticks as bounce_ticks
from service.comments.jobs import ticks as comment_ticks
from service.compat.jobs import ticks as compat_ticks
from service.core.db import Pool, open_pool
from service.core.jobs import Job, Tick
from service.core.metrics import JOBS
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.jobs import Asker
from service.correspondence.jobs import ticks as letter_ticks
from service.correspondence.linking import Linker
from service.correspondence.store import ASKED
from service.feeds import jobs as feeds
from service.notices.jobs import ticks as notice_ticks
from service.push import jobs as push
from service.screening.jobs import ticks as learning_ticks
from service.settings import Settings
from service.subscriptions.jobs import ticks as subscription_ticks
from service.subscriptions.telling import KIND as TOLD
from service.subscriptions.telling import Teller
from service.transfer.jobs import ticks as transfer_ticks
from service.transfer.screener import Screener
from service.webhooks import jobs as webhooks

log = structlog.get_logger("rejoinder.worker")

POLL = timedelta(seconds=5)  # how long a job may lie where its notice was missed
SILENCE = timedelta(seconds=20)  # after which another worker takes a dead one's job


async def run_worker(state: dict[str, Any], stop: asyncio.Event) -> None:
    """Work until `stop`; whatever dies in here ends the worker, loudly."""
    pool: Pool = state["pool"]
    keyring, settings = state["keyring"], state["settings"]
    async with (
        push.open_push(pool, keyring, settings) as pushing,
        webhooks.open_courier(pool, keyring, settings) as courier,
        feeds.open_poller(pool, keyring, settings) as poller,
    ):
        teller = Teller(pool, keyring, settings)
        asker = Asker(pool, keyring, settings)
        post = _post_office(state, asker, teller)
        screener = Screener(pool, state.get("scorer"))
        ticks = [
            *push.ticks(pushing),
            *comment_ticks(pool),
            *compat_ticks(pool),
            *learning_ticks(pool, state.get("scorer")),
            *post.ticks(),
            *notice_ticks(pool, keyring, settings),
            *letter_ticks(pool, asker),
            *subscription_ticks(pool, teller),
            *bounce_ticks(pool),
            *webhooks.ticks(pool),
            *feeds.ticks(pool),
            *transfer_ticks(screener),
        ]
        links = LinkSender(pool, keyring, settings)
        jobs = [
            *push.jobs(pushing),
            *post.jobs(),
            *webhooks.jobs(courier),
            *feeds.jobs(poller),
            *links.jobs(),
            *Linker(pool, keyring, settings).jobs(),
        ]
        stops = (pushing.stop, courier.stop, post.stop, poller.stop, screener.stop)
        stopping = [asyncio.create_task(_when(stop, then)) for then in stops]
        try:
            await work(pool, jobs, ticks, stop)
        finally:
            for one in stopping:
                one.cancel()


def _post_office(state: dict[str, Any], asker: Asker, teller: Teller) -> PostOffice:
    settings: Settings = state["settings"]
    return PostOffice(
        state["pool"],
        state["keyring"],
        settings.smtp,
        settings.mail_from,
        {**dict.fromkeys(ASKED, asker.is_wanted), TOLD: teller.is_wanted},
        Bounces(state["pool"], state["keyring"], settings),
    )


async def _when(event: asyncio.Event, then: Callable[[], None]) -> None:
    await event.wait()
    then()


async def work(pool: Pool, jobs: Sequence[Job], ticks: Sequence[Tick], stop: asyncio.Event) -> None:
    """Run these jobs and ticks until `stop`; running ones are finished first."""
    queue = PgQueuer.from_asyncpg_pool(pool)
    for job in jobs:
        queue.entrypoint(job.name, concurrency_limit=job.concurrency)(_job(job))
    for tick in ticks:
        queue.schedule(tick.name, tick.cron, clean_old=True)(_tick(tick))
    async with queue.connection:
        running = asyncio.create_task(
            queue.run(dequeue_timeout=POLL, heartbeat_timeout=SILENCE), name="jobs"
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        queue.shutdown.set()
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    if not stop.is_set():
        raise RuntimeError("the job queue stopped by itself")


def _job(job: Job) -> Callable[[QueuedJob], Awaitable[None]]:
    async def run(queued: QueuedJob) -> None:
        with _accounted(job.name):
            await job.run(queued.payload or b"")

    return run


def _tick(tick: Tick) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_schedule: Schedule) -> None:
        with _accounted(tick.name):
            await tick.run()

    return run


@contextlib.contextmanager
def _accounted(name: str) -> Any:  # noqa: ANN401 (a generator that contextlib turns round)
    try:
        yield
    except Exception:
        # The rows that a job is about outlive it, and the next sweep takes them up.
        JOBS.labels(name, "failed").inc()
        log.exception("job failed", job=name)
    else:
        JOBS.labels(name, "done").inc()


async def run_alone(settings: Settings, url: str) -> None:
    """The worker as a process of its own: until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_pool(url) as pool:
        log.info("worker started")
        await run_worker(
            {"settings": settings, "pool": pool, "keyring": Keyring(settings.secret)}, stop
        )
