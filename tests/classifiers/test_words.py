"""Words read the quick way are those read the thorough way, and what is said is what it was."""

from itertools import pairwise

import pytest
from hostile import UNITS
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import fold
from classifiers.sayings import sayings
from classifiers.sentences import sentences
from classifiers.spam import cues
from classifiers.words import Word, joints, plain_runs, split_plain, word_forms, words

PIECES = [
    "http", "https://", "www.", "WWW.", "://", "co.uk", ". ", " ", "\n", "a", "b", "1", "12345",
    "3rd", "!", "!!", "?", "_", "-", "--", "'", "x y z", "aaa", "loool", "abc", "@", "@reader", "#",
    "#tag", "f*ck", "/", ":", "%", "50%", "$5", "a&b", "+", "\u201c", "\u2019", "\u2014", "é", "ß",
    "\u0431", "한", "😀", "\u200b", "½", "id-iot", "id\u2013iot", "z" * 40,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from([*PIECES, *UNITS]), max_size=20).map("".join)


@settings(max_examples=1000, deadline=None)
@given(TEXTS | st.text(max_size=80))
def test_the_quick_way_reads_the_same_words(text: str) -> None:
    folded = fold(text)
    thorough = words(folded)
    assert word_forms(folded) == [word.form for word in thorough]
    if split_plain(folded) is None:
        return
    parts = sentences(folded)
    assert sum(len(plain_runs(part)) for part in parts) == len(thorough)
    apart = [
        (left, right)
        for left, right in pairwise(thorough)
        if (between := folded[left.end : right.begin]) and not any(map(str.isspace, between))
    ]
    assert list(joints(folded)) == apart


@pytest.mark.parametrize(
    ("folded", "forms"),
    [
        ("nobody asked, did they? 25 times!", ["nobody", "asked", "did", "they", "00", "times"]),
        ("well-known \u201cfacts\u201d", ["well", "known", "facts"]),
        ("50% of r&d, #1 & more", None),
        ("50% of them & more", ["00", "of", "them", "more"]),
        ("an i d i o t", None),
        ("sooo true", None),
        ("see www.example.org", None),
        ("@reader yes", None),
        ("f*ck", None),
        ("", None),
    ],
)
def test_what_hides_nothing_is_read_the_quick_way(folded: str, forms: list[str] | None) -> None:
    assert split_plain(folded) == forms


def test_neighbours_with_signs_between_them() -> None:
    assert list(joints("an id-iot, he said")) == [(Word("id", 3, 5), Word("iot", 6, 9))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("how do i subscribe to the paper", ["own_subscription"]),
        ("subscribe to my channel", ["call_to_act"]),
        ("they cancelled our subscription, my subscription went on", ["own_subscription"] * 2),
        ("great article, check out my blog", ["flattery", "call_to_act", "own_place"]),
        ("our services, our prices: work from home", ["we_offer", "we_offer", "earning"]),
        ("hit the like and share this video", ["begging", "begging"]),
        ("loan, loans, loaned, debts, slot", ["lending", "lending", "gambling"]),
        ("the slothful casinos lend indebted readers", []),
    ],
)
def test_what_is_said_by_the_cue_that_it_is(text: str, said: list[str]) -> None:
    assert [name for name, _ in sayings(text)] == said


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see example.com.", True),
        ("see www.-x now.", True),
        ("see http://localhost now.", True),
        ("see example[.]com", True),
        ("see example(DOT)com", True),
        ('I know. It (the bridge) is [sic] closed... "No." He said 3.5 and e.g. that.', False),
    ],
)
def test_what_may_be_a_link_is_looked_at(text: str, *, linked: bool) -> None:
    assert ("link" in {cue.name for cue in cues(text)}) is linked
