"""The sentences of a comment, as one of them may be an insult among much that is none."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.words import Word, plain_runs, words

# How much the worst sentence says beside the whole comment. On held-out rows of the training sets
# news comments are ranked best at 0.3, talk pages the better the more it says.
WORST = 0.4
# Shorter ones go with what follows: "Mr. Smith", "no. 5", "e.g.", "Wow!"
_SHORTEST = 15
# Words read of one text; with what hides in them half of what is remembered.
READ = 16_000
# From the first mark of a run on, and never back: a run of ten thousand is read once.
_END = re.compile(
    r"[.!?\u2026\u3002](?<![.!?\u2026\u3002]{2})[.!?\u2026\u3002]*+[\"')\]]*+(?:\s++|(?<=\u3002))"
)


def sentence_ends(folded: str) -> list[int]:
    """Answer where each sentence of a folded text ends, the last at its end: one at least.

    None is shorter than 15 characters, unless the text is.
    """
    ends = []
    begin = 0
    last = len(folded) - _SHORTEST
    for match in _END.finditer(folded):
        end = match.end()
        if end > last:
            break
        if end - begin >= _SHORTEST:
            ends.append(end)
            begin = end
    return [*ends, len(folded)]


def sentences(folded: str) -> list[str]:
    """Answer the sentences themselves."""
    ends = sentence_ends(folded)
    return [folded[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@dataclass(slots=True)
class Read:
    """A text as the model reads it: its words, those that were spelt out or broken, their sums.

    `guessed` are forms that are nowhere written: English words, which say nothing in German.
    `forms` are the words in order, `pairs` the features of each of them and its next, -1 where
    there is none. `vectors` (forms, columns + 1) has a row for each distinct word, which `rows`
    names, and last how many keys it has. `located` are the words and where they stand, None until
    that is asked for: most scores do without.
    """

    folded: str
    located: list[Word] | None
    mended: list[Word]
    guessed: set[str]
    forms: list[str]
    pairs: list[int]
    rows: dict[str, int]
    vectors: npt.NDArray[np.float32]
    sums: npt.NDArray[Any]
    scale: float

    def found(self) -> list[Word]:
        """Answer the words and where they stand."""
        if self.located is None:
            self.located = words(self.folded)
        return self.located

    def upto(self, ends: Sequence[int]) -> Iterator[int]:
        """Yield how many words begin before each of these ends of sentences."""
        if self.located is not None:
            begins = [word.begin for word in self.located]
            yield from (bisect_left(begins, end) for end in ends)
            return
        count = begin = 0
        for end in ends:
            count += len(plain_runs(self.folded[begin:end]))
            yield count
            begin = end


class Sentence(NamedTuple):
    """Where a sentence stands in the fold, what its words add to a column, its row's factor."""

    begin: int
    end: int
    added: float
    scale: float


class Worst:
    """Looks for the sentence of a text that says most for a column."""

    def __init__(self, matrix: npt.NDArray[np.float32], scale: Callable[[float], float]) -> None:
        """`matrix` is what each feature weighs, `scale` the factor of a row by its keys."""
        self._matrix = matrix
        self._scale = scale

    def find(self, read: Read, column: int) -> Sentence | None:
        """Answer it, each taken as a text of its own; None where there is but one."""
        ends = sentence_ends(read.folded)
        if len(ends) == 1:
            return None
        rows = list(map(read.rows.__getitem__, read.forms))
        added: list[float] = read.vectors[:, column].tolist()
        grams: list[float] = read.vectors[:, -1].tolist()
        known = self._matrix[:, column]  # its last row is nobody's, and says nothing
        best = None
        begin = first = 0
        for end, last in zip(ends, read.upto(ends), strict=True):
            own = dict.fromkeys(rows[first:last])
            for word in read.mended:
                if begin <= word.begin < end:
                    own[read.rows[word.form]] = None
            both = dict.fromkeys(read.pairs[first : max(last - 1, first)])
            scale = self._scale(sum(map(grams.__getitem__, own)))
            said = scale * (sum(map(added.__getitem__, own)) + sum(map(known.item, both)))
            if best is None or said > best.added:
                best = Sentence(begin, end, said, scale)
            begin, first = end, last
        return best

    def weigh(self, read: Read, sentence: Sentence, column: int) -> npt.NDArray[np.float64]:
        """Answer what each of `found()` and `mended` adds there: to `added`, all together."""
        found = read.found()
        whole = (*found, *read.mended)
        inside = [word for word in whole if sentence.begin <= word.begin < sentence.end]
        said = {word.form: float(read.vectors[read.rows[word.form], column]) for word in inside}
        for (left, right), row in {
            (left.form, right.form): row
            for (left, right), row in zip(pairwise(found), read.pairs, strict=False)
            if sentence.begin <= left.begin and right.begin < sentence.end
        }.items():
            half = float(self._matrix[row, column]) / 2
            said[left] += half
            said[right] += half
        # A word that stands in several places is in the row once: they share its weight.
        counts = Counter(word.form for word in inside)
        return np.array(
            [
                said[word.form] * sentence.scale / counts[word.form]
                if sentence.begin <= word.begin < sentence.end
                else 0.0
                for word in whole
            ]
        )
