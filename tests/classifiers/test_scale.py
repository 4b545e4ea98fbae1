"""Scores on Perspective's scale: what any scale must do, and what the shipped one does."""

import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import ATTRIBUTES, LABELS, Model, Scale, load_scale
from classifiers.scale import Line, packaged

SCALE = load_scale()
labels = st.sampled_from(LABELS)
shares = st.floats(min_value=0.0, max_value=1.0)
slopes = st.floats(min_value=0.05, max_value=20.0)
places = st.floats(min_value=-20.0, max_value=20.0)
lines = st.builds(Line, knee=places, level=places, below=slopes, above=slopes)
INSULTS = [
    "You are a moron",
    "shut up, idiot",
    "you are an idiot",
    "You're an idiot.",
    "What a stupid idiot you are",
    "Nobody asked you, moron.",
]
KIND = [
    "Thank you, good article",
    "Great point, thanks!",
    "I disagree with the mayor here.",
    "We need more buses in the evening, and cheaper tickets.",
    "Where can I read the whole report?",
]


def with_lines(line: Line) -> Scale:
    return Scale(model="m", lines=dict.fromkeys(LABELS, line), fitted={}, sources=[])


def odds(share: float) -> float:
    return math.log(share) - math.log1p(-share)


@given(labels, shares)
def test_a_score_is_never_outside_its_bounds(label: str, probability: float) -> None:
    assert 0.0 <= SCALE.score(label, probability) <= 1.0
    assert 0.0 <= SCALE.floor(label, probability) <= 1.0


@given(lines, shares)
def test_no_line_leads_out_of_the_bounds(line: Line, share: float) -> None:
    scale = with_lines(line)
    assert 0.0 <= scale.score("spam", share) <= 1.0
    assert 0.0 <= scale.floor("spam", share) <= 1.0


@given(lines, st.floats(-12.0, 12.0), st.floats(1e-3, 5.0))
def test_a_likelier_comment_gets_a_higher_score(line: Line, logit: float, more: float) -> None:
    assert line.forth(logit) < line.forth(logit + more)
    low, high = (1.0 / (1.0 + math.exp(-at)) for at in (logit, logit + more))
    for label in LABELS:
        assert SCALE.score(label, low) < SCALE.score(label, high)


@given(labels, shares, shares)
def test_a_score_never_falls_where_the_probability_rises(
    label: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert SCALE.score(label, low) <= SCALE.score(label, high)


@given(labels, st.floats(min_value=0.001, max_value=0.999))
def test_the_floor_is_where_the_score_is_reached(label: str, score: float) -> None:
    assert SCALE.score(label, SCALE.floor(label, score)) == pytest.approx(score, abs=1e-9)


@given(lines, places)
def test_a_line_leads_back(line: Line, logit: float) -> None:
    assert line.back(line.forth(logit)) == pytest.approx(logit, abs=1e-6)


@pytest.mark.parametrize("label", LABELS)
def test_what_is_certain_stays_certain(label: str) -> None:
    assert SCALE.score(label, 0.0) == SCALE.floor(label, 0.0) == 0.0
    assert SCALE.score(label, 1.0) == SCALE.floor(label, 1.0) == 1.0
    assert SCALE.score(label, 1e-12) < 0.01
    assert SCALE.score(label, 1.0 - 1e-12) > 0.99
    assert SCALE.score(label, 5e-324) < 1e-9


def test_a_line_bends_at_its_knee() -> None:
    line = Line(knee=-1.0, level=0.5, below=2.0, above=0.5)
    assert [line.forth(at) for at in (-2.0, -1.0, 1.0)] == [-1.5, 0.5, 1.5]
    assert [line.back(at) for at in (-1.5, 0.5, 1.5)] == [-2.0, -1.0, 1.0]
    assert odds(with_lines(line).score("abuse", 0.5)) == pytest.approx(1.0)


def test_every_label_answers_an_attribute() -> None:
    assert {*ATTRIBUTES.values()} == {*LABELS} == SCALE.lines.keys() == SCALE.fitted.keys()
    assert ATTRIBUTES["OBSCENE"] == ATTRIBUTES["PROFANITY"]


def test_the_scale_was_made_for_the_shipped_model(model: Model) -> None:
    """After `make train` this fails until `python -m classifiers.scaling` has run."""
    assert SCALE.model == model.id
    page = packaged().parent / "report" / "PERSPECTIVE.md"
    assert page.read_text("utf-8").startswith(f"# Scores on Perspective's scale: {model.id}\n")


@pytest.mark.parametrize("text", INSULTS)
def test_plain_insults_are_above_the_usual_thresholds(model: Model, text: str) -> None:
    scores = model.score([text])[0].scores
    assert SCALE.score("abuse", scores["abuse"]) > 0.8
    assert SCALE.score("insult", scores["insult"]) > 0.8


@pytest.mark.parametrize("text", KIND)
def test_friendly_comments_are_far_below_them(model: Model, text: str) -> None:
    scores = model.score([text])[0].scores
    told = {label: SCALE.score(label, scores[label]) for label in LABELS}
    assert told["abuse"] < 0.1
    assert told["insult"] < 0.1
    assert told.pop("spam") < 0.3  # of which no pairs are known: anchored at the threshold alone
    assert max(told.values()) < 0.25


@pytest.mark.parametrize(
    ("label", "text", "least"),
    [
        ("threat", "I will kill you and your family", 0.9),
        ("obscene", "go fuck yourself", 0.9),
        ("severe_abuse", "You fucking piece of shit, go fuck yourself and die", 0.6),
        ("spam", "BUY CHEAP VIAGRA NOW http://pills.example best price casino bonus", 0.9),
    ],
)
def test_the_worst_of_each_kind_is_caught(
    model: Model, label: str, text: str, least: float
) -> None:
    assert SCALE.score(label, model.score([text])[0].scores[label]) > least


def test_spam_is_anchored_at_our_own_thresholds(model: Model) -> None:
    own = model.thresholds["spam"]
    assert SCALE.score("spam", own["hold"]) == pytest.approx(0.7, abs=0.001)
    assert SCALE.score("spam", own["spam"]) == pytest.approx(0.9, abs=0.001)


def test_a_file_without_a_label_is_refused(tmp_path: Path) -> None:
    raw = msgspec.json.decode(packaged().read_bytes())
    del raw["lines"]["threat"]
    file = tmp_path / "scale.json"
    file.write_bytes(msgspec.json.encode(raw))
    with pytest.raises(msgspec.ValidationError, match="no line for threat"):
        load_scale(file)


def test_a_file_with_a_falling_line_is_refused(tmp_path: Path) -> None:
    raw = msgspec.json.decode(packaged().read_bytes())
    raw["lines"]["threat"]["above"] = -0.5
    file = tmp_path / "scale.json"
    file.write_bytes(msgspec.json.encode(raw))
    with pytest.raises(msgspec.ValidationError, match=r"> 0\.0 - at .*above"):
        load_scale(file)


def test_a_scale_needs_no_numpy() -> None:
    code = """
import sys
from classifiers import load_scale
assert 0.0 < load_scale().score("abuse", 0.5) < 1.0
print(sorted({"sklearn", "scipy", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
