"""What decisions teach: labels, groups, weights."""

import itertools
import math
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.screening.labels import (
    JUDGED_SHARE,
    KEY_SHARE,
    KEYS_SHARE,
    KIN_WEIGHT,
    Group,
    Row,
    apart,
    capped,
    group,
    is_refused,
    rows_of,
    split,
    truth_of,
)
from service.screening.learning import compare
from service.screening.learning_types import Decided, Example, ExampleLabel, Judged, Material

START = datetime(2026, 11, 1, tzinfo=UTC)
LONG = (
    "A sentence about the bridge that is long enough to have near copies, as waves of spam have {}."
)

PLAIN = "the old mill by the river was sold again last week and nobody knows who the buyer is."


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def decided(*texts: str, status: str = "published", reason: str | None = None) -> list[Decided]:
    """Decisions, newest first: the first text was decided last."""
    return [
        Decided(text, status, reason, at(len(texts) - number)) for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("status", "reason", "truth"),
    [
        ("published", None, (0, 0)),
        ("published", "spam", (0, 0)),
        ("spam", None, (1, None)),
        ("spam", "spam", (1, None)),
        ("rejected", "spam", (1, None)),
        ("rejected", "ad", (1, None)),
        ("rejected", "abusive", (0, 1)),
        ("rejected", "other", (0, 1)),
        ("rejected", None, (0, 1)),
        ("held", None, None),
        ("removed", None, None),
    ],
)
def test_what_a_decision_says(
    status: str, reason: str | None, truth: tuple[int, int | None] | None
) -> None:
    found = truth_of(status, reason)
    assert (found and tuple(None if math.isnan(one) else int(one) for one in found)) == truth
    if found:
        assert is_refused(found) is (status != "published")


def test_copies_are_one_group_as_the_newest_says() -> None:
    rows = decided("Short.", "Other words.", "short")
    rows[0] = msgspec.structs.replace(rows[0], status="rejected")
    found = group(rows)
    assert [one.text for one in found] == ["Short.", "Other words."]
    assert found[0].truth == (0.0, 1.0)
    assert found[0].begun == rows[-1].decided_at


def test_near_copies_are_texts_of_their_own_and_kin() -> None:
    """Half a page of quotation may be answered kindly or rudely."""
    near = [LONG.format(n) for n in range(3)]
    found = group([*decided(near[0], status="rejected"), *decided(*near[1:], "Other words.")])
    assert {one.text: one.truth[1] for one in found if one.text in near} == {
        near[0]: 1.0,
        near[1]: 0.0,
        near[2]: 0.0,
    }
    assert len({one.kin for one in found if one.text in near}) == 1
    assert len({one.kin for one in found}) == 2


def test_short_phrases_are_not_near_each_other() -> None:
    found = group(decided("Thank you!", "Thank you all!", "Thanks, you"))
    assert len({one.kin for one in found}) == 3


def test_a_wave_weighs_as_ten_comments_at_most() -> None:
    wave = [Group(f"wave {n}", (1.0, math.nan), at(n), 7) for n in range(40)]
    pair = [Group(f"pair {n}", (0.0, 0.0), at(n), 8) for n in range(2)]
    rows = rows_of([*wave, *pair], Material([], [], []), [])
    assert [row.weight[0] for row in rows] == [KIN_WEIGHT / 40] * 40 + [1.0] * 2


def groups(count: int, refused: int = 0, spam: int = 0) -> list[Group]:
    return [
        Group(
            f"text number {n}",
            (1.0, math.nan) if n < spam else (0.0, float(n < spam + refused)),
            at(n),
            n,
        )
        for n in range(count)
    ]


@given(st.integers(0, 200), st.none() | st.integers(-5, 300))
def test_the_newest_fifth_is_held_out_and_nothing_that_was_learnt(
    count: int, until: int | None
) -> None:
    trained, held_out = split(groups(count), None if until is None else at(until))
    assert trained + held_out == groups(count)
    assert len(held_out) <= round(0.2 * count)
    if until is None:
        assert len(held_out) == round(0.2 * count)
    else:
        assert all(one.begun > at(until) for one in held_out)


@given(st.lists(st.integers(0, 30), max_size=60), st.none() | st.integers(-5, 80))
def test_no_wave_is_on_both_sides_of_the_comparison(kin: list[int], until: int | None) -> None:
    whole = [Group(f"text {n}", (0.0, 0.0), at(n), number) for n, number in enumerate(kin)]
    trained, newest = split(whole, None if until is None else at(until))
    held_out = apart(trained, newest)
    learnt = {one.kin for one in trained}
    assert not learnt & {one.kin for one in held_out}
    assert [one for one in newest if one.kin not in learnt] == held_out


def test_of_a_wave_that_drifts_nothing_next_to_what_is_learnt_decides() -> None:
    words = [f"word{n} and" for n in range(80)]
    drift = [" ".join(words[shift : shift + 45]) for shift in (0, 8, 16)]
    groups = group(decided(drift[0], drift[1], *[f"{PLAIN} {n}" for n in "abcdef"], drift[2]))
    trained, newest = groups[:1], groups[-2:]
    assert [one.text for one in (*trained, *newest)] == [drift[2], drift[1], drift[0]]
    assert drift[1] not in [one.text for one in apart(trained, newest)]


def examples(key: UUID, count: int, label: ExampleLabel, minutes: int = 0) -> list[Example]:
    return [Example(key, f"{label} example {n} of {key}", label, at(minutes)) for n in range(count)]


def weight_of(rows: list[Row], head: int, which: int | None = None) -> float:
    """What rows weigh in a head, or in one class of it."""
    return sum(
        row.weight[head]
        for row in rows
        if not math.isnan(row.truth[head]) and which in {None, row.truth[head]}
    )


LABELS: list[ExampleLabel] = ["spam", "ham", "abuse", "fine"]
OF_EACH = st.integers(10, 60)


@given(
    st.lists(st.dictionaries(st.sampled_from(LABELS), st.integers(0, 400)), max_size=8),
    st.integers(0, 400),
    st.tuples(OF_EACH, OF_EACH, OF_EACH),
)
# Few of one class at the desk, and everybody else sends only these.
@example([{"spam": 400}], 400, (11, 60, 60))
@example([{"spam": 400}] * 8, 400, (11, 60, 60))
@example([{"abuse": 400}, {"ham": 400}], 0, (60, 11, 60))
def test_nobody_outweighs_the_desk(
    sent: list[dict[ExampleLabel, int]], judged: int, sizes: tuple[int, int, int]
) -> None:
    spam, refused, published = sizes
    desk = groups(spam + refused + published, refused=refused, spam=spam)
    keys = [uuid4() for _ in sent]
    material = Material(
        decided=[],
        judged=[Judged(f"judged {n}", START) for n in range(judged)],
        examples=[
            one
            for key, counts in zip(keys, sent, strict=True)
            for label, count in counts.items()
            for one in examples(key, count, label)
        ],
    )
    rows = rows_of(desk, material, [])
    own, others = rows[: len(desk)], rows[len(desk) :]
    assert all(row.weight == (1.0, 1.0) for row in own)
    assert all(0 <= min(row.weight) <= max(row.weight) <= 1 for row in others)
    by_machine = [row for row in others if row.source == "machine"]
    by_keys = [row for row in others if row.source == "key"]
    for head, which in itertools.product((0, 1), (0, 1)):
        whole = weight_of(own, head, which)
        assert weight_of(by_keys, head, which) <= KEYS_SHARE * whole + 1e-6
        for key in keys:
            of_key = [row for row in by_keys if str(key) in row.text]
            assert weight_of(of_key, head, which) <= KEY_SHARE * whole + 1e-6
        assert weight_of(by_machine, head, which) <= JUDGED_SHARE * whole + 1e-6
        assert weight_of(others, head, which) < whole
    assert weight_of(by_machine, 1) == 0
    assert all(row.weight[0] <= 0.1 for row in by_machine)


def test_few_examples_weigh_as_much_as_decisions() -> None:
    desk = groups(90, refused=30, spam=30)
    material = Material([], [Judged("judged", START)], examples(uuid4(), 5, "abuse"))
    *_, judged = rows = rows_of(desk, material, [])
    assert [row.weight[1] for row in rows[90:95]] == [1.0] * 5
    assert judged.weight[0] == pytest.approx(0.1)


def test_where_the_desk_has_no_opinion_nobody_else_has_one() -> None:
    desk = groups(60, refused=30, spam=2)
    material = Material(
        [],
        [Judged("judged", START)],
        [*examples(uuid4(), 40, "spam"), *examples(uuid4(), 40, "abuse")],
    )
    rows = rows_of(desk, material, [])
    assert weight_of(rows[60:], 0) == 0
    assert weight_of(rows[60:], 1) > 0


def test_nothing_that_is_held_out_is_learnt_from_others() -> None:
    desk, held_out = (
        groups(90, refused=30, spam=30),
        [Group("The last TEXT", (1.0, math.nan), at(500), 500)],
    )
    key = uuid4()
    material = Material(
        [],
        [Judged("the last text!", START), Judged("too late", at(501)), Judged("kept", START)],
        [
            Example(key, "The last text", "spam", START),
            Example(key, "later", "spam", at(501)),
            Example(key, "text number 3", "abuse", START),
            Example(key, "kept too", "spam", START),
            Example(key, "kept  too.", "ham", START),
        ],
    )
    rows = rows_of(desk, material, held_out)
    assert [row.text for row in rows[90:]] == ["kept too", "kept"]


def test_nothing_nearly_held_out_is_learnt_from_others() -> None:
    """Near copies of what is compared would tell its answers."""
    desk = groups(90, refused=30, spam=30)
    # A longer wave than there are copies looked at, and a text behind it.
    texts = [*(LONG.format(n) for n in range(80)), f"Behind it all: {PLAIN}"]
    newest = [Group(text, (1.0, math.nan), at(500), 500 + n) for n, text in enumerate(texts)]
    near = [LONG.format("more of them"), LONG.format("less").upper(), f"Behind it, too: {PLAIN}"]
    far = "Of the harbour and its cranes there is nothing to say that is like anything else here."
    material = Material(
        [],
        [Judged(text, START) for text in (*near, far)],
        [Example(uuid4(), text, "spam", START) for text in (*near, far, "Short.")],
    )
    rows = rows_of(desk, material, newest)
    assert [(row.text, row.source) for row in rows[90:] if row.source == "machine"] == [
        (far, "machine")
    ]
    assert {row.text for row in rows[90:] if row.source == "key"} == {far, "Short."}
    # Near copies of what is learnt from anyway are no secret.
    rows = rows_of([*desk, *newest[:1]], Material([], material.judged, []), [])
    assert {row.text for row in rows[91:]} == {*near, far}


def test_limits_hold_together() -> None:
    each, together = np.array([10.0, 10.0]), np.array([15.0, 15.0])
    kept = capped([np.array([100.0, 0.0]), np.array([5.0, 40.0])], each, together)
    assert [one.tolist() for one in kept] == [[0.1, 1.0], [1.0, 0.25]]
    squeezed = capped([np.array([10.0, 0.0])] * 3, each, together)
    assert [one.tolist() for one in squeezed] == [[0.5, 1.0]] * 3


def test_a_comparison_knows_which_is_better_and_when_it_can_t_say() -> None:
    rng = np.random.default_rng(1)
    truth = (rng.random((80, 2)) < 0.5).astype(float)
    truth[:10, 1] = np.nan
    good, bad = np.where(truth > 0, 0.8, 0.2), np.full((80, 2), 0.5)
    good[:10, 1] = 0.5
    each = range(80)
    better = compare(truth, bad, good, each)
    assert better.before == pytest.approx(math.log(2))
    assert better.after == pytest.approx(-math.log(0.8))
    assert better.low > 0
    assert better.gain == pytest.approx(better.before - better.after)
    same = compare(truth, bad, bad, each)
    assert (same.gain, same.low, same.high) == (0, 0, 0)
    worse = compare(truth, good, bad, each)
    assert worse.high < 0
    certain = compare(truth, np.where(truth > 0, 0.0, 1.0), good, each)
    assert math.isfinite(certain.before)
    assert compare(truth, bad, good, each) == better


def test_a_wave_wins_no_comparison_alone() -> None:
    """Sixty near copies that only the second model knows, twenty others where both are equal."""
    truth = np.tile([1.0, math.nan], (80, 1))
    before, after = np.full((80, 2), 0.5), np.full((80, 2), 0.5)
    after[:60] = 0.99
    wave = compare(truth, before, after, [0] * 60 + list(range(1, 21)))
    assert wave.gain == pytest.approx(math.log(0.99 / 0.5) / 21)
    assert wave.low == 0
    assert compare(truth, before, after, range(80)).low > 0
