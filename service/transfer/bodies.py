"""Bodies of other systems: as safe HTML, and as the text that screening and search read."""

import re
from collections.abc import Iterator
from html import unescape

from service.comments.rules import render, sanitised
from service.core.text import INVISIBLE
from service.transfer.types import SourceComment

# Tags of the nineties, and what they became.
RENAMED = {"b": "strong", "i": "em", "xmp": "pre", "tt": "code", "dir": "ul", "menu": "ul"}
_RENAMED = re.compile(r"<(/?)(b|i|xmp|tt|dir|menu)(?=[\s>/])", re.IGNORECASE)
# No tag is looked for beyond the next one's beginning: a text of beginnings alone would take the
# square of its length.
_ENDS_LINE = re.compile(
    r"</(?:div|tr|h[1-6]|center|dt|dd|caption|address|section|article|table)\s*>|<hr\b[^<>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
# What a page would show or play, as a link to it.
_SHOWN = re.compile(r"<(?:img|iframe|embed|video|audio)\b[^<>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^\s"'<>]+)""", re.IGNORECASE)
_VERBATIM = re.compile(r"<(pre|ul|ol|blockquote|table)\b", re.IGNORECASE)
_VERBATIM_END = re.compile(r"</(pre|ul|ol|blockquote|table)\s*>", re.IGNORECASE)
# Elements that lie in one another. Of others the next one ends the one before, or they are empty.
_NESTING = re.compile(
    r"<(/?)(?!(?:a|p|li|dt|dd|t[drh]|br|hr|img|input|option|wbr)\b)[a-z][a-z0-9]*\b[^>]*>",
    re.IGNORECASE,
)
DEEPEST = 100  # elements in one another that a body may have; no page has shown as many

_BETWEEN = re.compile(r"</p>\s*<p>")
_PARAGRAPH = re.compile(r"</?p>")
_BREAK = re.compile(r"<br>\n?")

_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|blockquote|pre|ul|ol)>")
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")


def html_and_text(comment: SourceComment) -> tuple[str, str]:
    """A comment's HTML, sanitised as every other's, and its text; '' where nothing can be seen."""
    body = comment.body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if comment.markup == "markdown":
        html = sanitised(_modern(comment.html)) if comment.html else render(body)
        return html, body if _is_seen(body) else ""
    if comment.markup == "paragraphs":
        body = _paragraphs(body)
    html = sanitised(_modern(body))
    text = text_of(html)
    return html, text if _is_seen(text) else ""


def _is_seen(text: str) -> bool:
    return bool(INVISIBLE.sub("", text).strip())


def _modern(html: str) -> str:
    """HTML in tags that the sanitiser keeps, so that nothing grows together or is lost."""
    if "<" not in html:
        return html
    html = _SHOWN.sub(_linked_to, html)
    html = _RENAMED.sub(lambda found: f"<{found[1]}{RENAMED[found[2].lower()]}", html)
    return flattened(_ENDS_LINE.sub("<br>", _CELL.sub(" ", html)))


def _linked_to(shown: re.Match[str]) -> str:
    source = _SOURCE.search(shown[0])
    return f'<a href="{source[1]}">{source[1]}</a>' if source else shown[0]


def flattened(html: str) -> str:
    """HTML without the tags of elements that lie too deep in others; their text stays.

    A sanitiser looks through all that is open at each tag: thousands of lists take it a second.
    """
    depth = 0

    def kept(tag: re.Match[str]) -> str:
        nonlocal depth
        before = depth
        depth = max(depth + (-1 if tag[1] else 1), 0)
        return tag[0] if max(before, depth) <= DEEPEST else ""

    if html.count("<") <= DEEPEST:
        return html
    last = html.rfind(">") + 1  # behind which no tag is one
    return _NESTING.sub(kept, html[:last]) + html[last:]


def _paragraphs(text: str) -> str:
    """HTML of text whose line ends count, as WordPress shows it; not within lists and the like."""
    if "\n" not in text:
        return f"<p>{text}</p>" if "<p" not in text else text
    shown = []
    for part, verbatim in _parts(text):
        if verbatim:
            shown.append(part)
        else:
            blocks = [one for one in _BLANK_LINES.split(part.strip()) if one]
            shown += ["<p>" + one.replace("\n", "<br>\n") + "</p>" for one in blocks]
    return "\n".join(shown)


def _parts(html: str) -> Iterator[tuple[str, bool]]:
    """HTML in parts: lists and the like, each to its first end, and what is between them.

    What never ends is no element. Each tag is looked at once.
    """
    ends: dict[str, list[re.Match[str]]] = {}
    for end in _VERBATIM_END.finditer(html):
        ends.setdefault(end[1].lower(), []).append(end)
    for found in ends.values():
        found.reverse()
    at = 0
    for begin in _VERBATIM.finditer(html):
        if begin.start() < at:
            continue
        left = ends.get(begin[1].lower(), [])
        while left and left[-1].start() < begin.end():
            left.pop()
        if left:
            yield html[at : begin.start()], False
            at = left[-1].end()
            yield html[begin.start() : at], True
    yield html[at:], False


def unparagraphed(html: str) -> str:
    """Sanitised HTML as WordPress keeps it, where line ends stand for paragraphs and breaks."""
    shown = []
    for part, verbatim in _parts(html):
        if verbatim:
            shown.append(part)
        else:
            text = _PARAGRAPH.sub("", _BETWEEN.sub("\n\n", part))
            shown.append(_BREAK.sub("\n", text).strip())
    return "\n\n".join(part for part in shown if part)


def text_of(html: str) -> str:
    """The text of sanitised HTML, with the addresses of its links."""
    if "<" in html:
        html = _LINK.sub(_linked, html)
        html = html.replace("<br>\n", "\n").replace("<br>", "\n").replace("<li>", "\n- ")
        html = _TAG.sub("", _BLOCK_END.sub("\n\n", html))
    return _BLANK_LINES.sub("\n\n", unescape(html).replace("\xa0", " ")).strip()


def _linked(found: re.Match[str]) -> str:
    address, shown = found[1], found[2]
    plain = _TAG.sub("", shown).strip()
    # Shortened ones ("example.org/2011/…") say nothing that the address doesn't.
    cut = plain.rstrip(".…").removeprefix("http://").removeprefix("https://")
    if not plain or cut in address:
        return address
    return f"{shown} ({address})"
