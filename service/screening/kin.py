"""Kin: texts of one campaign, however reworded or disguised.

Of a text count its rare runs of five letters (classifiers/rarity.py). Two texts are as alike as the
share of such runs that they have in common (Jaccard), estimated from the 128 with the smallest
hashes (bottom-k sketch, Broder 1997, Cohen and Kaplan 2007); up to 128 runs it is exact. Candidates
are found by 24 of the runs, which are drawn by a hash that favours the rarest, the same for every
text.

What people write alike by chance, a saying or a quotation, is one stretch of text. So two texts are
kin if they share half of it, or, where one of them reads like spam, an eighth: sayings don't. The
limits are set by `python -m tests.bench.campaigns`.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifiers.rarity import bare, rarity, runs

LEAST_RARE = 0.3
KEPT = 128
TERMS = 24
FEWEST = 12  # runs of a text that can have kin
FOUND_BY = 50  # of each term the newest texts are found
TERMS_SHARED = 3  # from which a text is looked at: a tenth of those that share any
CANDIDATES = 60  # looked at closely: those that share most terms
ALIKE, SHARED = 0.5, 16.0  # of any two texts: similarity, and runs in common
ALIKE_SPAM, SHARED_SPAM = 0.12, 10.0  # where one reads like spam
LIKE_SPAM = 0.25  # the score from which a text does

_HALF = np.uint64(32)


class Kin(msgspec.Struct, frozen=True):
    """`terms` find candidates; `sketch` is little-endian uint32: how many runs, then the least."""

    terms: list[int]
    sketch: bytes


def kin(text: str) -> Kin:
    """What tells a text's kin; linear in its length. A text with few rare runs has none."""
    hashed = runs(bare(text))
    rare = rarity(hashed)
    hashed, rare = hashed[rare >= LEAST_RARE], rare[rare >= LEAST_RARE]
    if len(hashed) < FEWEST:
        return Kin([], b"")
    # Exponential variates with the rarity as rate: the smallest are a sample by weight.
    uniform = ((hashed >> np.uint64(11)).astype(np.float64) + 1) / 2.0**53
    drawn = np.argsort(-np.log(uniform) / rare, kind="stable")[:TERMS]
    least = np.sort((hashed >> _HALF).astype("<u4"))[:KEPT]
    head = np.array([len(hashed)], dtype="<u4")
    terms = (hashed[drawn] >> np.uint64(1)).astype(np.int64).tolist()
    return Kin(sorted(terms), np.concatenate([head, least]).tobytes())


def likeness(one: bytes, other: bytes) -> tuple[float, float]:
    """The similarity of two sketches, 0 to 1, and about how many runs they share."""
    if not one or not other:
        return 0.0, 0.0
    first: NDArray[np.uint32] = np.frombuffer(one, "<u4")
    second: NDArray[np.uint32] = np.frombuffer(other, "<u4")
    union, times = np.unique(np.concatenate([first[1:], second[1:]]), return_counts=True)
    if KEPT in {len(first) - 1, len(second) - 1}:
        # Beyond the least 128 of both nobody knows what a longer text has.
        union, times = union[:KEPT], times[:KEPT]
    share = float((times > 1).mean())
    return share, share * float(first[0] + second[0]) / (1 + share)


def kin_among(one: bytes, spam: float, others: Sequence[tuple[bytes, float]]) -> list[int]:
    """Which of the others, each with its spam score, are the text's kin."""
    found = []
    for number, (other, score) in enumerate(others):
        share, shared = likeness(one, other)
        spammy = max(spam, score) >= LIKE_SPAM and share >= ALIKE_SPAM and shared >= SHARED_SPAM
        if spammy or (share >= ALIKE and shared >= SHARED):
            found.append(number)
    return found
