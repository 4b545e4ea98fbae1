"""The words of a folded text, with the readings that hide in spacing, stretching and leet."""

import re
from collections.abc import Iterator
from string import ascii_lowercase, digits
from typing import NamedTuple

_PIECE = re.compile(
    r"(?P<link>(?P<scheme>(?:https?://)(?:www\.)?|www\.)[^\s/]*)\S*"
    r"|(?P<mention>@\w{4,})"
    r"|(?P<word>[$*@]{0,3}[^\W_]+(?:[*$@!#%&+|]{1,5}[^\W_]+)*[*$]{0,5})"
    r"|(?P<sign>[^\w\s\u0000-\u00ff\u2000-\u206f])"
)
_HOST_WORD = re.compile(r"[^\W_]+")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_SPELT_WITH = re.compile(r"[*$@!#%&+|]+")
# A longer run of letters is cut: it bounds what one word can cost to remember.
_LONGEST = 32
_SPELT_OUT = 3
MENTION = "@user"


# Signs that belong to a word. Without them, links and stretches the words are runs of letters and
# digits.
_SIGNED = re.compile(r"[$*@]|[!#%&+|][a-z0-9]")
_STRETCHED = tuple(3 * letter for letter in ascii_lowercase)
_RUNNING = frozenset(ascii_lowercase + digits)
_JOINT = re.compile(r"(?<=[a-z0-9])[^\sa-z0-9]++(?=([a-z0-9]+))")
# Quotation marks, dashes and the like are no words, as the signs of ASCII.
_APART = {at: " " for at in (*range(128), *range(0x2010, 0x205F)) if chr(at) not in _RUNNING}
_ONE_BY_ONE = bytes(_SPELT_OUT * [1])


class Word(NamedTuple):
    """A word of a folded text: how it is counted, and where it stands (offsets in the fold)."""

    form: str
    begin: int
    end: int

    def is_spelt_out(self) -> bool:
        """Whether something stands between all of its letters."""
        return len(self.form) >= _SPELT_OUT and self.end - self.begin >= 2 * len(self.form) - 1


def plain_runs(folded: str) -> list[str]:
    """Answer the runs of letters and digits of a text that `split_plain` splits, or a part."""
    return folded.translate(_APART).split()


def split_plain(folded: str) -> list[str] | None:
    """Answer the forms of `words` in a quarter of the time where nothing hides; None where it may.

    Most comments have no signs within words, no links, stretches or letters spelt one by one.
    """
    apart = folded.translate(_APART)
    if not apart.isascii() or "://" in folded or "www." in folded or _SIGNED.search(folded):
        return None
    if any(map(apart.__contains__, _STRETCHED)):
        return None
    found = apart.split()
    sizes = list(map(len, found))
    if not found or max(sizes) > _LONGEST or _ONE_BY_ONE in bytes(sizes):
        return None
    return [form if form.isalpha() else _counted(form) for form in found]


def joints(folded: str) -> Iterator[tuple[Word, Word]]:
    """Yield the neighbours in a text that `split_plain` splits, with signs alone between them."""
    for signs in _JOINT.finditer(folded):
        begin = signs.start()
        while begin and folded[begin - 1] in _RUNNING:
            begin -= 1
        left = Word(_counted(folded[begin : signs.start()]), begin, signs.start())
        yield left, Word(_counted(signs[1]), *signs.span(1))


def _counted(run: str) -> str:
    """Answer how a run of letters and digits is counted: a number by its length."""
    return "0" * min(len(run), 4) if run.isdigit() else run


def word_forms(folded: str) -> list[str]:
    """List the forms of the words of a folded text in order."""
    plain = split_plain(folded)
    return [word.form for word in words(folded)] if plain is None else plain


def words(folded: str) -> list[Word]:
    """List the words of a folded text in order.

    Three or more single letters in a row are the word that they spell ("i d i o t", "i*d*i*o*t"),
    runs of three letters and more are cut to one ("iiidiot").
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
                continue
            if spelt:
                _join(spelt, found)
            found.append(word)
        elif match.lastgroup == "sign":
            if spelt:
                _join(spelt, found)
            found.append(Word(form, match.start(), match.end()))
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
        parts = [Word(MENTION, begin, end)]
    elif form.isdigit():
        parts = [Word(_counted(form), begin, end)]
    elif not form.isalpha() and _is_spelt_out(form):
        parts = list(_cut(_SPELT_WITH.sub("", form), begin, end))
    else:
        parts = list(_cut(_STRETCH.sub(r"\1", form), begin, end))
    for word in parts:
        if len(word.form) == 1 and word.form.isalpha():
            spelt.append(word)
        else:
            _join(spelt, found)
            found.append(word)


def _is_spelt_out(form: str) -> bool:
    pieces = _SPELT_WITH.split(form)
    return len(pieces) >= _SPELT_OUT and all(len(piece) == 1 for piece in pieces)


def _cut(form: str, begin: int, end: int) -> Iterator[Word]:
    """Bound the length of a word; all parts of a cut one carry the offsets of the whole."""
    for at in range(0, len(form), _LONGEST):
        yield Word(form[at : at + _LONGEST], begin, end)


def _join(spelt: list[Word], found: list[Word]) -> None:
    """Take single letters in a row as the word that they spell, or as themselves where few."""
    if len(spelt) >= _SPELT_OUT:
        form = _STRETCH.sub(r"\1", "".join(word.form for word in spelt))
        found.extend(_cut(form, spelt[0].begin, spelt[-1].end))
    else:
        found.extend(spelt)
    spelt.clear()
