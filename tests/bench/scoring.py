"""Scoring in process: ordinary comments, and the slowest of ten thousand hostile texts.

`python -m tests.bench.scoring` measures this alone. Milliseconds are CPU time of the one thread.
"""

import gc
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from classifiers import Adapter, Model, Seen, SiteModel, load
from classifiers.adapter import pack
from tests.bench.prose import text
from tests.hostile import STRATEGIES, each

HOSTILE_BAR = 50.0
WARM, ONE_BY_ONE, AT_ONCE = 200, 1000, 800


@dataclass(frozen=True, slots=True)
class Slowest:
    """The text of one strategy that took longest: milliseconds, its length and its beginning."""

    strategy: str
    milliseconds: float
    text: str


def corrected(model: Model, texts: Sequence[str]) -> SiteModel:
    """A site's model that corrects what these texts are made of."""
    truth = np.array([[0.0, n % 2] for n in range(len(texts))])
    shared = [(one.scores["spam"], one.scores["abuse"]) for one in model.score(texts)]
    seen = [Seen(text, both) for text, both in zip(texts, shared, strict=True)]
    return SiteModel.of(model, pack(Adapter().fit(seen, truth), model.id))


def timed(model: Model | SiteModel, texts: Sequence[str], *, evidence: bool = False) -> float:
    """Milliseconds for these texts in one call."""
    started = time.thread_time()
    model.score(texts, evidence=evidence)
    return 1000 * (time.thread_time() - started)


def slowest(model: Model) -> list[Slowest]:
    """The slowest text of every strategy of `tests.hostile`, with evidence, the worst first."""
    found = []
    for name in STRATEGIES:
        worst = Slowest(name, 0.0, "")
        gc.collect()
        gc.disable()  # a collection falls on whatever text is being scored

        def use(one: str, name: str = name) -> None:
            nonlocal worst
            took = timed(model, [one], evidence=True)
            if took > worst.milliseconds:
                worst = Slowest(name, took, one)

        each(name, use)
        gc.enable()
        found.append(worst)
    return sorted(found, key=lambda one: -one.milliseconds)


def classifier(say: Console) -> None:
    """Measure and print the table."""
    started = time.perf_counter()
    model = load()
    loading = time.perf_counter() - started
    random_ = random.Random(7)  # noqa: S311 (no secret)
    texts = [text(random_) for _ in range(WARM + ONE_BY_ONE + AT_ONCE)]
    model.score(texts[:WARM], evidence=True)
    site = corrected(model, texts[:WARM])
    site.score(texts[:WARM])
    plain = [timed(model, [one]) for one in texts[WARM : WARM + ONE_BY_ONE]]
    explained = [timed(model, [one], evidence=True) for one in texts[WARM : WARM + ONE_BY_ONE]]
    rate = AT_ONCE / timed(model, texts[-AT_ONCE:]) * 1000
    table = Table(title=f"The classifier ({model.id}), one comment")
    for name in ("What", "Measured", "Bar"):
        table.add_column(name, justify="left" if name == "What" else "right")
    for what, single in (("270 characters", plain), ("… with its reasons", explained)):
        cuts = statistics.quantiles(single, n=100)
        table.add_row(f"{what}, p50", f"{cuts[49]:.2f} ms", "0.50 ms" if single is plain else "")
        table.add_row(f"{what}, p95", f"{cuts[94]:.2f} ms", "1.50 ms" if single is plain else "")
    turns = [(timed(model, [one]), timed(site, [one])) for one in texts[WARM : WARM + ONE_BY_ONE]]
    once = statistics.median(theirs / own for own, theirs in turns)
    table.add_row("… as a site corrects it, p50", f"{once:.2f} of that", "")
    table.add_row("many at once", f"{rate:,.0f} a second", "2,000 a second")
    table.add_row("loading", f"{1000 * loading:.0f} ms", "")
    for at, worst in enumerate(slowest(model)):
        name = "slowest of ten thousand hostile texts: " if at == 0 else "… of "
        table.add_row(
            f"{name}{worst.strategy} ({len(worst.text):,} characters)",
            f"{worst.milliseconds:.1f} ms",
            f"{HOSTILE_BAR:.0f} ms",
        )
    say.print(table)


if __name__ == "__main__":
    classifier(Console())
