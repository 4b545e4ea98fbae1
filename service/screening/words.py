"""Word lists: whole words, whichever way they are disguised.

Entries and text are folded alike (look-alikes, accents, case), so an entry matches its
disguises and nothing longer: "cialis" isn't in "specialist". `*` stands for any letters of
the same word. Scripts written without spaces have no whole words: there, an entry matches
anywhere.
"""

import functools
import re
import unicodedata

import msgspec

from classifiers import fold, fold_map

# CJK, Thai, Lao, Khmer, Myanmar, kana: no spaces between words.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Hit(msgspec.Struct, frozen=True):
    """One word found. Offsets are code points of the original text."""

    entry: str
    begin: int
    end: int


class WordList:
    """A compiled list. Immutable; `of` keeps the last few."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        """Entries as moderators write them, folded here; blank ones are dropped."""
        self._plain: dict[str, str] = {}
        patterns: list[tuple[str, str]] = []
        for entry in entries:
            folded = fold(unicodedata.normalize("NFC", entry)).strip()
            if folded.replace("*", "").strip() == "":
                continue
            if re.fullmatch(r"\w+", folded) and not UNSPACED.search(folded):
                self._plain[folded] = entry
            else:
                patterns.append((entry, _pattern(folded)))
        self._entries = [entry for entry, _ in patterns]
        # One expression with a group an entry; words themselves go through a dictionary.
        self._patterns = [re.compile(pattern) for _, pattern in patterns]

    @staticmethod
    @functools.lru_cache(maxsize=64)
    def of(entries: tuple[str, ...]) -> "WordList":
        """The compiled list of these entries."""
        return WordList(entries)

    def find(self, text: str) -> list[Hit]:
        """Every entry found, in the order of the text."""
        folded, origin = fold_map(text)
        hits = [
            _hit(self._plain[match[0]], match, origin, text)
            for match in re.finditer(r"\w+", folded)
            if match[0] in self._plain
        ]
        for entry, pattern in zip(self._entries, self._patterns, strict=True):
            hits += [_hit(entry, match, origin, text) for match in pattern.finditer(folded)]
        return sorted(hits, key=lambda hit: hit.begin)


def _pattern(folded: str) -> str:
    # A star stands for a bounded run, or several of them would make the search super-linear.
    core = r"\w{0,40}".join(re.escape(part) for part in re.split(r"\*+", folded))
    core = core.replace(r"\ ", r"\s+")
    return core if UNSPACED.search(folded) else rf"(?<!\w){core}(?!\w)"


def _hit(entry: str, match: "re.Match[str]", origin: list[int], text: str) -> Hit:
    begin, end = match.span()
    last = origin[end] if end < len(origin) else len(text)
    return Hit(entry, origin[begin], max(last, origin[end - 1] + 1))
