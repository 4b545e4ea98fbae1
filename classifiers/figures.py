"""What is measured on the held-out rows, and the thresholds chosen on news comments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from classifiers.abuse import COLUMNS
from classifiers.calibrate import calibration_error, log_odds, sigmoid
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
_HOLD, _SURE, _DISCARD, _RARELY = 0.01, 0.005, 0.001, 0.0005
# The worst kinds, and what is less likely than that holds nothing, however rare it is in news.
_WORST = {"severe_abuse": 0.1, "threat": 0.1, "identity_attack": 0.2}
_UNNAMED = {"thresholds": {}, "version": "unsaved", "checksum": ""}


@dataclass(frozen=True, slots=True)
class Judge:
    """A column that judges a label, in all texts or in some; the sets that it is calibrated on."""

    name: str
    label: str
    column: str
    share: float
    sources: tuple[str, ...]

    def rows(self, corpus: Corpus) -> npt.NDArray[np.intp]:
        """Answer the held-out rows of those sets whose label is known."""
        known = corpus.held & (corpus.labels[self.label] >= 0)
        return np.flatnonzero(known & np.isin(corpus.source, self.sources))

    def logits(self, logits: Floats, rows: npt.NDArray[np.intp]) -> Floats:
        """Answer this column of (rows, columns)."""
        answer: Floats = logits[rows, COLUMNS.index(self.column)]
        return answer

    def weight(self, truth: npt.NDArray[np.int8]) -> Floats:
        """Answer weights, of sum one, that bring the positives to the newsroom's share."""
        positive = truth > 0
        each = np.array([(1 - self.share) / (~positive).sum(), self.share / positive.sum()])
        answer: Floats = each[positive.astype(int)]
        return answer


JUDGES = (
    *(
        Judge(label, label, label, share, _MEASURED_ON.get(label, _TALK))
        for label, share in _SHARES.items()
    ),
    Judge("abuse_post", "abuse", "abuse_post", _SHARES["abuse"], _ENGLISH),
    *(
        Judge(f"abuse_{code}", "abuse", "abuse_other", _TONGUE_SHARE, (source,))
        for code, source in _TONGUES.items()
    ),
)


def _calibrate(
    judge: Judge, logits: Floats, truth: npt.NDArray[np.int8]
) -> tuple[list[float], float]:
    """Fit on all rows, and measure the error of fits on either half over the other half."""
    order = np.argsort(truth, kind="stable")
    probability = np.empty(len(truth))
    for rows, others in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        fitted = sigmoid(logits[rows], truth[rows], judge.share)
        probability[others] = expit(log_odds(logits[others], fitted))
    error = calibration_error(probability, truth, judge.weight(truth))
    return list(sigmoid(logits, truth, judge.share)), error


def held_out(
    corpus: Corpus, logits: Floats
) -> tuple[dict[str, list[float]], dict[str, dict[str, float]]]:
    """Answer the calibration of every judge and its figures, from rows the trial never saw.

    `logits` is (rows, columns) of the trial fit over the whole corpus.
    """
    calibration: dict[str, list[float]] = {}
    figures: dict[str, dict[str, float]] = {}
    for judge in JUDGES:
        rows = judge.rows(corpus)
        own, truth = judge.logits(logits, rows), corpus.labels[judge.label][rows]
        calibration[judge.name], error = _calibrate(judge, own, truth)
        figures[judge.name] = {"auc": float(roc_auc_score(truth, own)), "ece": error}
    figures |= against_clean(corpus, logits)
    return calibration, figures


def against_clean(corpus: Corpus, logits: Floats) -> dict[str, dict[str, float]]:
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

    Spam likewise, on the video held out, above all but 0.5 %. `logits` is (rows, columns) over the
    corpus, `news` (texts, columns) the log-odds of the benign news.
    """
    plan = (("abuse", "jigsaw_positives", _HOLD), ("spam", "youtube_spam", _SURE))
    figures = {}
    for label, source, rate in plan:
        at = COLUMNS.index(label)
        rows = corpus.held & (corpus.source == source) & (corpus.labels[label] == 1)
        caught = logits[rows, at] > np.quantile(news[:, at], 1 - rate)
        figures[f"{label}_recall"] = {"news": float(caught.mean())}
    return figures


def thresholds(made: dict[str, Any], news: list[str]) -> dict[str, dict[str, float]]:
    """Choose thresholds on benign news comments: 1 % of them to hold, 0.1 % to spam.

    The worst kinds of abuse hold by themselves where all but 0.05 % are below: some threats and
    attacks on an identity have no word that the general score knows.
    """
    scored = Model(made["arrays"], {**made["header"], **_UNNAMED}).score(news)

    def at(label: str, rate: float) -> float:
        return round(float(np.quantile([one.scores[label] for one in scored], 1 - rate)), 4)

    return {
        "abuse": {"hold": at("abuse", _HOLD)},
        "spam": {"hold": at("spam", _HOLD), "spam": at("spam", _DISCARD)},
        **{label: {"hold": max(at(label, _RARELY), least)} for label, least in _WORST.items()},
    }
