"""Scores as Perspective gave them: from our calibrated probability to its scale, and back.

`classifiers.scaling` fits the lines and writes `scale.json`; its page is `report/PERSPECTIVE.md`.
"""

from collections.abc import Callable
from importlib.resources import files
from math import exp, log, log1p
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# Perspective's attributes, and the label that answers each.
ATTRIBUTES = {
    "TOXICITY": "abuse",
    "SEVERE_TOXICITY": "severe_abuse",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "OBSCENE": "obscene",
    "THREAT": "threat",
    "IDENTITY_ATTACK": "identity_attack",
    "SPAM": "spam",
}
_Slope = Annotated[float, Meta(gt=0)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A map of log-odds: two rising straight pieces, which meet where ours are `knee`."""

    knee: float
    level: float
    below: _Slope
    above: _Slope

    def forth(self, logit: float) -> float:
        """Answer the log-odds of the score."""
        way = logit - self.knee
        return self.level + way * (self.below if way < 0 else self.above)

    def back(self, logit: float) -> float:
        """Answer ours, of which these are the score's."""
        way = logit - self.level
        return self.knee + way / (self.below if way < 0 else self.above)


class Decisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At one threshold: the share of pairs where both decide alike, how many are at or above it."""

    alike: float
    theirs: int
    ours: int


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a line does on pairs that it was not fitted to: rank correlation, mean error, decisions.

    `decisions` are by threshold, as written.
    """

    pairs: int
    rank: float
    error: float
    decisions: dict[str, Decisions]


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a line comes from: `earlier` of the pairs were carried over from an earlier version.

    `model` is the model that scored the texts of the pairs; `agreement` is by cross-validation.
    `across` tests the carrying over: a line fitted to the pairs of earlier versions alone, on those
    of today's; or where the fit uses none of the earlier, it itself on those.
    """

    how: Literal["linked", "bent", "anchored"]
    model: str
    pairs: int = 0
    earlier: int = 0
    agreement: Agreement | None = None
    across: Agreement | None = None


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whence pairs of a text and its score come, and how many were known from training."""

    name: str
    licence: str
    year: int
    pairs: int
    known: int


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line a label, in log-odds, and how each was fitted; `model` is the model it is for.

    A site's own model needs no other: its probabilities are calibrated to mean the same.
    """

    model: str
    lines: dict[str, Line]
    fitted: dict[str, Fitted]
    sources: list[Source]

    def __post_init__(self) -> None:
        """Refuse a scale without a line for each label; msgspec tells it as ValidationError."""
        missing = {*ATTRIBUTES.values()} - self.lines.keys()
        if missing:
            raise ValueError(f"no line for {', '.join(sorted(missing))}")

    def score(self, label: str, probability: float) -> float:
        """Answer the score in [0, 1], which rises with the probability; 0 and 1 stay themselves."""
        return _through(self.lines[label].forth, probability)

    def floor(self, label: str, score: float) -> float:
        """Answer the probability whose score this is: the threshold that equals one of theirs."""
        return _through(self.lines[label].back, score)


def _through(line: Callable[[float], float], share: float) -> float:
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    logit = line(log(share) - log1p(-share))
    # exp overflows beyond 709. In this form no rounding can turn the order of two scores.
    return 1.0 / (1.0 + exp(min(-logit, 700.0)))


def packaged() -> Path:
    """Answer where the scale lies that ships with the model."""
    return Path(str(files("classifiers").joinpath("scale.json")))


def load_scale(path: str | Path | None = None) -> Scale:
    """Load a scale, the packaged one by default; raises msgspec.ValidationError."""
    file = packaged() if path is None else Path(path)
    return msgspec.json.decode(file.read_bytes(), type=Scale)
