"""What a policy makes of many packed screenings at once: policy.judge over columns.

The two are one definition told twice, and a property test holds them together: whoever changes
one changes the other.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifiers import LABELS
from service.screening.facts import ABSENT, BIT, CHECKS, LISTED, MODES, UNGROUNDED, Facts
from service.screening.hours import staffed_at
from service.screening.policy import RISKY, choices_of
from service.screening.types import Effect, Policy, Threshold, Verdict
from service.screening.words import WordList

Flags = NDArray[np.bool_]
Levels = NDArray[np.uint8]

LEVEL: dict[Effect, int] = {"nothing": 0, "hold": 1, "spam": 2}
EFFECTS: tuple[Effect, ...] = ("nothing", "hold", "spam")
VERDICTS: tuple[Verdict, ...] = ("publish", "hold", "spam")

# Fire by the policy as much as by the comment, so their bits say nothing here.
OF_THE_POLICY = {
    "mode", "hours", "banned_word", "suspect_word", "word_list", "links", "history",
    "first_comment",
}  # fmt: skip

# Without a check elsewhere in the policy, what one said once counts for nothing.
ELSEWHERE = ("external", "external_spam", "external_unknown")


class WordsFound(msgspec.Struct, frozen=True):
    """Which rows hold a word of the policy's lists."""

    banned: Flags
    suspect: Flags


def find_words(entries: Sequence[str], texts: Sequence[tuple[str, str]]) -> Flags:
    """Which of these (name, body) hold a word of a list; see checks.words."""
    words = WordList.of(tuple(entries))
    return np.array([words.matches(f"{name}\n{body}") for name, body in texts], np.bool_)


def effects(rows: Facts, policy: Policy, words: WordsFound) -> dict[str, Levels]:
    """Each check's effect on each row: 0 nothing, 1 hold, 2 spam."""
    choices = choices_of(policy)
    fired = _fired(rows, policy, words)
    found = {
        check: flags.astype(np.uint8) * np.uint8(LEVEL[choices.get(check, "hold")])
        for check, flags in fired.items()
    }
    risky = np.logical_or.reduce(list(fired.values()))
    for number, label in enumerate(LABELS):
        scores = rows["scores"][:, number]
        hold, spam = _thresholds(rows, number, policy.thresholds.get(label))
        # A missing score or threshold is NaN, which nothing reaches.
        found[label] = np.where(scores >= spam, 2, scores >= hold).astype(np.uint8)
        risky |= scores >= hold * np.float32(RISKY)
    if policy.hours is not None:
        outside = ~staffed_at(policy.hours, rows["at"])
        waits = outside & risky if policy.hours.outside == "hold_risky" else outside
        found["hours"] = waits.astype(np.uint8)
    return found


def verdicts(found: Mapping[str, Levels]) -> Levels:
    """The worst effect on each row, by its index in VERDICTS."""
    worst: Levels = np.maximum.reduce(list(found.values()))
    return worst


def _fired(rows: Facts, policy: Policy, words: WordsFound) -> dict[str, Flags]:
    bits = rows["fired"]
    fired: dict[str, Flags] = {
        check: (bits & np.uint32(BIT[check])) != 0 for check in CHECKS if check not in OF_THE_POLICY
    }
    if policy.external is None:
        for check in ELSEWHERE:
            fired[check] = np.zeros(len(rows), np.bool_)
    own, pre = rows["article_mode"], MODES.index("pre")
    fired["mode"] = own == pre if policy.mode == "post" else (own == pre) | (own == 0)
    fired["banned_word"], fired["suspect_word"] = words.banned, words.suspect
    count = rows["links"]
    if policy.links is not None:
        fired["links"] = (count >= policy.links) & (count != ABSENT)
    asked = {"nothing": 0, "ungrounded": UNGROUNDED, "always": LISTED}[policy.word_lists]
    fired["word_list"] = (rows["listed"] & np.uint8(asked)) != 0
    published = rows["published"]
    fired["first_comment"] = published < policy.new_readers
    if policy.history_rate is not None:
        refused = rows["refused"].astype(np.float64)
        decided = published.astype(np.float64) + refused
        share = np.divide(refused, decided, out=np.zeros_like(decided), where=decided > 0)
        enough = (rows["confirmed"] != 0) & (decided >= policy.history_sample)
        fired["history"] = enough & (share >= policy.history_rate)
    return fired


def _thresholds(
    rows: Facts, number: int, own: Threshold | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """From which scores a label holds and is spam: the policy's, else what the model said."""
    if own is None:
        return rows["hold"][:, number], rows["spam"][:, number]
    hold, spam = (np.float32(np.nan if level is None else level) for level in (own.hold, own.spam))
    return np.full(1, hold), np.full(1, spam)
