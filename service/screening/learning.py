"""Learning from a newsroom's decisions: fit a candidate, compare it, promote or refuse it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import msgspec
import numpy as np
import structlog

from classifiers import Adapter, ArtefactError, Model, Seen, SiteModel, adapter
from service.core.db import Conn
from service.core.events import notify
from service.core.metrics import RETRAININGS
from service.core.problems import Conflict
from service.screening import learning_store as store
from service.screening.labels import (
    Floats,
    Group,
    Row,
    apart,
    group,
    is_refused,
    rows_of,
    split,
)
from service.screening.learning_types import Made, Material, Outcome, Report

log = structlog.get_logger("rejoinder.learning")

MOST_DECISIONS = 20_000  # the newest; older ones say little of the house as it is
MOST_OTHERS = 5_000
LEAST_DECISIONS = 100
LEAST_TRAINED = 10  # of published and of refused, each
LEAST_HELD_OUT = 5
RESAMPLES = 4_000
SEED = 20_261_231
SLICE = 32  # texts scored in one go: what a request in the same process may wait for
_SETTLED = 1e-6

Told = Callable[[str, int, int], None]


class Retrained(msgspec.Struct, frozen=True):
    """What came of a retraining; `number` of the model's row, None where none was made."""

    report: Report
    name: str | None = None
    number: int | None = None


class Measured(msgspec.Struct, frozen=True):
    """The mean losses on what was held out, and the bootstrap interval of their difference."""

    before: float
    after: float
    gain: float
    low: float
    high: float


def quiet(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


@asynccontextmanager
async def alone(conn: Conn, site_id: UUID) -> AsyncIterator[None]:
    """Hold the lock of a site's models; raises Conflict where somebody else does."""
    if not await store.lock_site(conn, site_id):
        raise Conflict("Another process is at work on this site's model right now.")
    try:
        yield
    finally:
        await store.unlock_site(conn, site_id)


async def retrain(conn: Conn, site_id: UUID, base: Model, told: Told = quiet) -> Retrained:
    """Fit a site's adapter over `base` and promote it if it beats the live model.

    It must surely beat, too, whoever knows nothing but the share of refusals: where decisions are
    a coin's, a candidate that is never sure has the lower log-loss, and would hold everything.

    What is promoted is what was measured, fitted on the oldest four fifths, and not refitted on
    all: a live model that had seen the newest fifth would win the next comparison by heart, and no
    later candidate could be told from it. What it leaves out it learns the next time.

    Takes the site's lock (Conflict where it is taken) and opens its own transaction. The work is
    done in threads; nothing is written before it is finished.
    """
    async with alone(conn, site_id):
        read_at = await store.get_now(conn)
        material = Material(
            await store.list_decided(conn, site_id, MOST_DECISIONS),
            await store.list_judged(conn, site_id, MOST_OTHERS),
            await store.list_trusted(conn, site_id, MOST_OTHERS),
        )
        live = await _live(conn, site_id, base)
        until = await store.get_until(conn, site_id) if isinstance(live, SiteModel) else None
        groups = await asyncio.to_thread(group, material.decided)
        trained, newest = split(groups, until)
        held_out = apart(trained, newest)
        report = _started(material, groups, trained, held_out, live.id)
        if report.why:
            return _done(site_id, Retrained(report))
        rows = await asyncio.to_thread(rows_of, trained, material, newest)
        made, measured, blind = await _candidate(base, live, rows, held_out, told)
        report = _finished(report, rows, measured, blind, trained[-1].begun)
        promoted = report.outcome == "promoted"
        kept = made if promoted else msgspec.structs.replace(made, content=None)
        async with conn.transaction():
            number = await store.insert_model(conn, site_id, kept, report, read_at)
            if promoted:
                await notify(conn, "model", str(site_id))
    return _done(site_id, Retrained(report, made.name, number))


async def roll_back(conn: Conn, site_id: UUID) -> tuple[str, str | None]:
    """Take a site's live model back; answers its name and that of the one before (None: shared).

    Takes the site's lock and opens its own transaction; tells every process. Raises Conflict where
    the site has no model of its own, or somebody is at work on it.
    """
    async with alone(conn, site_id), conn.transaction():
        names = await store.withdraw_live(conn, site_id)
        if names is None:
            raise Conflict("This site uses the shared model: there is nothing to take back.")
        await notify(conn, "model", str(site_id))
    log.info("model withdrawn", site=str(site_id), model=names[0], now=names[1] or "shared")
    return names


async def _live(conn: Conn, site_id: UUID, base: Model) -> Model | SiteModel:
    """The model that scores the site's comments now."""
    live = await store.get_live(conn, site_id)
    if live is None or live.content is None:
        return base
    try:
        return await asyncio.to_thread(SiteModel.of, base, live.content)
    except ArtefactError as error:
        log.warning("live model not usable", site=str(site_id), error=str(error))
        return base


def _started(
    material: Material,
    groups: Sequence[Group],
    trained: Sequence[Group],
    held_out: Sequence[Group],
    compared: str,
) -> Report:
    """What there is to learn from; `why` says what is missing, if anything is.

    A wave of near copies is one of those that are compared, and none where it had begun before.
    """
    published, refused = (
        [one for one in trained if is_refused(one.truth) is wanted] for wanted in (False, True)
    )
    kept, shut = (
        {one.kin for one in held_out if is_refused(one.truth) is wanted} for wanted in (False, True)
    )
    total, left_out = len(groups), len(groups) - len(trained) - len(held_out)
    why = ""
    if total < LEAST_DECISIONS:
        why = f"{total} different comments were decided; {LEAST_DECISIONS} are needed."
    elif min(len(published), len(refused)) < LEAST_TRAINED:
        why = (
            f"Of the older ones {len(published)} were published and {len(refused)} refused; "
            f"{LEAST_TRAINED} of each are needed."
        )
    elif min(len(kept), len(shut)) < LEAST_HELD_OUT:
        why = (
            f"Of the newest ones, which are compared, {len(kept)} were published and {len(shut)} "
            f"refused, near copies counted once; {LEAST_HELD_OUT} of each are needed."
        )
        if left_out:
            why += f" {left_out} more are near copies of older ones, and not compared."
    refused_of_all = sum(is_refused(one.truth) for one in groups)
    return Report(
        outcome="too_few",
        why=why,
        compared=compared,
        decisions=len(material.decided),
        published=total - refused_of_all,
        refused=refused_of_all,
        trained=len(trained),
        held_out=len(held_out),
        left_out=left_out,
    )


async def _candidate(
    base: Model, live: Model | SiteModel, rows: list[Row], held_out: list[Group], told: Told
) -> tuple[Made, Measured, Measured]:
    """The candidate, and its gains over the live model and over the mere share of refusals."""
    texts = [row.text for row in rows]
    learnt = await _see(base, texts, lambda done: told("Reading decisions", done, len(texts)))
    told("Fitting", 0, 1)
    content = await asyncio.to_thread(_fit, learnt, rows, base.id)
    candidate = await asyncio.to_thread(SiteModel.of, base, content)
    told("Fitting", 1, 1)
    texts, total = [one.text for one in held_out], 2 * len(held_out)
    before = await _see(live, texts, lambda done: told("Comparing", done, total))
    after = await _see(
        candidate, texts, lambda done: told("Comparing", len(held_out) + done, total)
    )
    truth = np.array([one.truth for one in held_out])
    kin = [one.kin for one in held_out]
    measured = await asyncio.to_thread(compare, truth, _table(before), _table(after), kin)
    learnt_truth = np.array([row.truth for row in rows if row.source == "desk"])
    shares = np.broadcast_to(np.nanmean(learnt_truth, axis=0), truth.shape)
    blind = await asyncio.to_thread(compare, truth, shares, _table(after), kin)
    return Made(base.id, candidate.id, content), measured, blind


async def _see(
    model: Model | SiteModel, texts: Sequence[str], told: Callable[[int], None]
) -> list[Seen]:
    """What a model says of texts, slice by slice in a thread: a web process may share this loop."""
    seen: list[Seen] = []
    for at in range(0, len(texts), SLICE):
        some = texts[at : at + SLICE]
        scored = await asyncio.to_thread(model.score, some)
        seen += [
            Seen(text, (one.scores["spam"], one.scores["abuse"]))
            for text, one in zip(some, scored, strict=True)
        ]
        told(len(seen))
    return seen


def _fit(seen: list[Seen], rows: list[Row], base: str) -> bytes:
    truth = np.array([row.truth for row in rows])
    weight = np.array([row.weight for row in rows])
    return adapter.pack(Adapter().fit(seen, truth, weight), base)


def _table(seen: list[Seen]) -> Floats:
    return np.array([one.shared for one in seen])


def compare(truth: Floats, before: Floats, after: Floats, kin: Sequence[int]) -> Measured:
    """Log-loss of two models on the same comments, (n, 2) each, and a paired bootstrap.

    A comment's loss is the mean over the heads in which its truth is known. Near copies (the same
    `kin`) are one sample, their mean, or a wave of spam would win or lose alone. The interval holds
    the middle 95 % of the mean difference over resamples; seeded, so that the same decisions always
    come to the same answer.
    """
    _, which, copies = np.unique(np.array(kin), return_inverse=True, return_counts=True)
    first = np.bincount(which, _losses(truth, before)) / copies
    second = np.bincount(which, _losses(truth, after)) / copies
    gains = first - second
    generator = np.random.default_rng(SEED)
    means = [
        gains[generator.integers(0, len(gains), (RESAMPLES // 20, len(gains)))].mean(axis=1)
        for _ in range(20)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Measured(
        float(first.mean()), float(second.mean()), float(gains.mean()), float(low), float(high)
    )


def _losses(truth: Floats, probability: Floats) -> Floats:
    own = np.clip(probability, _SETTLED, 1.0 - _SETTLED)
    losses: Floats = np.nanmean(-(truth * np.log(own) + (1 - truth) * np.log(1 - own)), axis=1)
    return losses


def _finished(
    report: Report, rows: Sequence[Row], measured: Measured, blind: Measured, until: datetime
) -> Report:
    sources = Counter(row.source for row in rows)
    outcome: Outcome = "promoted" if min(measured.low, blind.low) > 0.0 else "refused"
    if outcome == "promoted":
        why = "It beats the live model on the newest decisions, which it has not seen."
    elif measured.low <= 0.0:
        why = (
            "It doesn't surely beat the live model on the newest decisions: the interval of the "
            "gain reaches below zero."
        )
    else:
        why = (
            "It is only less sure than the live model: on the newest decisions it doesn't surely "
            "beat knowing nothing but the share of refusals."
        )
    return msgspec.structs.replace(
        report,
        outcome=outcome,
        why=why,
        judged=sources["machine"],
        examples=sources["key"],
        until=until,
        blind=blind.before,
        **msgspec.structs.asdict(measured),
    )


def _done(site_id: UUID, retrained: Retrained) -> Retrained:
    report = retrained.report
    RETRAININGS.labels(report.outcome).inc()
    log.info(
        "retrained",
        site=str(site_id),
        outcome=report.outcome,
        model=retrained.name,
        decisions=report.decisions,
        before=report.before,
        after=report.after,
        low=report.low,
        high=report.high,
    )
    return retrained
