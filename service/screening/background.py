"""Screening of old texts: what a machine says of them, in processes that leave others their cores.

These processes open no database and hold no lock, so that nobody waits for one that waits for a
core.
"""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing.connection import Connection
from typing import NamedTuple
from uuid import UUID

import msgspec

from service.core.machine import spare_cores, spare_memory
from service.screening.actions import screen_text
from service.screening.batches import interrupts_held, model_of
from service.screening.scorer import Scorer
from service.screening.scores import scores_of
from service.screening.types import Context, Duplicates, History, Scores, SitePolicy

ROOM = 400 << 20  # bytes of memory that must be free for a process, which takes some 250 MB

Models = Mapping[UUID, bytes | None]  # sites' own, as `model.content` holds them


class OldText(msgspec.Struct, frozen=True):
    """A comment of which nobody knows how it was posted, and its site's policy."""

    body: str
    name: str
    website: str | None
    created_at: datetime
    policy: SitePolicy


class Screened(NamedTuple):
    """A screening in the form that it is stored in; `signals` is JSON."""

    risk: float
    scores: list[float | None]
    model: str | None
    policy_version: int
    verdict: str
    reason: str | None
    signals: str
    packed: bytes | None


def screen_old(text: OldText, scores: Scores) -> Screened:
    """What the checks of the text say, and the policy."""
    said = screen_text(
        Context(
            body=text.body,
            name=text.name,
            website=text.website,
            article_mode=None,
            policy=text.policy,
            scores=scores,
            history=History(confirmed=False, published=0, refused=0),
            duplicates=Duplicates(),
            recent_by_reader=0,
            recent_by_address=0,
            sanction=None,
            form_age=None,
            honeypot=False,
            now=text.created_at,
        )
    )
    return Screened(
        said.risk,
        scores_of(said.signals),
        said.model,
        said.policy_version,
        said.verdict,
        said.reason,
        msgspec.json.encode(said.signals).decode(),
        said.packed or None,
    )


def affordable_jobs() -> int:
    """How many processes there is room for; none where memory is short."""
    memory = spare_memory()
    return spare_cores() if memory is None else min(spare_cores(), memory // ROOM)


class Processes:
    """So many. They begin with the first texts, and end with their parent."""

    def __init__(self, jobs: int, *, yielding: bool = True) -> None:
        """None is started yet. `yielding`: they take only what cores nobody else wants."""
        self.jobs = jobs
        context = multiprocessing.get_context("spawn")
        self._alive, ours = context.Pipe(duplex=False)
        self._ours = ours
        self._pool = ProcessPoolExecutor(
            jobs, context, initializer=_begin, initargs=(self._alive, yielding)
        )

    def screen(
        self, texts: Sequence[tuple[UUID, OldText]], models: Models
    ) -> Future[list[Screened]]:
        """Screen texts of sites, in order. Fails with BrokenProcessPool where a process dies."""
        with interrupts_held():
            return self._pool.submit(_screen_here, texts, models)

    def end(self) -> None:
        """End them now, in the middle of whatever they do."""
        self._ours.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._alive.close()


def _begin(alive: Connection, yielding: bool) -> None:  # noqa: FBT001 (the pool gives no names)
    """Prepare a process."""
    if yielding:
        os.nice(19)  # which SCHED_IDLE takes no notice of, but `core.machine.Cores` does
        with contextlib.suppress(AttributeError, OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()


def _end_with_parent(alive: Connection) -> None:
    # The other end is the parent's alone: closed by it, or by the kernel when it is killed.
    alive.poll(None)
    os._exit(1)


def _screen_here(texts: Sequence[tuple[UUID, OldText]], models: Models) -> list[Screened]:
    scorers = {site: Scorer(model_of(content)) for site, content in models.items()}
    return [screen_old(text, scorers[site].score_here(text.body)) for site, text in texts]
