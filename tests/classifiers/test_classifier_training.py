import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone

from classifiers import ArtefactError, Model, artefact, load
from classifiers.calibrate import calibration_error, log_odds, sigmoid
from classifiers.features import WordGrams
from classifiers.identity import measuring_sentences, training_sentences
from classifiers.linear import Beside, LinearHead
from classifiers.sources import SIX, assemble, own_examples, own_parts
from classifiers.spam import CUES, Cues
from classifiers.train import learn, prepare

KIND = ["what a lovely day in the park", "thank you for the kind words", "the park is open today"]
RUDE = [
    "what a stupid fool you are",
    "you fool, you stupid fool",
    "stupid people write stupid words",
]
TEXTS = (KIND + RUDE) * 4
TRUTH = np.array(([0] * 3 + [1] * 3) * 4)


def test_word_grams_keep_the_contract() -> None:
    grams = WordGrams(min_count=2)
    assert clone(grams).get_params() == grams.get_params()
    first = grams.fit(TEXTS).transform(TEXTS)
    again = clone(grams).fit_transform(TEXTS)
    assert (first != again).nnz == 0
    assert first.shape == (len(TEXTS), len(grams.keys_))
    refitted = grams.fit(KIND * 4)
    assert refitted is grams
    assert len(grams.keys_) < first.shape[1]
    unseen = grams.transform(["", "🦖", "zzz qqq"])
    assert unseen.shape == (3, len(grams.keys_))
    assert unseen[[0]].nnz == 0


def test_unfitted_estimators_say_so() -> None:
    with pytest.raises(ValueError, match="not fitted"):
        WordGrams().transform(["a"])
    with pytest.raises(ValueError, match="not fitted"):
        LinearHead().predict(np.zeros((1, 2)))


def test_factors_multiply_to_the_matrix() -> None:
    grams = WordGrams(min_count=2).fit(TEXTS)
    factors, matrix = grams.factors(TEXTS), grams.transform(TEXTS)
    ahead, back = np.arange(matrix.shape[1]) / 100, np.arange(len(TEXTS)) / 10
    assert factors @ ahead == pytest.approx(matrix @ ahead)
    assert factors.adjoint(back) == pytest.approx(matrix.T @ back)
    half = factors[np.arange(0, len(TEXTS), 2)]
    assert half @ ahead == pytest.approx((matrix @ ahead)[::2])
    assert factors.mean_squares().shape == (matrix.shape[1],)


def test_heads_keep_the_contract() -> None:
    rows = WordGrams(min_count=2).fit(TEXTS).factors(TEXTS)
    head = LinearHead(strength=10.0)
    assert clone(head).get_params() == head.get_params()
    assert head.fit(rows, TRUTH) is head
    assert (head.predict(rows) == TRUTH).all()
    assert head.predict_proba(rows).sum(axis=1) == pytest.approx(1.0)
    dense = clone(head).fit(rows.tocsr().toarray(), TRUTH)
    assert dense.coef_ == pytest.approx(head.coef_, abs=1e-4)
    named = clone(head).fit(rows, np.where(TRUTH, "rude", "kind"))
    assert set(named.predict(rows)) == {"rude", "kind"}
    with pytest.raises(ValueError, match="two classes"):
        head.fit(rows, np.zeros(len(TEXTS)))


def test_a_weight_counts_as_often_as_the_row() -> None:
    rows = WordGrams(min_count=2).fit(TEXTS).transform(TEXTS)
    weight = np.where(np.arange(len(TEXTS)) < 6, 2.0, 1.0)
    twice = sparse.vstack([rows, rows[:6]]).tocsr()
    weighed = LinearHead().fit(rows, TRUTH, weight)
    repeated = LinearHead().fit(twice, np.append(TRUTH, TRUTH[:6]))
    assert weighed.coef_ == pytest.approx(repeated.coef_, abs=1e-3)


def test_cues_stand_beside_words() -> None:
    texts = [*KIND, "BUY NOW http://a.example $50"]
    grams = WordGrams(min_count=1).fit(texts)
    signs = Cues().fit_transform(texts)
    assert signs.shape == (4, len(CUES))
    both = Beside(grams.factors(texts), signs)
    whole = sparse.hstack([grams.transform(texts), signs]).tocsr()
    vector = np.arange(whole.shape[1]) / 50
    assert both @ vector == pytest.approx(whole @ vector)
    assert both.adjoint(np.ones(4)) == pytest.approx(whole.T @ np.ones(4))


def test_probabilities_are_calibrated_to_the_share() -> None:
    rng = np.random.default_rng(7)
    truth = (rng.random(4000) < 0.5).astype(np.int8)
    logits = 3.0 * truth - 1.5 + rng.normal(0, 1, 4000)
    probability = expit(log_odds(logits, sigmoid(logits, truth, 0.1)))
    weight = np.where(truth > 0, 0.1 / truth.sum(), 0.9 / (1 - truth).sum())
    assert (weight * probability).sum() == pytest.approx(0.1, abs=0.01)
    assert calibration_error(probability, truth, weight) < 0.03


LEARN = """
import hashlib
import numpy as np
from classifiers.features import WordGrams
from classifiers.linear import LinearHead
texts = [f"reader {n} wrote {w} about the {o}" for n in range(6) for w in ("rude", "kind", "ok")
         for o in ("park", "train", "museum")]
truth = np.array(["rude" in text for text in texts])
grams = WordGrams(min_count=2).fit(texts)
head = LinearHead().fit(grams.factors(texts), truth)
print(hashlib.sha256(grams.keys_.tobytes() + head.coef_.tobytes()).hexdigest())
"""


def test_learning_is_the_same_whatever_the_hash_seed() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", LEARN],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_measuring_sentences_were_not_learnt() -> None:
    learnt = set(training_sentences())
    assert not learnt & {text for _, text in measuring_sentences()}
    assert len(learnt) > 500


def test_calibration_bends_where_raters_err_and_still_rises() -> None:
    rng = np.random.default_rng(3)
    truth = (rng.random(20_000) < 0.4).astype(np.int8)
    logits = 4.0 * truth - 2.0 + rng.normal(0, 1, 20_000)
    told = np.where(rng.random(20_000) < 0.15, 1 - truth, truth).astype(np.int8)
    # Only one side is told wrongly: the upper.
    told = np.where(logits > 0, told, truth).astype(np.int8)
    slope, bend, _ = fitted = sigmoid(logits, told, 0.4)
    assert bend < 0 < slope + bend
    rising = log_odds(np.linspace(-9, 9, 50), fitted)
    assert (np.diff(rising) > 0).all()


def test_no_calibration_falls() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, 4_000)
    # Likely around zero, unlikely on both sides: no rising line but the straight one fits.
    truth = (rng.random(4_000) < np.exp(-(logits**2))).astype(np.int8)
    _, bend, _ = sigmoid(logits, truth, 0.5)
    assert bend == 0.0


@pytest.mark.parametrize(
    ("name", "least", "field"),
    [
        ("blog", 500, "spam"),
        ("comments", 600, "spam"),
        ("promotion", 150, "spam"),
        ("tone", 800, "abuse"),
    ],
)
def test_own_examples_are_many_and_of_both_kinds(name: str, least: int, field: str) -> None:
    rows = own_examples(name)
    assert len(rows) >= least
    assert 0.3 < sum(row[field] for row in rows) / len(rows) < 0.6
    assert len({row["text"] for row in rows}) == len(rows)


def test_no_sentence_that_measures_is_learnt() -> None:
    learnt = {text for text, *_ in own_parts()}
    measuring = {row["text"] for row in own_examples("measuring")}
    assert len(measuring) >= 300
    assert not measuring & learnt


def test_own_sentences_that_name_an_identity_are_not_the_measured_ones() -> None:
    own = {row["text"] for row in own_examples("identity")}
    assert len(own) >= 500
    assert not own & {text for _, text in measuring_sentences()}


def parts(model: Model) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    read = artefact.read(artefact.packaged())
    assert read.header == model.header
    return dict(read.arrays), dict(read.header)


def test_what_is_written_is_read_and_written_the_same(model: Model, tmp_path: Path) -> None:
    arrays, header = parts(model)
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    artefact.write(first, arrays, header)
    artefact.write(second, arrays, header)
    assert first.read_bytes() == second.read_bytes()
    assert load(first).score(["you idiot"]) == model.score(["you idiot"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"nothing\.npz"):
        load(tmp_path / "nothing.npz")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    whole = artefact.packaged().read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        cut = tmp_path / "cut.npz"
        cut.write_bytes(whole[:size])
        with pytest.raises(ArtefactError, match="damaged"):
            load(cut)


def test_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    whole = bytearray(artefact.packaged().read_bytes())
    for at in (len(whole) // 5, len(whole) // 2, 4 * len(whole) // 5):
        changed = bytearray(whole)
        changed[at] ^= 1
        file = tmp_path / "changed.npz"
        file.write_bytes(changed)
        with pytest.raises(ArtefactError):
            load(file)


def test_a_changed_weight_is_refused(model: Model, tmp_path: Path) -> None:
    arrays, header = parts(model)
    matrix = arrays["matrix"].copy()
    matrix[0, 0] += 1
    file = tmp_path / "changed.npz"
    packed = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(file, header=packed, **{**arrays, "matrix": matrix})
    with pytest.raises(ArtefactError, match="checksum"):
        load(file)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04", b"\x80\x04N."])
def test_a_foreign_file_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "foreign.npz"
    file.write_bytes(content)
    with pytest.raises(ArtefactError):
        load(file)


NAN = float("nan")
BROKEN = {
    "thresholds": [
        {},
        None,
        {"spam": {"hold": 0.5}},
        {"spam": {"hold": NAN}, "abuse": {"hold": 1}},
    ],
    "calibration": [{}, None, {"abuse": [1.0, 2.0]}],
    "ground": ["abc", -5, NAN, None],
    "disguised": [["idiot"], None, {"idiot": "much"}, {"idiot": NAN}],
    "columns": [5, None, []],
    "cues": [None, {"link": 1}],
    "version": [None, 3],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in BROKEN.items() for value in values]
)
def test_a_header_that_makes_no_sense_is_refused(
    model: Model, tmp_path: Path, field: str, value: object
) -> None:
    arrays, header = parts(model)
    file = tmp_path / "odd.npz"
    file.write_bytes(artefact.pack(arrays, {**header, field: value}))
    with pytest.raises(ArtefactError):
        load(file)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("matrix", lambda array: np.full_like(array, np.nan)),
        ("intercept", lambda array: array * np.inf),
        ("keys", lambda array: array.reshape(-1, 1)),
        ("keys", lambda array: array[0]),
        ("cue_weights", lambda array: array[:-1]),
    ],
)
def test_arrays_that_make_no_sense_are_refused(
    model: Model, tmp_path: Path, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    arrays, header = parts(model)
    file = tmp_path / "odd.npz"
    file.write_bytes(artefact.pack({**arrays, name: np.asarray(change(arrays[name]))}, header))
    with pytest.raises(ArtefactError):
        load(file)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    file = tmp_path / "objects.npz"
    np.savez(file, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ArtefactError):
        load(file)


def test_another_format_is_refused(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, header = parts(model)
    with monkeypatch.context() as patch:
        patch.setattr(artefact, "FORMAT", 99)
        artefact.write(tmp_path / "new.npz", arrays, header)
    with pytest.raises(ArtefactError, match="format 99"):
        load(tmp_path / "new.npz")


def test_the_card_is_about_the_shipped_model(model: Model) -> None:
    card = Path(artefact.__file__).parent / "report" / "MODEL_CARD.md"
    text = card.read_text("utf-8")
    assert str(model.header["checksum"]) in text
    assert model.id in text


def test_the_artefact_is_small() -> None:
    path = artefact.packaged()
    assert path.stat().st_size <= 3_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest()


def tiny_rows() -> list[tuple[str, str, dict[str, int], bool]]:
    clean, rude = dict.fromkeys(SIX, 0), dict.fromkeys(SIX, 1)
    rows = []
    for at in range(80):
        fixed = [
            (f"a lovely day number {at} in the park", "jigsaw_clean", {**clean, "spam": 0}),
            (f"you stupid ugly fool number {at}", "jigsaw_positives", {**rude, "spam": 0}),
            (f"subscribe to my channel {at} http://a.example", "youtube_spam", {"spam": 1}),
            (f"i love this song {at}", "youtube_spam", {"spam": 0}),
        ]
        rows += [(*row, at % 4 == 0) for row in fixed]
        for source in ("germeval2018_de", "toldbr_pt", "korean_news_ko"):
            kind, known = ("dummer", {"abuse": 1}) if at % 2 else ("guter", clean)
            rows.append((f"{kind} text {at} {source}", source, {**known, "spam": 0}, at % 8 < 2))
    return rows


def test_the_tiny_pipeline_learns_end_to_end(tmp_path: Path) -> None:
    corpus = assemble(tiny_rows())
    with Progress(disable=True) as progress:
        bench, grams = prepare(corpus, progress, progress.add_task("", total=None))
        made = learn(bench, grams, ["a lovely day in the park"], 2_000)
    made["header"]["thresholds"] = {label: {"hold": 0.5} for label in ("spam", "abuse")}
    file = tmp_path / "tiny.npz"
    artefact.write(file, made["arrays"], made["header"])
    tiny = load(file)
    rude_scored, kind_scored = tiny.score(["you stupid fool", "a lovely day in the park"])
    assert rude_scored.scores["abuse"] > 0.5 > kind_scored.scores["abuse"]
