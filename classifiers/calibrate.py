"""From log-odds to probabilities that mean what they say, and how far off they are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifiers.features import Floats

# A slope below this is no slope.
_FLAT = 0.05
Calibration = tuple[float, float, float]


def sigmoid(
    logits: Floats, truth: npt.NDArray[np.int8], share: float, weight: Floats | None = None
) -> Calibration:
    """Fit Platt's sigmoid with one bend and answer (slope, bend, offset).

    The probability is expit(slope * z + bend * max(z, 0) + offset): raters err, so that far up the
    log-odds promise more than they hold, and one slope for both sides would be wrong on each. It
    rises everywhere; where the fit says otherwise, there is no bend. The held-out rows are not
    mixed as a newsroom's comments are, so that the positives are weighed to be `share` of all.
    """
    own = np.ones(len(truth)) if weight is None else weight.astype(float)
    positive = truth > 0
    own[positive] *= share / own[positive].sum()
    own[~positive] *= (1 - share) / own[~positive].sum()
    model = LogisticRegression(C=1e6, max_iter=1000)
    both = np.column_stack([logits, np.maximum(logits, 0.0)])
    model.fit(both, truth, own * len(truth))
    slope, bend = map(float, model.coef_[0])
    if min(slope, slope + bend) <= _FLAT:
        model.fit(both[:, :1], truth, own * len(truth))
        slope, bend = float(model.coef_[0, 0]), 0.0
    return slope, bend, float(model.intercept_[0])


def log_odds(logits: Floats, calibration: Sequence[float]) -> Floats:
    """Answer the calibrated log-odds."""
    slope, bend, offset = calibration
    answer: Floats = slope * logits + bend * np.maximum(logits, 0.0) + offset
    return answer


def calibration_error(
    probability: Floats, truth: npt.NDArray[np.int8], weight: Floats, bins: int = 15
) -> float:
    """Answer the expected calibration error over equal-width bins (Naeini et al., 2015)."""
    edges = np.minimum((probability * bins).astype(int), bins - 1)
    total = weight.sum()
    gaps = [abs((weight * (truth - probability))[edges == at].sum()) / total for at in range(bins)]
    return float(sum(gaps))
