"""Sitemaps with news (sitemaps.org, and the news extension that search engines read)."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from service.feeds import words
from service.feeds.decoding import NotAFeedError
from service.feeds.json_feed import read_time
from service.feeds.types import Document, Entry

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
MOST_READ = 2000  # entries
MOST_PARTS = 2
ONLY_DAY = re.compile(r"\d{4}-\d\d-\d\d")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def read(text: str, base: str) -> Document:
    """The entries of a news sitemap, or the latest parts of an index. Raises NotAFeedError.

    `text` has passed decoding.root_of: it is well-formed and declares no entities.
    """
    root = ET.fromstring(text)  # noqa: S314 (see above)
    if root.tag == f"{MAP}sitemapindex":
        return Document("sitemap", None, [], parts=_parts(root, base))
    pages = root.findall(f"{MAP}url")[:MOST_READ]
    entries = [entry for page in pages if (entry := _entry(page, base))]
    if pages and not entries:
        raise NotAFeedError("This sitemap names pages, but no news: it has no news:news")
    names = (_text(page, f"{NEWS}news/{NEWS}publication/{NEWS}name") for page in pages)
    return Document(
        format="sitemap",
        title=words.one_line(next((n for n in names if n), ""), words.LONGEST_TITLE) or None,
        entries=entries,
        unread=len(pages) - len(entries),
    )


def _parts(root: ET.Element, base: str) -> list[str]:
    """The sitemaps that changed last; without times the first ones."""
    found = [
        (read_time(_text(part, f"{MAP}lastmod")) or LONG_AGO, url)
        for part in root.findall(f"{MAP}sitemap")[:MOST_READ]
        if (url := words.address(_text(part, f"{MAP}loc"), base))
    ]
    found.sort(key=lambda part: part[0], reverse=True)
    return [url for _, url in found[:MOST_PARTS]]


def _entry(page: ET.Element, base: str) -> Entry | None:
    url = words.address(_text(page, f"{MAP}loc"), base)
    title = words.one_line(_text(page, f"{NEWS}news/{NEWS}title"), words.LONGEST_TITLE)
    if url is None or not title:
        return None
    date = _text(page, f"{NEWS}news/{NEWS}publication_date")
    keywords = _text(page, f"{NEWS}news/{NEWS}keywords")
    return Entry(
        ident=None,
        url=url,
        title=title,
        image=words.address(_text(page, f"{IMAGE}image/{IMAGE}loc"), base),
        tags=words.labels(keywords.split(",")),
        published_at=read_time(date),
        by_day=bool(ONLY_DAY.fullmatch(date)),
    )


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
