"""References that XML doesn't know, put right before it is parsed: each would end the parsing.

Scripts that write exports by hand leave ampersands as they are, and HTML's entities; WordPress
itself writes control characters, some of them as numbers.
"""

import re
from collections.abc import Iterator
from html.entities import html5
from xml.sax.saxutils import escape

from service.transfer.reading.input import CONTROL
from service.transfer.types import Notes

KNOWN = {"amp;", "lt;", "gt;", "quot;", "apos;"}
LONGEST = 40  # characters of a reference, and more than a beginning of a section has
LAST = 0x10FFFF
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}
_TOKEN = re.compile(r"<!\[CDATA\[|<!--|&(#?[A-Za-z0-9]{1,32};)?")


def mended(blocks: Iterator[str], notes: Notes) -> Iterator[str]:
    """The text with its references in order; sections of CDATA and comments stay as they are."""
    until, rest = "", ""
    for block in blocks:
        text = rest + block
        done, until, at = _mended(text, until, notes)
        # What has begun at a block's end may go on in the next.
        rest = text[at:]
        yield done
    if rest:
        yield _mended(rest, until, notes, final=True)[0]


def _mended(text: str, until: str, notes: Notes, *, final: bool = False) -> tuple[str, str, int]:
    """The text as far as it is known, what ends the section that is open, and how far that is."""
    pieces, at = [], 0
    while True:
        if until:
            end = text.find(until, at)
            if end < 0:
                break
            end += len(until)
            pieces.append(text[at:end])
            at, until = end, ""
        token = _TOKEN.search(text, at)
        if token is None or (token[0] == "&" and token.start() > len(text) - LONGEST and not final):
            break
        if token[0][0] == "<":
            pieces.append(text[at : token.end()])
            until = _ENDS[token[0]]
        else:
            pieces += text[at : token.start()], _reference(token[1] or "", notes)
        at = token.end()
    sure = len(text) if final else max(at, len(text) - LONGEST)
    if not final and not until and token is not None:
        sure = max(at, min(sure, token.start()))
    pieces.append(text[at:sure])
    return "".join(pieces), until, sure


def _reference(what: str, notes: Notes) -> str:
    """What stands behind an ampersand, as XML has it."""
    if what in KNOWN:
        return f"&{what}"
    if what.startswith("#") and (code := _code(what[1:-1])) is not None:
        if 0 < code <= LAST and not 0xD800 <= code < 0xE000 and not CONTROL.match(chr(code)):  # noqa: PLR2004 (halves of characters)
            return f"&{what}"
        notes.repair("control characters dropped")
        return ""
    if what in html5:
        notes.repair("entities of HTML, not of XML")
        return escape(html5[what])
    notes.repair("ampersands that stood for themselves")
    return f"&amp;{what}"


def _code(digits: str) -> int | None:
    try:
        return int(digits[1:], 16) if digits[0] == "x" else int(digits)
    except ValueError:
        return None
