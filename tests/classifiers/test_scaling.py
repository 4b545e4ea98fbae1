"""How the scale is fitted to pairs, and when it is refused."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from classifiers import LABELS, Model, load_scale
from classifiers.linking import logits
from classifiers.scale import Line
from classifiers.scaling import (
    PLANS,
    Pair,
    fit,
    objections,
    probabilities,
    read_pairs,
    spam_line,
)
from classifiers.sources import TRAINING, own_examples

TEXTS = [row["text"] for name in ("tone", "blog", "comments") for row in own_examples(name)][::9]


def as_if_scored(model: Model, line: Line, year: int = 2023) -> list[Pair]:
    """Answer pairs whose scores lie exactly on one line for every attribute."""
    scale = msgspec.structs.replace(load_scale(), lines=dict.fromkeys(LABELS, line))
    return [
        Pair(
            text,
            "own",
            "ours",
            year,
            {plan.attribute: scale.score(plan.label, one.scores[plan.label]) for plan in PLANS},
        )
        for text, one in zip(TEXTS, model.score(TEXTS), strict=True)
    ]


def test_a_fit_finds_the_line_that_the_pairs_lie_on(model: Model) -> None:
    truth = Line(knee=0.0, level=0.9, below=0.6, above=0.6)
    lines, how = fit(as_if_scored(model, truth), model)
    assert lines["abuse"].level == pytest.approx(truth.level, abs=0.1)
    assert lines["abuse"].below == pytest.approx(truth.below, abs=0.05)
    assert set(lines) == set(how) == {plan.label for plan in PLANS}
    assert how["abuse"].pairs == len(TEXTS)
    assert how["abuse"].earlier == 0
    assert how["abuse"].model == model.id
    told = how["abuse"].agreement
    assert told is not None
    assert (told.rank, told.decisions["0.8"].alike) == (1.0, 1.0)


def test_earlier_scores_count_where_a_plan_takes_them(model: Model) -> None:
    line = Line(knee=0.0, level=0.9, below=0.6, above=0.6)
    _, how = fit(as_if_scored(model, line) + as_if_scored(model, line, 2018), model)
    for plan in PLANS:
        assert how[plan.label].earlier == (len(TEXTS) if plan.earlier else 0)
        assert how[plan.label].pairs == len(TEXTS) * (2 if plan.earlier else 1)
        across = how[plan.label].across
        assert across is not None
        assert across.pairs == len(TEXTS)


def test_too_few_pairs_are_refused(model: Model) -> None:
    pairs = as_if_scored(model, Line(knee=0.0, level=0.9, below=0.6, above=0.6))
    with pytest.raises(ValueError, match="39 pairs for TOXICITY: 40 are needed"):
        fit(pairs[:39], model)


def test_texts_that_were_learnt_from_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "labelled"
    folder.mkdir()
    for name in TRAINING:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write(json.dumps({"text": "A comment, well known!", "y": 0}) + "\n")
    pairs = [
        Pair("a comment well-known", "one", "MIT", 2023, {"TOXICITY": 0.1}),
        Pair("Another comment", "one", "MIT", 2023, {"TOXICITY": 0.2}),
        Pair("A third", "two", "none stated", 2018, {"INSULT": 0.3}),
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(msgspec.json.Encoder().encode_lines(pairs))
    kept, sources = read_pairs(file, tmp_path)
    assert [pair.text for pair in kept] == ["Another comment", "A third"]
    assert [(one.name, one.year, one.pairs, one.known) for one in sources] == [
        ("one", 2023, 1, 1),
        ("two", 2018, 1, 0),
    ]


def test_spam_meets_its_three_anchors() -> None:
    line = spam_line(np.array([0.001, 0.002, 0.4]), {"hold": 0.3, "spam": 0.95})
    at = [line.forth(one) for one in logits(np.array([0.002, 0.3, 0.95])).tolist()]
    assert at == pytest.approx(logits(np.array([0.05, 0.7, 0.9])).tolist(), abs=0.001)


def test_the_shipped_scale_has_nothing_against_it(model: Model) -> None:
    benign = probabilities(model, [row["text"] for row in own_examples("identity")])
    assert objections(load_scale(), model, benign) == []


def test_a_scale_that_flags_too_much_is_refused(model: Model) -> None:
    scale = load_scale()
    eager = msgspec.structs.replace(
        scale, lines={**scale.lines, "abuse": Line(knee=0.0, level=6.0, below=0.3, above=0.3)}
    )
    benign = probabilities(model, [row["text"] for row in own_examples("identity")])
    told = "\n".join(objections(eager, model, benign))
    assert "of benign comments have abuse ≥ 0.7" in told
    assert "“Thank you, good article” has abuse" in told


def test_a_scale_that_misses_plain_insults_is_refused(model: Model) -> None:
    scale = load_scale()
    shy = msgspec.structs.replace(
        scale, lines={**scale.lines, "insult": Line(knee=0.0, level=-3.0, below=1.0, above=1.0)}
    )
    benign = probabilities(model, ["A comment."])
    assert "“You are a moron” has insult" in "\n".join(objections(shy, model, benign))
