"""JSON Feed, versions 1 and 1.1 (jsonfeed.org)."""

from datetime import UTC, datetime

import msgspec

from service.core.http import EARLIEST, LATEST
from service.feeds import words
from service.feeds.decoding import NotAFeedError
from service.feeds.types import Document, Entry

VERSION = "https://jsonfeed.org/version/1"
MOST_READ = 2000  # entries


class _Hub(msgspec.Struct, frozen=True):
    type: str = ""
    url: str | None = None


class _Item(msgspec.Struct, frozen=True):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    summary: str | None = None
    content_text: str | None = None
    content_html: str | None = None
    image: str | None = None
    banner_image: str | None = None
    date_published: str | None = None
    tags: list[str] | None = None


class _Feed(msgspec.Struct, frozen=True):
    version: str = ""
    title: str | None = None
    feed_url: str | None = None
    hubs: list[_Hub] | None = None
    items: list[_Item] | None = None


def read(text: str, base: str) -> Document:
    """The entries of a JSON feed; raises NotAFeedError."""
    try:
        feed = msgspec.json.decode(text, type=_Feed)
    except msgspec.ValidationError as error:
        raise NotAFeedError(f"The JSON is not as JSON Feed has it: {error}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotAFeedError(f"The JSON is broken: {error}") from error
    if not feed.version.replace("http:", "https:").startswith(VERSION):
        raise NotAFeedError("This is JSON, but not a JSON Feed: it names no version of it")
    items = (feed.items or [])[:MOST_READ]
    entries = [entry for item in items if (entry := _entry(item, base))]
    hubs = [words.address(h.url, base) for h in feed.hubs or [] if h.type.lower() == "websub"]
    return Document(
        format="json",
        title=words.one_line(feed.title or "", words.LONGEST_TITLE) or None,
        entries=entries,
        unread=len(items) - len(entries),
        hub=next((hub for hub in hubs if hub), None),
        topic=words.address(feed.feed_url, base),
    )


def _entry(item: _Item, base: str) -> Entry | None:
    url = words.address(item.url, base)
    title = words.one_line(item.title or "", words.LONGEST_TITLE)
    if url is None or not title:
        return None
    text = words.one_line(item.summary or item.content_text or "", words.LONGEST_SUMMARY)
    return Entry(
        ident=None if item.id is None else str(item.id)[: words.LONGEST_URL],
        url=url,
        title=title,
        summary=text or words.plain(item.content_html or "", words.LONGEST_SUMMARY) or None,
        image=words.address(item.image, base) or words.address(item.banner_image, base),
        tags=words.labels(item.tags or []),
        published_at=read_time(item.date_published),
    )


def read_time(text: str | None) -> datetime | None:
    """A time as RFC 3339 or W3C-DTF write it, in UTC; None for anything else."""
    try:
        when = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    try:
        when = when.astimezone(UTC)
    except OverflowError:
        return None
    return when if EARLIEST <= when.year <= LATEST else None
