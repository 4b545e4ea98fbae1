"""Bodies of other systems: as safe HTML, and as the text that screening and search read."""

import re
from html import unescape

from service.comments.rules import render, sanitised
from service.core.text import INVISIBLE
from service.transfer.types import SourceComment

# Tags of the nineties, and what they became.
RENAMED = {"b": "strong", "i": "em", "xmp": "pre", "tt": "code", "dir": "ul", "menu": "ul"}
_RENAMED = re.compile(r"<(/?)(b|i|xmp|tt|dir|menu)(?=[\s>/])", re.IGNORECASE)
_ENDS_LINE = re.compile(
    r"</(?:div|tr|h[1-6]|center|dt|dd|caption|address|section|article|table)\s*>|<hr\b[^>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
# What a page would show or play, as a link to it.
_IMAGE = re.compile(
    r"""<(?:img|iframe|embed|video|audio)\b[^<>]*?\bsrc\s*=\s*["']?([^\s"'<>]+)[^<>]*>""",
    re.IGNORECASE,
)
_VERBATIM = re.compile(r"(<(pre|ul|ol|blockquote|table)\b.*?</\2\s*>)", re.IGNORECASE | re.DOTALL)

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
    html = _IMAGE.sub(lambda found: f'<a href="{found[1]}">{found[1]}</a>', html)
    html = _RENAMED.sub(lambda found: f"<{found[1]}{RENAMED[found[2].lower()]}", html)
    return _ENDS_LINE.sub("<br>", _CELL.sub(" ", html))


def _paragraphs(text: str) -> str:
    """HTML of text whose line ends count, as WordPress shows it; not within lists and the like."""
    if "\n" not in text:
        return f"<p>{text}</p>" if "<p" not in text else text
    parts = _VERBATIM.split(text)
    # Each part between is followed by a whole element and that element's name.
    shown = []
    for number, part in enumerate(parts):
        if number % 3 == 0:
            blocks = [one for one in _BLANK_LINES.split(part.strip()) if one]
            shown += ["<p>" + one.replace("\n", "<br>\n") + "</p>" for one in blocks]
        elif number % 3 == 1:
            shown.append(part)
    return "\n".join(shown)


def unparagraphed(html: str) -> str:
    """Sanitised HTML as WordPress keeps it, where line ends stand for paragraphs and breaks."""
    shown = []
    for number, part in enumerate(_VERBATIM.split(html)):
        if number % 3 == 0:
            text = _PARAGRAPH.sub("", _BETWEEN.sub("\n\n", part))
            shown.append(_BREAK.sub("\n", text).strip())
        elif number % 3 == 1:
            shown.append(part)
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
