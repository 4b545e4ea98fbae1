"""Kin: rewordings and disguises of one text, and what only looks like it."""

import random

import pytest
from bench.rewordings import disguised, reworded
from hypothesis import given
from hypothesis import strategies as st

from service.screening.kin import KEPT, TERMS, kin, kin_among, likeness

SPAM = (
    "Congratulations, you have been chosen for our holiday voucher worth two thousand pounds. "
    "Phone the claims line today, quote your lucky reference, and the cruise tickets are yours."
)
OTHER = (
    "The council moved Thursday's hearing on the evening ferry because the hall was flooded "
    "again, and nobody thought of telling the hundred people who had queued since six."
)


def test_another_wording_is_kin() -> None:
    chance = random.Random(5)  # noqa: S311 (the same every time)
    first, other = kin(SPAM), kin(OTHER)
    found = []
    for _ in range(100):
        copy = kin(reworded(SPAM, chance, 0.1))
        at = kin_among(copy.sketch, 0.9, [(other.sketch, 0.0), (first.sketch, 0.9)])
        found.append(at if set(copy.terms) & set(first.terms) else [])
    assert found.count([1]) >= 90
    assert {0} & {one for at in found for one in at} == set()


def test_a_disguise_is_kin() -> None:
    chance = random.Random(6)  # noqa: S311 (the same every time)
    found = [
        kin_among(kin(disguised(SPAM, chance)).sketch, 0.9, [(kin(SPAM).sketch, 0.9)]) == [0]
        for _ in range(100)
    ]
    assert sum(found) >= 85


def test_without_spam_half_of_the_text_must_be_the_same() -> None:
    saying = "As my grandmother always said, stupid is as stupid does, and that was that."
    other = "Stupid is as stupid does; the harbour board wrote the same report in March again."
    assert kin_among(kin(saying).sketch, 0.0, [(kin(other).sketch, 0.0)]) == []
    quoted = OTHER + " I was there, too."
    assert kin_among(kin(quoted).sketch, 0.0, [(kin(OTHER).sketch, 0.0)]) == [0]


@pytest.mark.parametrize(
    "text",
    ["Thank you!", "I agree.", "+1", "😀" * 50, "a", "", "\u0301" * 99, "1 " * 500, "aaaa" * 90],
)
def test_what_says_too_little_has_no_kin(text: str) -> None:
    assert kin(text).terms == []
    assert likeness(kin(text).sketch, kin(text).sketch) == (0.0, 0.0)


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_every_text_can_be_compared(one: str, other: str) -> None:
    first, second = kin(one), kin(other)
    assert len(first.terms) <= TERMS
    assert len(first.sketch) <= 4 * (KEPT + 1)
    share, shared = likeness(first.sketch, second.sketch)
    assert 0 <= share <= 1
    assert shared >= 0
    assert likeness(second.sketch, first.sketch) == (share, shared)
    if first.sketch:
        assert likeness(first.sketch, first.sketch)[0] == 1.0
