"""Spam and abuse scores for reader comments, learnt and run locally; stands alone.

`load().score(["…"])` is all that the service needs. Imports neither the service nor its web stack.
"""

from classifiers.adapter import Adapter, Seen
from classifiers.artefact import ArtefactError
from classifiers.evidence import Evidence
from classifiers.model import LABELS, Model, Scored, load
from classifiers.site_model import SiteModel
from classifiers.text import fold, fold_map

__all__ = [
    "LABELS", "Adapter", "ArtefactError", "Evidence", "Model", "Scored", "Seen", "SiteModel",
    "fold", "fold_map", "load",
]  # fmt: skip
