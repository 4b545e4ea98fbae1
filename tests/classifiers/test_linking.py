"""Lines between two scales: what is kept of either, and how agreement is told."""

import numpy as np
import pytest

from classifiers.linking import (
    agreement,
    bent,
    carried,
    cross_validated,
    fitted,
    linked,
    logits,
    scored,
    shares,
)
from classifiers.scale import Line

RANDOM = np.random.default_rng(7)
OURS = RANDOM.normal(-1.0, 2.0, 400)


def test_log_odds_and_shares_are_inverse_and_bounded() -> None:
    given = np.array([0.001, 0.2, 0.5, 0.9])
    assert shares(logits(given)) == pytest.approx(given)
    assert np.isfinite(logits(np.array([0.0, 1.0]))).all()


def test_a_linked_line_gives_ours_the_mean_and_the_spread_of_theirs() -> None:
    theirs = 0.5 * OURS + RANDOM.normal(0.3, 1.5, 400)
    line = linked(OURS, theirs)
    found = np.array([line.forth(one) for one in OURS.tolist()])
    assert found.mean() == pytest.approx(theirs.mean(), abs=0.01)
    assert found.std() == pytest.approx(theirs.std(), abs=0.01)


def test_a_bent_line_finds_the_bend_of_its_pairs() -> None:
    truth = Line(knee=-1.0, level=0.4, below=1.2, above=0.5)
    theirs = np.array([truth.forth(one) for one in OURS.tolist()])
    assert bent(OURS, theirs, -1.0) == truth


def test_a_bent_line_rises_even_where_theirs_fall() -> None:
    line = bent(OURS, np.minimum(OURS, 0.0) - np.maximum(OURS, 0.0), 0.0)
    assert line.above == 0.25
    assert line.below > line.above


def test_earlier_scores_are_carried_to_todays_scale() -> None:
    now = carried(np.array([0.0, 0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0]))
    assert (np.diff(now) > 0).sum() == len(now) - 1
    assert ((now > 0) & (now < 1)).all()
    # By the published counts, 8.5 % were above 0.8 then, and 8.4 % are above 0.6 now.
    assert now[5] == pytest.approx(0.6, abs=0.01)
    assert now[6] == pytest.approx(0.74, abs=0.02)


def test_the_same_scores_agree_wholly() -> None:
    scores = shares(OURS)
    same = agreement(scores, scores)
    assert (same.pairs, same.rank, same.error) == (400, 1.0, 0.0)
    assert [at.alike for at in same.decisions.values()] == [1.0, 1.0, 1.0]
    assert same.decisions["0.7"].theirs == same.decisions["0.7"].ours == (scores >= 0.7).sum()


def test_decisions_are_counted_on_both_sides() -> None:
    found = agreement(np.array([0.95, 0.75, 0.1, 0.2]), np.array([0.85, 0.1, 0.9, 0.3]))
    assert found.decisions["0.7"].alike == 0.5
    assert (found.decisions["0.9"].theirs, found.decisions["0.9"].ours) == (1, 1)
    assert found.decisions["0.9"].alike == 0.5


def test_cross_validation_scores_each_pair_by_a_line_that_never_saw_it() -> None:
    theirs = shares(0.8 * OURS + RANDOM.normal(0.3, 0.8, 400))
    honest = cross_validated(OURS, theirs, None)
    whole = agreement(scored(fitted(OURS, theirs, None), OURS), theirs)
    assert honest != whole
    assert honest.error == pytest.approx(whole.error, abs=0.01)
