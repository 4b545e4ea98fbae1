"""Why a text scored as it did: spans of the original text and what each adds to the log-odds."""

from collections.abc import Iterable

import msgspec

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
