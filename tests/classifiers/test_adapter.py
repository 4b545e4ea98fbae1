import hashlib
import os
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from steps import count_lines

from classifiers import Adapter, ArtefactError, Model, Seen, SiteModel, artefact, fold
from classifiers import adapter as adapters
from classifiers.features import units
from classifiers.words import words

PLACES = ["bridge", "ferry", "harbour", "library", "school", "market"]
OPENINGS = [
    "What a load of crap about the",
    "That bloody mess at the",
    "Damn late again at the",
    "A pile of crap, this",
    "Bloody hell, the",
]
RIVAL = [
    "The Tribune wrote about the",
    "Read the Tribune on the",
    "In the Tribune there is more on the",
    "Better in the Tribune than here, the",
]
ALLOWED = [f"{opening} {place} {n}" for opening, place in product(OPENINGS, PLACES) for n in "ab"]
REFUSED = [f"{opening} {place} {n}" for opening, place in product(RIVAL, PLACES) for n in "ab"]
KIND = [f"Thank you for the piece on the {place} {n}" for place in PLACES for n in "abcd"]
TEXTS = ALLOWED + REFUSED + KIND
TRUTH = np.array([[0.0, float(text in REFUSED)] for text in TEXTS])


def see(model: Model, texts: list[str]) -> list[Seen]:
    return [
        Seen(text, (scored.scores["spam"], scored.scores["abuse"]))
        for text, scored in zip(texts, model.score(texts), strict=True)
    ]


@pytest.fixture(scope="module")
def seen(model: Model) -> list[Seen]:
    return see(model, TEXTS)


@pytest.fixture(scope="module")
def fitted(seen: list[Seen]) -> Adapter:
    return Adapter().fit(seen, TRUTH)


@pytest.fixture(scope="module")
def site_model(model: Model, fitted: Adapter) -> SiteModel:
    return SiteModel.of(model, adapters.pack(fitted, model.id))


def test_an_adapter_keeps_the_contract(seen: list[Seen], fitted: Adapter) -> None:
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(ValueError, match="not fitted"):
        fresh.predict_proba(seen)
    assert fresh.fit(seen, TRUTH) is fresh
    assert fresh.predict_proba(seen).shape == (len(TEXTS), 2)
    assert (fresh.predict(seen)[:, 1] == TRUTH[:, 1]).mean() > 0.95
    again = fresh.fit(seen[:20], TRUTH[:20])
    assert len(again.keys_) == 0
    unseen = see_nothing(again)
    assert np.isfinite(unseen).all()


def see_nothing(adapter: Adapter) -> np.ndarray:
    return adapter.predict_proba([Seen("", (0.0, 1.0)), Seen("🦖 \ud800", (0.5, 0.5))])


def test_too_few_of_a_class_change_nothing(seen: list[Seen]) -> None:
    few = TRUTH.copy()
    few[:, 1] = 0
    few[:9, 1] = 1
    unchanged = Adapter().fit(seen, few)
    assert unchanged.line_.tolist() == [[1.0, 0.0]] * 2
    assert unchanged.weights_.size == 0
    assert unchanged.predict_proba(seen) == pytest.approx(
        np.array([one.shared for one in seen]), abs=1e-6
    )


def test_what_is_unknown_teaches_nothing(seen: list[Seen], fitted: Adapter) -> None:
    """Rows of unknown truth only tell which features there are."""
    more = np.vstack([TRUTH, np.full((len(TRUTH), 2), np.nan)])
    with_more = Adapter(min_count=6).fit([*seen, *seen], more)
    assert adapters.pack(with_more, "x") == adapters.pack(Adapter().fit(seen, TRUTH), "x")
    weightless = Adapter(min_count=6).fit(
        [*seen, *seen],
        np.vstack([TRUTH, 1 - TRUTH]),
        np.r_[np.ones(len(TRUTH)), np.zeros(len(TRUTH))],
    )
    assert adapters.pack(weightless, "x") == adapters.pack(fitted, "x")


def test_a_weight_counts_as_often_as_the_comment(seen: list[Seen]) -> None:
    weight = np.where(np.arange(len(seen)) % 2, 1.0, 3.0)
    weighed = Adapter((12.0,), min_count=1).fit(seen, TRUTH, weight)
    often = [at for at in range(len(seen)) for _ in range(int(weight[at]))]
    repeated = Adapter((12.0,), min_count=1).fit([seen[at] for at in often], TRUTH[often])
    assert weighed.predict_proba(seen) == pytest.approx(repeated.predict_proba(seen), abs=2e-3)


def test_the_less_was_decided_the_less_is_corrected(seen: list[Seen]) -> None:
    every = np.arange(0, len(seen), 3)
    few = Adapter((12.0,)).fit([seen[at] for at in every], TRUTH[every])
    many = Adapter((12.0,)).fit(seen, TRUTH)
    shared = adapters.logit(seen[0].shared[1])
    assert many.decision_function(seen[:1])[0, 1] < few.decision_function(seen[:1])[0, 1] < shared


def test_where_there_is_no_rule_the_tightest_penalty_is_chosen(seen: list[Seen]) -> None:
    """Nearly always: chance alone can look like a rule in a fifth of some hundred comments."""
    tightest = 0
    for seed in range(12):
        chance = np.random.default_rng(seed)
        truth = np.column_stack([np.zeros(len(seen)), chance.random(len(seen)) < 0.5])
        free, chosen = Adapter((12.0,)).fit(seen, truth), Adapter().fit(seen, truth)
        tight = adapters.pack(Adapter((1.0,)).fit(seen, truth), "x")
        assert tight != adapters.pack(free, "x")
        tightest += adapters.pack(chosen, "x") == tight
    assert tightest >= 9
    ruled = Adapter().fit(seen, TRUTH)
    assert adapters.pack(ruled, "x") == adapters.pack(Adapter((12.0,)).fit(seen, TRUTH), "x")


FIT = """
import hashlib
from classifiers.adapter import Adapter, Seen, pack
texts = [f"reader {n} {w} about the {o}" for n in range(6) for w in ("rude", "kind", "ok")
         for o in ("park", "train", "museum")]
seen = [Seen(text, (0.01, 0.2)) for text in texts]
truth = [[0, "rude" in text] for text in texts]
print(hashlib.sha256(pack(Adapter().fit(seen, truth), "base")).hexdigest())
"""


def test_fitting_is_the_same_whatever_the_hash_seed() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", FIT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_a_site_model_scores_as_the_adapter_does(
    model: Model, site_model: SiteModel, seen: list[Seen], fitted: Adapter
) -> None:
    expected = fitted.predict_proba(seen)
    base = model.score(TEXTS)
    for at, scored in enumerate(site_model.score(TEXTS)):
        # Learning takes no score for surer than one in a million.
        assert scored.scores["spam"] == pytest.approx(expected[at, 0], rel=1e-9, abs=1e-6)
        assert scored.scores["abuse"] == pytest.approx(expected[at, 1], rel=1e-9, abs=1e-6)
        for label, score in base[at].scores.items():
            if label not in adapters.HEADS:
                assert scored.scores[label] == score
        assert (scored.language, scored.grounded) == (base[at].language, base[at].grounded)
    head, _, short = site_model.id.partition("+")
    assert head == model.id
    assert len(short) == 8
    assert site_model.thresholds == model.thresholds


def test_a_rule_of_the_house_carries_over_to_other_sentences(
    model: Model, site_model: SiteModel
) -> None:
    rude, rival, hostile = (
        "Bloody crap, this town hall",
        "I saw it in the Tribune",
        "you are a fucking idiot",
    )
    before = [one.scores["abuse"] for one in model.score([rude, rival, hostile])]
    after = [one.scores["abuse"] for one in site_model.score([rude, rival, hostile])]
    assert before[0] > 0.4 > after[0]
    assert before[1] < 0.1
    assert after[1] > 0.4
    assert after[2] > model.thresholds["abuse"]["hold"]


@pytest.mark.parametrize(
    "text", ["cr*p, again", "That cr4p again", "Tr1bune readers know", "the Tribun3"]
)
def test_a_rule_of_the_house_holds_for_disguises(site_model: SiteModel, text: str) -> None:
    plain = text.replace("*", "a").replace("4", "a").replace("1", "i").replace("3", "e")
    disguised, meant = (one.scores["abuse"] for one in site_model.score([text, plain]))
    assert disguised == pytest.approx(meant, abs=0.1)


def log_odds(model: Model | SiteModel, text: str, label: str) -> float:
    return adapters.logit(model.score([text])[0].scores[label])


@pytest.mark.parametrize("label", adapters.HEADS)
@pytest.mark.parametrize(
    "text",
    ["What a pile of crap, bloody hell", "Read the Tribune: the TRIBUNE knows the ferry, damn it"],
)
def test_evidence_adds_up_to_what_the_score_is_made_of(
    model: Model, site_model: SiteModel, text: str, label: str
) -> None:
    """All spans together are the log-odds, the constants aside: those of an empty text."""
    [explained] = site_model.score([text], evidence=True, most=None)
    [base] = model.score([text], evidence=True, most=None)
    slope, offset = site_model._line[adapters.HEADS.index(label)]
    base_constant = log_odds(model, text, label) - sum(one.weight for one in base.evidence[label])
    told = sum(one.weight for one in explained.evidence[label])
    expected = log_odds(site_model, text, label)
    assert told + slope * base_constant + offset == pytest.approx(expected, abs=1e-4)


def test_a_word_of_the_house_enters_the_evidence(model: Model, site_model: SiteModel) -> None:
    text = "You stupid idiots, fools, morons, liars and clowns all read the Ⓣribune."
    before = model.score([text], evidence=True)[0].evidence["abuse"]
    after = site_model.score([text], evidence=True)[0].evidence["abuse"]
    spans = [text[one.begin : one.end] for one in after]
    assert "Ⓣribune" in spans
    assert "Ⓣribune" not in [text[one.begin : one.end] for one in before]
    assert len(after) == len(before) == 5
    assert [one.weight for one in after] == sorted((one.weight for one in after), reverse=True)
    other = model.score([text], evidence=True)[0].evidence["insult"]
    assert site_model.score([text], evidence=True)[0].evidence["insult"] == other


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_is_scored(site_model: SiteModel, text: str) -> None:
    plain = site_model.score([text])[0]
    explained = site_model.score([text], evidence=True)[0]
    assert plain.scores == explained.scores
    assert all(0.0 <= value <= 1.0 for value in plain.scores.values())
    for spans in explained.evidence.values():
        assert all(0 <= one.begin < one.end <= max(len(text), 1) for one in spans)


def test_features_are_bounded_and_common(seen: list[Seen]) -> None:
    small = Adapter(most=10).fit(seen, TRUTH)
    assert 0 < len(small.keys_) <= 10
    rare = Adapter(min_count=len(TEXTS)).fit(seen, TRUTH)
    assert len(rare.keys_) == 0
    assert (np.diff(Adapter().fit(seen, TRUTH).keys_.astype(np.int64)) > 0).all()


def test_what_is_packed_is_unpacked_and_packed_the_same(fitted: Adapter) -> None:
    raw = adapters.pack(fitted, "base-1")
    again = adapters.unpack(raw)
    assert again.base == "base-1"
    assert adapters.pack(again.adapter, "base-1") == raw
    assert len(raw) < 100_000


def test_a_changed_adapter_is_refused(fitted: Adapter) -> None:
    raw = adapters.pack(fitted, "base-1")
    for size in (0, 10, len(raw) // 2, len(raw) - 1):
        with pytest.raises(ArtefactError, match="damaged"):
            adapters.unpack(raw[:size])
    for at in range(50, len(raw), len(raw) // 40):
        flipped = bytearray(raw)
        flipped[at] ^= 1
        try:
            told = adapters.unpack(bytes(flipped))
        except ArtefactError:
            continue
        # What zip doesn't read (dates, attributes) may differ; what is learnt may not.
        assert adapters.pack(told.adapter, told.base) == raw


def repack(fitted: Adapter, header: dict[str, object] | None = None, **arrays: object) -> bytes:
    whole = {"keys": fitted.keys_, "weights": fitted.weights_, "line": fitted.line_, **arrays}
    own = {"kind": "adapter", "format": 1, "version": "1", "base": "b", "heads": ["spam", "abuse"]}
    return artefact.pack(
        {k: np.asarray(v) for k, v in whole.items() if v is not None}, {**own, **(header or {})}
    )


def test_a_site_s_evidence_may_be_asked_of_the_labels_in_question(site_model: SiteModel) -> None:
    for text in ("You are a stupid idiot, he said.", "The ferry sails on Monday."):
        [whole] = site_model.score([text], evidence=True)
        [asked] = site_model.score([text], evidence=True, evidence_from=0.3)
        assert asked.scores == whole.scores
        assert asked.evidence == {
            label: spans for label, spans in whole.evidence.items() if whole.scores[label] >= 0.3
        }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"header": {"format": 99}}, "format 99"),
        ({"header": {"kind": "model"}}, "not an adapter"),
        ({"header": {"heads": ["abuse", "spam"]}}, "for"),
        ({"weights": None}, "inconsistent"),
        ({"keys": np.zeros(3, dtype=np.uint32)}, "inconsistent"),
        ({"line": np.full((2, 2), np.nan)}, "not numbers"),
        ({"line": np.zeros((2, 2), dtype=np.float32)}, "inconsistent"),
    ],
)
def test_a_foreign_adapter_is_refused(
    fitted: Adapter, change: dict[str, object], said: str
) -> None:
    with pytest.raises(ArtefactError, match=said):
        adapters.unpack(repack(fitted, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04", b"\x80\x04N."])
def test_foreign_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ArtefactError):
        adapters.unpack(content)
    with pytest.raises(ArtefactError):
        adapters.unpack(artefact.packaged().read_bytes())


def test_an_adapter_over_another_model_is_refused(model: Model, fitted: Adapter) -> None:
    with pytest.raises(ArtefactError, match=r"fitted over 2020\.01"):
        SiteModel.of(model, adapters.pack(fitted, "2020.01-abcdef01"))


def test_a_site_s_correction_costs_little(model: Model, site_model: SiteModel) -> None:
    text = ("The evening ferry is how half of the hospital's night shift gets to work, and " * 4)[
        :270
    ]
    forms, pairs = units(text)
    assert len(forms) > 10
    site_model.score([text])
    alone = count_lines(lambda: model.score([text]))
    corrected = count_lines(lambda: site_model.score([text]))
    # The words are read once more, and a key is made of each word and each pair.
    read = count_lines(lambda: words(fold(text)))
    assert corrected - alone < 2 * read + 10 * (len(forms) + len(pairs))


def test_the_short_id_tells_adapters_apart(model: Model, fitted: Adapter, seen: list[Seen]) -> None:
    other = Adapter().fit(seen, 1 - TRUTH)
    ids = {SiteModel.of(model, adapters.pack(one, model.id)).id for one in (fitted, other)}
    assert len(ids) == 2
    assert hashlib.sha256(adapters.pack(fitted, model.id)).hexdigest()
