"""Spam and abuse scores for reader comments, learnt and run locally; stands alone.

`load().score(["…"])` is all that the service needs. Imports neither the service nor its web stack.
"""

from classifiers.artefact import ArtefactError
from classifiers.evidence import Evidence
from classifiers.model import LABELS, Model, Scored, load
from classifiers.text import fold, fold_map

__all__ = [
    "LABELS", "ArtefactError", "Evidence", "Model", "Scored", "fold", "fold_map", "load",
]  # fmt: skip
