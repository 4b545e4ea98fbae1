"""The scores of a screening, in one order, for whoever searches by them."""

from collections.abc import Sequence

from classifiers import LABELS
from service.screening.types import Signal

__all__ = ["LABELS", "scores_of", "spam_of"]


def scores_of(signals: Sequence[Signal]) -> list[float | None]:
    """Each label's score in the order of LABELS; None where nothing was judged."""
    found = {signal.check: signal.score for signal in signals}
    return [found.get(label) for label in LABELS]


def spam_of(signals: Sequence[Signal]) -> float:
    """The score for spam; 0 where nothing was judged."""
    return next((s.score for s in signals if s.check == "spam" and s.score is not None), 0.0)
