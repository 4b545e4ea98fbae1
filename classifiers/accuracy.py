"""Figures of the shipped model on the measure-only sets, and of its trial fit on held-out rows."""

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
    # name, label, bar, baseline
    ("eval_insults", "abuse", 0.875, 0.848),
    ("eval_olid", "abuse", 0.80, 0.734),
    ("eval_reddit_ads", "spam", 0.70, 0.476),
    ("eval_russian", "abuse", None, None),
)
_ECE_BAR = 0.03


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


def set_figures(model: Model, data: Path) -> list[Figure]:
    """Measure how well each measure-only set is ranked."""
    figures = []
    for name, label, bar, baseline in _SETS:
        texts, truth = measuring_set(data, name)
        area = float(roc_auc_score(truth, scores(model, texts, label)))
        figures.append(Figure(f"{name}: AUC", area, bar, baseline))
    return figures


def news_figures(model: Model, data: Path) -> list[Figure]:
    """Measure ranking and recall of hostile comments among news comments, and false alarms."""
    texts, truth = measuring_set(data, "eval_news_ucc")
    benign_texts, hostile_texts = benign_and_hostile(data)
    benign, hostile = scores(model, benign_texts, "abuse"), scores(model, hostile_texts, "abuse")
    low, mid = np.quantile(benign, [1 - _FIVE_PERCENT, 1 - _ONE_PERCENT])
    area = float(roc_auc_score(truth, scores(model, texts, "abuse")))
    spam = scores(model, texts, "spam") >= model.thresholds["spam"]["hold"]
    certain = float((benign >= _LIKELIER_THAN_NOT).mean())
    return [
        Figure("eval_news_ucc: AUC, hostile", area, 0.785, 0.768),
        Figure("… recall at 1 % false positives", float((hostile > mid).mean()), None, 0.11),
        Figure("… recall at 5 % false positives", float((hostile > low).mean()), 0.35, 0.28),
        Figure("… benign comments with abuse ≥ 0.5", certain, lower_is_better=True),
        Figure("… all comments held as spam", float(spam.mean()), lower_is_better=True),
    ]


def held_out_figures(model: Model) -> list[Figure]:
    """Read what training measured on the rows that its trial fit never saw."""
    kept = model.header["held_out"]
    six = [value["auc"] for name, value in kept.items() if name.startswith("clean_")]
    figures = [
        Figure(
            "six labels against Jigsaw's clean comments: mean AUC",
            float(np.mean(six)), 0.984, 0.980,
        ),
        Figure(
            "abuse: recall at 1 % false positives on benign news",
            kept["abuse_recall"]["news"], 0.80, 0.77,
        ),
        Figure("YouTube spam, a video unseen: AUC", kept["youtube_spam"]["auc"], 0.985, 0.969),
    ]  # fmt: skip
    if "spam_recall" in kept:
        recall = next(iter(kept["spam_recall"].values()))
        figures.append(
            Figure("… recall at 0.5 % false positives on benign news", recall, 0.92, 0.885)
        )
    figures += [
        Figure(f"{name} on its own split: AUC", kept[name]["auc"])
        for name in ("abuse_de", "abuse_pt", "abuse_ko")
    ]
    return figures + [
        Figure(f"{name}: expected calibration error", one["ece"], _ECE_BAR, lower_is_better=True)
        for name, one in kept.items()
        if "ece" in one
    ]
