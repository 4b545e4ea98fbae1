"""Figures of the shipped model on the measure-only sets, and of its trial fit on held-out rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from classifiers.features import Floats
from classifiers.figure import Figure
from classifiers.model import Model
from classifiers.sources import read_rows

_ONE_PERCENT, _FIVE_PERCENT = 0.01, 0.05
_LIKELIER_THAN_NOT = 0.5
_SETS = (
    # name, label, bar
    ("eval_insults", "abuse", 0.875),
    ("eval_olid", "abuse", 0.80),
    ("eval_reddit_ads", "spam", 0.70),
    ("eval_russian", "abuse", None),
)
# Where links to live streams are the rule: none of them counts as advertising there, and a newsroom
# would remove them all.
_STREAMS = "soccerstreams"
_ECE_BAR = 0.03
# Answers how likely a label is for each text, by any measure that ranks them.
Score = Callable[[list[str], str], Floats]


def scores(model: Model, texts: list[str], label: str) -> Floats:
    """Answer one label's probability for each text, (texts,)."""
    return np.array([one.scores[label] for one in model.score(texts)])


def measuring_set(data: Path, name: str) -> tuple[list[str], Floats]:
    """Read texts and `y` of one measure-only set."""
    rows = read_rows(data / "labelled" / f"{name}.jsonl.gz")
    return [row["text"] for row in rows], np.array([float(row["y"]) for row in rows])


def benign_and_hostile(data: Path) -> tuple[list[str], list[str]]:
    """Read the news comments that raters found benign, and those they found hostile."""
    rows = read_rows(data / "labelled" / "eval_news_ucc.jsonl.gz")
    benign = [row["text"] for row in rows if row["benign"]]
    return benign, [row["text"] for row in rows if row["y"]]


def set_figures(score: Score, data: Path) -> list[Figure]:
    """Measure how well each measure-only set is ranked."""
    figures = []
    for name, label, bar in _SETS:
        texts, truth = measuring_set(data, name)
        area = float(roc_auc_score(truth, score(texts, label)))
        figures.append(Figure(f"{name}: AUC", area, bar))
    return [*figures, _without_streams(score, data)]


def _without_streams(score: Score, data: Path) -> Figure:
    """Measure the removed self-promotion once more, without what is only a link to a stream."""
    rows = read_rows(data / "labelled" / "eval_reddit_ads.jsonl.gz")
    rest = [row for row in rows if row["subreddit"] != _STREAMS]
    truth = [row["y"] for row in rest]
    area = float(roc_auc_score(truth, score([row["text"] for row in rest], "spam")))
    return Figure(f"eval_reddit_ads without {len(rows) - len(rest)} links to streams: AUC", area)


def news_figures(score: Score, data: Path) -> list[Figure]:
    """Measure ranking and recall of hostile comments among news comments."""
    texts, truth = measuring_set(data, "eval_news_ucc")
    benign, hostile = (score(part, "abuse") for part in benign_and_hostile(data))
    low, mid = np.quantile(benign, [1 - _FIVE_PERCENT, 1 - _ONE_PERCENT])
    area = float(roc_auc_score(truth, score(texts, "abuse")))
    return [
        Figure("eval_news_ucc: AUC, hostile", area, 0.785),
        Figure("… recall at 1 % false positives", float((hostile > mid).mean())),
        Figure("… recall at 5 % false positives", float((hostile > low).mean()), 0.35),
    ]


def alarm_figures(model: Model, data: Path) -> list[Figure]:
    """Measure false alarms on news comments at the thresholds that the model suggests."""
    texts, _ = measuring_set(data, "eval_news_ucc")
    benign, _ = benign_and_hostile(data)
    certain = scores(model, benign, "abuse") >= _LIKELIER_THAN_NOT
    spam = scores(model, texts, "spam") >= model.thresholds["spam"]["hold"]
    return [
        Figure("… benign comments with abuse ≥ 0.5", float(certain.mean()), lower_is_better=True),
        Figure("… all comments held as spam", float(spam.mean()), lower_is_better=True),
    ]


def held_out_figures(kept: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    """Read what was measured on the rows that the trial fit never saw, as the header keeps it."""
    six = [value["auc"] for name, value in kept.items() if name.startswith("clean_")]
    return [
        Figure("six labels against Jigsaw's clean comments: mean AUC", float(np.mean(six)), 0.984),
        Figure(
            "abuse: recall at 1 % false positives on benign news",
            kept["abuse_recall"]["news"],
            0.80,
        ),
        Figure("YouTube spam, a video unseen: AUC", kept["youtube_spam"]["auc"], 0.985),
        Figure(
            "… recall at 0.5 % false positives on benign news",
            kept["spam_recall"]["news"],
            0.92,
        ),
    ]


def head_figures(kept: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    """Read how well other languages are ranked, and how far off each head's probabilities are."""
    tongues = [
        Figure(f"{name} on its own split: AUC", kept[name]["auc"])
        for name in ("abuse_de", "abuse_pt", "abuse_ko")
    ]
    return tongues + [
        Figure(f"{name}: expected calibration error", one["ece"], _ECE_BAR, lower_is_better=True)
        for name, one in kept.items()
        if "ece" in one
    ]


def beside(ours: Sequence[Figure], plain: Sequence[Figure]) -> list[Figure]:
    """Answer our figures with the baseline's of the same name beside them."""
    known = {figure.name: figure.value for figure in plain}
    return [replace(figure, baseline=known.get(figure.name, figure.baseline)) for figure in ours]
