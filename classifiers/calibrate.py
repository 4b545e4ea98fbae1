"""From log-odds to probabilities that mean what they say, and how far off they are."""

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifiers.features import Floats


def sigmoid(
    logits: Floats, truth: npt.NDArray[np.int8], share: float, weight: Floats | None = None
) -> tuple[float, float]:
    """Fit Platt's sigmoid and answer (slope, offset).

    The held-out rows are not mixed as a newsroom's comments are, so that the positives are weighed
    to be `share` of all.
    """
    own = np.ones(len(truth)) if weight is None else weight.astype(float)
    positive = truth > 0
    own[positive] *= share / own[positive].sum()
    own[~positive] *= (1 - share) / own[~positive].sum()
    fitted = LogisticRegression(C=1e6).fit(logits[:, None], truth, own * len(truth))
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def calibration_error(
    probability: Floats, truth: npt.NDArray[np.int8], weight: Floats, bins: int = 15
) -> float:
    """Answer the expected calibration error over equal-width bins (Naeini et al., 2015)."""
    edges = np.minimum((probability * bins).astype(int), bins - 1)
    total = weight.sum()
    gaps = [abs((weight * (truth - probability))[edges == at].sum()) / total for at in range(bins)]
    return float(sum(gaps))
