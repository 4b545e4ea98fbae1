"""Whether what was caught stays caught when its words are disguised, and whether the reasons hold.

The words attacked are those that the model itself gives as its reasons, on comments of sets that it
never learnt from, and on held-out rows of the Jigsaw set (which the shipped model did learn).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from classifiers import obfuscate
from classifiers.accuracy import measuring_set
from classifiers.evidence import Evidence
from classifiers.figure import Figure
from classifiers.model import Model
from classifiers.sources import read_rows

_SETS = ("eval_insults", "eval_olid", "jigsaw_positives")
_LEARNT = "jigsaw_positives"
_EACH = 250
_EXPLAINED = 700
# A reason a quarter as strong as the first still carries the decision.
_CARRIES = 0.25
_DELETED = 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Caught:
    """An abusive comment that is held as it was written, and the spans that speak for it."""

    text: str
    reasons: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What share of the comments caught before is still caught under an attack, by set."""

    attack: obfuscate.Attack
    shares: Mapping[str, float]

    @property
    def unseen(self) -> float:
        """The mean over the sets that nothing was learnt from."""
        return float(np.mean([share for name, share in self.shares.items() if name != _LEARNT]))


def _abusive(data: Path, name: str) -> list[str]:
    if name != _LEARNT:
        texts, truth = measuring_set(data, name)
        return [text for text, y in zip(texts, truth, strict=True) if y]
    rows = read_rows(data / "labelled" / f"{name}.jsonl.gz")
    return [row["text"] for row in rows if row["toxic"] and row["split"] != "train"]


def caught(model: Model, data: Path, name: str, most: int) -> list[Caught]:
    """List comments of a set that are abusive and held, spread evenly over the set."""
    texts = _abusive(data, name)
    scored = model.score(texts, evidence=True)
    limit = model.thresholds["abuse"]["hold"]
    found = [
        Caught(text, tuple(one.evidence["abuse"]))
        for text, one in zip(texts, scored, strict=True)
        if one.scores["abuse"] >= limit and one.evidence["abuse"]
    ]
    step = max(1, len(found) // most)
    return found[::step][:most]


def _carrying(reasons: Sequence[Evidence]) -> list[tuple[int, int]]:
    return [(one.begin, one.end) for one in reasons if one.weight >= _CARRIES * reasons[0].weight]


def under_attack(model: Model, data: Path) -> list[Kept]:
    """Measure every attack on every set; the weakest defence first."""
    pools = {name: caught(model, data, name, _EACH) for name in _SETS}
    limit = model.thresholds["abuse"]["hold"]
    answer = []
    for attack in obfuscate.attacks():
        shares = {}
        for name, pool in pools.items():
            random = Random(attack.name)  # noqa: S311 - the same disguises in every run
            written = [
                obfuscate.rewrite(one.text, _carrying(one.reasons), attack.rule, random)
                for one in pool
            ]
            held = [one.scores["abuse"] >= limit for one in model.score(written)]
            shares[name] = float(np.mean(held))
        answer.append(Kept(attack, shares))
    return sorted(answer, key=lambda one: one.unseen)


def attack_figures(kept: Sequence[Kept]) -> list[Figure]:
    """Answer the mean over attacks, all and those that only change how letters are encoded."""
    lookalike = [one for one in kept if one.attack.unicode]
    learnt = float(np.mean([one.shares[_LEARNT] for one in kept]))
    return [
        Figure("abuse caught clean and still caught disguised, mean of attacks",
               float(np.mean([one.unseen for one in kept])), 0.92, 0.86),
        Figure("… by Unicode alone", float(np.mean([one.unseen for one in lookalike])), 0.97, 0.86),
        Figure("… all attacks, on Jigsaw's positives (learnt)", learnt),
    ]  # fmt: skip


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for begin, end in sorted(spans, reverse=True):
        text = f"{text[:begin]} {text[end:]}"
    return text


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap, so that deleting one doesn't move the next."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _others(one: Caught) -> list[tuple[int, int]]:
    reasons = [(reason.begin, reason.end) for reason in one.reasons]
    return [
        match.span()
        for match in _WORD.finditer(one.text)
        if not any(begin < match.end() and match.start() < end for begin, end in reasons)
    ]


def reason_figures(model: Model, data: Path) -> list[Figure]:
    """Measure whether deleting the first reasons lowers the score, more than as many other words.

    On abusive comments of sets that nothing was learnt from; comments that have too few other words
    count for the first figure only.
    """
    pool = [
        one for name in _SETS if name != _LEARNT for one in caught(model, data, name, _EXPLAINED)
    ]
    random = Random(1)  # noqa: S311 - the same words in every run
    first = [_merged([(one.begin, one.end) for one in each.reasons[:_DELETED]]) for each in pool]
    whole = _abuse(model, [one.text for one in pool])
    fall = whole - _abuse(
        model, [_without(one.text, spans) for one, spans in zip(pool, first, strict=True)]
    )
    chosen = [
        random.sample(others, len(spans)) if len(others := _others(one)) >= len(spans) else None
        for one, spans in zip(pool, first, strict=True)
    ]
    at = np.array([number for number, spans in enumerate(chosen) if spans is not None])
    other = whole[at] - _abuse(model, [_without(pool[n].text, chosen[n] or []) for n in at])
    return [
        Figure(f"deleting the first reasons lowers abuse ({len(pool):,} real comments)",
               float((fall > 0).mean()), 0.99),
        Figure(f"… by more than as many other words ({len(at):,} comments)",
               float((fall[at] > other).mean()), 0.99),
        Figure("… mean fall of the probability, reasons deleted", float(fall[at].mean())),
        Figure("… mean fall, other words deleted", float(other.mean()), lower_is_better=True),
    ]  # fmt: skip


def _abuse(model: Model, texts: Sequence[str]) -> np.ndarray:
    return np.array([one.scores["abuse"] for one in model.score(texts)])
