"""`python -m classifiers.train --data DIR [--out FILE]`: learn all heads and write the artefact.

Two fits: a trial that never sees the held-out rows, from which come the calibration and the
held-out figures, and the final one over all rows, which ships. Deterministic: no randomness is
used, and the same data give the same bytes. A new model needs its scale for Perspective's users
checked and written anew: `python -m classifiers.scaling`, which `make train` runs after this.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import scipy
import sklearn
import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from classifiers import artefact
from classifiers.abuse import COLUMNS, JUDGING_ABUSE, VIEWS, View, blend, fit_view
from classifiers.features import Factored, Floats, WordGrams
from classifiers.figures import benign_news, held_out, recall_beside, thresholds
from classifiers.linear import Beside, LinearHead
from classifiers.rude import disguised_words
from classifiers.sentences import WORST, sentences
from classifiers.sources import TRAINING, Corpus, read_corpus
from classifiers.spam import CUES, Cues
from classifiers.text import fold

_FEATURES = 50_000
_PRUNING_STEPS = 20


@dataclass(slots=True)
class Bench:
    """What a fit works on: the corpus, its features, and where progress is shown."""

    corpus: Corpus
    words: Factored
    signs: Any
    progress: Progress
    task: TaskID

    def rows(self, view: View) -> Factored | Beside:
        """Answer the input of a view: words, with the cues beside them where it wants them."""
        return Beside(self.words, self.signs) if view.cues else self.words

    def step(self, what: str) -> None:
        """Show that a step was done."""
        self.progress.update(self.task, advance=1, description=what)


def fit_views(
    bench: Bench, usable: npt.NDArray[np.bool_], head: LinearHead
) -> dict[str, LinearHead]:
    """Fit every view on the usable rows with the settings of the given head."""
    fitted = {}
    for view in VIEWS:
        bench.step(f"fitting {view.name}")
        fresh = LinearHead(**head.get_params())
        if fresh.contrast:
            fresh.set_params(contrast=view.contrast)
        fitted[view.name] = fit_view(view, bench.rows(view), bench.corpus, usable, fresh)
    return fitted


def choose_features(bench: Bench, heads: dict[str, LinearHead], most: int) -> npt.NDArray[np.intp]:
    """Answer the features that move any head most: weight times root mean square, by head.

    Each head's figures are brought to the same total, so that rare labels keep their say.
    """
    features = bench.words.shape[1]
    squares = bench.words.mean_squares()
    value = np.zeros(features)
    for view in VIEWS:
        own = np.abs(heads[view.name].coef_[:features]) * np.sqrt(squares)
        value = np.maximum(value, own * view.say / own.sum())
    order = np.argsort(-value, kind="stable")[:most]
    return np.sort(order[value[order] > 0])


def learn(bench: Bench, grams: WordGrams, news: list[str], most: int = _FEATURES) -> dict[str, Any]:
    """Prune, fit the trial and the final heads; answer arrays and header of the artefact.

    `news` are benign news comments, never learnt from: the trial's recall is measured against them.
    """
    corpus = bench.corpus
    first = fit_views(bench, ~corpus.held, LinearHead(contrast=0.0, steps=_PRUNING_STEPS))
    columns = choose_features(bench, first, most)
    grams.keep(columns)
    bench.words = bench.words.keep(columns)
    trial = fit_views(bench, ~corpus.held, LinearHead())
    tried = log_odds_of(bench, trial, grams)
    calibration, figures = held_out(corpus, tried)
    figures |= recall_beside(corpus, tried, _outside(grams, trial, news))
    final = fit_views(bench, np.ones(len(corpus.texts), dtype=bool), LinearHead())
    coef, intercept, cue_weights = blend(final, len(columns))
    arrays: dict[str, npt.NDArray[Any]] = {
        "keys": grams.keys_,
        "matrix": (coef * grams.weight_[:, None]).astype(np.float16),
        "intercept": intercept,
        "cue_weights": cue_weights.astype(np.float32),
    }
    bench.step("finding words that are disguised")
    return {
        "arrays": arrays,
        "header": {
            "columns": list(COLUMNS),
            "cues": list(CUES),
            "ground": grams.ground,
            "worst": WORST,
            "features": len(columns),
            "calibration": calibration,
            "disguised": disguised_words(corpus, arrays),
            "held_out": figures,
            "rows": {
                name: int((corpus.source == name).sum())
                for name in sorted(set(corpus.source.tolist()))
            },
            "made_with": {
                "numpy": np.__version__,
                "scipy": scipy.__version__,
                "scikit-learn": sklearn.__version__,
            },
        },
    }


def log_odds_of(bench: Bench, heads: dict[str, LinearHead], grams: WordGrams) -> Floats:
    """Answer the log-odds of all rows, (rows, columns).

    The worst sentence has its say in the held-out rows: no others are measured.
    """
    corpus, logits = bench.corpus, _products(bench.words, bench.signs, heads)
    held = np.flatnonzero(corpus.held)
    logits[held] = _with_worst(logits[held], [corpus.texts[at] for at in held], grams, heads)
    return logits


def _outside(grams: WordGrams, heads: dict[str, LinearHead], texts: list[str]) -> Floats:
    """Answer the log-odds of texts outside the corpus, (texts, columns)."""
    signs = Cues().fit(texts).transform(texts)
    return _with_worst(_products(grams.factors(texts), signs, heads), texts, grams, heads)


def _with_worst(
    logits: Floats, texts: list[str], grams: WordGrams, heads: dict[str, LinearHead]
) -> Floats:
    """Give each text's worst sentence its say in the columns that judge abuse, as Model does."""
    apart = [sentences(fold(text)) for text in texts]
    several = [at for at, own in enumerate(apart) if len(own) > 1]
    starts = np.cumsum([0, *(len(apart[at]) for at in several)])[:-1]
    words = grams.factors([one for at in several for one in apart[at]])
    coef, intercept, _ = blend(heads, words.shape[1])
    weighed = logits.copy()
    for name in JUDGING_ABUSE:
        column = COLUMNS.index(name)
        said = np.maximum.reduceat(words @ coef[:, column] + intercept[column], starts)
        weighed[several, column] += WORST * (said - weighed[several, column])
    return weighed


def _products(words: Factored, signs: sparse.csr_array, heads: dict[str, LinearHead]) -> Floats:
    coef, intercept, cue_weights = blend(heads, words.shape[1])
    logits = np.column_stack([words @ coef[:, at] for at in range(len(COLUMNS))])
    logits[:, COLUMNS.index("spam")] += signs @ cue_weights
    answer: Floats = logits + intercept
    return answer


def prepare(corpus: Corpus, progress: Progress, task: TaskID) -> tuple[Bench, WordGrams]:
    """Learn the vocabulary and turn the corpus into numbers."""
    grams = WordGrams()
    progress.update(task, description="counting words")
    grams.fit(corpus.texts)
    progress.update(task, advance=5, description="weighing words")
    words = grams.factors(corpus.texts)
    progress.update(task, advance=5, description="finding cues")
    signs = Cues().fit(corpus.texts).transform(corpus.texts)
    return Bench(corpus, words, signs, progress, task), grams


def train(
    data: Annotated[Path, typer.Option(help="folder with labelled/*.jsonl.gz")],
    out: Annotated[
        Path | None, typer.Option(help="file to write; the packaged one if not given")
    ] = None,
) -> None:
    """Train all heads on the training sets of a data folder and write one model file."""
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("reading", total=len(TRAINING) + 11 + 3 * len(VIEWS))
        corpus = read_corpus(data, lambda name: progress.update(task, advance=1, description=name))
        news = benign_news(data)
        # One thread: how a sum is split between threads decides its last bits.
        with threadpool_limits(1):
            bench, grams = prepare(corpus, progress, task)
            made = learn(bench, grams, news)
    made["header"]["thresholds"] = thresholds(made, news)
    path = out or artefact.packaged()
    checksum = artefact.write(path, made["arrays"], made["header"])
    Console(stderr=True).print(f"wrote {path}: {path.stat().st_size:,} bytes, {checksum[:8]}")


if __name__ == "__main__":
    typer.run(train)
