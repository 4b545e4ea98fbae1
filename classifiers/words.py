"""The words of a folded text, with the readings that hide in spacing, stretching and leet."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PIECE = re.compile(
    r"(?P<link>(?P<scheme>(?:https?://)(?:www\.)?|www\.)[^\s/]*)\S*"
    r"|(?P<mention>@\w+)"
    r"|(?P<word>[$*]{0,3}[^\W_]+(?:[*$@!]{1,5}[^\W_]+)*[*$]{0,5})"
    r"|(?P<sign>[^\w\s\u0000-\u00ff\u2000-\u206f])"
)
_HOST_WORD = re.compile(r"[^\W_]+")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_LEET = str.maketrans("01345789@$!", "oieastb9asi")
_HAS_LEET = re.compile(r"[013457@$!]")
_A_LETTER = re.compile(r"[^\W\d_]")
# A longer run of letters is cut: it bounds what one word can cost to remember.
_LONGEST = 32
_SPELT_OUT = 3
_MENTION = "@user"


class Word(NamedTuple):
    """A word of a folded text: how it is counted, and where it stands (offsets in the fold)."""

    form: str
    begin: int
    end: int


def words(folded: str) -> list[Word]:
    """List the words of a folded text in order, with the readings that hide in them.

    Three or more single letters in a row also give the word they spell ("i d i o t"), and a word
    with digits or signs for letters also its plain reading ("1d10t").
    """
    found: list[Word] = []
    spelt: list[Word] = []
    stretched = _STRETCH.search(folded) is not None
    for match in _PIECE.finditer(folded):
        form = match[0]
        if form.isalpha() and len(form) <= _LONGEST and not stretched:
            word = Word(form, match.start(), match.end())
            if len(form) == 1:
                spelt.append(word)
            elif spelt:
                _join(spelt, found)
            found.append(word)
        else:
            _add_odd(match, spelt, found)
    _join(spelt, found)
    return found


def _add_odd(match: re.Match[str], spelt: list[Word], found: list[Word]) -> None:
    """Add what is not simply a run of letters."""
    form, (begin, end) = match[0], match.span()
    if match.lastgroup == "link":
        # The scheme and the last label say nothing, and a path is mostly made by machines.
        hosts = list(_HOST_WORD.finditer(match.string, match.end("scheme"), match.end("link")))
        parts = [part for host in hosts[:-1] for part in _cut(host[0], *host.span())]
    elif match.lastgroup == "mention":
        parts = [Word(_MENTION, begin, end)]
    elif form.isdigit():
        parts = [Word("0" * min(len(form), 4), begin, end)]
    else:
        parts = list(_cut(_STRETCH.sub(r"\1", form), begin, end))
    for word in parts:
        if len(word.form) == 1 and word.form.isalpha():
            spelt.append(word)
            found.append(word)
            continue
        _join(spelt, found)
        found.append(word)
        form = word.form
        if form is not _MENTION and _A_LETTER.search(form) and _HAS_LEET.search(form):
            plain = form.translate(_LEET)
            if plain.isalpha():
                found.append(Word(plain, word.begin, word.end))


def _cut(form: str, begin: int, end: int) -> Iterator[Word]:
    """Bound the length of a word; all parts of a cut one carry the offsets of the whole."""
    for at in range(0, len(form), _LONGEST):
        yield Word(form[at : at + _LONGEST], begin, end)


def _join(spelt: list[Word], found: list[Word]) -> None:
    if len(spelt) >= _SPELT_OUT:
        form = "".join(word.form for word in spelt)
        found.extend(_cut(form, spelt[0].begin, spelt[-1].end))
    spelt.clear()
