"""The texts of an entry, as articles have them: plain, on one line, not too long."""

import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import urljoin

import nh3

from service.articles.rules import check_url
from service.core.http import CONTROL
from service.core.problems import Problem

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_TAG, LONGEST_URL = 500, 500, 100, 2000
LONGEST_CREDIT = 200
LONGEST_HTML = 50_000  # characters that are looked at
MOST_TAGS = 50
NO_TAG = {"uncategorized", "uncategorised"}  # what WordPress calls an entry that has none

APART = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h\d|blockquote|figure|figcaption|tr|td)\b)", re.IGNORECASE
)
# What the most common plug-in for search engines adds to every entry of WordPress.
APPENDED = ("<p>The post <a", "appeared first on")


def plain(html: str, longest: int) -> str:
    """The text of some HTML."""
    html = html[:LONGEST_HTML]
    head, begun, tail = html.rpartition(APPENDED[0])
    if begun and APPENDED[1] in tail:
        html = head
    return one_line(unescape(nh3.clean(APART.sub(" <", html), tags=set())), longest)


def one_line(text: str, longest: int) -> str:
    """Plain text without line breaks and control characters; cut between words."""
    text = " ".join(CONTROL.sub(" ", text).split())
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    head, blank, _ = cut.rpartition(" ")
    return (head if blank and len(head) > longest // 2 else cut).rstrip(" ,;:-") + "…"


def address(text: str | None, base: str) -> str | None:
    """An absolute http address, None where it can't be one."""
    if not text or not text.strip():
        return None
    try:
        url = check_url("url", urljoin(base, text.strip()))
    except (Problem, ValueError):
        return None
    return url if len(url) <= LONGEST_URL else None


def labels(names: Iterable[str]) -> list[str]:
    """Distinct tags."""
    found = dict.fromkeys(one_line(unescape(name), LONGEST_TAG) for name in names)
    return [name for name in found if name and name.casefold() not in NO_TAG][:MOST_TAGS]
