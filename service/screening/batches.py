"""Many texts, scored in order by one process or several."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import connection
from typing import NamedTuple, TypeVar

from classifiers import ArtefactError, Model, Scored, SiteModel, load
from service.screening.plain import classify_text

Key = TypeVar("Key")


class ScoringError(Exception):
    """Texts can't be scored; the message says why."""


class By(NamedTuple):
    """What scores: the shared model, or over it a site's own, as `model.content` holds it."""

    content: bytes | None = None
    evidence: bool = False


class Batch(NamedTuple):
    """Texts scored, in order, and the model that did it."""

    model: str
    scored: list[Scored]


@lru_cache(maxsize=16)
def model_of(content: bytes | None) -> Model | SiteModel:
    """The shared model, or a site's own over it; raises ScoringError where there is none."""
    try:
        base = load()
    except ArtefactError as error:
        raise ScoringError(f"The classifier does not load: {error}") from None
    if content is None:
        return base
    try:
        return SiteModel.of(base, content)
    except ArtefactError:
        # A comment is scored by the shared model then, too.
        return base


def _score(texts: Sequence[str], by: By) -> Batch:
    model = model_of(by.content)
    return Batch(model.id, [classify_text(model, text, evidence=by.evidence) for text in texts])


def score_in_order(
    batches: Iterable[tuple[Key, Sequence[str]]], by: By, jobs: int
) -> Generator[tuple[Key, Batch]]:
    """Score each batch; what goes with it comes back with its scores, in order.

    Reads only a few batches ahead. With more than one job in processes of their own: close the
    generator, and they are gone. Raises ScoringError, also where one of them dies.
    """
    if jobs == 1:
        for key, texts in batches:
            yield key, _score(texts, by)
        return
    with _processes(jobs, by) as pool:
        waiting: deque[tuple[Key, Future[Batch]]] = deque()
        try:
            for key, texts in batches:
                with interrupts_held():
                    waiting.append((key, pool.submit(_score_here, texts)))
                if len(waiting) > 2 * jobs:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        except BrokenProcessPool:
            raise ScoringError("A scoring process died; was there too little memory?") from None


def _next(waiting: "deque[tuple[Key, Future[Batch]]]") -> tuple[Key, Batch]:
    key, future = waiting.popleft()
    return key, future.result()


@contextlib.contextmanager
def _processes(jobs: int, by: By) -> Iterator[ProcessPoolExecutor]:
    # Spawned, as a fork copies the locks of threads, and a progress bar is one.
    pool = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(by,)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Start processes that Ctrl-C passes by, from their first moment: the parent ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_by = By()


def _begin(by: By) -> None:
    """Prepare a process of the pool: what it scores by, and that it outlives no parent."""
    global _by  # noqa: PLW0603 (set once a process, before its first texts)
    _by = by
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        # The queue of a killed parent never ends: its writing end is open here, too.
        os._exit(1)


def _score_here(texts: Sequence[str]) -> Batch:
    return _score(texts, _by)
