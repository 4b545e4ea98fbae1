"""Probabilities as scores of Perspective's: the map is `classifiers/scale.py`'s."""

import functools

from classifiers import Scale, load_scale
from classifiers.scale import ATTRIBUTES as LABELS_OF

__all__ = ["LABELS_OF", "perspective_score"]


@functools.cache
def _scale() -> Scale:
    return load_scale()


def perspective_score(label: str, probability: float) -> float:
    """The score, in [0, 1], that thresholds meant for Perspective fit."""
    return _scale().score(label, probability)
