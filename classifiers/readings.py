"""What a disguised word may say: the insults that it is one step from, or that its signs mask.

Nothing here knows which words are abusive: a model names them, and how strongly each speaks for
abuse. It asks only for words that it has never met. Ordinary words and names that happen to lie one
step from an insult stay themselves.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import add
from string import ascii_lowercase

# Which letters a sign within a word may stand for; `*` and its like stand for any.
_SIGNS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b",
    "9": "g", "@": "a", "$": "s", "!": "il", "|": "il", "+": "t",
    "*": ascii_lowercase, "#": ascii_lowercase, "%": ascii_lowercase, "&": ascii_lowercase,
}  # fmt: skip
# What letters are taken for that look like them, once folded: Greek nu is a v, a drawn n a u.
_TWINS = {"i": "l", "l": "i", "n": "vum", "u": "vy", "y": "uv", "v": "nu"}
_SHORTEST, _LONGEST = 3, 16
# A road, a paper size, an aircraft: A55, SH17.
_CODE = re.compile(r"[a-z]{1,2}\d+")
# Without a sign in it, a short form is a name or an abbreviation, unless it is near one of the
# worst words.
_SHORT, _WORST = 4, 100.0
_RUN = re.compile(r"(.)\1+")
_MASKED = re.compile(r"--|__|(.)\1{2,}")
_MASKING = frozenset(".-_/^~:?")
_BROKEN = re.compile(r"\w[-._/^~:?*|+]{1,32}\w")
_PIECE = 15
_UNCOVERED = 3
# Words and names that are one step from an insult: found by trying a dictionary of English.
ORDINARY = frozenset((
    "amal", "amus", "anai", "annal", "annals", "annus", "ares", "assess", "assis", "baals", "bagg",
    "bails", "balis", "barin", "baug", "blub", "bobbies", "bobs", "boer", "boers", "brian",
    "buffon", "carp", "carps", "cnut", "damm", "dammed", "damu", "dimm", "duke", "dukes", "dyck",
    "fagg", "foll", "fols", "frat", "gant", "gmat", "goog", "grandams", "guat", "gust", "guttles",
    "hagard", "hatting", "heli", "hoer", "hose", "hume", "inbreed", "ings", "kili", "klil", "kuntz",
    "lair", "lairs", "lech", "lira", "liras", "manvers", "mazi", "migs", "muts", "nagina", "nica",
    "nigel", "niger", "nile", "nobs", "obot", "omron", "pigg", "pitty", "popo", "popp", "pron",
    "rapped", "rappee", "rase", "salve", "salves", "scarp", "scarps", "shiite", "shiites", "shone",
    "shutt", "slane", "slily", "snooty", "splc", "stuf", "tich", "trad", "vasty", "verdy", "ville",
    "warth", "whinney", "whinny",
))  # fmt: skip


class Disguises:
    """The words that people disguise, found again in what they write instead.

    What letters alone can do to a word is written down beforehand; where signs stand, the words
    that fit are looked up by the rarest of the letters. No form costs more than a few look-ups.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Take the words, lower case ASCII letters, and how strongly each speaks for abuse."""
        self._weights = weights
        self._turned: dict[str, str] = {}
        self._evened: dict[str, str] = {}
        self._places: dict[tuple[int, int, str], list[str]] = {}
        for word in sorted(weights, key=lambda word: (-weights[word], word)):
            self._evened.setdefault(_even(word), word)
            for form in _turned(word):
                self._turned.setdefault(form, word)
            for at, letter in enumerate(word):
                self._places.setdefault((len(word), at, letter), []).append(word)

    def meant(self, form: str) -> str | None:
        """Answer the worst word that a folded form may be a disguise of, if any.

        Signs and digits for letters, letters masked, letters doubled or no longer, neighbours
        swapped, and letters that look alike.
        """
        if not _SHORTEST <= len(form) <= _LONGEST or not form.isascii():
            return None
        if form.isalpha():
            return self._worst(self._near(form))
        # A sign may be there for nothing.
        bare = "".join(filter(str.isalpha, form))
        if not bare or _CODE.fullmatch(form):
            return None
        found = self._fitting([_SIGNS.get(sign, sign) for sign in form])
        return self._worst([*found, *self._near(bare), bare])

    def any_joined(self, forms: Sequence[str]) -> bool:
        """Whether any two neighbours are together a word that is disguised."""
        return not self._weights.keys().isdisjoint(map(add, forms, forms[1:]))

    def joined(self, left: str, right: str, between: str) -> str | None:
        """Answer what two neighbouring words may be together: one broken once, or masked.

        `between` is what stands between them; a blank breaks a word, signs may also be letters.
        """
        whole = left + right
        if not whole.isascii() or len(whole) > _LONGEST:
            return None
        if between == " ":
            return self._worst([whole])
        # One letter either side of a sign is an abbreviation: c/o, J/W, F-G.
        if not _MASKING.issuperset(between):
            return None
        if len(whole) < _SHORTEST and not _MASKED.fullmatch(between):
            return None
        found = self._fitting([*left, *[ascii_lowercase] * len(between), *right])
        return self._worst([*found, whole] if len(between) == 1 else found)

    def _worst(self, found: Sequence[str]) -> str | None:
        known = [word for word in found if word in self._weights]
        return max(known, key=self._weights.__getitem__, default=None)

    def _fitting(self, letters: Sequence[str]) -> list[str]:
        """Answer the words of which each letter is among those given for its place."""
        size = len(letters)
        rarest: list[list[str]] = []
        fewest = len(self._weights) + 1
        for at, choice in enumerate(letters):
            if choice is not ascii_lowercase:
                lists = [self._places.get((size, at, letter), []) for letter in choice]
                count = sum(map(len, lists))
                if count < fewest:
                    rarest, fewest = lists, count
        return [
            word for words in rarest for word in words if all(map(str.__contains__, letters, word))
        ]

    def _near(self, form: str) -> list[str]:
        """Answer the words that letters alone disguise."""
        if len(form) < _SHORT or form in ORDINARY:
            return []
        least = _WORST if len(form) == _SHORT else 0.0
        found = self._turned.get(form), self._evened.get(_even(form))
        return [word for word in found if word is not None and self._weights[word] >= least]


def _even(form: str) -> str:
    """Answer the form with every run of a letter as one."""
    return _RUN.sub(r"\1", form)


def _turned(word: str) -> Iterator[str]:
    """Answer a word with two neighbours swapped, or a letter as another that looks like it."""
    for at in range(len(word) - 1):
        if word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at, letter in enumerate(word):
        for twin in _TWINS.get(letter, ""):
            yield word[:at] + twin + word[at + 1 :]


def unsigned(form: str) -> str:
    """Answer a form with its signs and digits as the letters that they look like most.

    What masks a letter looks like none, and stays.
    """
    choices = ((sign, _SIGNS.get(sign, sign)) for sign in form)
    return "".join(sign if letters is ascii_lowercase else letters[0] for sign, letters in choices)


def may_be_broken(folded: str) -> bool:
    """Whether signs stand between letters, as they do where a word was broken or masked."""
    return _BROKEN.search(folded) is not None


def split(run: str, known: Callable[[str], bool]) -> list[str]:
    """Answer the known words that letters in a row spell, as few as possible; none if none do.

    Words of one letter count as three, so that not everything is a sentence; a stretch that no
    known word covers is left out. Dynamic programming over the ends: 15 look-ups a letter.
    """
    best: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for end in range(1, len(run) + 1):
        cost, pieces = best[-1]
        choice = (cost + _UNCOVERED, pieces)
        for begin in range(max(0, end - _PIECE), end):
            piece = run[begin:end]
            spent = best[begin][0] + (1 if len(piece) > 1 else _UNCOVERED)
            if spent < choice[0] and known(piece):
                choice = (spent, (*best[begin][1], piece))
        best.append(choice)
    return list(best[-1][1])
