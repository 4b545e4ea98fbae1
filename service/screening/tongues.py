"""The packaged word lists: which are asked about a text, and which of their words count.

A listed word is a bad judge ("specialist", "jajko", "ass") where the classifier is a good one,
and better than nothing where it has learnt nothing. So a hit counts in the text's own language
(or script) only, and not where the word is an ordinary one too.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

import msgspec

from classifiers import fold
from service.screening.words import LATIN, Folding, WordList

LISTS = ("de", "en", "es", "fr", "pl", "pt", "ru", "tr")
NEIGHBOURS = {"ca": "es"}  # spoken beside it, cursed in alike, and taken for it
FEW_LETTERS = 20  # below, a language is a guess
DOTLESS = "\u0131"  # the Turkish i that is a letter of its own
SHORT_WORD = 4  # letters; without its accents such a word is another: coño and cono, göt and got

_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LETTERS = re.compile(r"[^\W\d_]")
# Letters and digits that pass for Cyrillic ones within a word, spellings of one letter, and what is
# not seen at all: stress marks, zero-width characters, soft hyphens.
_TWINS = str.maketrans("aceopxykmthbuinzdwё3й046", "асеорхукмтнвиипздшезиочб") | dict.fromkeys(
    (*range(0x300, 0x370), 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2060, 0x2070), 0xFEFF)
)


class Listed(msgspec.Struct, frozen=True):
    """A listed word in a text. `hint`: it tells a moderator something and holds nothing."""

    word: str
    language: str
    begin: int
    end: int
    grounded: bool
    hint: bool


class Notes(msgspec.Struct, frozen=True):
    """What we say of the lists; see `lists/README.md`."""

    ordinary: dict[str, list[str]]
    forms: dict[str, list[str]]


def find(text: str, language: str, *, grounded: bool) -> list[Listed]:
    """Every listed word, those that count first. `grounded`: the scores know the language."""
    found = []
    for code, (known, own) in _asked(text, language, grounded=grounded).items():
        words, ordinary = _list(code)
        for hit in words.find(text):
            if _as_written(hit.entry, text[hit.begin : hit.end], code):
                hint = not own or hit.entry.lower() in ordinary
                found.append(Listed(hit.entry, code, hit.begin, hit.end, known, hint))
    return sorted(found, key=lambda word: (word.hint, word.begin))


def _asked(text: str, language: str, *, grounded: bool) -> dict[str, tuple[bool, bool]]:
    """Each list that is asked: whether the classifier knows better, and whether it is the text's.

    By script for Cyrillic: Ukrainian, Bulgarian and Russian are easily taken for each other, and
    a Russian word in an English text is one that the score doesn't know.
    """
    asked: dict[str, tuple[bool, bool]] = {}
    if not text.isascii() and _CYRILLIC.search(text):
        asked["ru"] = (grounded and language == "ru", True)
    code = NEIGHBOURS.get(language, language)
    if code in LISTS and code != "ru":
        asked[code] = (grounded, True)
    if not asked.keys() - {"en"} and len(text) <= 2 * FEW_LETTERS and _is_short(text):
        asked = {other: (grounded, False) for other in LISTS if other != "ru"} | asked
    return asked


def _is_short(text: str) -> bool:
    return 0 < len(_LETTERS.findall(text)) < FEW_LETTERS


@cache
def _notes() -> Notes:
    folder = files("service.screening").joinpath("lists")
    return msgspec.json.decode(folder.joinpath("notes.json").read_bytes(), type=Notes)


@cache
def _list(code: str) -> tuple[WordList, frozenset[str]]:
    """A compiled list and the entries of it that are ordinary words."""
    text = files("service.screening").joinpath("lists", f"{code}.txt").read_text("utf-8")
    entries = (*text.splitlines(), *_notes().forms.get(code, ()))
    folding = CYRILLIC if code == "ru" else LATIN
    return WordList(entries, folding), frozenset(_notes().ordinary.get(code, ()))


def preload() -> None:
    """Read and compile every list: no reader should wait for that."""
    for code in LISTS:
        _list(code)


def _as_written(entry: str, found: str, code: str) -> bool:
    """Whether marks that folding drops tell the word found from the listed one."""
    entry = unicodedata.normalize("NFC", entry.rstrip("*")).lower()
    found = unicodedata.normalize("NFC", found).lower()
    if code == "ru":  # a word in Latin letters alone is no Russian one in disguise
        return entry.isascii() or _CYRILLIC.search(found) is not None
    if code == "tr" and any(a == DOTLESS != b for a, b in zip(found, entry, strict=False)):
        return False  # "often" is a listed word but for the dots that many leave out, none puts in
    short = not entry.isascii() and len(fold(entry)) <= SHORT_WORD
    return not short or found.startswith(entry)


def _fold_cyrillic(text: str) -> str:
    return text.lower().translate(_TWINS)


def _map_cyrillic(text: str) -> tuple[str, list[int]]:
    spelt = [_fold_cyrillic(letter) for letter in text]
    return "".join(spelt), [at for at, parts in enumerate(spelt) for _ in parts]


CYRILLIC = Folding(_fold_cyrillic, _map_cyrillic)
