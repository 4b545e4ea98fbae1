"""What a policy would have done to the last days' comments. All reckoning is off the event loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Literal
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.core.db import Pool
from service.moderation import policy_store as store
from service.moderation.policy_types import (
    ByPeople,
    Example,
    ExampleCheck,
    ExampleKind,
    Outcomes,
    Progress,
    Simulation,
)
from service.moderation.window import PUBLISHED, REFUSED, UNDECIDED, Window, Windows
from service.screening.facts import BIT, NO_WORDS, words_digest
from service.screening.scorer import Scorer
from service.screening.scores import LABELS
from service.screening.types import Policy
from service.screening.verdicts import (
    EFFECTS,
    VERDICTS,
    Flags,
    Levels,
    WordsFound,
    effects,
    find_words,
    verdicts,
)

AT_ONCE = 2  # simulations in one process
TEXTS = 1_000  # read again in one go
EXAMPLES = 5  # of each kind
EXCERPT = 280

PUBLISH, HOLD, SPAM = range(3)
# By UNDECIDED, PUBLISHED and REFUSED.
SAID: tuple[Literal["published", "refused"] | None, ...] = (None, "published", "refused")


class Reckoned(msgspec.Struct, frozen=True):
    """Both policies' verdicts, the proposed one's effects, and the examples to show."""

    would: Levels
    now: Levels
    found: dict[str, Levels]
    shown: list[tuple[ExampleKind, int]]


class Simulator:
    """Runs simulations, a few at a time."""

    def __init__(self, pool: Pool, scorer: Scorer) -> None:
        """Nothing is read before the first."""
        self._pool = pool
        self._windows = Windows(pool, scorer)
        self._slots = asyncio.Semaphore(AT_ONCE)

    @property
    def busy(self) -> bool:
        """Whether no more can run."""
        return self._slots.locked()

    async def run(
        self, site_id: UUID, days: int, proposed: Policy, in_force: Policy
    ) -> AsyncGenerator[Progress | Simulation]:
        """How far it is, while texts are read again; at last what came of it.

        Whoever stops listening stops it.
        """
        begin = time.perf_counter()
        async with self._slots:
            window: Window | None = None
            async for part in self._windows.read(site_id, days):
                if isinstance(part, Progress):
                    yield part
                else:
                    window = part
            assert window is not None  # noqa: S101 (the last of what is read)
            async for progress in self._scan(window, (proposed, in_force)):
                yield progress
            reckoned = await asyncio.to_thread(_reckon, window, proposed, in_force)
            examples = await self._examples(window, reckoned)
        yield _answer(window, reckoned, examples, time.perf_counter() - begin)

    async def _scan(self, window: Window, policies: Sequence[Policy]) -> AsyncIterator[Progress]:
        """Look for the words of lists that were not asked when the comments were screened."""
        lists = {
            words_digest(tuple(entries)): tuple(entries)
            for policy in policies
            for entries in (policy.banned_words, policy.suspect_words)
        }
        missing = {
            digest: entries
            for digest, entries in lists.items()
            if digest != NO_WORDS and digest not in window.found
        }
        known = {digest: _known(window, digest) for digest in missing}
        needed = [asked for _, asked in known.values()]
        where = np.flatnonzero(np.logical_or.reduce(needed)) if needed else np.array([], np.int64)
        for at in range(0, len(where), TEXTS):
            yield Progress(at, len(where))
            part = where[at : at + TEXTS]
            ids = [window.id_at(index) for index in part]
            texts = await store.list_texts(self._pool, ids)
            given = [texts.get(ident, ("", "")) for ident in ids]
            for digest, entries in missing.items():
                hits = await asyncio.to_thread(find_words, entries, given)
                found, asked = known[digest]
                found[part] = np.where(asked[part], hits, found[part])
        for digest, (found, _) in known.items():
            window.note(digest, found)
        if len(where):
            yield Progress(len(where), len(where))

    async def _examples(self, window: Window, reckoned: Reckoned) -> list[Example]:
        ids = [window.id_at(index) for _, index in reckoned.shown]
        texts = await store.list_texts(self._pool, ids)
        return [
            _example(kind, ident, index, texts[ident], window, reckoned)
            for (kind, index), ident in zip(reckoned.shown, ids, strict=True)
            if ident in texts
        ]


def _known(window: Window, digest: int) -> tuple[Flags, Flags]:
    """What the rows say of a list themselves, and which rows don't."""
    rows = window.rows
    found = np.zeros(len(rows), np.bool_)
    asked = np.ones(len(rows), np.bool_)
    for field, check in (("banned", "banned_word"), ("suspect", "suspect_word")):
        same = rows[field] == digest
        found |= same & ((rows["fired"] & np.uint32(BIT[check])) != 0)
        asked &= ~same
    return found, asked


def _words(window: Window, policy: Policy) -> WordsFound:
    none = np.zeros(len(window.rows), np.bool_)

    def of(entries: list[str]) -> Flags:
        digest = words_digest(tuple(entries))
        if digest in window.found:
            return window.found[digest]
        return none if digest == NO_WORDS else _known(window, digest)[0]

    return WordsFound(of(policy.banned_words), of(policy.suspect_words))


def _reckon(window: Window, proposed: Policy, in_force: Policy) -> Reckoned:
    found = effects(window.rows, proposed, _words(window, proposed))
    would = verdicts(found)
    now = verdicts(effects(window.rows, in_force, _words(window, in_force)))
    kinds: list[tuple[ExampleKind, NDArray[np.bool_]]] = [
        ("published_by_people", (window.decided == PUBLISHED) & (would != PUBLISH)),
        ("refused_by_people", (window.decided == REFUSED) & (would == PUBLISH)),
        ("now_held", (would == HOLD) & (now != HOLD)),
        ("now_spam", (would == SPAM) & (now != SPAM)),
        ("now_published", (would == PUBLISH) & (now != PUBLISH)),
    ]
    shown = [
        (kind, int(index)) for kind, mask in kinds for index in np.flatnonzero(mask)[:EXAMPLES]
    ]
    return Reckoned(would, now, found, shown)


def _outcomes(levels: Levels) -> Outcomes:
    published, held, spam = np.bincount(levels, minlength=3).tolist()
    return Outcomes(published=published, held=held, spam=spam)


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))


def _answer(
    window: Window, reckoned: Reckoned, examples: list[Example], seconds: float
) -> Simulation:
    would, decided = reckoned.would, window.decided
    published, refused = decided == PUBLISHED, decided == REFUSED
    let = would == PUBLISH
    return Simulation(
        comments=len(would),
        would=_outcomes(would),
        now=_outcomes(reckoned.now),
        against=ByPeople(_count(published & ~let), _count(refused & let)),
        agree=ByPeople(_count(published & let), _count(refused & ~let)),
        unknown=_count(decided == UNDECIDED),
        changed=_count(would != reckoned.now),
        examples=examples,
        truncated=window.truncated,
        seconds=round(seconds, 4),
    )


def _example(
    kind: ExampleKind,
    ident: UUID,
    index: int,
    text: tuple[str, str],
    window: Window,
    reckoned: Reckoned,
) -> Example:
    author, body = text
    checks = []
    for check, levels in reckoned.found.items():
        if levels[index]:
            score = None
            if check in LABELS:
                score = round(float(window.rows["scores"][index, LABELS.index(check)]), 4)
            checks.append(ExampleCheck(check, EFFECTS[levels[index]], score))
    return Example(
        kind=kind,
        comment_id=ident,
        author=author,
        excerpt=body if len(body) <= EXCERPT else body[: EXCERPT - 1] + "…",
        would=VERDICTS[reckoned.would[index]],
        now=VERDICTS[reckoned.now[index]],
        decided=SAID[window.decided[index]],
        checks=sorted(checks, key=lambda one: (one.verdict != "spam", -(one.score or 1))),
    )
