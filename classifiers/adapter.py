"""What one newsroom decides otherwise: a small correction over the shared model's two heads.

For `spam` and `abuse` alike

    corrected log-odds = a * logit(shared probability) + b + sum(word and pair weights) * scale

with scale = 1 / sqrt(16 + units), units being a comment's distinct words and pairs of neighbours,
so that a long comment is not made of its length. Strong L2 pulls a to 1, b to 0 and every weight
to 0: a newsroom that has decided little keeps, nearly, the model that it has.
"""

from collections import Counter
from collections.abc import Sequence
from math import exp, log
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from classifiers import artefact
from classifiers.artefact import ArtefactError
from classifiers.features import Floats, pair_key, units, word_key

FORMAT = 1
HEADS = ("spam", "abuse")
# A shared probability nearer to 0 or 1 than this says no more than this.
_SETTLED = 1e-6
_GROUND = 16.0
# The shared head may be trusted less or more, but is never turned round.
_SLOPE = (0.2, 3.0)
_FOLDS = 5
_LARGEST = 5_000_000  # bytes unpacked; a few thousand features take a tenth
_ARRAYS = {
    "keys": np.dtype(np.uint32),
    "weights": np.dtype(np.float32),
    "line": np.dtype(np.float64),
}
_FIELDS = {"kind", "format", "version", "base", "heads", "checksum"}


class Seen(msgspec.Struct, frozen=True):
    """A comment as an adapter sees it: its text, and the shared probabilities of HEADS."""

    text: str
    shared: tuple[float, float]


def logit(probability: float) -> float:
    """Answer the log-odds of a probability, bounded where it is settled anyway."""
    own = min(max(probability, _SETTLED), 1.0 - _SETTLED)
    return log(own / (1.0 - own))


def scale(count: int) -> float:
    """Answer the factor of a comment with so many distinct words and pairs."""
    return float((_GROUND + count) ** -0.5)


def _keys(text: str) -> list[int]:
    forms, pairs = units(text)
    return [word_key(form) for form in forms] + [pair_key(*pair) for pair in pairs]


class Adapter(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Correct two heads by what a newsroom decided.

    `strengths` are inverse penalties of the words, of which each head takes the one that does best
    on every fifth comment; `slope_strength` and `offset_strength` those of a and b; `min_count` the
    least number of comments that a feature is in, `most` features are kept at most (the commonest),
    `least` is the weight of decisions of either class without which a head is left as it is.
    Deterministic: L-BFGS from no correction at all.

    Learns `keys_` (features,) uint32, sorted; `weights_` (features, 2) float32; `line_` (2, 2)
    float64, a and b of each head.

    The defaults are for 50 to 20,000 decisions. Tried with simulated house rules over news comments
    (60 to 9,000 decisions): where there is a rule a strength of 4 to 12 gains most, where there is
    none every bit of freedom costs (0.02 of log-loss at 12, 0.001 at 1), and the choice is nearly
    always as good as the best of the three. A desk decides what was held or reported, which is not
    what readers write: a and b are held tight, or the share of refusals among decided comments
    would be put on all others.
    """

    def __init__(
        self,
        strengths: tuple[float, ...] = (1.0, 4.0, 12.0),
        slope_strength: float = 0.05,
        offset_strength: float = 0.02,
        min_count: int = 3,
        most: int = 4000,
        least: float = 10.0,
        steps: int = 200,
    ) -> None:
        """Store the settings."""
        self.strengths = strengths
        self.slope_strength = slope_strength
        self.offset_strength = offset_strength
        self.min_count = min_count
        self.most = most
        self.least = least
        self.steps = steps

    def fit(
        self, comments: Sequence[Seen], y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn from comments, truth (n, 2) of 0, 1 or NaN (unknown), weights (n,) or (n, 2)."""
        truth = np.asarray(y, dtype=np.float64).reshape(len(comments), len(HEADS))
        weight = np.ones(len(comments)) if sample_weight is None else np.asarray(sample_weight)
        weight = np.broadcast_to(weight.reshape(len(comments), -1), truth.shape)
        keys = [_keys(comment.text) for comment in comments]
        self.keys_ = self._choose(keys)
        rows = self._rows(keys)
        self.weights_ = np.zeros((len(self.keys_), len(HEADS)), dtype=np.float32)
        self.line_ = np.tile([1.0, 0.0], (len(HEADS), 1))
        for head in range(len(HEADS)):
            known = ~np.isnan(truth[:, head]) & (weight[:, head] > 0)
            shared = np.array([logit(comment.shared[head]) for comment in comments])[known]
            own, sign = weight[known, head], np.where(truth[known, head] > 0, 1.0, -1.0)
            if min(own[sign > 0].sum(), own[sign < 0].sum()) < self.least:
                continue
            strength = self._choose_strength(rows[known], shared, sign, own)
            line, weights = self._descend(rows[known], shared, sign, own, strength)
            self.line_[head], self.weights_[:, head] = line, weights
        used = self.weights_.any(axis=1)
        self.keys_, self.weights_ = self.keys_[used], self.weights_[used]
        return self

    def _choose(self, keys: list[list[int]]) -> npt.NDArray[np.uint32]:
        counts = Counter(key for own in keys for key in own)
        # Ordered by count and then key, so that the cut does not depend on the comments' order.
        common = sorted((-count, key) for key, count in counts.items() if count >= self.min_count)
        return np.array(sorted(key for _, key in common[: self.most]), dtype=np.uint32)

    def _rows(self, keys: list[list[int]]) -> sparse.csr_array:
        index = {int(key): at for at, key in enumerate(self.keys_)}
        found = [sorted({index[key] for key in own if key in index}) for own in keys]
        values = [np.full(len(row), scale(len(own))) for row, own in zip(found, keys, strict=True)]
        return sparse.csr_array(
            (
                np.concatenate([*values, np.empty(0)]),
                np.array([column for row in found for column in row], dtype=np.int32),
                np.cumsum([0, *map(len, found)]),
            ),
            shape=(len(keys), len(self.keys_)),
        )

    def _choose_strength(
        self, rows: sparse.csr_array, shared: Floats, sign: Floats, weight: Floats
    ) -> float:
        """Answer the strength that does best on every fifth comment, learnt from the others."""
        if len(self.strengths) == 1:
            return self.strengths[0]
        apart = np.arange(len(sign)) % _FOLDS == _FOLDS - 1
        losses = []
        for strength in self.strengths:
            line, weights = self._descend(
                rows[~apart], shared[~apart], sign[~apart], weight[~apart], strength
            )
            logits = line[0] * shared[apart] + line[1] + rows[apart] @ weights
            losses.append(weight[apart] @ np.logaddexp(0.0, -sign[apart] * logits))
        return self.strengths[int(np.argmin(losses))]

    def _descend(
        self,
        rows: sparse.csr_array,
        shared: Floats,
        sign: Floats,
        weight: Floats,
        strength: float,
    ) -> tuple[Floats, Floats]:
        """Minimise logistic loss plus half the squared distance from no correction."""
        flipped = rows.T.tocsr()
        penalty = np.full(rows.shape[1] + 2, 1.0 / strength)
        # The loss is a sum; a and b touch every comment, so their penalty is in comments, too.
        penalty[:2] = 1.0 / self.slope_strength, 1.0 / self.offset_strength
        origin = np.zeros(len(penalty))
        origin[0] = 1.0

        def loss(point: Floats) -> tuple[float, Floats]:
            margin = sign * (point[0] * shared + point[1] + rows @ point[2:])
            pull = -weight * sign * expit(-margin)
            away = point - origin
            value = 0.5 * (penalty * away) @ away + weight @ np.logaddexp(0.0, -margin)
            slope = np.concatenate([[pull @ shared, pull.sum()], flipped @ pull])
            return float(value), slope + penalty * away

        bounds = [_SLOPE, (None, None)] + [(None, None)] * rows.shape[1]
        options = {"maxiter": self.steps}
        best = minimize(loss, origin, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        return best[:2], best[2:]

    def decision_function(self, comments: Sequence[Seen]) -> Floats:
        """Answer the corrected log-odds of HEADS, (n, 2)."""
        check_is_fitted(self, "line_")
        shared = np.array([[logit(one) for one in comment.shared] for comment in comments])
        words = self._rows([_keys(comment.text) for comment in comments])
        words = words @ self.weights_.astype(np.float64)
        logits: Floats = shared.reshape(-1, 2) * self.line_[:, 0] + self.line_[:, 1] + words
        return logits

    def predict_proba(self, comments: Sequence[Seen]) -> Floats:
        """Answer the corrected probabilities of HEADS, (n, 2)."""
        probability: Floats = expit(self.decision_function(comments))
        return probability

    def predict(self, comments: Sequence[Seen]) -> npt.NDArray[np.int8]:
        """Answer the likelier class of each head, (n, 2)."""
        return (self.decision_function(comments) > 0).astype(np.int8)


def pack(adapter: Adapter, base: str) -> bytes:
    """Answer a fitted adapter over the model called `base` as data; the same gives the same."""
    check_is_fitted(adapter, "line_")
    arrays = {"keys": adapter.keys_, "weights": adapter.weights_, "line": adapter.line_}
    return artefact.pack(
        arrays,
        {
            "kind": "adapter",
            "format": FORMAT,
            "version": artefact.VERSION,
            "base": base,
            "heads": list(HEADS),
        },
    )


class Packed(msgspec.Struct, frozen=True):
    """An adapter that was read back: its short id, the model it corrects, and itself."""

    id: str
    base: str
    adapter: Adapter


def unpack(raw: bytes) -> Packed:
    """Read and verify an adapter; raises ArtefactError where it is damaged, changed or foreign."""
    content = artefact.unpack(raw, "the adapter", _LARGEST)
    arrays, header = content.arrays, content.header
    if not header.keys() >= _FIELDS or header["kind"] != "adapter":
        raise ArtefactError("this is not an adapter of ours: its header lacks fields")
    if header["format"] != FORMAT or header["heads"] != list(HEADS):
        raise ArtefactError(
            f"the adapter has format {header['format']} for {header['heads']}, "
            f"this version of the classifiers reads {FORMAT} for {list(HEADS)}"
        )
    artefact.check_sum("the adapter", content)
    size = arrays["keys"].size if "keys" in arrays else 0
    shapes = {"keys": (size,), "weights": (size, len(HEADS)), "line": (len(HEADS), 2)}
    if {name: array.dtype for name, array in arrays.items()} != _ARRAYS or any(
        arrays[name].shape != shape for name, shape in shapes.items()
    ):
        raise ArtefactError("the adapter is inconsistent: its arrays are not as they must be")
    if not all(np.isfinite(arrays[name]).all() for name in ("weights", "line")):
        raise ArtefactError("the adapter is inconsistent: some weights are not numbers")
    adapter = Adapter()
    adapter.keys_, adapter.weights_ = arrays["keys"], arrays["weights"]
    adapter.line_ = arrays["line"]
    return Packed(str(header["checksum"])[:8], str(header["base"]), adapter)


def probability(log_odds: float) -> float:
    """Answer the probability of log-odds."""
    # exp overflows beyond 709; a probability is settled long before.
    return 1.0 / (1.0 + exp(-min(max(log_odds, -500.0), 500.0)))


Weights = dict[int, tuple[float, float]]


def weights_of(adapter: Adapter) -> Weights:
    """Answer each key's weights, for scoring one comment at a time."""
    columns: list[Any] = adapter.weights_.astype(np.float64).tolist()
    return {
        int(key): (spam, abuse)
        for key, (spam, abuse) in zip(adapter.keys_.tolist(), columns, strict=True)
    }
