"""Fingerprints of texts, to tell the same again, or nearly.

MinHash (Broder 1997) over the character 5-grams of the folded text, 32 permutations cut into
16 bands of 2. Two texts that share a band are candidates; their sketches give the estimate of
the Jaccard similarity. Short texts get no bands: everybody writes "Thank you!".
"""

import hashlib
import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifiers import fold

GRAM = 5
PERMUTATIONS = 32
BANDS = 16
SHORTEST = 60  # folded characters
NEAR = 0.6  # estimated Jaccard similarity from which a text is nearly the same

_generator = np.random.default_rng(20261231)
_MULTIPLY = _generator.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
_ADD = _generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_WEIGHTS = np.array([1_000_003**i % 2**64 for i in range(GRAM)], dtype=np.uint64)


class Fingerprint(msgspec.Struct, frozen=True):
    """`exact` tells the same text; `bands` find candidates; `sketch` is 32 little-endian uint32."""

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
    sketch = (minima >> np.uint64(32)).astype("<u4")
    rows = sketch.reshape(BANDS, -1).astype(np.uint64)
    mixed = (rows[:, 0] << np.uint64(32)) ^ rows[:, 1]
    mixed = (mixed ^ np.arange(BANDS, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return Fingerprint(exact, mixed.view(np.int64).tolist(), sketch.tobytes())


def similarity(one: bytes, other: bytes) -> float:
    """The estimated Jaccard similarity of two sketches, 0 to 1."""
    if not one or len(one) != len(other):
        return 0.0
    a: NDArray[np.uint32] = np.frombuffer(one, "<u4")
    return float(np.mean(a == np.frombuffer(other, "<u4")))


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
