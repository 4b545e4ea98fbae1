"""Perspective's attributes, and which label of the classifier answers each."""

import msgspec

from service.screening.plain import LEARNT, LEARNT_BEST
from service.screening.scale import LABELS_OF


class Attribute(msgspec.Struct, frozen=True):
    """A label of the classifier, and the languages (ISO 639-1) that it has learnt it in."""

    label: str
    languages: frozenset[str]


_EXPERIMENTS = frozenset({"OBSCENE", "SPAM"})


def _attribute(label: str) -> Attribute:
    return Attribute(label, LEARNT if label in {"abuse", "spam"} else LEARNT_BEST)


_SHARED = {name: _attribute(label) for name, label in LABELS_OF.items()}
# With the original's trial versions of the same. Of its experiments only those that the classifier
# was taught: what it was not (SEXUALLY_EXPLICIT, FLIRTATION, the other ones of the New York Times,
# the bridging ones) is unknown here, as a guess would look like an answer.
ATTRIBUTES: dict[str, Attribute] = {
    **_SHARED,
    **{f"{name}_EXPERIMENTAL": one for name, one in _SHARED.items() if name not in _EXPERIMENTS},
}


def base_language(code: str) -> str:
    """ISO 639-1 of a BCP 47 tag: `en` of `en-GB`."""
    return code.replace("_", "-").partition("-")[0].lower()
