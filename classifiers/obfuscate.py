"""Ways in which writers disguise a word, to measure how much of what was caught is still caught.

Independent of what the model folds (`lookalikes.json`) and learns: look-alikes come from Unicode's
confusables by way of PyPI `confusable-homoglyphs` (optional: the extra `evaluate`) and from the
letter names in Python's own Unicode database. Deterministic for a given `Random`.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random

Rule = Callable[[str, Random], str]
Table = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Attack:
    """A named way to rewrite one word; `unicode` where it leaves ASCII and keeps every letter."""

    name: str
    rule: Rule
    unicode: bool


# Alphabets by the names of their letters; the group is the Latin letter that a reader sees.
_ALPHABETS = {
    "mathematical letters": r"MATHEMATICAL .*(?:SMALL|CAPITAL) (?:DOTLESS )?([A-Z])",
    "full-width letters": r"FULLWIDTH LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])",
    "circled letters": r"(?:NEGATIVE )?CIRCLED LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])",
    "squared letters": r"(?:NEGATIVE )?SQUARED LATIN CAPITAL LETTER ([A-Z])",
    "parenthesized letters": r"PARENTHESIZED LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])",
    "regional indicators": r"REGIONAL INDICATOR SYMBOL LETTER ([A-Z])",
    "small capitals": r"LATIN LETTER SMALL CAPITAL ([A-Z])",
    "raised letters": r"(?:MODIFIER LETTER|SUPERSCRIPT LATIN) (?:SMALL|CAPITAL)"
    r"(?: LETTER)? ([A-Z])",
    "lowered letters": r"LATIN SUBSCRIPT SMALL LETTER ([A-Z])",
    "turned letters": r"LATIN SMALL LETTER TURNED ([A-Z])",
    "accented letters": r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH (?:GRAVE|ACUTE|CIRCUMFLEX"
    r"|TILDE|DIAERESIS|DOT ABOVE|DOT BELOW|CARON|MACRON|CEDILLA|OGONEK|BREVE)",
    "hooked and barred letters": r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH (?:STROKE|HOOK|TAIL"
    r"|CURL|BELT|MIDDLE TILDE|PALATAL HOOK|RETROFLEX HOOK|SWASH TAIL|BAR|LEFT HOOK|CROSSED-TAIL)",
}
_SCRIPTS = ("CYRILLIC", "GREEK", "CHEROKEE", "LISU", "COPTIC", "DESERET", "ARMENIAN")
_INVISIBLE = {
    "zero-width characters": "\u200b\u200c\u200d\u2060\ufeff",
    "soft hyphens": "\u00ad",
    "variation selectors": "\ufe00\ufe0e\ufe0f\U000e0100",
    "tag characters": "\U000e0020\U000e0061\U000e007f",
    "direction marks": "\u200e\u200f\u202a\u202c\u202d\u2066\u2068\u2069\u061c",
    "fillers": "\u034f\u3164\u115f\u2063\u180e",
}
_MARKS = {
    "combining accents": ("\u0300\u0301\u0302\u0303\u0307\u0308\u030c\u0323\u0327\u0331", 1, 1),
    "struck through": ("\u0334\u0335\u0336\u0337\u0338", 1, 1),
    "enclosed": ("\u20dd\u20de\u20e3", 1, 1),
    "zalgo": ("".join(map(chr, range(0x300, 0x370))), 4, 12),
}
_SEPARATORS = {
    "spaced out": " ",
    "dotted": ".",
    "dashed": "-",
    "underscored": "_",
    "slashed": "/",
    "starred": "*",
}
_LEET = {
    "a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1", "o": "0", "s": "5$", "t": "7",
}  # fmt: skip
_VOWELS = "aeiouy"


@cache
def alphabet(family: str) -> Table:
    """Answer the letters of one of the named alphabets by the Latin letter that they imitate."""
    name = re.compile(_ALPHABETS[family])
    found: dict[str, tuple[str, ...]] = {}
    for code in range(0x80, sys.maxunicode + 1):
        match = name.fullmatch(unicodedata.name(chr(code), ""))
        if match:
            found[match[1].lower()] = (*found.get(match[1].lower(), ()), chr(code))
    return found


@cache
def confusables(script: str | None = None) -> Table:
    """Answer Unicode's look-alikes of each Latin letter, of one script or all.

    Raises ImportError where `confusable-homoglyphs` is not installed.
    """
    from confusable_homoglyphs import confusables as unicode  # noqa: PLC0415 - an optional extra

    table: Table = {}
    for letter in "abcdefghijklmnopqrstuvwxyz":
        pairs = unicode.is_confusable(letter, greedy=True) or []
        capitals = unicode.is_confusable(letter.upper(), greedy=True) or []
        twins = [twin["c"] for one in [*pairs, *capitals] for twin in one["homoglyphs"]]
        kept = tuple(
            twin
            for twin in dict.fromkeys(twins)
            if len(twin) == 1
            and twin.isalpha()
            and not twin.isascii()
            and (script is None or unicodedata.name(twin, "").startswith(script))
        )
        if kept:
            table[letter] = kept
    return table


def _swap(word: str, random: Random, table: Callable[[], Table], share: float) -> str:
    """Swap a share of the letters that have a twin, at least one."""
    twins = table()
    places = [at for at, letter in enumerate(word) if letter.lower() in twins]
    chosen = set(random.sample(places, max(1, round(share * len(places))))) if places else set()
    return "".join(
        random.choice(twins[letter.lower()]) if at in chosen else letter
        for at, letter in enumerate(word)
    )


def _between(word: str, random: Random, signs: str) -> str:
    return "".join(f"{letter}{random.choice(signs)}" for letter in word[:-1]) + word[-1:]


def _once_between(word: str, random: Random, signs: str) -> str:
    if len(word) < 2:  # noqa: PLR2004 - nothing lies between the letters of one letter
        return word
    at = random.randrange(1, len(word))
    return f"{word[:at]}{random.choice(signs)}{word[at:]}"


def _marked(word: str, random: Random, marks: str, least: int, most: int) -> str:
    return "".join(
        letter + "".join(random.choices(marks, k=random.randint(least, most))) for letter in word
    )


def _leet(word: str, random: Random, share: float) -> str:
    table = {letter: tuple(signs) for letter, signs in _LEET.items()}
    return _swap(word, random, lambda: table, share)


def _mask(word: str, random: Random, signs: str) -> str:
    """Hide one inner vowel, or one inner letter where there is none."""
    inner = range(1, len(word) - 1)
    places = [at for at in inner if word[at].lower() in _VOWELS] or list(inner)
    if not places:
        return word
    at = random.choice(places)
    return f"{word[:at]}{random.choice(signs)}{word[at + 1 :]}"


def _mask_inner(word: str, random: Random) -> str:
    """Leave the ends of a short word and the first two and last letters of a long one."""
    del random
    head = 1 if len(word) <= 5 else 2  # noqa: PLR2004 - "f**k", but "re***d": as writers do
    return (
        word[:head] + "*" * max(0, len(word) - head - 1) + word[-1:] if len(word) > head else word
    )


def _stretch(word: str, random: Random, letters: Sequence[int]) -> str:
    """Repeat one letter (`letters` says how often), preferring a vowel."""
    if not word:
        return word
    places = [at for at, letter in enumerate(word) if letter.lower() in _VOWELS]
    at = random.choice(places or range(len(word)))
    return word[:at] + word[at] * random.choice(letters) + word[at + 1 :]


def _stretch_all(word: str, random: Random) -> str:
    return "".join(letter * random.randint(3, 5) for letter in word)


def _transpose(word: str, random: Random) -> str:
    """Swap two different neighbours, not the first letter where the word is long enough."""
    begin = 1 if len(word) > 3 else 0  # noqa: PLR2004 - three letters have one inner letter
    places = [at for at in range(begin, len(word) - 1) if word[at].lower() != word[at + 1].lower()]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def attacks() -> list[Attack]:
    """List every attack; those that need `confusable-homoglyphs` only where it is installed."""
    encoded: dict[str, Rule] = {
        name: partial(_swap, table=partial(alphabet, name), share=1.0) for name in _ALPHABETS
    }
    if has_confusables():
        for script in _SCRIPTS:
            table = partial(confusables, script)
            encoded[f"{script.title()} look-alikes"] = partial(_swap, table=table, share=1.0)
        for name, share in (("one", 0.0), ("half", 0.5), ("all", 1.0)):
            encoded[f"{name} confusable"] = partial(_swap, table=confusables, share=share)
    encoded |= {name: partial(_between, signs=signs) for name, signs in _INVISIBLE.items()}
    encoded |= {
        name: partial(_marked, marks=marks, least=least, most=most)
        for name, (marks, least, most) in _MARKS.items()
    }
    encoded["thin spaces"] = partial(_between, signs="\u2009\u200a\u202f\u00a0")
    spelt: dict[str, Rule] = {
        name: partial(_between, signs=sign) for name, sign in _SEPARATORS.items()
    }
    spelt |= {
        "broken once": partial(_once_between, signs=".-_*/"),
        "leet, one sign": partial(_leet, share=0.0),
        "leet, every sign": partial(_leet, share=1.0),
        "one letter masked": partial(_mask, signs="*#@!$%-_."),
        "inner letters masked": _mask_inner,
        "one letter stretched": partial(_stretch, letters=(3, 4, 6)),
        "every letter stretched": _stretch_all,
        "neighbours swapped": _transpose,
    }
    return [Attack(name, rule, unicode=True) for name, rule in encoded.items()] + [
        Attack(name, rule, unicode=False) for name, rule in spelt.items()
    ]


def has_confusables() -> bool:
    """Whether Unicode's table of confusables is at hand."""
    try:
        confusables()
    except ImportError:
        return False
    return True


def rewrite(text: str, spans: Sequence[tuple[int, int]], rule: Rule, random: Random) -> str:
    """Apply a rule to every run of letters inside the spans (offsets in the text)."""
    for begin, end in sorted(set(spans), reverse=True):
        text = text[:begin] + _runs(text[begin:end], rule, random) + text[end:]
    return text


def _runs(part: str, rule: Rule, random: Random) -> str:
    done: list[str] = []
    run = ""
    for letter in [*part, ""]:
        if letter.isalpha():
            run += letter
            continue
        done.append(rule(run, random) if run else "")
        done.append(letter)
        run = ""
    return "".join(done)
