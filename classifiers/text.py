"""Text as the classifiers see it: one spelling for everything that looks the same.

Contract: every function takes any `str` (lone surrogates and NUL included), never raises, and works
in time linear in its length. The table of look-alikes is data (`lookalikes.json`, source inside).
"""

import json
import re
import unicodedata
from collections.abc import Callable
from importlib.resources import files

_TABLE: dict[str, dict[str, str]] = json.loads(
    files("classifiers").joinpath("lookalikes.json").read_text("utf-8")
)
_ALWAYS = _TABLE["always"]
_STRICT = _TABLE["mixed"]
_LOOSE = {**_TABLE["capital"], **_STRICT}

# Marks that decorate (Unicode blocks of combining diacritics), and the marks of other scripts that
# are the second half of a canonical composition: only these can change under NFC.
_DIACRITIC = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_COMPOSING = (
    "\u0653-\u0655\u093c\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6\u0d3e"
    "\u0d57\u0dca\u0dcf\u0ddf\u102e\u1b35\u3099\u309a\U000110ba\U00011127\U0001133e\U00011357"
    "\U000114b0\U000114ba\U000114bd\U000115af\U00011930"
)
_MARKS = re.compile(f"([^{_DIACRITIC}{_COMPOSING}]?)([{_DIACRITIC}{_COMPOSING}]+)", re.DOTALL)
_DECORATION = re.compile(f"[{_DIACRITIC}]+")
# A flag is two of these letters; more, or one alone, spell something.
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")
_BRACKETED = re.compile(r"\((\w)\)")
_JAMO = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\uac00-\ud7a3][\u11a8-\u11c2]")
_WORD = re.compile(r"[^\W_]+")
_FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f]")
_LATIN = re.compile("[a-z]")
_BLANK = re.compile(r"\s+")
_PLAIN = re.compile("[^ ]+")
# At the end of a small word a capital i is an l.
_TALL = re.compile(r"(?<=[a-z])I+(?![^\W_])")
_HIDDEN = frozenset("\u0345\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = (range(0xFE00, 0xFE10), range(0x180B, 0x1810), range(0xE0100, 0xE01F0))
# The alphabets that readers write in; a letter of another kind of Greek or Cyrillic is chosen for
# its looks.
_ORDINARY = re.compile("[\u0430-\u045f\u0491\u03ac-\u03ce\u0531-\u0587]")
# One character may stand for a whole phrase; spelt out, a page of them would be a book.
_MOST_SPELT = 4
# One foreign letter in so many may lack a twin.
_NEARLY = 4
# More marks than any orthography stacks on one letter; sorting longer runs is quadratic in CPython.
_STACK = 4
_SEEN_LIMIT = 20_000


def _is_hidden(letter: str, category: str) -> bool:
    """Whether a reader sees nothing: format, control and unassigned characters, selectors."""
    return (
        category[0] == "C"
        or letter in _HIDDEN
        or (category == "Mn" and any(ord(letter) in block for block in _SELECTORS))
    )


def _spell(letter: str) -> str:
    """Fold one character on its own; a fixed point: folding the answer again changes nothing."""
    category = unicodedata.category(letter)
    if letter.isspace() or _is_hidden(letter, category):
        return " " if letter.isspace() else ""
    if letter in _ALWAYS:
        return _ALWAYS[letter]
    parts = unicodedata.normalize("NFKD", letter)
    if parts == letter and category[0] != "M" and letter.casefold() == letter:
        return letter
    parts = unicodedata.normalize("NFKD", parts.casefold())
    parts = unicodedata.normalize("NFC", _MARKS.sub(_settle, parts))
    bracketed = _BRACKETED.fullmatch(parts)
    if bracketed:
        return bracketed[1]
    if parts == letter or len(parts) > _MOST_SPELT:
        return letter
    return "".join(_spell(part) for part in parts)


class _Spelling(dict[int, str]):
    """A table for `str.translate` that fills itself; bounded, as readers choose what is in it."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _SEEN_LIMIT:
            self.clear()
        self[code] = spelt = _spell(chr(code))
        return spelt


_SPELLING = _Spelling()


def _settle(match: re.Match[str]) -> str:
    """Drop decoration from Latin letters and symbols; compose what another script needs."""
    base, marks = match[1], match[2]
    if not base or not base.isalpha() or base < "\u0250":
        return base + _DECORATION.sub("", marks)[:_STACK]
    composed = unicodedata.normalize("NFC", base + marks[:_STACK])
    return composed[0] + _DECORATION.sub("", composed[1:])


def _unflag(match: re.Match[str]) -> str:
    letters = match[0]
    if len(letters) == 2:  # noqa: PLR2004 - a flag
        return letters
    return "".join(chr(ord(letter) - 0x1F1E6 + ord("a")) for letter in letters)


def _compose(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match[0])


def _unmixed(match: re.Match[str]) -> str:
    """Turn a word that mixes Latin with look-alikes into the Latin word that it imitates.

    Nearly all of its foreign letters have a Latin twin; or they are letters of no orthography.
    """
    word = match[0]
    if word.isascii():
        return word
    foreign = _FOREIGN.findall(word)
    twins = [letter for letter in foreign if _twin(letter, _LOOSE)]
    mixed = len(twins) * _NEARLY >= len(foreign) * (_NEARLY - 1) and (
        _LATIN.search(word) is not None or any(_ORDINARY.match(letter) is None for letter in twins)
    )
    return _latin(word) if mixed else word


def _is_latin(text: str) -> bool:
    """Whether a text is otherwise Latin, so that a word of twins alone is Latin in disguise.

    Where a foreign letter has no twin, Cyrillic or Greek stays itself.
    """
    return _LATIN.search(text) is not None and all(
        _twin(letter, _STRICT) for letter in _FOREIGN.findall(text)
    )


def _unmasked(match: re.Match[str]) -> str:
    word = match[0]
    return word if word.isascii() else _latin(word)


def _latin(word: str) -> str:
    return "".join(_twin(letter, _LOOSE) or letter for letter in word)


def _twin(letter: str, table: dict[str, str]) -> str | None:
    """Answer the Latin look-alike of a letter, its accents aside."""
    if letter.isascii():
        return None
    return table.get(letter) or table.get(unicodedata.normalize("NFD", letter)[0])


def _lowered(match: re.Match[str]) -> str:
    return "l" * len(match[0])


def fold(text: str) -> str:
    """Answer the text in the one spelling that the features are made from.

    NFKC by character, case folded, invisible characters removed, Latin letters without accents,
    look-alikes of Latin letters folded where a word is Latin in disguise, blanks collapsed.
    `fold(fold(text)) == fold(text)`.
    """
    if "I" in text:
        text = _TALL.sub(_lowered, text)
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    text = text.translate(_SPELLING)
    if not text.isascii():
        text = _FLAGS.sub(_unflag, _JAMO.sub(_compose, _MARKS.sub(_settle, text)))
        if _FOREIGN.search(text):
            text = _WORD.sub(_unmixed, text)
            if _is_latin(text):
                text = _WORD.sub(_unmasked, text)
    return " ".join(text.split())


def fold_map(text: str) -> tuple[str, list[int]]:
    """Answer `fold(text)` and, for each of its characters, the code point offset it came from."""
    if "I" in text:
        text = _TALL.sub(_lowered, text)
    if text.isascii() and text.isprintable():
        return _fold_plain(text)
    letters: list[str] = []
    offsets: list[int] = []
    for at, letter in enumerate(text):
        for part in _SPELLING[ord(letter)]:
            letters.append(part)
            offsets.append(at)
    spelt = "".join(letters)
    if not spelt.isascii():
        spelt, offsets = _replace(_MARKS, _settle, spelt, offsets)
        spelt, offsets = _replace(_JAMO, _compose, spelt, offsets)
        spelt, offsets = _replace(_FLAGS, _unflag, spelt, offsets)
        if _FOREIGN.search(spelt):
            spelt, offsets = _replace(_WORD, _unmixed, spelt, offsets)
            if _is_latin(spelt):
                spelt, offsets = _replace(_WORD, _unmasked, spelt, offsets)
    spelt, offsets = _replace(_BLANK, lambda _: " ", spelt, offsets)
    begin = 1 if spelt.startswith(" ") else 0
    end = len(spelt) - (1 if spelt.endswith(" ") and len(spelt) > begin else 0)
    return spelt[begin:end], offsets[begin:end]


def _fold_plain(text: str) -> tuple[str, list[int]]:
    """Answer the same of printable ASCII: lower case, blanks collapsed."""
    offsets: list[int] = []
    done = 0
    for word in _PLAIN.finditer(text):
        begin, end = word.span()
        if offsets:
            offsets.append(done)
        offsets.extend(range(begin, end))
        done = end
    return " ".join(text.lower().split()), offsets


def _replace(
    pattern: re.Pattern[str],
    rule: Callable[[re.Match[str]], str],
    text: str,
    offsets: list[int],
) -> tuple[str, list[int]]:
    """Answer `pattern.sub(rule, text)` with the offsets carried along."""
    parts: list[str] = []
    carried: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        begin, end = match.span()
        new = rule(match)
        if new == match[0]:
            continue
        parts.append(text[done:begin])
        carried.extend(offsets[done:begin])
        parts.append(new)
        carried.extend(offsets[min(begin + step, end - 1)] for step in range(len(new)))
        done = end
    parts.append(text[done:])
    carried.extend(offsets[done:])
    return "".join(parts), carried
