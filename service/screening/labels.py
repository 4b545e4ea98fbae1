"""What decisions teach: labels, groups of like texts, weights. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.screening.learning_types import Decided, ExampleLabel, Material
from service.screening.sketch import NEAR, Fingerprint, fingerprint, similarities

Truth = tuple[float, float]  # of spam and abuse: 1, 0, or NaN where nothing is known
Floats = NDArray[np.float64]

UNKNOWN = float("nan")
SPAM_REASONS = frozenset({"spam", "ad"})
TRUTH_OF_EXAMPLE: dict[ExampleLabel, Truth] = {
    "spam": (1.0, UNKNOWN),
    "ham": (0.0, UNKNOWN),
    "abuse": (UNKNOWN, 1.0),
    "fine": (UNKNOWN, 0.0),
}

HELD_OUT = 0.2
# What a machine's word weighs beside a person's, and what all of one kind may weigh together,
# as shares of what the desk weighs: so that all others together stay below it.
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
    kinds = _Kinds()
    for one in decided:
        truth = truth_of(one.status, one.reason)
        if truth is None:
            continue
        print_ = fingerprint(one.text)
        at = known.setdefault(print_.exact, len(groups))
        if at < len(groups):
            groups[at] = msgspec.structs.replace(groups[at], begun=one.decided_at)
        else:
            groups.append(Group(one.text, truth, one.decided_at, kinds.of(print_)))
    # Newest first as they came: turned round, those decided in one moment keep their order.
    groups.reverse()
    return sorted(groups, key=lambda one: one.begun)


class _Kinds:
    """Numbers for texts, the same for those that are nearly the same."""

    def __init__(self) -> None:
        self._sketches: list[bytes] = []
        self._bands: defaultdict[int, list[int]] = defaultdict(list)

    def of(self, print_: Fingerprint) -> int:
        near = sorted({kin for band in print_.bands for kin in self._bands[band][:MOST_NEAR]})
        alike = similarities(print_.sketch, [self._sketches[kin] for kin in near])
        for kin, share in zip(near, alike, strict=True):
            if share >= NEAR:
                return kin
        kin = len(self._sketches)
        self._sketches.append(print_.sketch)
        for band in print_.bands:
            self._bands[band].append(kin)
        return kin


def split(groups: Sequence[Group], until: datetime | None) -> tuple[list[Group], list[Group]]:
    """Cut the newest fifth off, to be learnt from by nobody: not by the live model either.

    `until`: when the newest decision that the live model learnt was taken.
    """
    cut = len(groups) - round(HELD_OUT * len(groups))
    if until is not None:
        cut = max(cut, sum(one.begun <= until for one in groups))
    return list(groups[:cut]), list(groups[cut:])


def rows_of(groups: Sequence[Group], material: Material, held_out: Sequence[Group]) -> list[Row]:
    """The desk's rows, and the others' at their weight; nothing of what is held out, or newer.

    In each head every key weighs at most a quarter of the desk, all keys together half, and the
    machine's own verdicts a fifth. Where the desk has not decided enough of both classes of a
    head, nobody else speaks in it.
    """
    kin = Counter(one.kin for one in groups)
    own = np.array([min(1.0, KIN_WEIGHT / kin[one.kin]) for one in groups])
    rows = [
        Row(one.text, one.truth, (weight, weight), "desk")
        for one, weight in zip(groups, own.tolist(), strict=True)
    ]
    truth = np.array([one.truth for one in groups]).reshape(-1, 2)
    desk = own @ ~np.isnan(truth)
    both = np.minimum((truth == 1).sum(axis=0), (truth == 0).sum(axis=0)) >= LEAST_OF_DESK
    desk = np.where(both, desk, 0.0)
    # What the desk decided itself needs nobody else's word.
    seen = {fingerprint(one.text).exact for one in (*groups, *held_out)}
    before = held_out[0].begun if held_out else None
    keyed: defaultdict[UUID, dict[bytes, tuple[str, Truth]]] = defaultdict(dict)
    for example in material.examples:
        exact = fingerprint(example.text).exact
        if exact not in seen and (before is None or example.created_at < before):
            said = TRUTH_OF_EXAMPLE[example.label]
            keyed[example.api_key_id].setdefault(exact, (example.text, said))
    sent = [list(own.values()) for _, own in sorted(keyed.items())]
    weights = capped([_known(own) for own in sent], desk * KEY_SHARE, desk * KEYS_SHARE)
    for pairs, weight in zip(sent, weights, strict=True):
        rows += [Row(text, said, weight, "key") for text, said in pairs]
    judged: dict[bytes, str] = {}
    for one in material.judged:
        exact = fingerprint(one.text).exact
        if exact not in seen and (before is None or one.created_at < before):
            judged.setdefault(exact, one.text)
    if judged:
        amount = JUDGED_WEIGHT * len(judged)
        share = float(min(1.0, desk[0] * JUDGED_SHARE / amount)) * JUDGED_WEIGHT
        rows += [Row(text, (1.0, UNKNOWN), (share, 0.0), "machine") for text in judged.values()]
    return rows


def _known(own: Sequence[tuple[str, Truth]]) -> Floats:
    """How many rows speak in each head, (2,)."""
    known: Floats = (~np.isnan(np.array([said for _, said in own]))).sum(axis=0).astype(float)
    return known


def capped(amounts: Sequence[Floats], each: Floats, together: Floats) -> list[Truth]:
    """The weight of a row of each sender, of `amounts` rows by head, under both limits."""
    own = [np.minimum(amount, each) for amount in amounts]
    total = np.sum(own, axis=0) if own else np.zeros(2)
    fit = np.minimum(1.0, together / np.maximum(total, 1e-9))
    rows = [
        limit * fit / np.maximum(amount, 1.0) for limit, amount in zip(own, amounts, strict=True)
    ]
    return [(float(row[0]), float(row[1])) for row in rows]
