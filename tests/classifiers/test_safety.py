"""Ten thousand texts that nobody writes in good faith, and a count of the work that they make."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from random import Random
from string import ascii_lowercase

import pytest
from hostile import COUNTS, STRATEGIES, UNITS, each
from hypothesis import given, settings
from hypothesis import strategies as st
from steps import Matcher, count_lines

import classifiers
from classifiers import LABELS, Model, fold, fold_map, spam
from classifiers.language import grounded, language
from classifiers.spam import CUES, cues
from classifiers.words import words

# Linear is twice; what is beyond is for what a text costs whatever its length.
GROWTH, FIXED = 2.3, 300
# Scoring with evidence goes through every part; each is looked at on its own up to this length.
SHORT = 300
LINES_A_WORD = 400


def is_safe(model: Model, text: str) -> None:
    """Everything that reads a text answers, and what it points at is there."""
    folded = fold(text)
    if len(text) <= SHORT:
        parts_are_safe(text, folded)
    scored = model.score([text], evidence=True)[0]
    assert tuple(scored.scores) == LABELS
    assert all(0.0 <= value <= 1.0 for value in scored.scores.values())
    for reasons in scored.evidence.values():
        weights = [one.weight for one in reasons]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert all(0 <= one.begin < one.end <= len(text) for one in reasons)


def parts_are_safe(text: str, folded: str) -> None:
    mapped, offsets = fold_map(text)
    assert mapped == folded
    assert len(offsets) == len(folded)
    assert all(0 <= at < len(text) for at in offsets)
    for word in words(folded):
        assert word.form
        assert 0 <= word.begin < word.end <= len(folded)
    for cue in cues(text):
        assert cue.name in CUES
        assert 0 <= cue.begin <= cue.end <= len(text)
    assert isinstance(grounded(language(text)), bool)


def test_there_are_ten_thousand() -> None:
    assert sum(COUNTS.values()) == 10_000


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_text_is_too_much(model: Model, name: str) -> None:
    each(name, lambda text: is_safe(model, text))


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression that a module of the classifiers holds, once, by its place."""
    found: dict[re.Pattern[str], str] = {}
    for info in pkgutil.iter_modules(classifiers.__path__, "classifiers."):
        for name, value in vars(importlib.import_module(info.name)).items():
            for pattern in _within(value):
                found.setdefault(pattern, f"{info.name}.{name}.{len(found)}")
    return {place: pattern for pattern, place in found.items()}


def _within(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _within(one, depth - 1)


PATTERNS = patterns()
# These see one address at a time, which is cut at some 400 characters, and never a whole text.
ADDRESSED = {spam._SHORTENER, spam._ODD, spam._TRACKED, spam._STORY}
ADDRESSES = (
    "http://a.b/" + "a" * 380, "http://a.b/" + "a-" * 190, "http://a.b/" + "a/" * 190,
    "www." + "a." * 195, "http://" + "a" * 390, "http://a.b/" + "?a" * 190,
    "http://a.b/" + "1" * 380, "http://a.b/" + "&ref" * 95, "http://a.b/" + "a_-" * 126,
)  # fmt: skip


def steps(pattern: re.Pattern[str], text: str) -> int:
    matcher = Matcher(pattern)
    if pattern in ADDRESSED:
        for link in spam._LINK.finditer(text):
            matcher.spans(link[0])
    else:
        matcher.spans(text)
    return matcher.steps


@pytest.fixture(autouse=True)
def room() -> Iterator[None]:
    """The counting matcher calls itself once for each repetition."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("place", PATTERNS)
def test_no_pattern_is_worse_than_linear(place: str) -> None:
    pattern = PATTERNS[place]
    if pattern in ADDRESSED:
        pairs = [(f"{address} " * 2, f"{address} " * 4) for address in ADDRESSES]
    else:
        # Past the bound of {1,64}, below which a pattern may look worse than it is.
        pairs = [((unit * 200)[:200], (unit * 400)[:400]) for unit in UNITS]
    for short, long in pairs:
        once, twice = steps(pattern, short), steps(pattern, long)
        assert twice <= GROWTH * once + FIXED, (short[:20], once, twice)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(UNITS), max_size=12).map("".join), st.sampled_from(list(PATTERNS)))
def test_the_counting_matcher_finds_what_the_real_one_finds(text: str, place: str) -> None:
    pattern = PATTERNS[place]
    real = [match.span() for match in pattern.finditer(text) if match[0]]
    assert Matcher(pattern).spans(text) == real


def test_the_counting_matcher_sees_what_is_quadratic() -> None:
    bad = re.compile(r"a+b")
    assert steps(bad, "a" * 400) > 3 * steps(bad, "a" * 200)


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_makes_twice_the_work(model: Model, unit: str) -> None:
    short, long = (unit * 1000)[:1000], (unit * 2000)[:2000]
    model.score([short, long], evidence=True)
    for work in (fold, fold_map, cues, language, lambda text: words(fold(text)),
                 lambda text: model.score([text], evidence=True)):  # fmt: skip
        once = count_lines(lambda: work(short))  # noqa: B023 - called at once
        twice = count_lines(lambda: work(long))  # noqa: B023 - called at once
        assert twice <= GROWTH * once + FIXED, work


@pytest.mark.parametrize("signs", ["", "*", "*%", "013457@$", "-"])
def test_a_word_never_met_costs_little(model: Model, signs: str) -> None:
    random = Random(7)  # noqa: S311 - the same text every time

    def page(words: int) -> str:
        letters = ascii_lowercase + signs * 9
        return " ".join("".join(random.choices(letters, k=6)) for _ in range(words))

    short, long = page(150), page(300)
    once = count_lines(lambda: model.score([short]))
    twice = count_lines(lambda: model.score([long]))
    # Not many lines a word, however many readings it might have.
    assert once <= 150 * LINES_A_WORD
    assert twice <= 300 * LINES_A_WORD
