"""The facts of a screening, packed: everything that a policy's verdict is made of, and no text.

One fixed binary row a screening, so that 100,000 are read and judged at once (verdicts.py). The
layout is versioned by its first byte and never changed: a new one gets a new number, and rows of
another are packed again from their signals.
"""

import hashlib
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifiers import LABELS
from service.screening.policy import CHOSEN, FIELD_OF
from service.screening.types import Context, Finding, Signal, Threshold

LAYOUT = 1

# Checks by their bit in `fired`. Append only; what is not named here is "other", and holds.
CHECKS = (
    "sanction", "mode", "hours", "classifier", "failure", "banned_word", "suspect_word",
    "word_list", "links", "duplicate", "timing", "honeypot", "rate", "history", "first_comment",
    "language", "external", "external_unknown", "other", "external_spam",
)  # fmt: skip
BIT = {check: 1 << number for number, check in enumerate(CHECKS)}
MODES = (None, "post", "pre")
UNGROUNDED, LISTED = 1, 2  # words of the packaged lists: without ground, any

MOST = 0xFFFE
ABSENT = 0xFFFF  # a count that its check did not get to tell
NO_WORDS = 0  # the digest of an empty list
NEVER = Threshold()
UNKNOWN_WORDS = 2**64 - 1  # rows packed later: nobody noted which list was asked

Facts = NDArray[np.void]

_LABELS = len(LABELS)
_FORMAT = struct.Struct(f"<BBBBI8HfqQQ{3 * _LABELS}f")
ROW = np.dtype(
    [
        ("layout", "u1"),
        ("article_mode", "u1"),
        ("listed", "u1"),
        ("confirmed", "u1"),
        ("fired", "<u4"),
        ("links", "<u2"),
        ("published", "<u2"),
        ("refused", "<u2"),
        ("near", "<u2"),
        ("near_refused", "<u2"),
        ("same_by_others", "<u2"),
        ("recent_by_reader", "<u2"),
        ("recent_by_address", "<u2"),
        ("judged", "<f4"),  # share of the letters that the scores are about
        ("at", "<i8"),  # microseconds since 1970
        ("banned", "<u8"),  # digest of the list that `fired` is about
        ("suspect", "<u8"),
        ("scores", "<f4", (_LABELS,)),  # NaN: not judged
        ("hold", "<f4", (_LABELS,)),  # the model's own thresholds; NaN: never
        ("spam", "<f4", (_LABELS,)),
    ]
)
assert ROW.itemsize == _FORMAT.size  # noqa: S101 (two spellings of one layout)
assert {*CHOSEN, *FIELD_OF} <= {*CHECKS}  # noqa: S101 (or a verdict would need what isn't kept)

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Beside(msgspec.Struct, frozen=True):
    """What belongs to the facts and stands in no finding."""

    article_mode: str | None
    learnt: Mapping[str, Threshold]
    at: datetime
    judged: float
    banned: int = UNKNOWN_WORDS
    suspect: int = UNKNOWN_WORDS


@lru_cache(maxsize=64)
def words_digest(entries: tuple[str, ...]) -> int:
    """Which list this is, whatever its order; NO_WORDS where it is empty."""
    if not entries:
        return NO_WORDS
    text = "\x00".join(sorted(set(entries))).encode("utf-8", "surrogatepass")
    digest = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
    return min(max(digest, NO_WORDS + 1), UNKNOWN_WORDS - 1)


def pack(findings: Sequence[Finding], context: Context) -> bytes:
    """The facts of a screening as it is made."""
    policy = context.policy.policy
    beside = Beside(
        context.article_mode,
        context.scores.thresholds,
        context.now,
        context.scores.judged,
        words_digest(tuple(policy.banned_words)),
        words_digest(tuple(policy.suspect_words)),
    )
    return _pack(findings, beside)


def pack_signals(
    signals: Sequence[Signal],
    article_mode: str | None,
    at: datetime,
    learnt: Callable[[str], Mapping[str, Threshold]],
) -> bytes:
    """The facts of a screening that was stored before facts were.

    `article_mode` and `learnt`, the model's thresholds in a language, are then what they are today.
    """
    by = {signal.check: signal.evidence for signal in signals}
    language = by.get("language", {})
    beside = Beside(
        by.get("mode", {}).get("article", article_mode),
        learnt(language.get("language", "und")),
        at,
        float(language.get("judged", language.get("grounded", 0))),
    )
    return _pack(signals, beside)


def unpack(rows: bytes) -> Facts:
    """Rows of this layout, as one array."""
    return np.frombuffer(rows, ROW)


def _pack(found: Sequence[Finding | Signal], beside: Beside) -> bytes:
    fired = 0
    by: dict[str, Finding | Signal] = {}
    for one in found:
        by[one.check] = one
        if one.fires and one.check not in LABELS:
            fired |= BIT.get(one.check, BIT["other"])
    evidence: dict[str, dict[str, Any]] = {check: one.evidence for check, one in by.items()}
    none: dict[str, Any] = {}
    history, copies = evidence.get("history", none), evidence.get("duplicate", none)
    rate = evidence.get("rate", none)
    published = evidence.get("first_comment", none).get("published", history.get("published"))
    levels = [beside.learnt.get(label, NEVER) for label in LABELS]
    return _FORMAT.pack(
        LAYOUT,
        MODES.index(beside.article_mode),
        _listed(evidence.get("word_list", none)),
        bool(history.get("confirmed")),
        fired,
        _count(evidence.get("links", none).get("count")),
        _count(published if "first_comment" in by else None),
        _count(history.get("refused")),
        _count(copies.get("near")),
        _count(copies.get("near_refused")),
        _count(copies.get("exact_by_others")),
        _count(rate.get("by_reader")),
        _count(rate.get("by_address")),
        beside.judged,
        round((beside.at - _EPOCH).total_seconds() * 1_000_000),
        beside.banned,
        beside.suspect,
        *(_or_nan(by[label].score if label in by else None) for label in LABELS),
        *(_or_nan(level.hold) for level in levels),
        *(_or_nan(level.spam) for level in levels),
    )


def _count(number: int | None) -> int:
    return ABSENT if number is None else min(number, MOST)


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number


def _listed(evidence: Mapping[str, Any]) -> int:
    # Structs of a screening as it is made, and their builtins as they were stored.
    words: list[dict[str, Any]] = msgspec.to_builtins(evidence.get("words", []))
    counting = [word for word in words if not word.get("hint")]
    ungrounded = evidence.get("ungrounded", any(not word.get("grounded") for word in counting))
    return (UNGROUNDED if ungrounded else 0) | (LISTED if counting else 0)
