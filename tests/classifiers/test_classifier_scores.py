# ruff: noqa: RUF001 - look-alikes are what is tested here
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from classifiers import LABELS, Model, fold
from classifiers.calibrate import log_odds
from classifiers.features import WordGrams, units
from classifiers.readings import Disguises
from classifiers.spam import CUES, Cues, cues

ORDINARY = [
    "Great article, thank you!",
    "I disagree with the mayor here.",
    "First!",
    "Test comment 17",
    "Reply 3 to the thread",
    "Hello world",
    "hello",
    "ok",
    "wow",
    "👍👍",
    "😂",
    "",
    "   ",
    "...",
    "1",
    "Yes",
    "Comment 42",
    "Second test comment, please ignore",
    "The mayor should resign.",
    "We need more buses in the evening, and cheaper tickets.",
    "My wife and I visited the museum last year and loved it.",
    "Where can I read the whole report?",
    "The police killed a prisoner in the war.",
    "He is a gay Jewish man from New York.",
    "Black lives matter.",
    "As a Muslim woman I felt welcome there.",
    "How do I subscribe to the newsletter?",
    "I read about it here: https://news.site.org/story/123",
    "See https://www.nytimes.com/2024/05/01/us/politics/article.html for more",
    "Das ist ein guter Artikel, vielen Dank!",
    "Ich bin anderer Meinung als der Minister.",
    "Obrigado pelo artigo, muito interessante.",
    "Concordo com o prefeito.",
    "좋은 글 감사합니다",
    "기사 잘 읽었습니다",
    "Дякую за цікаву статтю!",
    "Merci pour cet article très intéressant",
]
# The plain texts of the table, for the tests that need only something to score.
BENIGN = [text for text in ORDINARY if isinstance(text, str)]
BLATANT = [
    ("abuse", "You are a fucking idiot, kill yourself"),
    ("abuse", "you stupid bitch"),
    ("abuse", "fuck you asshole"),
    ("abuse", "You are an idiot"),
    ("abuse", "f u c k you"),
    ("abuse", "fuсk уоu idіоt"),
    ("abuse", "you f***ing retard"),
    ("abuse", "Du bist ein dummes Arschloch"),
    ("abuse", "seu filho da puta, vai se foder"),
    ("threat", "I will kill you and your family"),
    ("obscene", "fuck you asshole"),
    ("insult", "You are a fucking idiot"),
    ("spam", "BUY CHEAP VIAGRA NOW http://pills.example best price casino bonus"),
    ("spam", "Earn $5000 a week working from home, click http://jobs.example"),
    ("spam", "Visit my site http://cheap-watches.example for best replica watches"),
    ("spam", "Get a loan today with no credit check, whatsapp +1 555 123 4567"),
]

AMONG_OTHERS = (
    "The council met on Tuesday and talked about the harbour for two hours. Nobody asked what the "
    "new quay will cost, and nobody said who is to pay for it. Mr. Brown, you are an idiot and an "
    'id i o t you stay. The minutes will be published on Friday, says the clerk. "We\'ll see!" '
    "The next meeting is in the old town hall at seven in the evening."
)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_comments_pass(model: Model, text: str) -> None:
    scores = model.score([text])[0].scores
    assert scores["abuse"] < min(0.35, model.thresholds["abuse"]["hold"])
    assert scores["spam"] < model.thresholds["spam"]["hold"]


@pytest.mark.parametrize(("label", "text"), BLATANT)
def test_blatant_comments_are_caught(model: Model, label: str, text: str) -> None:
    assert model.score([text])[0].scores[label] > 0.85


def test_the_answer_has_its_shape(model: Model) -> None:
    first, second = model.score(
        ["A reader's comment", "Das ist doch gar nicht wahr, Herr Minister"]
    )
    assert tuple(first.scores) == LABELS
    assert all(0.0 <= value <= 1.0 for value in first.scores.values())
    assert first.evidence == {}
    assert (first.language, first.grounded) == ("en", True)
    assert (second.language, second.grounded) == ("de", True)
    assert model.id.startswith("2026.11-")


@pytest.mark.parametrize(
    ("text", "code", "known"),
    [
        ("Спасибо за статью, очень интересно", "ru", False),
        ("Дякую за цікаву статтю, чекаю на продовження", "uk", False),
        ("Привіт", "uk", False),
        ("감사합니다", "ko", True),
        ("ありがとう", "ja", False),
        ("Não concordo com o que disse o prefeito ontem", "pt", True),
        ("Je ne suis pas d'accord avec cet article", "fr", False),
        ("ok", "en", True),
        ("👍", "und", True),
        ("", "und", True),
    ],
)
def test_languages(model: Model, text: str, code: str, known: bool) -> None:  # noqa: FBT001 - a table
    scored = model.score([text])[0]
    assert (scored.language, scored.grounded) == (code, known)


PIECES = st.text(st.characters(), max_size=300) | st.builds(
    lambda unit, times: (unit * times)[:10_000],
    st.sampled_from(
        [
            "a",
            "idiot ",
            "🔪",
            "\u0301",
            "\ud800",
            "\x00",
            "http://a.example/ ",
            "$",
            "1",
            "!",
            "a*",
            "@b",
            "ж",
            "<a ",
        ]
    ),
    st.integers(1, 10_000),
)


@settings(max_examples=250, deadline=None)
@given(PIECES, st.booleans())
def test_any_text_is_scored(model: Model, text: str, evidence: bool) -> None:  # noqa: FBT001 - drawn
    scored = model.score([text], evidence=evidence)[0]
    assert set(scored.scores) == set(LABELS)
    assert all(np.isfinite(value) for value in scored.scores.values())
    for spans in scored.evidence.values():
        assert all(0 <= one.begin < one.end <= max(len(text), 1) for one in spans)


def estimate(model: Model, texts: list[str]) -> np.ndarray:
    """Score by the estimators that training uses, from the same learned numbers."""
    grams = WordGrams(ground=model._ground)
    grams.keys_ = np.array(sorted(model._vectors.index), dtype=np.uint32)
    grams.weight_ = np.ones(len(grams.keys_))
    logits = grams.transform(texts) @ model._vectors.matrix[:-1] + model._intercept
    logits[:, 0] += Cues().fit(texts).transform(texts) @ model._cue_weights
    return logits


def test_the_lean_path_equals_the_estimators(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a disguised word is read as is no matter of the estimators.
    monkeypatch.setattr(model, "_disguises", Disguises({}))
    monkeypatch.setattr(model._vectors, "_disguises", Disguises({}))
    model._vectors.forget()
    texts = [text for _, text in BLATANT] + BENIGN
    expected = estimate(model, texts)
    for text, row in zip(texts, expected, strict=True):
        for column, label in enumerate(LABELS):
            if label == "abuse" and model.score([text])[0].language in {"de", "pt", "ko"}:
                continue
            probability = expit(log_odds(row[[column]], model._calibration[label]))[0]
            assert model.score([text])[0].scores[label] == pytest.approx(probability, abs=1e-5)
    model._vectors.forget()


def test_remembering_words_changes_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text for _, text in BLATANT]
    before = model.score(texts)
    monkeypatch.setattr("classifiers.vectors.REMEMBERED", 40)
    model._vectors.forget()
    assert model.score(texts) == before
    monkeypatch.undo()
    model._vectors.forget()
    assert model.score(list(reversed(texts))) == list(reversed(before))


def test_threads_share_a_model(model: Model) -> None:
    texts = [f"{text} {number}" for number in range(20) for text in BENIGN]
    expected = model.score(texts)
    model._vectors.forget()
    answers: list[object] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [
            threading.Thread(target=lambda: answers.append(model.score(texts))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert answers == [expected] * 4


@pytest.mark.parametrize(("label", "text"), BLATANT)
def test_removing_the_first_reason_lowers_the_score(model: Model, label: str, text: str) -> None:
    scored = model.score([text], evidence=True)[0]
    reasons = scored.evidence[label]
    assert reasons
    assert len(reasons) <= 5
    assert [one.weight for one in reasons] == sorted((one.weight for one in reasons), reverse=True)
    without = text[: reasons[0].begin] + text[reasons[0].end :]
    assert model.score([without])[0].scores[label] < scored.scores[label]


def test_reasons_point_into_the_text_as_written(model: Model) -> None:
    text = "Well… ⓎⓄⓊ 𝓲𝓭\u200b𝓲𝓸𝓽 indeed"
    first = model.score([text], evidence=True)[0].evidence["insult"][0]
    assert text[first.begin : first.end] == "𝓲𝓭\u200b𝓲𝓸𝓽"


def test_evidence_does_not_change_scores(model: Model) -> None:
    texts = [text for _, text in BLATANT]
    plain, explained = model.score(texts), model.score(texts, evidence=True)
    assert [one.scores for one in plain] == [one.scores for one in explained]


def test_cues_are_named_once_and_known() -> None:
    text = "CALL NOW +1 555 010 2233!!! http://a.example http://a.example $500 50% off @c x@y.org"
    names = [cue.name for cue in cues(text)]
    assert len(set(names)) == len(names)
    assert {"links", "same_link", "phone", "money", "percent", "email"} <= set(names) <= set(CUES)


def test_a_book_is_scored(model: Model) -> None:
    """The API takes longer texts than a comment may be; more words than are remembered."""
    book = " ".join(f"w{number:x}q" for number in range(40_000))
    [scored] = model.score([f"you idiot {book}"], evidence=True)
    assert set(scored.scores) == set(LABELS)
    assert model.score(["you idiot"])[0].scores["abuse"] > 0.8


def test_only_english_is_held_for_a_kind_of_abuse(model: Model) -> None:
    assert set(model.thresholds_in("en")) > {"spam", "abuse", "threat"}
    for code in ("de", "pt", "ko"):
        assert set(model.thresholds_in(code)) == {"spam", "abuse"}


def test_thresholds_are_probabilities(model: Model) -> None:
    assert 0.2 < model.thresholds["abuse"]["hold"] < 0.95
    assert 0.2 < model.thresholds["spam"]["hold"] <= model.thresholds["spam"]["spam"] < 1.0
    for worst in ("severe_abuse", "threat", "identity_attack"):
        assert 0.1 <= model.thresholds[worst]["hold"] < 0.5


@pytest.mark.parametrize(
    "text", ["I will find you and kill you", "we are going to burn your house"]
)
def test_a_threat_without_a_bad_word_is_held(model: Model, text: str) -> None:
    assert model.score([text])[0].scores["threat"] >= model.thresholds["threat"]["hold"]


@pytest.mark.parametrize("text", [*(text for _, text in BLATANT), AMONG_OTHERS])
def test_all_weights_add_up_to_the_score(model: Model, text: str) -> None:
    """The reasons, for and against, are the whole way from a text without words to this one."""
    [scored] = model.score([text], evidence=True, most=None)
    judged = model._judge(text, model._read(fold(text)), cues(text))[1]
    for label, spans in scored.evidence.items():
        one = judged[label]
        whole = one.odds(one.logit) - one.odds(one.start)
        assert sum(span.weight for span in spans) == pytest.approx(whole, abs=1e-3)


def test_units_keep_their_order() -> None:
    one, two, six = "one", "two", "six"
    assert units("two one two six") == (
        [two, one, six],
        [(two, one), (one, two), (two, six)],
    )


@pytest.mark.parametrize(
    ("text", "subscribes"),
    [
        ("Where do I subscribe?", True),
        ("I've read it for years: we have subscribed for twenty years.", True),
        ("Is there a way to unsubscribe?", True),
        ("Please subscribe to my channel", False),
        ("How do you subscribe to my channel", False),
        ("I will subscribe to yours if you subscribe to me", False),
    ],
)
def test_a_reader_with_a_subscription_is_told_from_one_who_begs(
    text: str,
    subscribes: bool,  # noqa: FBT001 - a table
    model: Model,
) -> None:
    assert ("own_subscription" in {cue.name for cue in cues(text)}) is subscribes
    assert (model.score([text])[0].scores["spam"] < model.thresholds["spam"]["hold"]) is subscribes


@pytest.mark.parametrize("text", ["pills4u[.]com", "see pills4u(dot)com now", "PILLS4U[DOT]COM"])
def test_a_link_that_is_broken_for_a_machine_is_a_link(text: str) -> None:
    assert "link" in {cue.name for cue in cues(text)}


def test_the_number_of_a_story_is_nobody_s_telephone() -> None:
    alone, beside = cues("https://a.example/news/0800-123-4567"), cues("0800 123 4567, a.example")
    assert "phone" not in {cue.name for cue in alone}
    assert [(cue.begin, cue.end) for cue in beside if cue.name == "phone"] == [(0, 13)]
