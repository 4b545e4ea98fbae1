"""What decisions teach: labels, groups of like texts, weights. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.screening.learning_types import Decided, Example, ExampleLabel, Judged, Material
from service.screening.sketch import NEAR, Fingerprint, fingerprint, similarities

Truth = tuple[float, float]  # of spam and abuse: 1, 0, or NaN where nothing is known
Floats = NDArray[np.float64]
Other = TypeVar("Other", Example, Judged)

UNKNOWN = float("nan")
SPAM_REASONS = frozenset({"spam", "ad"})
TRUTH_OF_EXAMPLE: dict[ExampleLabel, Truth] = {
    "spam": (1.0, UNKNOWN),
    "ham": (0.0, UNKNOWN),
    "abuse": (UNKNOWN, 1.0),
    "fine": (UNKNOWN, 0.0),
}

HELD_OUT = 0.2
# What a machine's word weighs beside a person's, and what all of one kind may weigh together, as
# shares of what the desk weighs in the same class: so that all others together stay below it.
JUDGED_WEIGHT = 0.1
JUDGED_SHARE = 0.2
KEY_SHARE = 0.25
KEYS_SHARE = 0.5
# Decisions of either class without which others have no say in a head at all.
LEAST_OF_DESK = 10
# Texts looked at in a bucket; more tell nothing new.
MOST_NEAR = 50
# What near copies of one text weigh together at most: a wave is a lesson, not a thousand.
KIN_WEIGHT = 10.0
_NOTHING = 1e-9  # instead of a division by zero


class Group(msgspec.Struct, frozen=True):
    """Decisions on one text: as the newest of them says, once.

    `begun` is when the first was decided: a text that was decided before the newest fifth is no
    new one in it. Texts that say nearly the same, a wave of spam for example, share their `kin`.
    """

    text: str
    truth: Truth
    begun: datetime
    kin: int


class Row(msgspec.Struct, frozen=True):
    """A text to learn from, what is true of it, how much it weighs in each head, who says so."""

    text: str
    truth: Truth
    weight: Truth
    source: Literal["desk", "key", "machine"]


def truth_of(status: str, reason: str | None) -> Truth | None:
    """What a person's decision says of spam and abuse; None where it decides neither."""
    if status == "published":
        return 0.0, 0.0
    if status == "spam" or (status == "rejected" and reason in SPAM_REASONS):
        return 1.0, UNKNOWN
    if status == "rejected":
        return 0.0, 1.0
    return None


def is_refused(truth: Truth) -> bool:
    """Whether the comment was refused, for whatever reason."""
    return 1.0 in truth


def group(decided: Sequence[Decided]) -> list[Group]:
    """Gather decisions (newest first) on the same text, the oldest group first.

    Case, look-alikes, spaces and punctuation make no other text; near copies stay texts of their
    own, as a quoted paragraph may be answered kindly and rudely, and are numbered as kin.
    """
    groups: list[Group] = []
    known: dict[bytes, int] = {}
    first = _Sketches()  # of each kin
    for one in decided:
        truth = truth_of(one.status, one.reason)
        if truth is None:
            continue
        print_ = fingerprint(one.text)
        at = known.setdefault(print_.exact, len(groups))
        if at < len(groups):
            groups[at] = msgspec.structs.replace(groups[at], begun=one.decided_at)
        else:
            like = first.like(print_)
            kin = first.add(print_) if like is None else like
            groups.append(Group(one.text, truth, one.decided_at, kin))
    # Newest first as they came: turned round, those decided in one moment keep their order.
    groups.reverse()
    return sorted(groups, key=lambda one: one.begun)


class _Sketches:
    """Texts by number, to find whether another is nearly the same as one of them."""

    def __init__(self) -> None:
        self._sketches: list[bytes] = []
        self._bands: defaultdict[int, list[int]] = defaultdict(list)

    def like(self, print_: Fingerprint) -> int | None:
        near = sorted({one for band in print_.bands for one in self._bands[band][:MOST_NEAR]})
        alike = similarities(print_.sketch, [self._sketches[one] for one in near])
        for one, share in zip(near, alike, strict=True):
            if share >= NEAR:
                return one
        return None

    def add(self, print_: Fingerprint) -> int:
        number = len(self._sketches)
        self._sketches.append(print_.sketch)
        for band in print_.bands:
            self._bands[band].append(number)
        return number


def split(groups: Sequence[Group], until: datetime | None) -> tuple[list[Group], list[Group]]:
    """Cut the newest fifth off, to be learnt from by nobody: not by the live model either.

    `until`: when the newest decision that the live model learnt was taken.
    """
    cut = len(groups) - round(HELD_OUT * len(groups))
    if until is not None:
        cut = max(cut, sum(one.begun <= until for one in groups))
    return list(groups[:cut]), list(groups[cut:])


def apart(trained: Sequence[Group], newest: Sequence[Group]) -> list[Group]:
    """What of the newest is no near copy of what is learnt from.

    Of a wave that goes on, a model that has learnt its beginning knows the rest by heart. Kin are
    like the first of them; of a wave that drifts each is like the one before.
    """
    kin = {one.kin for one in trained}
    learnt = _Sketches()
    for one in trained:
        learnt.add(fingerprint(one.text))
    return [
        one for one in newest if one.kin not in kin and learnt.like(fingerprint(one.text)) is None
    ]


def rows_of(groups: Sequence[Group], material: Material, newest: Sequence[Group]) -> list[Row]:
    """The desk's rows, and the others' at their weight; nothing of the newest, nor like it.

    In each head and each class every key weighs at most a quarter of the desk, all keys together
    half, and the machine's own verdicts a fifth: also where a key sends nothing but spam. Where the
    desk has not decided enough of both classes of a head, nobody else speaks in it.
    """
    kin = Counter(one.kin for one in groups)
    own = np.array([min(1.0, KIN_WEIGHT / kin[one.kin]) for one in groups])
    rows = [
        Row(one.text, one.truth, (weight, weight), "desk")
        for one, weight in zip(groups, own.tolist(), strict=True)
    ]
    truth = [one.truth for one in groups]
    enough = _amounts(truth, np.ones(len(own))).min(axis=0) >= LEAST_OF_DESK
    desk = np.where(enough, _amounts(truth, own), 0.0)
    taken = _Taken(groups, newest)
    rows += _rows_of_keys(taken.leaves(material.examples), desk)
    rows += _rows_of_machine(taken.leaves(material.judged), desk)
    return rows


class _Taken:
    """What nobody else may speak of: what the desk decided itself, and what is new, or nearly.

    A near copy of what is compared would tell the candidate its answer.
    """

    def __init__(self, groups: Sequence[Group], newest: Sequence[Group]) -> None:
        new = [fingerprint(one.text) for one in newest]
        self._exact = {one.exact for one in new} | {fingerprint(one.text).exact for one in groups}
        self._new = _Sketches()
        for print_ in new:
            self._new.add(print_)
        self._before = newest[0].begun if newest else None

    def leaves(self, others: Sequence[Other]) -> Iterator[tuple[bytes, Other]]:
        """What is left of others' texts, with what tells each from all that are not the same."""
        for one in others:
            if self._before is None or one.created_at < self._before:
                print_ = fingerprint(one.text)
                if print_.exact not in self._exact and self._new.like(print_) is None:
                    yield print_.exact, one


def _rows_of_keys(examples: Iterable[tuple[bytes, Example]], desk: Floats) -> list[Row]:
    keyed: defaultdict[UUID, dict[bytes, tuple[str, Truth]]] = defaultdict(dict)
    for exact, example in examples:
        said = TRUTH_OF_EXAMPLE[example.label]
        keyed[example.api_key_id].setdefault(exact, (example.text, said))
    sent = [list(own.values()) for _, own in sorted(keyed.items())]
    amounts = [_amounts([said for _, said in own], np.ones(len(own))) for own in sent]
    weights = capped(amounts, desk * KEY_SHARE, desk * KEYS_SHARE)
    return [
        Row(text, said, _weight(said, weight), "key")
        for own, weight in zip(sent, weights, strict=True)
        for text, said in own
    ]


def _rows_of_machine(judged: Iterable[tuple[bytes, Judged]], desk: Floats) -> list[Row]:
    texts: dict[bytes, str] = {}
    for exact, one in judged:
        texts.setdefault(exact, one.text)
    said = TRUTH_OF_EXAMPLE["spam"]
    amount = JUDGED_WEIGHT * _amounts([said] * len(texts), np.ones(len(texts)))
    [kept] = capped([amount], desk * JUDGED_SHARE, desk * JUDGED_SHARE)
    weight = _weight(said, JUDGED_WEIGHT * kept)
    return [Row(text, said, weight, "machine") for text in texts.values()]


def _amounts(truth: Sequence[Truth], weight: Floats) -> Floats:
    """What rows weigh, (2, 2): of each class, negative and positive, in each head."""
    table = np.array(truth).reshape(-1, 2)
    return np.stack([weight @ (table == which) for which in (0.0, 1.0)])


def _weight(truth: Truth, weight: Floats) -> Truth:
    """A row's own of the weights by class and head; none where nothing is known."""
    spam, abuse = (
        0.0 if np.isnan(which) else float(weight[int(which), head])
        for head, which in enumerate(truth)
    )
    return spam, abuse


def capped(amounts: Sequence[Floats], each: Floats, together: Floats) -> list[Floats]:
    """What part of its weight a row of each sender keeps, for both limits to hold everywhere."""
    own = [np.minimum(1.0, each / np.maximum(amount, _NOTHING)) for amount in amounts]
    total = sum(
        (part * amount for part, amount in zip(own, amounts, strict=True)), np.zeros_like(each)
    )
    fit = np.minimum(1.0, together / np.maximum(total, _NOTHING))
    return [part * fit for part in own]
