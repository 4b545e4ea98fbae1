"""From a document to its entries: RSS and Atom by feedparser, JSON Feed, and news sitemaps."""

import io
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from service.core.http import EARLIEST, LATEST
from service.feeds import json_feed, sitemap, words
from service.feeds.decoding import NotAFeedError, check_page, read_text, root_of
from service.feeds.types import Document, Entry, Format

MOST_READ = 2000  # entries
ONLY_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d\s*")
PERIODS = {
    "hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0,
    "yearly": 31_536_000.0,
}  # fmt: skip
NUMBER = re.compile(r"[0-9]{1,7}")


def read_document(body: bytes, base: str, charset: str | None = None) -> Document:
    """What the bytes from the address `base` say; raises NotAFeedError. Slow: for a thread."""
    if not body.strip(b"\0\t\r\n \xef\xbb\xbf\xfe\xff"):
        raise NotAFeedError("The document is empty")
    text = read_text(body, charset)
    if text.lstrip().startswith("{"):
        return json_feed.read(text, base)
    check_page(text, base)
    if not text.lstrip().startswith("<"):
        raise NotAFeedError("This is neither XML nor JSON")
    root = root_of(text)
    name = root.rpartition(" ")[2].lower()
    if name in {"urlset", "sitemapindex"}:
        return sitemap.read(text, base)
    if name in {"rss", "rdf", "feed"}:
        return _read(text, base, "atom" if name == "feed" else "rss")
    raise NotAFeedError(f"This is XML, but not a feed: it begins with <{name[:40]}>")


def _read(text: str, base: str, kind: Format) -> Document:
    # Encoded anew: whatever feedparser would do to find the encoding out is done.
    parsed = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers={
            "content-type": "application/xml; charset=utf-8", "content-location": base,
        },
        sanitize_html=False,  # words.plain leaves no markup
        resolve_relative_uris=False,  # of markup, likewise; those of elements are completed
    )  # fmt: skip
    feed = parsed["feed"]
    entries = [_entry(one, base, kind) for one in parsed["entries"][:MOST_READ]]
    known = [entry for entry in entries if entry is not None]
    rels = {
        rel: words.address(link.get("href"), base)
        for link in reversed(feed.get("links", []))
        for rel in str(link.get("rel", "")).lower().split()
    }
    return Document(
        format=kind,
        title=_title(feed, kind) or None,
        entries=known,
        unread=len(entries) - len(known),
        hub=rels.get("hub"),
        topic=rels.get("self"),
        floor=_ttl(feed),
        rhythm=_period(feed),
    )


def _entry(one: Mapping[str, Any], base: str, kind: Format) -> Entry | None:
    url = words.address(one.get("feedburner_origlink") or one.get("link"), base)
    title = _title(one, kind)
    if url is None or not title:
        return None
    date = str(one.get("published") or one.get("updated") or "")
    return Entry(
        ident=str(one["id"])[: words.LONGEST_URL] if one.get("id") else None,
        url=url,
        title=title,
        summary=_summary(one) or None,
        image=(image := _image(one, base)),
        image_credit=_credit(one, image, base) if image else None,
        tags=words.labels(str(tag.get("term") or "") for tag in one.get("tags", [])),
        published_at=_time(one.get("published_parsed") or one.get("updated_parsed")),
        by_day=bool(ONLY_DAY.fullmatch(date)),
    )


def _title(one: Mapping[str, Any], kind: Format) -> str:
    title = str(one.get("title") or "")
    if kind == "atom" and one.get("title_detail", {}).get("type") == "text/plain":
        return words.one_line(title, words.LONGEST_TITLE)
    return words.plain(title, words.LONGEST_TITLE)


def _summary(one: Mapping[str, Any]) -> str:
    texts = [str(one.get("summary") or "")]
    texts += [str(content.get("value") or "") for content in one.get("content", [])]
    found = (words.plain(text, words.LONGEST_SUMMARY) for text in texts)
    return next((text for text in found if text), "")


def _image(one: Mapping[str, Any], base: str) -> str | None:
    """Media RSS, then enclosures: the first that says it is a picture."""
    media = [
        m.get("url")
        for m in one.get("media_content", [])
        if m.get("medium") == "image" or str(m.get("type", "")).startswith("image/")
    ]
    thumbnails = [m.get("url") for m in one.get("media_thumbnail", [])]
    enclosed = [
        e.get("href")
        for e in one.get("enclosures", [])
        if str(e.get("type", "")).startswith("image/")
    ]
    found = (words.address(url, base) for url in [*media, *thumbnails, *enclosed])
    return next((url for url in found if url), None)


def _credit(one: Mapping[str, Any], image: str, base: str) -> str | None:
    """Media RSS, of the picture `image`. feedparser doesn't tell in which element a credit stood.

    So several names are all the picture's where it is the only one; where each has one, it has that
    in its place; else the entry must name the same for all.
    """
    media = [words.address(m.get("url"), base) for m in one.get("media_content", [])]
    names = [
        words.plain(str(credit.get("content") or ""), words.LONGEST_CREDIT)
        for credit in one.get("media_credit", [])
    ]
    if len(media) > 1 and len(media) == len(names) and image in media:
        return names[media.index(image)] or None
    distinct = list(dict.fromkeys(name for name in names if name))
    if len(media) > 1 and len(distinct) > 1:
        return None
    return words.one_line(" / ".join(distinct), words.LONGEST_CREDIT) or None


def _time(parsed: Any) -> datetime | None:  # noqa: ANN401 (feedparser is untyped)
    """What feedparser has read, which is in UTC."""
    try:
        when = datetime.fromtimestamp(timegm(parsed), UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return when if EARLIEST <= when.year <= LATEST else None


def _ttl(feed: Mapping[str, Any]) -> float | None:
    """RSS 2.0, `ttl`: minutes for which the feed may be kept."""
    given = str(feed.get("ttl") or "").strip()
    return float(given) * 60 if NUMBER.fullmatch(given) else None


def _period(feed: Mapping[str, Any]) -> float | None:
    """RSS 1.0 Syndication: so many updates in such a period."""
    period = PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    often = str(feed.get("sy_updatefrequency") or "1").strip()
    if period is None or not NUMBER.fullmatch(often) or not int(often):
        return None
    return period / int(often)
