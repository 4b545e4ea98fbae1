# ruff: noqa: RUF001, S311 - disguises are what is tested here; no secret is drawn
"""The reasons that a score comes with: exact, in the text as written, and what carries it.

The sets at hand carry no annotated spans of real comments, so these examples are our own; `[` and
`]` enclose the words that make the comment what it is. `classifiers.evaluate` measures deletion on
real comments.
"""

import re
from math import log
from random import Random

import pytest

from classifiers import LABELS, Evidence, Model

ANNOTATED = (
    ("abuse", "The mayor is an [idiot] and so is the whole council."),
    ("abuse", "I read the article twice and you are still a [moron]."),
    ("abuse", "Thanks for the bus timetable, you [stupid bitch]."),
    ("abuse", "What a [pathetic loser], he lost again on Sunday."),
    ("abuse", "[Fuck] the new parking rules in our street."),
    ("abuse", "Only an [asshole] parks in front of the hospital."),
    ("abuse", "Please explain to these [retards] how a budget works."),
    ("abuse", "This [shit] happens every winter and nobody clears the snow."),
    ("abuse", "The minister is a [fucking] liar, that is all."),
    ("abuse", "Nobody asked you, [dumbass], about the library."),
    ("insult", "Our coach is a [stupid fool] who lost the last four games."),
    ("insult", "The chairman is a [pathetic coward], as we saw on Monday."),
    ("obscene", "Two hours late again, what a pile of [bullshit]."),
    ("obscene", "He can [suck my dick] with his new taxes."),
    ("threat", "If you write that again I will [kill you] on Monday."),
    ("threat", "Tell the editor that she should [die]."),
    ("identity_attack", "We don't need more [faggots] on the school board."),
    ("identity_attack", "Those [niggers] should leave this town."),
    ("spam", "Nice story. [Buy cheap viagra] at [our store] today."),
    ("spam", "My aunt made 500 dollars, [visit my site] for the [casino bonus]."),
    ("spam", "Good point about the bridge. [http://cheap-loans.example/apply]"),
    ("abuse", "The clerk is such an [i d i o t], I waited for an hour."),
    ("abuse", "The clerk is such an [𝓲𝓭𝓲𝓸𝓽], I waited for an hour."),
    ("abuse", "The clerk is such an [id\u200bi\u00adot], I waited for an hour."),
)
_MARK = re.compile(r"\[([^\]]*)\]")


def read(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its brackets, and the spans that they enclosed."""
    spans, text, done = [], "", 0
    for match in _MARK.finditer(marked):
        text += marked[done : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        text += match[1]
        done = match.end()
    return text + marked[done:], spans


def without(text: str, spans: list[tuple[int, int]]) -> str:
    for begin, end in sorted(spans, reverse=True):
        text = f"{text[:begin]} {text[end:]}"
    return text


def overlap(one: Evidence, spans: list[tuple[int, int]]) -> bool:
    return any(one.begin < end and begin < one.end for begin, end in spans)


def test_numbers_of_one_length_share_what_they_say(model: Model) -> None:
    text = "Claim 2004 at 07742676969 or 08719180248, code 45239"
    [scored] = model.score([text], evidence=True, most=None)
    weights = {text[one.begin : one.end]: one.weight for one in scored.evidence["obscene"]}
    numbers = [weights[number] for number in ("2004", "07742676969", "08719180248", "45239")]
    assert numbers == [numbers[0]] * 4


@pytest.mark.parametrize(("label", "marked"), ANNOTATED)
def test_the_first_reason_is_among_the_words_that_matter(
    model: Model, label: str, marked: str
) -> None:
    text, spans = read(marked)
    reasons = model.score([text], evidence=True)[0].evidence[label]
    assert overlap(reasons[0], spans), text[reasons[0].begin : reasons[0].end]


@pytest.mark.parametrize(("label", "marked"), ANNOTATED)
def test_without_the_words_that_matter_the_score_falls_most(
    model: Model, label: str, marked: str
) -> None:
    text, spans = read(marked)
    others = [
        match.span()
        for match in re.finditer(r"\w+", text)
        if not any(match.start() < end and begin < match.end() for begin, end in spans)
    ]
    other = without(text, Random(1).sample(others, min(len(spans), len(others))))
    whole, bare, less = (
        one.scores[label] for one in model.score([text, without(text, spans), other])
    )
    assert bare < whole
    assert bare < less


@pytest.mark.parametrize(("label", "marked"), ANNOTATED)
def test_reasons_are_distinct_spans_highest_first(model: Model, label: str, marked: str) -> None:
    text, _ = read(marked)
    scored = model.score([text], evidence=True)[0]
    assert set(scored.evidence) == set(LABELS)
    for reasons in scored.evidence.values():
        weights = [one.weight for one in reasons]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert len({(one.begin, one.end) for one in reasons}) == len(reasons)
        assert all(text[one.begin : one.end].strip() for one in reasons)
    assert scored.evidence[label]


def test_a_weight_is_what_the_word_adds(model: Model) -> None:
    """One word beside words that the model has no opinion of: taking it away takes its weight.

    Not to the last digit, as the text becomes shorter and the norm of its row with it.
    """
    text = "zzqx idiot qqvz"
    scored = model.score([text], evidence=True)[0]
    [first, *_] = scored.evidence["insult"]
    assert text[first.begin : first.end] == "idiot"
    bare = model.score(["zzqx qqvz"])[0].scores["insult"]
    fall = odds(scored.scores["insult"]) - odds(bare)
    assert first.weight == pytest.approx(fall, rel=0.35)


def odds(probability: float) -> float:
    return log(probability / (1 - probability))


@pytest.mark.parametrize(
    "written",
    [
        "idiot", "IDIOT", "i\u0301diot", "ｉｄｉｏｔ", "ⓘⓓⓘⓞⓣ", "i\u200bd\u200bi\u200bo\u200bt",
        "iіdiiiot", "1d10t", "i.d.i.o.t", "i d i o t",
    ],
)  # fmt: skip
def test_a_disguised_word_is_pointed_at_whole(model: Model, written: str) -> None:
    text = f"«Well», the teacher is an {written}; we know it."
    begin = text.index(written)
    first = model.score([text], evidence=True)[0].evidence["abuse"][0]
    assert (first.begin, first.end) == (begin, begin + len(written))


def test_evidence_may_be_asked_of_the_labels_in_question_alone(model: Model) -> None:
    [whole] = model.score(["You are a stupid idiot, he said."], evidence=True)
    [asked] = model.score(["You are a stupid idiot, he said."], evidence=True, evidence_from=0.3)
    reach = {label for label, score in whole.scores.items() if score >= 0.3}
    assert {"abuse", "insult"} <= reach < set(LABELS)
    assert asked.scores == whole.scores
    assert asked.evidence == {label: whole.evidence[label] for label in reach}
    [none] = model.score(["The ferry sails on Monday."], evidence=True, evidence_from=0.3)
    assert none.evidence == {}
