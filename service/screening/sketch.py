"""Fingerprints of texts, to tell the same again, or nearly.

MinHash (Broder 1997) over the character 5-grams of the folded text, 64 permutations cut into
16 bands of 4. Two texts that share a band are candidates (of pairs with similarity 0.6 nine in
ten, with 0.1 two in a thousand); their sketches give the estimate of the Jaccard similarity.
Short texts get no bands: everybody writes "Thank you!".
"""

import hashlib
import re
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifiers import fold

GRAM = 5
PERMUTATIONS = 64
BANDS = 16
SHORTEST = 60  # folded characters
NEAR = 0.6  # estimated Jaccard similarity from which a text is nearly the same

_generator = np.random.default_rng(20261231)
_MULTIPLY = _generator.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
_ADD = _generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_BAND_WEIGHTS = _generator.integers(1, 2**63, PERMUTATIONS // BANDS, dtype=np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_WEIGHTS = np.array([1_000_003**i % 2**64 for i in range(GRAM)], dtype=np.uint64)


class Fingerprint(msgspec.Struct, frozen=True):
    """`exact` tells the same text; `bands` find candidates; `sketch` is 64 little-endian uint16."""

    exact: bytes
    bands: list[int]
    sketch: bytes


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of one text; linear in its length."""
    folded = re.sub(r"[\W_]+", " ", fold(text)).strip()
    exact = hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if len(folded) < SHORTEST:
        return Fingerprint(exact, [], b"")
    minima = _minima(folded)
    sketch = (minima >> np.uint64(48)).astype("<u2")
    # Each band's four values and its number, mixed into one integer.
    rows = (minima >> np.uint64(20)).reshape(BANDS, -1)
    bands = (rows * _BAND_WEIGHTS).sum(axis=1) ^ np.arange(BANDS, dtype=np.uint64)
    return Fingerprint(exact, (bands * _ODD).view(np.int64).tolist(), sketch.tobytes())


def similarities(one: bytes, others: Sequence[bytes]) -> list[float]:
    """The estimated Jaccard similarity of a sketch to others, 0 to 1; 0 where there is none."""
    whole = [other if len(other) == len(one) else b"\0" * len(one) for other in others]
    if not one or not others:
        return [0.0] * len(others)
    table: NDArray[np.uint16] = np.frombuffer(b"".join(whole), "<u2").reshape(len(others), -1)
    shares: list[float] = (table == np.frombuffer(one, "<u2")).mean(axis=1).tolist()
    return shares


def _minima(folded: str) -> NDArray[np.uint64]:
    """The smallest of each permutation's hashes over all 5-grams; wraps modulo 2**64."""
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    count = len(codes) - GRAM + 1
    grams = np.zeros(count, dtype=np.uint64)
    for offset in range(GRAM):
        grams += codes[offset : offset + count] * _WEIGHTS[offset]
    grams ^= grams >> np.uint64(29)
    smallest: NDArray[np.uint64] = (grams[:, None] * _MULTIPLY + _ADD).min(axis=0)
    return smallest
