"""`python -m classifiers.scaling --data DIR [--pairs FILE]`: fit our scores to Perspective's.

Writes `scale.json` for the packaged model and the page `report/PERSPECTIVE.md`. The pairs are texts
with the scores that Perspective gave them; they are of many hands and don't ship. **Without
`--pairs` the lines that came from pairs stay as they are in `scale.json`**, with the figures of the
run that fitted them: they map calibrated probabilities, which mean the same after a retraining.
What follows from the model and the data folder is done anew each time: the line for spam, the
shares on the page, and the checks, without which nothing is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import typer
from rich.console import Console

from classifiers import scale_page
from classifiers.accuracy import benign_and_hostile, measuring_set
from classifiers.features import Floats
from classifiers.linking import agreement, carried, cross_validated, fitted, logits, rounded, scored
from classifiers.model import LABELS, Model, load
from classifiers.scale import Fitted, Line, Scale, Source, load_scale, packaged
from classifiers.sources import TRAINING, Corpus, read_corpus, read_rows

# Perspective's models were replaced after 2020 (Lees et al., 2022), and score lower since.
_TODAY = 2022
_FEWEST = 40
# What a site must not flag more of, among benign news comments, at the thresholds in use. At 0.7 it
# is what our own policy holds by default (1 %); so that moderators see no more false alarms than
# with a site of ours. (A thousandth above, for ties.)
_MOST = {0.7: 0.011, 0.8: 0.006, 0.9: 0.002}
_SURE, _KIND = 0.8, 0.1
INSULTS = (
    "You are a moron", "shut up, idiot", "You are an idiot", "You're such an idiot!",
    "you stupid fool", "What a bunch of idiots you are",
)  # fmt: skip
COMPLIMENTS = (
    "Thank you, good article", "Great point, thanks!", "I disagree, but I see what you mean.",
    "Where can I read the whole report?",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How a label is fitted: to which attribute, with earlier versions' pairs too, bent where."""

    label: str
    attribute: str
    earlier: bool = False
    knee: float | None = None


# Of TOXICITY and THREAT hundreds of scores of today's are known, of the others only the abusive end
# or nothing. SEVERE_TOXICITY levels off: the crudest abuse has no more than 0.67 today.
PLANS = (
    Plan("abuse", "TOXICITY"),
    Plan("threat", "THREAT"),
    Plan("insult", "INSULT", earlier=True),
    Plan("obscene", "PROFANITY", earlier=True),
    Plan("identity_attack", "IDENTITY_ATTACK", earlier=True),
    Plan("severe_abuse", "SEVERE_TOXICITY", earlier=True, knee=-3.0),
)


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text and the scores that Perspective gave it, by attribute; one JSON object a line."""

    text: str
    source: str
    licence: str
    year: int
    scores: dict[str, float]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def read_pairs(path: Path, data: Path) -> tuple[list[Pair], list[Source]]:
    """Read the pairs, but those whose text the model has learnt from; answer too the sources."""
    pairs = msgspec.json.Decoder(Pair).decode_lines(path.read_bytes())
    learnt = {
        _letters(row["text"])
        for name in TRAINING
        for row in read_rows(data / "labelled" / f"{name}.jsonl.gz")
    }
    kept = [pair for pair in pairs if _letters(pair.text) not in learnt]
    sources = []
    by_source = sorted(pairs, key=lambda pair: (-pair.year, pair.source))
    for (year, name), group in groupby(by_source, lambda pair: (pair.year, pair.source)):
        own = list(group)
        known = sum(_letters(pair.text) in learnt for pair in own)
        sources.append(Source(name, own[0].licence, year, len(own) - known, known))
    return kept, sources


def probabilities(model: Model, texts: Sequence[str]) -> dict[str, Floats]:
    """Answer each label's probabilities, (texts,)."""
    found = [one.scores for one in model.score(texts)]
    return {label: np.array([one[label] for one in found]) for label in LABELS}


def _chosen(
    pairs: Sequence[Pair], ours: Mapping[str, Floats], plan: Plan, *, today: bool, earlier: bool
) -> tuple[Floats, Floats]:
    """Answer our log-odds and their scores as of today, of the pairs that have them."""
    rows = [
        at
        for at, pair in enumerate(pairs)
        if plan.attribute in pair.scores and (today if pair.year >= _TODAY else earlier)
    ]
    scores = np.array([pairs[at].scores[plan.attribute] for at in rows])
    old = np.array([pairs[at].year < _TODAY for at in rows], dtype=bool)
    return logits(ours[plan.label][rows]), np.where(old, carried(scores), scores)


def fit(pairs: Sequence[Pair], model: Model) -> tuple[dict[str, Line], dict[str, Fitted]]:
    """Fit every plan to the pairs; raises ValueError where they are too few."""
    ours = probabilities(model, [pair.text for pair in pairs])
    lines, how = {}, {}
    for plan in PLANS:
        own, scores = _chosen(pairs, ours, plan, today=True, earlier=plan.earlier)
        if len(scores) < _FEWEST:
            raise ValueError(f"{len(scores)} pairs for {plan.attribute}: {_FEWEST} are needed")
        old = _chosen(pairs, ours, plan, today=False, earlier=True)
        new = _chosen(pairs, ours, plan, today=True, earlier=False)
        seen, unseen = (old, new) if plan.earlier else (new, old)
        across = None
        if min(len(seen[1]), len(unseen[1])) >= _FEWEST:
            across = agreement(scored(fitted(*seen, plan.knee), unseen[0]), unseen[1])
        lines[plan.label] = fitted(own, scores, plan.knee)
        how[plan.label] = Fitted(
            how="linked" if plan.knee is None else "bent",
            model=model.id,
            pairs=len(scores),
            earlier=len(old[1]) if plan.earlier else 0,
            agreement=cross_validated(own, scores, plan.knee),
            across=across,
        )
    return lines, how


def spam_line(benign: Floats, thresholds: Mapping[str, float]) -> Line:
    """Anchor spam: half of the benign comments below 0.05, our holding at 0.7, our spam at 0.9.

    Perspective's SPAM was an experiment on one newspaper's rejected comments; over the pairs it
    ranks texts as chance would, so that there is nothing to be fitted to.
    """
    middle, hold, spam = logits(
        np.array([np.median(benign), thresholds["hold"], thresholds["spam"]])
    ).tolist()
    low, level, high = logits(np.array([0.05, 0.7, 0.9])).tolist()
    below, above = (level - low) / (hold - middle), (high - level) / (spam - hold)
    return rounded(Line(knee=hold, level=level, below=below, above=above))


def objections(scale: Scale, model: Model, benign: Mapping[str, Floats]) -> list[str]:
    """List what is wrong with a scale for a model, if anything; see `_MOST`, `_SURE`, `_KIND`."""
    found = []
    for label in LABELS:
        values = np.array([scale.score(label, one) for one in benign[label].tolist()])
        for threshold, most in _MOST.items():
            share = float((values >= threshold).mean())
            if share > most:
                found.append(f"{share:.2%} of benign comments have {label} ≥ {threshold}")
    for label in ("abuse", "insult"):
        for texts, sign, bound in ((INSULTS, 1, _SURE), (COMPLIMENTS, -1, _KIND)):
            for text, one in zip(texts, model.score(texts), strict=True):
                score = scale.score(label, one.scores[label])
                if sign * (score - bound) <= 0.0:
                    found.append(f"“{text}” has {label} {score:.2f}, bound {bound}")
    return found


def known_positives(corpus: Corpus, data: Path) -> dict[str, list[tuple[str, list[str]]]]:
    """Answer by label the sets of texts that raters found so, each with its name."""

    def held(source: str, label: str) -> list[str]:
        rows = corpus.held & (corpus.source == source) & (corpus.labels[label] == 1)
        return [corpus.texts[at] for at in np.flatnonzero(rows)]

    _, hostile = benign_and_hostile(data)
    texts, truth = measuring_set(data, "eval_insults")
    insults = [text for text, bad in zip(texts, truth, strict=True) if bad]
    found = {
        label: [("talk pages, so labelled", held("jigsaw_positives", label))]
        for label in LABELS
        if label != "spam"
    }
    found["abuse"] += [("forum, insults", insults), ("news, hostile", hostile)]
    found["insult"] += [("forum, insults", insults)]
    found["spam"] = [
        ("YouTube, one video", held("youtube_spam", "spam")), ("our own", held("own_spam", "spam")),
    ]  # fmt: skip
    return found


def rescale(
    data: Annotated[Path, typer.Option(help="folder with labelled/*.jsonl.gz")],
    pairs: Annotated[
        Path | None,
        typer.Option(help="texts and Perspective's scores; without it the fitted lines are kept"),
    ] = None,
) -> None:
    """Fit our probabilities to Perspective's scores and write scale.json and its page."""
    console = Console(stderr=True)
    model = load()
    with console.status("fitting"):
        if pairs is None:
            old = load_scale()
            lines, how, sources = dict(old.lines), dict(old.fitted), old.sources
        else:
            read, sources = read_pairs(pairs, data)
            lines, how = fit(read, model)
    with console.status("scoring benign news comments"):
        benign = probabilities(model, benign_and_hostile(data)[0])
    lines["spam"] = spam_line(benign["spam"], model.thresholds["spam"])
    how["spam"] = Fitted(how="anchored", model=model.id)
    scale = Scale(model=model.id, lines=lines, fitted=how, sources=sources)
    wrong = objections(scale, model, benign)
    for what in wrong:
        console.print(f"[bold red]NOT WRITTEN[/] {what}")
    if wrong:
        raise typer.Exit(1)
    with console.status("scoring known positives"):
        positives = known_positives(read_corpus(data), data)
        page = scale_page.page(scale, model, benign, positives)
    packaged().write_bytes(msgspec.json.format(msgspec.json.encode(scale), indent=2) + b"\n")
    scale_page.path().write_text(page, encoding="utf-8")
    console.print(f"wrote {packaged()} and {scale_page.path()}")


if __name__ == "__main__":
    typer.run(rescale)
