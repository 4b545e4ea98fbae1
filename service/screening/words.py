"""Word lists: whole words, whichever way they are disguised.

Entries and text are folded alike (look-alikes, accents, case), so an entry matches its
disguises and nothing longer: "cialis" isn't in "specialist". `*` stands for any letters of
the same word. Scripts written without spaces have no whole words: there, an entry matches
anywhere.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from classifiers import fold, fold_map

# CJK, Thai, Lao, Khmer, Myanmar, kana: no spaces between words.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
WORD = re.compile(r"\w+")


class Hit(msgspec.Struct, frozen=True):
    """One word found. Offsets are code points of the original text."""

    entry: str
    begin: int
    end: int


class Folding(NamedTuple):
    """One spelling for what looks the same, and the same with the offsets it came from."""

    fold: Callable[[str], str]
    fold_map: Callable[[str], tuple[str, list[int]]]


LATIN = Folding(fold, fold_map)


class WordList:
    """A compiled list. Immutable; `of` keeps the last few."""

    def __init__(self, entries: tuple[str, ...], folding: Folding = LATIN) -> None:
        """Entries as moderators write them, folded here; blank ones are dropped."""
        self._folding = folding
        # A search costs the same whether a list is short or long: what can be found by its first
        # word is; only the rest is looked for one by one.
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._phrases: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        for entry in entries:
            folded = folding.fold(unicodedata.normalize("NFC", entry)).strip()
            if folded.replace("*", "").strip() != "":
                self._add(entry, folded)
        self._lengths = sorted({len(stem) for stem in self._stems})

    def _add(self, entry: str, folded: str) -> None:
        first = WORD.match(folded)
        rest = folded[first.end() :] if first else folded
        if first is None or UNSPACED.search(folded) or re.match(r"\*+[^*]", rest):
            self._patterns.append((entry, _pattern(folded)))
        elif not rest:
            self._words.setdefault(folded, entry)
        elif not rest.strip("*"):
            self._stems.setdefault(first[0], entry)
        else:
            self._phrases.setdefault(first[0], []).append((entry, _pattern(folded)))

    @staticmethod
    @functools.lru_cache(maxsize=64)
    def of(entries: tuple[str, ...], folding: Folding = LATIN) -> "WordList":
        """The compiled list of these entries."""
        return WordList(entries, folding)

    def find(self, text: str) -> list[Hit]:
        """Every entry found, in the order of the text."""
        found = self._find(self._folding.fold(text))
        if not found:
            return []
        origin = self._folding.fold_map(text)[1]
        return [
            _hit(entry, begin, end, origin, text)
            for begin, end, entry in sorted(found, key=lambda hit: hit[0])
        ]

    def matches(self, text: str) -> bool:
        """Whether any entry is found: where it stands costs most of finding it."""
        return bool(self._find(self._folding.fold(text)))

    def _find(self, folded: str) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        for match in WORD.finditer(folded):
            word = match[0]
            if entry := self._words.get(word) or self._stem_of(word):
                found.append((*match.span(), entry))
            for phrase, pattern in self._phrases.get(word, ()):
                if whole := pattern.match(folded, match.start()):
                    found.append((*whole.span(), phrase))
        for entry, pattern in self._patterns:
            found += [(*match.span(), entry) for match in pattern.finditer(folded)]
        return found

    def _stem_of(self, word: str) -> str | None:
        for length in self._lengths:
            if length > len(word):
                break
            if entry := self._stems.get(word[:length]):
                return entry
        return None


def _pattern(folded: str) -> re.Pattern[str]:
    # A star stands for a bounded run, or several of them would make the search super-linear.
    core = r"\w{0,40}".join(re.escape(part) for part in re.split(r"\*+", folded))
    core = core.replace(r"\ ", r"\s+")
    return re.compile(core if UNSPACED.search(folded) else rf"(?<!\w){core}(?!\w)")


def _hit(entry: str, begin: int, end: int, origin: list[int], text: str) -> Hit:
    last = origin[end] if end < len(origin) else len(text)
    return Hit(entry, origin[begin], max(last, origin[end - 1] + 1))
