"""The thread as an Atom feed (RFC 4287, with in-reply-to by RFC 4685).

Written with the standard library: feedgen, the library for it, has had one release since 2019
and brings lxml along, for what is a dozen elements here.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime

from service.articles.types import Article
from service.comments.types import CommentRow
from service.thread_page.render import Visit, speakable

NAMESPACE = "http://www.w3.org/2005/Atom"
THREADING = "http://purl.org/syndication/thread/1.0"
MEDIA_TYPE = b"application/atom+xml; charset=utf-8"
ENTRIES = 50


def feed(visit: Visit, article: Article, newest: Sequence[CommentRow]) -> bytes:
    """The feed of an article's newest comments. Ids are the rows' own: they outlive any address."""
    words, address = visit.words, visit.addresses
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xmlns:thr": THREADING, "xml:lang": words.lang})
    _text(root, "id", article.id.urn)
    _text(root, "title", words.say("page.title", title=article.title))
    times = [row.edited_at or row.created_at for row in newest]
    _text(root, "updated", _stamp(max(times, default=article.created_at)))
    _text(ET.SubElement(root, "author"), "name", visit.site.name)
    _link(root, "self", address.whole(address.feed(article.key)), MEDIA_TYPE.decode())
    _link(root, "alternate", address.whole(address.thread(article.key)), "text/html")
    _link(root, "related", article.url, "text/html")
    _text(root, "generator", "Rejoinder")
    for row in newest:
        _entry(root, visit, article, row)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: ET.Element, visit: Visit, article: Article, row: CommentRow) -> None:
    words, address = visit.words, visit.addresses
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", row.id.urn)
    _text(entry, "title", words.say("page.entryTitle", name=row.author_name, title=article.title))
    _text(entry, "published", _stamp(row.created_at))
    _text(entry, "updated", _stamp(row.edited_at or row.created_at))
    _text(ET.SubElement(entry, "author"), "name", row.author_name)
    _link(entry, "alternate", address.whole(address.comment(row.id)), "text/html")
    if row.parent_id:
        above = address.whole(address.comment(row.parent_id))
        ET.SubElement(entry, "thr:in-reply-to", {"ref": row.parent_id.urn, "href": above})
    _text(entry, "content", row.html).set("type", "html")


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = speakable(text)
    return element


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    media_type = kind.partition(";")[0]
    ET.SubElement(parent, "link", {"rel": rel, "type": media_type, "href": speakable(href)})


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
