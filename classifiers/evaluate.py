"""`python -m classifiers.evaluate --data DIR`: measure the shipped model, write its card.

Everything here is about texts that the shipped model never learnt from (the measure-only sets and
our own measuring sentences), or comes from the trial fit that training recorded in the header.
"""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from classifiers import artefact, card
from classifiers.figure import Figure
from classifiers.identity import measuring_sentences
from classifiers.model import Model, load
from classifiers.sources import MEASURING, read_rows

_ONE_PERCENT, _FIVE_PERCENT, _HALF_PERCENT = 0.01, 0.05, 0.005
_LIKELIER_THAN_NOT = 0.5
_WARM, _TIMED = 300, 2_000
_COMMENT = 270


def _scores(model: Model, texts: list[str], label: str) -> np.ndarray:
    return np.array([one.scores[label] for one in model.score(texts)])


def news_figures(model: Model, data: Path) -> list[Figure]:
    """Measure ranking and recall of hostile comments among news comments, and identity flags."""
    rows = read_rows(data / "labelled" / "eval_news_ucc.jsonl.gz")
    texts = [row["text"] for row in rows]
    score = _scores(model, texts, "abuse")
    hostile = np.array([row["y"] for row in rows]) > 0
    benign = np.array([row["benign"] for row in rows]) > 0
    low, mid, high = np.quantile(
        score[benign], [1 - _FIVE_PERCENT, 1 - _ONE_PERCENT, 1 - _HALF_PERCENT]
    )
    spam = _scores(model, texts, "spam") >= model.thresholds["spam"]["hold"]
    certain = score[benign] >= _LIKELIER_THAN_NOT
    return [
        Figure("eval_news_ucc: AUC, hostile", float(roc_auc_score(hostile, score)), 0.768),
        Figure("… recall at 1 % false positives", float((score[hostile] > mid).mean()), 0.11),
        Figure("… recall at 5 % false positives", float((score[hostile] > low).mean()), 0.28),
        Figure("… benign comments with abuse ≥ 0.5", float(certain.mean())),
        Figure("… all comments held as spam", float(spam.mean())),
        *_identity_figures(model, float(high)),
    ]


def _identity_figures(model: Model, threshold: float) -> list[Figure]:
    """Measure how many of our own benign identity sentences are above a threshold."""
    named = measuring_sentences()
    flagged = _scores(model, [text for _, text in named], "abuse") > threshold
    terms = np.array([term for term, _ in named])
    rates = {term: float(flagged[terms == term].mean()) for term in sorted(set(terms.tolist()))}
    worst = max(rates, key=lambda term: rates[term])
    return [
        Figure(
            "own identity sentences flagged at 0.5 % of benign news",
            float(flagged.mean()),
            0.035,
            lower_is_better=True,
        ),
        Figure(f"… worst term ({worst})", rates[worst], 0.92, lower_is_better=True),
    ]


def set_figures(model: Model, data: Path) -> list[Figure]:
    """Measure the AUC on the other measure-only sets."""
    plan = (
        ("eval_insults", "abuse", 0.848),
        ("eval_olid", "abuse", 0.734),
        ("eval_reddit_ads", "spam", 0.476),
        ("eval_russian", "abuse", None),
    )
    figures = []
    for name, label, baseline in plan:
        rows = read_rows(data / "labelled" / f"{name}.jsonl.gz")
        score = _scores(model, [row["text"] for row in rows], label)
        auc = float(roc_auc_score([row["y"] for row in rows], score))
        figures.append(Figure(f"{name}: AUC", auc, baseline))
    return figures


def held_out_figures(model: Model) -> list[Figure]:
    """Read what training measured on the rows that its trial fit never saw."""
    kept = model.header["held_out"]
    six = [value["auc"] for name, value in kept.items() if name.startswith("clean_")]
    return [
        Figure("six labels against Jigsaw's clean comments: mean AUC", float(np.mean(six)), 0.980),
        Figure("YouTube spam, a video unseen: AUC", kept["youtube_spam"]["auc"], 0.969),
        *(
            Figure(f"{name} on its own split: AUC", kept[name]["auc"])
            for name in ("abuse_de", "abuse_pt", "abuse_ko")
        ),
        Figure(
            "abuse: expected calibration error", kept["abuse"]["ece"], None, lower_is_better=True
        ),
        Figure("spam: expected calibration error", kept["spam"]["ece"], None, lower_is_better=True),
        Figure("abuse: recall at 1 % false positives on news", kept["abuse_recall"]["news"], 0.77),
    ]


def speed(model: Model, data: Path) -> dict[str, float]:
    """Time single comments of 270 characters (milliseconds) and throughput of mixed ones."""
    texts = [row["text"] for row in read_rows(data / "labelled" / "civil_comments.jsonl.gz")]
    whole = " ".join(texts)
    cut = [whole[at : at + _COMMENT] for at in range(0, len(whole) - _COMMENT, _COMMENT)]
    model.score(cut[:_WARM])
    took = []
    for text in cut[_WARM : _WARM + _TIMED]:
        begin = perf_counter()
        model.score([text])
        took.append((perf_counter() - begin) * 1000)
    return {
        "p50": float(np.quantile(took, 0.5)),
        "p95": float(np.quantile(took, 0.95)),
        "per_second": 1000 * len(took) / sum(took),
    }


def show(console: Console, figures: list[Figure]) -> None:
    """Print the figures beside the baseline's."""
    table = Table("measured", "ours", "baseline")
    for figure in figures:
        colour = {None: "white", True: "green", False: "red"}[figure.reached]
        known = "" if figure.baseline is None else f"{figure.baseline:.3f}"
        table.add_row(figure.name, f"[{colour}]{figure.value:.3f}[/]", known)
    console.print(table)


def evaluate(
    data: Annotated[Path, typer.Option(help="folder with labelled/*.jsonl.gz")],
    model_file: Annotated[
        Path | None, typer.Option("--model", help="the packaged one if not given")
    ] = None,
    card_file: Annotated[
        Path | None, typer.Option("--card", help="where the model card goes")
    ] = None,
) -> None:
    """Measure a model on the measure-only sets and write the model card."""
    console = Console()
    model = load(model_file)
    with console.status(f"measuring {model.id} on {', '.join(MEASURING)}"):
        figures = set_figures(model, data) + news_figures(model, data) + held_out_figures(model)
        pace = speed(model, data)
    show(console, figures)
    console.print(
        f"one comment of {_COMMENT} characters: p50 {pace['p50']:.2f} ms, "
        f"p95 {pace['p95']:.2f} ms, {pace['per_second']:,.0f} a second"
    )
    path = card_file or Path(__file__).parent / "report" / "MODEL_CARD.md"
    size = (model_file or artefact.packaged()).stat().st_size
    card.write(path, model, figures, pace, size)
    console.print(f"wrote {path}")


if __name__ == "__main__":
    typer.run(evaluate)
