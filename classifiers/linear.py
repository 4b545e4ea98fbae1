"""One linear head: the mean of a logistic regression and one over class-contrasted features."""

from collections.abc import Callable
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from classifiers.features import Floats

Product = Callable[[Floats], Floats]


@runtime_checkable
class Rows(Protocol):
    """What a head asks of its input: a shape, a product and the transposed product."""

    shape: tuple[int, int]

    def __matmul__(self, vector: Floats) -> Floats:
        """Answer the product with (features,)."""

    def __getitem__(self, rows: npt.NDArray[Any]) -> Self:
        """Answer some of the rows."""

    def adjoint(self, vector: Floats) -> Floats:
        """Answer the transposed product with (rows,)."""


class Beside:
    """Two inputs with the same rows, side by side."""

    def __init__(self, left: Rows, right: sparse.csr_array) -> None:
        """Hold both: left (n, a), right (n, b)."""
        self.left, self.right = left, right
        self._right_t = right.T.tocsr()
        self.shape = (left.shape[0], left.shape[1] + right.shape[1])

    def __matmul__(self, vector: Floats) -> Floats:
        """Answer the product with (a + b,)."""
        cut = self.left.shape[1]
        product: Floats = self.left @ vector[:cut] + self.right @ vector[cut:]
        return product

    def __getitem__(self, rows: npt.NDArray[Any]) -> "Beside":
        """Answer some of the rows."""
        return Beside(self.left[rows], self.right[rows])

    def adjoint(self, vector: Floats) -> Floats:
        """Answer the transposed product with (n,)."""
        return np.concatenate([self.left.adjoint(vector), self._right_t @ vector])


def _products(rows: Rows | sparse.csr_array | Floats) -> tuple[Product, Product]:
    if isinstance(rows, Rows):
        return rows.__matmul__, rows.adjoint
    matrix = sparse.csr_array(rows)
    flipped = matrix.T.tocsr()
    return (lambda vector: matrix @ vector), (lambda vector: flipped @ vector)


class LinearHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Logistic regression, averaged with its naive-Bayes-weighted twin; two classes.

    The twin sees each feature multiplied by the size of its log-count ratio (Wang and Manning,
    "Baselines and Bigrams", 2012); both are linear, so their mean is one map: `coef_` (features,)
    and `intercept_`. `contrast` is the share of the twin, `strength` the inverse of the L2 penalty.
    Deterministic: L-BFGS from zero.
    """

    def __init__(
        self,
        strength: float = 2.0,
        contrast: float = 0.5,
        contrast_strength: float = 0.6,
        steps: int = 40,
    ) -> None:
        """Store the settings."""
        self.strength = strength
        self.contrast = contrast
        self.contrast_strength = contrast_strength
        self.steps = steps

    def fit(
        self,
        rows: Rows | sparse.csr_array | Floats,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from rows (any matrix or `Rows`), labels of two classes and weights."""
        forth, back = _products(rows)
        self.classes_, found = np.unique(np.asarray(y), return_inverse=True)
        if len(self.classes_) != 2:  # noqa: PLR2004 - a head tells two classes apart
            raise ValueError(f"a linear head needs two classes, got {len(self.classes_)}")
        sign: Floats = 2.0 * found.astype(np.float64) - 1.0
        weight: Floats = np.ones(len(sign))
        if sample_weight is not None:
            weight = np.asarray(sample_weight, dtype=np.float64)
        self.n_features_in_ = int(np.shape(rows)[1])
        plain = np.ones(self.n_features_in_)
        coef, intercept = _descend((forth, back), sign, self.strength * weight, plain, self.steps)
        if self.contrast:
            ratio = _log_count_ratio(back, sign, weight)
            other, other_intercept = _descend(
                (forth, back), sign, self.contrast_strength * weight, ratio, self.steps
            )
            coef = (1 - self.contrast) * coef + self.contrast * other
            intercept = (1 - self.contrast) * intercept + self.contrast * other_intercept
        self.coef_, self.intercept_ = coef, float(intercept)
        return self

    def decision_function(self, rows: Rows | sparse.csr_array | Floats) -> Floats:
        """Answer the log-odds of the second class, (n,)."""
        check_is_fitted(self, "coef_")
        logits: Floats = _products(rows)[0](self.coef_) + self.intercept_
        return logits

    def predict_proba(self, rows: Rows | sparse.csr_array | Floats) -> Floats:
        """Answer the probabilities of both classes, (n, 2)."""
        second = expit(self.decision_function(rows))
        return np.column_stack([1 - second, second])

    def predict(self, rows: Rows | sparse.csr_array | Floats) -> npt.NDArray[Any]:
        """Answer the likelier class, (n,)."""
        second = (self.decision_function(rows) > 0).astype(int)
        answer: npt.NDArray[Any] = self.classes_[second]
        return answer


def _log_count_ratio(back: Product, sign: Floats, weight: Floats) -> Floats:
    """Answer how differently the classes use each feature, as the size of a log ratio."""
    smoothing = 0.05
    first = back(weight * (sign > 0)) + smoothing
    second = back(weight * (sign < 0)) + smoothing
    ratio: Floats = np.abs(np.log(first / first.sum()) - np.log(second / second.sum()))
    return ratio


def _descend(
    products: tuple[Product, Product], sign: Floats, weight: Floats, scale: Floats, steps: int
) -> tuple[Floats, float]:
    """Minimise half the squared length plus weighted logistic loss over features times scale."""
    forth, back = products

    def loss(point: Floats) -> tuple[float, Floats]:
        margin = sign * (forth(scale * point[:-1]) + point[-1])
        slope = -weight * sign * expit(-margin)
        value = 0.5 * point[:-1] @ point[:-1] + weight @ np.logaddexp(0.0, -margin)
        return float(value), np.append(point[:-1] + scale * back(slope), slope.sum())

    start = np.zeros(len(scale) + 1)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return scale * best[:-1], float(best[-1])
