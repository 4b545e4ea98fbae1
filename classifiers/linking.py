"""Lines between two scales of log-odds, fitted to pairs of our probability and Perspective's score.

A site's threshold must catch about as much as before. Least squares would draw every score toward
the mean, so that a high threshold catches less; linear linking gives the scores the mean and the
spread that Perspective's have over the same texts (Kolen & Brennan, Test Equating, chapter 2).
"""

import numpy as np
from scipy.optimize import lsq_linear
from scipy.stats import spearmanr

from classifiers.features import Floats
from classifiers.scale import Agreement, Decisions, Line

# Prompts of RealToxicityPrompts in each tenth of TOXICITY, as published in 2020 and as the service
# scored them in February 2023 (Pozzobon et al., 2023: for-ai/black-box-api-challenges, notebook 1).
_BEFORE = (34390, 18497, 11020, 7781, 5584, 4637, 4609, 4040, 4991, 3467)
_SINCE = (52241, 13218, 8513, 8383, 5120, 3308, 3451, 3069, 1473, 375)
_FOLDS = 10
_THRESHOLDS = (0.7, 0.8, 0.9)
# No flatter than this, so that a better comment still gets a better score.
_FLATTEST = 0.25
_EDGE = 0.004


def logits(shares: Floats, edge: float = 1e-9) -> Floats:
    """Answer log-odds; shares nearer to 0 or 1 than `edge` count as that near."""
    inside = np.clip(shares, edge, 1.0 - edge)
    answer: Floats = np.log(inside) - np.log1p(-inside)
    return answer


def shares(log_odds: Floats) -> Floats:
    """Answer shares of log-odds."""
    answer: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return answer


def carried(scores: Floats) -> Floats:
    """Answer what the service says today where it said `scores` in 2020 or before.

    Equipercentile, in log-odds: as high among the same 99,000 texts; beyond 0.2 and 0.9 the ends
    are drawn on. Published for TOXICITY alone: that others moved alike is an assumption.
    """
    tenths = np.arange(0.1, 0.95, 0.1)
    before, since = (np.cumsum(counts)[:-1] / sum(counts) for counts in (_BEFORE, _SINCE))
    # The lowest tenth of before is lower than any counted since.
    old = logits(tenths)[1:]
    new = np.interp(logits(before), logits(since), logits(tenths))[1:]
    at = logits(scores, _EDGE)
    low = new[0] + (at - old[0]) * (new[2] - new[0]) / (old[2] - old[0])
    high = new[-1] + (at - old[-1]) * (new[-1] - new[-3]) / (old[-1] - old[-3])
    inner = np.interp(at, old, new)
    return shares(np.where(at < old[0], low, np.where(at > old[-1], high, inner)))


def rounded(line: Line) -> Line:
    """Answer a line in four decimals: more say nothing, and differ from machine to machine."""
    return Line(*(round(one, 4) for one in (line.knee, line.level, line.below, line.above)))


def linked(ours: Floats, theirs: Floats) -> Line:
    """Answer the straight line that gives our log-odds the mean and the spread of theirs."""
    slope = max(float(theirs.std() / ours.std()), _FLATTEST)
    level = float(theirs.mean() - slope * ours.mean())
    return rounded(Line(knee=0.0, level=level, below=slope, above=slope))


def bent(ours: Floats, theirs: Floats, knee: float) -> Line:
    """Answer the least-squares line in two pieces, for an attribute whose score levels off."""
    way = ours - knee
    columns = np.column_stack([np.ones_like(way), np.minimum(way, 0.0), np.maximum(way, 0.0)])
    found = lsq_linear(columns, theirs, bounds=([-np.inf, _FLATTEST, _FLATTEST], np.inf))
    level, below, above = map(float, found.x)
    return rounded(Line(knee=knee, level=level, below=below, above=above))


def fitted(ours: Floats, scores: Floats, knee: float | None) -> Line:
    """Fit our log-odds to scores: linked, or bent at a knee."""
    theirs = logits(scores, _EDGE)
    return linked(ours, theirs) if knee is None else bent(ours, theirs, knee)


def scored(line: Line, ours: Floats) -> Floats:
    """Answer the scores of our log-odds."""
    return shares(np.array([line.forth(one) for one in ours.tolist()]))


def agreement(ours: Floats, scores: Floats) -> Agreement:
    """Compare our scores with Perspective's for the same texts."""
    decisions = {}
    for threshold in _THRESHOLDS:
        mine, other = ours >= threshold, scores >= threshold
        decisions[str(threshold)] = Decisions(
            round(float((mine == other).mean()), 3), int(other.sum()), int(mine.sum())
        )
    return Agreement(
        pairs=len(scores),
        rank=round(float(spearmanr(ours, scores).statistic), 3),
        error=round(float(np.abs(ours - scores).mean()), 3),
        decisions=decisions,
    )


def cross_validated(ours: Floats, scores: Floats, knee: float | None) -> Agreement:
    """Compare where each tenth of the pairs is scored by a line fitted to the others."""
    fold = np.arange(len(scores)) % _FOLDS
    answer = np.empty(len(scores))
    for one in range(_FOLDS):
        inside = fold != one
        answer[~inside] = scored(fitted(ours[inside], scores[inside], knee), ours[~inside])
    return agreement(answer, scores)
