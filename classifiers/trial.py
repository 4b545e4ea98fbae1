"""The trial fit once more, for what the model file doesn't hold: the scores of held-out rows.

The one place where measuring leans on how training works. A fit without the held-out rows over the
features that the shipped model chose; its log-odds are calibrated as the shipped model's are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import Progress
from scipy.special import expit

from classifiers import artefact
from classifiers.calibrate import log_odds
from classifiers.features import Floats
from classifiers.figures import JUDGES
from classifiers.linear import LinearHead
from classifiers.sources import read_corpus
from classifiers.train import fit_views, log_odds_of, prepare


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows that a fit never saw: what is true of each, and how likely the fit took it to be.

    `weight` brings the share of positives to what a newsroom sees, as calibration does; its sum
    is one.
    """

    truth: npt.NDArray[np.int8]
    probability: Floats
    weight: Floats


def held_out_scores(data: Path, file: Path) -> dict[str, HeldOut]:
    """Fit the trial over a model file's features; answer held-out rows by label and language."""
    stored = artefact.read(file)
    corpus = read_corpus(data)
    with Progress(disable=True) as progress:
        bench, grams = prepare(corpus, progress, progress.add_task(""))
        columns = np.flatnonzero(np.isin(grams.keys_, stored.arrays["keys"]))
        grams.keep(columns)
        bench.words = bench.words.keep(columns)
        heads = fit_views(bench, ~corpus.held, LinearHead())
    logits = log_odds_of(bench, heads, grams)
    answer = {}
    for judge in JUDGES:
        rows = judge.rows(corpus)
        truth = corpus.labels[judge.label][rows]
        calibrated = log_odds(judge.logits(logits, rows), stored.header["calibration"][judge.name])
        answer[judge.name] = HeldOut(truth, expit(calibrated), judge.weight(truth))
    return answer
