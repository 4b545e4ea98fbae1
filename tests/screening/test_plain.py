"""One text to the model: the whole of it, or the part that the model can judge."""

# ruff: noqa: RUF001 - letters of other alphabets are what this is about

from typing import cast

import pytest
from support import loaded_scorer

from classifiers import LABELS, Model
from service.screening.plain import classify_text

INSULT = "You are a fucking idiot, go kill yourself."
PADDING = "Когда наконец откроют мост? Мы ждём уже третий год, а чиновники только обещают. "


@pytest.fixture
def model() -> Model:
    return cast("Model", loaded_scorer().model)


@pytest.mark.parametrize("text", [INSULT, "A fine remark on the ferry.", "", "\0\ud800", "?!"])
def test_a_text_that_the_model_knows_is_scored_whole(model: Model, text: str) -> None:
    assert classify_text(model, text) == model.score([text])[0]
    assert classify_text(model, text, evidence=True) == model.score([text], evidence=True)[0]


def test_of_an_unknown_language_the_part_that_is_known_is_scored(model: Model) -> None:
    scored = classify_text(model, PADDING + INSULT)
    [alone] = model.score([INSULT])
    assert (scored.language, scored.grounded) == ("ru", False)
    assert scored.scores["abuse"] == pytest.approx(alone.scores["abuse"], abs=0.05)
    assert scored.scores["abuse"] > model.score([PADDING + INSULT])[0].scores["abuse"]


def test_evidence_comes_when_asked_for_and_points_into_the_whole_text(model: Model) -> None:
    text = PADDING + INSULT
    assert classify_text(model, text).evidence == {}
    explained = classify_text(model, text, evidence=True)
    assert explained.scores == classify_text(model, text).scores
    assert (explained.language, explained.grounded) == ("ru", False)
    assert explained.evidence.keys() == set(LABELS)
    first = explained.evidence["insult"][0]
    assert text[first.begin : first.end] in {"fucking", "idiot"}


def test_where_nothing_is_known_the_whole_is_scored_and_says_so(model: Model) -> None:
    assert classify_text(model, PADDING) == model.score([PADDING])[0]
    assert not classify_text(model, PADDING).grounded
