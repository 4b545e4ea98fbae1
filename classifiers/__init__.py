"""Spam and abuse scores for reader comments, learnt and run locally; stands alone.

`load().score(["…"])` is all that the service needs. Imports neither the service nor its web stack.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifiers.adapter import Adapter, Seen
    from classifiers.artefact import ArtefactError
    from classifiers.evidence import Evidence
    from classifiers.model import LABELS, Model, Scored, load
    from classifiers.scale import ATTRIBUTES, Scale, load_scale
    from classifiers.site_model import SiteModel
    from classifiers.text import fold, fold_map

__all__ = [
    "ATTRIBUTES", "LABELS", "Adapter", "ArtefactError", "Evidence", "Model", "Scale", "Scored",
    "Seen", "SiteModel", "fold", "fold_map", "load", "load_scale",
]  # fmt: skip

# Loaded when first asked for: scikit-learn takes a second, and who folds a name needs none of it.
PLACES = {
    "Adapter": "adapter", "Seen": "adapter", "ArtefactError": "artefact", "Evidence": "evidence",
    "LABELS": "model", "Model": "model", "Scored": "model", "load": "model",
    "ATTRIBUTES": "scale", "Scale": "scale", "load_scale": "scale",
    "SiteModel": "site_model", "fold": "text", "fold_map": "text",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
