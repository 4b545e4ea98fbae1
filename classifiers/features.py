"""From text to numbers: words, pairs of words and pieces of words, as keys of 32 bits.

A comment is the set of its words and pairs of neighbours ("units"). Each unit is a fixed bundle of
features (for a word: itself and its character 2- to 5-grams, as in `char_wb`), so a comment's row
is the sum of its units' rows over one norm. That makes training cheap (two thin factors rather than
one wide matrix) and scoring a matter of adding remembered vectors, with the same result.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from classifiers.text import fold
from classifiers.words import word_forms

Floats = npt.NDArray[np.float64]

# What a word and a pair weigh beside a character n-gram of the same rarity (tried: 1 to 5).
_WORD_BOOST, _PAIR_BOOST = 3.0, 2.0
# Brings a row near to length one, so that the same regularisation suits as with TF-IDF.
SPREAD = 7.0


def word_key(form: str) -> int:
    """Answer the key of a word as a whole."""
    return crc32(b"w" + form.encode())


def word_keys(form: str) -> list[int]:
    """Answer the distinct keys of a word: itself, and its character 2- to 5-grams with its ends."""
    keys = {word_key(form)}
    padded = f" {form} "
    size = len(padded)
    if padded.isascii():
        raw = padded.encode()
        for span in (2, 3, 4, 5):
            keys.update(crc32(raw[at : at + span]) for at in range(size - span + 1))
    else:
        for span in (2, 3, 4, 5):
            keys.update(crc32(padded[at : at + span].encode()) for at in range(size - span + 1))
    return sorted(keys)


def pair_key(left: str, right: str) -> int:
    """Answer the key of two neighbouring words."""
    return crc32(f"p{left} {right}".encode())


def pair_keys(forms: Sequence[str]) -> list[int]:
    """Answer the keys of words and their next, in order."""
    return [crc32(f"p{left} {right}".encode()) for left, right in pairwise(forms)]


def units(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Answer the distinct words and pairs of neighbours of a text (folded here), in order.

    Ordered, as sums of floats depend on it and training must give the same bytes every time.
    """
    found = word_forms(fold(text))
    return list(dict.fromkeys(found)), list(dict.fromkeys(pairwise(found)))


class Factored:
    """Documents by features as `scale * (documents @ bundles)`, never multiplied out.

    Behaves as a matrix in `@` and `.T @`, which is all that a linear head asks of its input.
    """

    def __init__(
        self, documents: sparse.csr_array, bundles: sparse.csr_array, scale: Floats
    ) -> None:
        """Hold the factors: documents (n, units), bundles (units, features), scale (n,)."""
        self.documents, self.bundles, self.scale = documents, bundles, scale
        self._documents_t: sparse.csr_array | None = None
        self._bundles_t: sparse.csr_array | None = None
        self.shape = (documents.shape[0], bundles.shape[1])

    def __matmul__(self, vector: Floats) -> Floats:
        """Answer the product with a vector of (features,)."""
        product: Floats = self.scale * (self.documents @ (self.bundles @ vector))
        return product

    def adjoint(self, vector: Floats) -> Floats:
        """Answer the transposed product, of (n,) to (features,)."""
        if self._documents_t is None:
            self._documents_t = self.documents.T.tocsr()
            self._bundles_t = self.bundles.T.tocsr()
        product: Floats = self._bundles_t @ (self._documents_t @ (self.scale * vector))
        return product

    def __getitem__(self, rows: npt.NDArray[Any]) -> "Factored":
        """Answer the same features for some of the documents (indices or a mask)."""
        return Factored(self.documents[rows], self.bundles, self.scale[rows])

    def keep(self, columns: npt.NDArray[np.intp]) -> "Factored":
        """Answer the same documents with some of the features."""
        return Factored(self.documents, sparse.csr_array(self.bundles[:, columns]), self.scale)

    def mean_squares(self) -> Floats:
        """Answer about how large each feature's square is on average, (features,)."""
        squares = self.bundles.multiply(self.bundles).T @ (self.documents.T @ self.scale**2)
        answer: Floats = squares / self.shape[0]
        return answer

    def tocsr(self) -> sparse.csr_array:
        """Multiply the factors out."""
        return sparse.csr_array(sparse.diags_array(self.scale) @ (self.documents @ self.bundles))


class WordGrams(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Weigh words, pairs and character n-grams by rarity; scikit-learn's contract over strings.

    Learns `keys_` (sorted uint32, one a feature) and `weight_` (float64: smoothed inverse document
    frequency times the boost of its kind). `transform` answers a CSR matrix (texts, features). A
    row is divided by 7 * sqrt(ground + grams), where grams counts the keys of its distinct words,
    known or not: so pruning changes no norm, and a short or unknown text stays near the origin
    rather than being blown up to length one.
    """

    def __init__(self, min_count: int = 5, ground: float = 20.0) -> None:
        """Store the settings: least number of documents that a feature is in, floor of the norm."""
        self.min_count = min_count
        self.ground = ground

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Learn which features there are and how rare each is."""
        del y
        forms: Counter[str] = Counter()
        pairs: Counter[tuple[str, str]] = Counter()
        documents = 0
        for text in texts:
            own_forms, own_pairs = units(text)
            forms.update(own_forms)
            pairs.update(own_pairs)
            documents += 1
        return self._learn(forms, pairs, documents)

    def _learn(self, forms: Counter[str], pairs: Counter[tuple[str, str]], documents: int) -> Self:
        counts: Counter[int] = Counter()
        boosts: dict[int, float] = {}
        for form, count in forms.items():
            boosts[word_key(form)] = _WORD_BOOST
            for key in word_keys(form):
                counts[key] += count
        for (left, right), count in pairs.items():
            if count >= self.min_count:
                key = pair_key(left, right)
                boosts[key] = _PAIR_BOOST
                counts[key] += count
        kept = sorted(key for key, count in counts.items() if count >= self.min_count)
        self.keys_ = np.array(kept, dtype=np.uint32)
        # A gram is counted once for each different word it is in, so it can pass the documents.
        seen = np.minimum([counts[key] for key in kept], documents)
        boost = np.array([boosts.get(key, 1.0) for key in kept])
        self.weight_: Floats = boost * (1.0 + np.log((1.0 + documents) / (1.0 + seen)))
        return self

    def keep(self, columns: npt.NDArray[np.intp]) -> Self:
        """Forget all features but these (sorted indices)."""
        self.keys_, self.weight_ = self.keys_[columns], self.weight_[columns]
        return self

    def factors(self, texts: Iterable[str]) -> Factored:
        """Answer the matrix of the texts in its factored form."""
        check_is_fitted(self, "keys_")
        bundles = _Bundles({int(key): at for at, key in enumerate(self.keys_)})
        ends = [0]
        found: list[int] = []
        for text in texts:
            own_forms, own_pairs = units(text)
            rows = [bundles.word(form) for form in own_forms]
            rows += [row for pair in own_pairs if (row := bundles.pair(*pair)) is not None]
            found.extend(sorted(rows))
            ends.append(len(found))
        documents = sparse.csr_array(
            (np.ones(len(found), dtype=np.float32), np.array(found, dtype=np.int32), ends),
            shape=(len(ends) - 1, len(bundles.grams)),
        )
        grams = documents @ np.array(bundles.grams, dtype=np.float64)
        return Factored(documents, bundles.matrix(self.weight_), norm(grams, self.ground))

    def transform(self, texts: Iterable[str]) -> sparse.csr_array:
        """Answer the matrix (texts, features)."""
        return self.factors(texts).tocsr()


def norm(grams: Floats, ground: float) -> Floats:
    """Answer the factor of a row from the number of keys of its distinct words."""
    scale: Floats = 1.0 / (SPREAD * np.sqrt(ground + grams))
    return scale


class _Bundles:
    """The rows of the second factor, made as units are met."""

    def __init__(self, index: dict[int, int]) -> None:
        self.index = index
        self.grams: list[int] = []
        self._words: dict[str, int] = {}
        self._pairs: dict[tuple[str, str], int | None] = {}
        self._columns: list[int] = []
        self._ends = [0]

    def _add(self, columns: list[int], grams: int) -> int:
        self._columns.extend(columns)
        self._ends.append(len(self._columns))
        self.grams.append(grams)
        return len(self.grams) - 1

    def word(self, form: str) -> int:
        row = self._words.get(form)
        if row is None:
            keys = word_keys(form)
            columns = [self.index[key] for key in keys if key in self.index]
            row = self._words[form] = self._add(columns, len(keys))
        return row

    def pair(self, left: str, right: str) -> int | None:
        if (left, right) not in self._pairs:
            column = self.index.get(pair_key(left, right))
            self._pairs[left, right] = None if column is None else self._add([column], 0)
        return self._pairs[left, right]

    def matrix(self, weight: Floats) -> sparse.csr_array:
        columns = np.array(self._columns, dtype=np.int32)
        return sparse.csr_array(
            (weight[columns].astype(np.float32), columns, self._ends),
            shape=(len(self.grams), len(weight)),
        )
