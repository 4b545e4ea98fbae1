"""Sentences, and the say of the worst one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import Model
from classifiers.abuse import COLUMNS, JUDGING_ABUSE, VIEWS, blend
from classifiers.features import WordGrams
from classifiers.linear import LinearHead
from classifiers.sentences import WORST, sentence_ends, sentences
from classifiers.spam import CUES
from classifiers.text import fold
from classifiers.train import _outside

AROUND = (
    "The council met on Tuesday and talked about the harbour for two hours.",
    "Nobody asked what the new quay will cost, and nobody said who is to pay for it.",
    "The minutes will be published on Friday, says the clerk of the council.",
    "The next meeting is in the old town hall at seven in the evening.",
)
INSULT = "You are a complete idiot and everybody here knows it."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("no end at all", ["no end at all"]),
        ("Short. Shorter! Why?", ["short. shorter! why?"]),
        (
            'This one has a dot, e.g. here. "And this one?" Yes, it goes on for a while.',
            ["this one has a dot, e.g. ", 'here. "and this one?" ', "yes, it goes on for a while."],
        ),
        (
            "It costs 3.5 per cent... They say so on example.com/a.b now. End.",
            ["it costs 3.5 per cent... ", "they say so on example.com/a.b now. end."],
        ),
        ("a" * 30 + "!!! " + "b" * 30, ["a" * 30 + "!!! ", "b" * 30]),
        ("天" * 30 + "。" + "地" * 30 + "。", ["天" * 30 + "。", "地" * 30 + "。"]),
    ],
)  # fmt: skip
def test_sentences_are_as_one_would_read_them(text: str, expected: list[str]) -> None:
    assert sentences(fold(text)) == expected


@given(st.text(st.sampled_from("ab .!?\u2026\"')\u3002"), max_size=200))
def test_sentences_are_the_text_and_none_is_tiny(folded: str) -> None:
    found = sentences(folded)
    assert "".join(found) == folded
    assert len(found) == 1 or min(map(len, found)) >= 15
    assert sentence_ends(folded)[-1] == len(folded)


def without(model: Model) -> Model:
    """The same, but that no sentence has a say."""
    arrays = {
        "keys": np.array(list(model._vectors.index), dtype=np.uint32),
        "matrix": model._vectors.matrix[:-1],
        "intercept": model._intercept,
        "cue_weights": np.array(model._cue_weights),
    }
    return Model(arrays, {**model.header, "worst": 0.0})


@pytest.mark.parametrize(
    "insult",
    [
        "You are a complete moron and a liar, you stupid pig.",
        "Shut up, you pathetic little worm, nobody likes you.",
        "Go and hang yourself, you useless piece of shit.",
    ],
)
def test_an_insult_among_civil_sentences_is_held(model: Model, insult: str) -> None:
    """Judged as a whole alone it would be lost in them."""
    plain = without(model)
    text = " ".join([*AROUND[:2], insult, *AROUND[2:]])
    [ours], [theirs] = model.score([text], evidence=True), plain.score([text])
    limit = model.thresholds["abuse"]["hold"]
    assert ours.scores["abuse"] > limit > theirs.scores["abuse"]
    begin = text.index(insult)
    assert all(begin <= one.begin < begin + len(insult) for one in ours.evidence["abuse"][:3])
    assert {k: v for k, v in ours.scores.items() if k != "abuse"} == {
        k: v for k, v in theirs.scores.items() if k != "abuse"
    }


def test_a_short_insult_among_civil_sentences_stands_out(model: Model) -> None:
    text = " ".join([*AROUND[:2], "You are an idiot.", *AROUND[2:]])
    scores = [one.score([text])[0].scores["abuse"] for one in (model, without(model))]
    assert scores[0] > 5 * scores[1]


def test_one_sentence_is_judged_as_ever(model: Model) -> None:
    plain = without(model)
    texts = [INSULT, AROUND[0], "", "idiot", "You idiot! Go!"]
    assert model.score(texts) == plain.score(texts)


def test_civil_sentences_stay_civil(model: Model) -> None:
    [scored] = model.score([" ".join(AROUND)])
    assert scored.scores["abuse"] < 0.1


def test_training_measures_what_scoring_says() -> None:
    """The same log-odds of the columns that judge abuse, whole and worst sentence."""
    texts = [" ".join(AROUND), " ".join([AROUND[0], INSULT]), INSULT, "", "Oh no. Oh no! Oh no?"]
    texts += [" ".join([INSULT, *AROUND]) * 3, AROUND[1] + " " + AROUND[1]]
    grams = WordGrams(min_count=1).fit(texts)
    random = np.random.default_rng(7)
    heads = {}
    for view in VIEWS:
        head = heads[view.name] = LinearHead()
        size = len(grams.keys_) + (len(CUES) if view.cues else 0)
        head.coef_, head.intercept_ = random.normal(size=size), float(random.normal())
    coef, intercept, cue_weights = blend(heads, len(grams.keys_))
    model = Model(
        {
            "keys": grams.keys_,
            "matrix": coef * grams.weight_[:, None],
            "intercept": intercept,
            "cue_weights": cue_weights,
        },
        {
            "version": "0", "checksum": "0" * 8, "columns": list(COLUMNS), "cues": list(CUES),
            "ground": grams.ground, "thresholds": {}, "disguised": {}, "worst": WORST,
            "calibration": dict.fromkeys(COLUMNS, (1.0, 0.0, 0.0)),
        },
    )  # fmt: skip
    trained = _outside(grams, heads, texts)
    for text, row in zip(texts, trained, strict=True):
        folded = fold(text)
        read = model._read(folded)
        logits = (read.sums * read.scale + intercept).tolist()
        for name in JUDGING_ABUSE:
            judged = model._weighed(read, model._judged(COLUMNS.index(name), name, logits))
            assert judged.logit == pytest.approx(row[COLUMNS.index(name)], abs=1e-3)
