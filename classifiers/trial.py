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
from classifiers.abuse import COLUMNS, blend
from classifiers.features import Floats
from classifiers.figures import _SHARES, _TONGUE_SHARE
from classifiers.linear import LinearHead
from classifiers.model import LABELS
from classifiers.sources import Corpus, read_corpus
from classifiers.train import fit_views, prepare

_TONGUES = {"de": "germeval2018_de", "pt": "toldbr_pt", "ko": "korean_news_ko"}
_TALK = ("jigsaw_positives", "jigsaw_clean", "wikipedia_talk")
_ENGLISH = (*_TALK, "civil_comments")
_MEASURED_ON = {"abuse": _ENGLISH, "spam": (*_ENGLISH, "youtube_spam", "sms_spam")}


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
    coef, intercept, cue_weights = blend(heads, len(columns))
    logits = np.column_stack([bench.words @ coef[:, at] for at in range(len(COLUMNS))]) + intercept
    logits[:, COLUMNS.index("spam")] += bench.signs @ cue_weights
    return _by_label(corpus, logits, stored.header["calibration"])


def _by_label(
    corpus: Corpus, logits: Floats, calibration: dict[str, tuple[float, float]]
) -> dict[str, HeldOut]:
    plan = [(label, label, _MEASURED_ON.get(label, _TALK)) for label in LABELS]
    plan += [(f"abuse_{code}", "abuse_other", (source,)) for code, source in _TONGUES.items()]
    answer = {}
    for name, column, sources in plan:
        truth = corpus.labels["abuse" if column == "abuse_other" else name]
        rows = corpus.held & np.isin(corpus.source, sources) & (truth >= 0)
        slope, offset = calibration[name]
        own = logits[rows, COLUMNS.index(column)]
        positive = truth[rows] > 0
        share = _SHARES.get(name, _TONGUE_SHARE)
        weight = np.where(positive, share / positive.sum(), (1 - share) / (~positive).sum())
        answer[name] = HeldOut(truth[rows], expit(slope * own + offset), weight)
    return answer
