"""Why a text scored as it did: spans of the original text and what each adds to the log-odds."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Part = tuple[int, int]
MOST = 5


class Evidence(msgspec.Struct, frozen=True):
    """A span (code point offsets in the original text, end exclusive) and its weight."""

    begin: int
    end: int
    weight: float


def top(parts: Iterable[tuple[Part, float]], most: int | None = MOST) -> list[Evidence]:
    """Add up parts with the same span and list the few that speak for the label, highest first.

    With `most` None all of them, those that speak against it included.
    """
    sums: dict[Part, float] = {}
    for span, weight in parts:
        sums[span] = sums.get(span, 0.0) + weight
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [
        Evidence(*span, weight) for span, weight in ordered[:most] if weight > 0.0 or most is None
    ]


class Places:
    """The spans of a text, of which some are the same; built once for all labels."""

    def __init__(self, spans: Sequence[Part]) -> None:
        """Take (parts,) spans."""
        index: dict[Part, int] = {}
        self._of = np.array([index.setdefault(span, len(index)) for span in spans], dtype=np.intp)
        self._spans = list(index)

    def top(self, weights: npt.NDArray[np.float64], most: int | None = MOST) -> list[Evidence]:
        """Answer what `top` does, of (parts,) weights."""
        if not self._spans:
            return []
        sums = np.bincount(self._of, weights, minlength=len(self._spans))
        chosen: Sequence[int] = range(len(sums))
        if most is not None and len(sums) > most:
            least = np.partition(sums, -most)[-most]
            chosen = [*np.flatnonzero(sums > least), *np.flatnonzero(sums == least)[:most]]
        return top(((self._spans[at], float(sums[at])) for at in chosen), most)
