"""What is measured on the held-out rows, and the thresholds chosen on news comments."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from classifiers.abuse import COLUMNS
from classifiers.calibrate import calibration_error, sigmoid
from classifiers.features import Floats
from classifiers.model import Model
from classifiers.sources import SIX, Corpus, read_rows

# The share of comments that is so in a newsroom's inbox, to which probabilities are fitted.
_SHARES = {
    "spam": 0.1, "abuse": 0.15, "severe_abuse": 0.02, "obscene": 0.06, "threat": 0.01,
    "insult": 0.06, "identity_attack": 0.02,
}  # fmt: skip
_TONGUES = {"de": "germeval2018_de", "pt": "toldbr_pt", "ko": "korean_news_ko"}
_TONGUE_SHARE = 0.2
_TALK = ("jigsaw_positives", "jigsaw_clean", "wikipedia_talk")
_ENGLISH = (*_TALK, "civil_comments")
_MEASURED_ON = {"abuse": _ENGLISH, "spam": (*_ENGLISH, "youtube_spam", "sms_spam")}
_HOLD, _DISCARD = 0.01, 0.001
_UNNAMED = {"thresholds": {}, "version": "unsaved", "checksum": ""}


def _rows(corpus: Corpus, label: str, sources: tuple[str, ...]) -> npt.NDArray[np.intp]:
    known = corpus.held & np.isin(corpus.source, sources) & (corpus.labels[label] >= 0)
    return np.flatnonzero(known)


def _calibrate(
    logits: Floats, truth: npt.NDArray[np.int8], share: float
) -> tuple[list[float], float]:
    """Fit on every other row of each class and measure the error on the rest; then fit on all."""
    order = np.argsort(truth, kind="stable")
    even, odd = order[::2], order[1::2]
    slope, offset = sigmoid(logits[even], truth[even], share)
    positive = truth[odd] > 0
    weight = np.where(positive, share / positive.sum(), (1 - share) / (~positive).sum())
    error = calibration_error(expit(slope * logits[odd] + offset), truth[odd], weight)
    return list(sigmoid(logits, truth, share)), error


def held_out(
    corpus: Corpus, logits: Floats
) -> tuple[dict[str, list[float]], dict[str, dict[str, float]]]:
    """Answer the calibration of every head and its figures, from rows the trial never saw.

    `logits` is (rows, columns) of the trial fit over the whole corpus.
    """
    calibration: dict[str, list[float]] = {}
    figures: dict[str, dict[str, float]] = {}
    for label, share in _SHARES.items():
        rows = _rows(corpus, label, _MEASURED_ON.get(label, _TALK))
        own, truth = logits[rows, COLUMNS.index(label)], corpus.labels[label][rows]
        calibration[label], error = _calibrate(own, truth, share)
        figures[label] = {"auc": float(roc_auc_score(truth, own)), "ece": error}
    for code, source in _TONGUES.items():
        rows = _rows(corpus, "abuse", (source,))
        own = logits[rows, COLUMNS.index("abuse_other")]
        truth = corpus.labels["abuse"][rows]
        calibration[f"abuse_{code}"], error = _calibrate(own, truth, _TONGUE_SHARE)
        figures[f"abuse_{code}"] = {"auc": float(roc_auc_score(truth, own)), "ece": error}
    figures |= _against_clean(corpus, logits)
    return calibration, figures


def _against_clean(corpus: Corpus, logits: Floats) -> dict[str, dict[str, float]]:
    """Answer the six labels on Jigsaw's held-out positives against its clean comments alone."""
    figures = {}
    source, held = corpus.source, corpus.held
    for label in SIX:
        truth, own = corpus.labels[label], logits[:, COLUMNS.index(label)]
        rows = held & (((source == "jigsaw_positives") & (truth == 1)) | (source == "jigsaw_clean"))
        figures[f"clean_{label}"] = {"auc": float(roc_auc_score(truth[rows], own[rows]))}
    rows = held & (source == "youtube_spam")
    spam = logits[rows, COLUMNS.index("spam")]
    figures["youtube_spam"] = {"auc": float(roc_auc_score(corpus.labels["spam"][rows], spam))}
    return figures


def benign_news(data: Path) -> list[str]:
    """Read the benign comments of the news set: for false positives and thresholds alone."""
    rows = read_rows(data / "labelled" / "eval_news_ucc.jsonl.gz")
    return [row["text"] for row in rows if row["benign"]]


def recall_beside(corpus: Corpus, logits: Floats, news: Floats) -> dict[str, dict[str, float]]:
    """Answer how much held-out abuse is above all but 1 % of benign news, by the trial fit.

    `logits` is (rows, columns) over the corpus, `news` the abuse log-odds of the benign news.
    """
    rows = corpus.held & (corpus.source == "jigsaw_positives") & (corpus.labels["abuse"] == 1)
    caught = logits[rows, COLUMNS.index("abuse")] > np.quantile(news, 1 - _HOLD)
    return {"abuse_recall": {"news": float(caught.mean())}}


def thresholds(made: dict[str, Any], news: list[str]) -> dict[str, dict[str, float]]:
    """Choose thresholds on benign news comments: 1 % of them to hold, 0.1 % to spam."""
    scored = Model(made["arrays"], {**made["header"], **_UNNAMED}).score(news)

    def at(label: str, rate: float) -> float:
        return round(float(np.quantile([one.scores[label] for one in scored], 1 - rate)), 4)

    return {
        "abuse": {"hold": at("abuse", _HOLD)},
        "spam": {"hold": at("spam", _HOLD), "spam": at("spam", _DISCARD)},
    }
