"""What of a comment is read: the text of HTML, its sentences, and where they stand in it."""

import re
from bisect import bisect_right
from html import unescape
from typing import NamedTuple

# A sentence ends with its marks and what closes around them, before a space; or with its line.
# Marks inside a word (1.2) end none, those of Chinese and Japanese always do. Nothing is given back
# once it is matched (`++`): a row of marks of both kinds would be tried from each of them again.
_SENTENCE = re.compile(
    r"[^.!?\u2026\u3002\uff01\uff1f\n]*+"
    r"(?:[.!?\u2026]++(?![\u3002\uff01\uff1f]|[\"'\u201d\u2019)\]]*+(?:\s|$))"
    r"[^.!?\u2026\u3002\uff01\uff1f\n]*+)*+"
    r"(?:[.!?\u2026\u3002\uff01\uff1f]++(?:[\"'\u201d\u2019)\]]*+(?=\s|$))?)?"
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|template)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_CLOSING = re.compile(r"</(script|style|template)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)[^>]*>|<[!?][^>]*>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# Elements that stand on lines of their own.
_APART = frozenset({
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
    "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip


class Piece(NamedTuple):
    """A piece of the read text: where it begins there, and what of the source it stands for."""

    at: int
    begin: int
    end: int
    whole: bool  # stands for its source as a whole, not letter by letter


class Passage(NamedTuple):
    """A span of the source (code points) and the text that it reads as."""

    begin: int
    end: int
    text: str


class Reading:
    """A comment's text as it is read, and the way back to the source's offsets."""

    def __init__(self, source: str, text: str, pieces: list[Piece]) -> None:
        """`pieces` in order; they cover the text."""
        self.source = source
        self.text = text
        self._pieces = pieces
        self._starts = [piece.at for piece in pieces]

    def passage(self, begin: int, end: int) -> Passage:
        """The passage of the text from `begin` to before `end`, which is not empty."""
        first, last = self._piece(begin), self._piece(end - 1)
        start = first.begin if first.whole else first.begin + begin - first.at
        stop = last.end if last.whole else last.begin + end - last.at
        return Passage(start, stop, self.text[begin:end])

    def _piece(self, at: int) -> Piece:
        return self._pieces[bisect_right(self._starts, at) - 1]

    def sentences(self) -> list[Passage]:
        """The sentences, without the space around them."""
        found = []
        for match in _SENTENCE.finditer(self.text):
            inner = match[0].strip()
            if inner:
                begin = match.start() + len(match[0]) - len(match[0].lstrip())
                found.append(self.passage(begin, begin + len(inner)))
        return found


def plain(source: str) -> Reading:
    """Plain text: read as it is."""
    return Reading(source, source, [Piece(0, 0, len(source), whole=False)])


def html(source: str) -> Reading:
    """HTML: without its tags, comments and scripts, with its character references resolved.

    No tree is built: what is wanted is each letter's place in the source, which no parser at hand
    tells. Blocks are kept apart by a line feed. Never raises, in time linear in the length.
    """
    text: list[str] = []
    pieces: list[Piece] = []
    size = 0

    def add(read: str, begin: int, end: int, *, whole: bool) -> None:
        nonlocal size
        if read:
            pieces.append(Piece(size, begin, end, whole))
            text.append(read)
            size += len(read)

    def add_text(begin: int, end: int) -> None:
        at = begin
        for match in _REFERENCE.finditer(source, begin, end):
            add(source[at : match.start()], at, match.start(), whole=False)
            add(unescape(match[0]), match.start(), match.end(), whole=True)
            at = match.end()
        add(source[at:end], at, end, whole=False)

    at = 0
    for begin, end, name in _markup(source):
        add_text(at, begin)
        if name in _APART:
            add("\n", begin, end, whole=True)
        at = end
    add_text(at, len(source))
    return Reading(source, "".join(text), pieces)


def _markup(source: str) -> list[tuple[int, int, str]]:
    """Where markup stands, and the tag's name; in order."""
    found = []
    at = source.find("<")
    # Searched for once: what never closes would be looked for from every opening again.
    last = source.rfind(">")
    no_comment = source.rfind("-->")
    closing = {match[1].lower(): match.start() for match in _CLOSING.finditer(source)}
    while 0 <= at <= last:
        match = _COMMENT.match(source, at) if at < no_comment else None
        if match is None:
            match = _unseen(source, at, closing)
        if match is None:
            match = _TAG.match(source, at)
        if match is None:
            at = source.find("<", at + 1)
            continue
        name = (match[1] or "").lower() if match.re is _TAG else ""
        found.append((match.start(), match.end(), name))
        at = source.find("<", match.end())
    return found


def _unseen(source: str, at: int, closing: dict[str, int]) -> re.Match[str] | None:
    name = re.match(r"<(script|style|template)\b", source[at : at + 10], re.IGNORECASE)
    if name is None or closing.get(name[1].lower(), -1) <= at:
        return None
    return _UNSEEN.match(source, at)


class Utf16:
    """Offsets in code points as offsets in UTF-16 code units, as JavaScript counts them."""

    def __init__(self, source: str) -> None:
        """Remembers where characters beyond the Basic Multilingual Plane stand."""
        self._wide = (
            []
            if source.isascii()
            else [at for at, letter in enumerate(source) if letter > "\uffff"]
        )

    def __call__(self, offset: int) -> int:
        """The offset in code units."""
        return offset + bisect_right(self._wide, offset - 1)
