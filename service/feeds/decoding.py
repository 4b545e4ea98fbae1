"""From the bytes of a document to XML that is safe to read: encodings, entities, wholeness."""

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin
from xml.parsers import expat

# Names of text encodings alone: Python has codecs of other kinds, and slow ones.
ENCODING = re.compile(
    r"utf-?8|utf-?16(?:[lb]e)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-\d{3,4}|cp125\d"
    r"|koi8-[ru]|shift_jis|euc-(?:jp|kr)|iso-2022-jp|big5|gbk|gb2312|gb18030|macintosh"
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BARE = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))  # XML 1.0, appendix F
DECLARATION = re.compile(r"\s*<\?xml\s[^>]*\?>")
DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
DEEPEST = 100  # elements within each other
MOST_ATTRIBUTES = 100  # of an element
MOST_ELEMENTS = 50_000  # of a feed: feedparser takes a tenth of a millisecond for each
SITEMAPS = {"urlset", "sitemapindex"}  # have 50,000 pages at most, and are read faster
LOOKED_AT = 200_000  # characters of a page


class NotAFeedError(Exception):
    """What was read is no feed that we know; the message says why."""


def read_text(body: bytes, charset: str | None) -> str:
    """The text of a document, without its XML declaration.

    Its own word (byte order mark, declaration) comes before the header's `charset`, where the text
    is in keeping with it: servers often add one that is wrong. Raises NotAFeedError.
    """
    tried = []
    for name, start in _encodings(body, charset):
        tried.append(name)
        try:
            text = body[start:].decode(name)
        except (UnicodeError, LookupError):
            continue
        return DECLARATION.sub("", text, count=1)
    raise NotAFeedError(f"The text is not in the encoding that it declares ({tried[0]})")


def _encodings(body: bytes, charset: str | None) -> Iterator[tuple[str, int]]:
    for mark, name in BOMS:
        if body.startswith(mark):
            yield name, len(mark)
            return
    for mark, name in BARE:
        if body.startswith(mark):
            yield name, 0
            return
    declared = DECLARED.match(body[:1000])
    yield _known(declared[1].decode("ascii") if declared else "utf-8"), 0
    if charset:
        yield _known(charset), 0


def _known(name: str) -> str:
    name = name.strip().lower()
    if not ENCODING.fullmatch(name):
        raise NotAFeedError(f"The encoding {name[:40]} is not known")
    # Documents that say UTF-16 and have no mark are big-endian (RFC 2781, section 4.3).
    return "utf-16-be" if name in {"utf-16", "utf16"} else name


def root_of(text: str) -> str:
    """The name of an XML document's root, with its namespace before it; read to its very end.

    Raises NotAFeedError where it isn't well-formed, or declares entities: a few lines of them
    become gigabytes, and a feed needs none.
    """
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    roots: list[str] = []
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        if not roots:
            roots.append(name)
        depth += 1
        count += 1
        if count > MOST_ELEMENTS and roots[0].rpartition(" ")[2] not in SITEMAPS:
            raise NotAFeedError(f"The document has more than {MOST_ELEMENTS} elements")
        if depth > DEEPEST:
            raise NotAFeedError("The document is nested too deep")
        if len(attributes) > MOST_ATTRIBUTES:
            raise NotAFeedError(f"An element has more than {MOST_ATTRIBUTES} attributes")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise NotAFeedError("The document declares entities of its own, which are not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 (expat's own)
    except expat.ExpatError as error:
        told = expat.ErrorString(error.code)
        raise NotAFeedError(f"The XML is broken at line {error.lineno}: {told}") from error
    return roots[0]


def check_page(text: str, base: str) -> None:
    """Raise NotAFeedError for a web page, with the feed that it offers."""
    if not HTML.match(COMMENT.sub("", text[:2000])):
        return
    finder = _Links()
    finder.feed(text[:LOOKED_AT])
    if finder.found:
        offered = urljoin(base, finder.found[0])[:500]
        raise NotAFeedError(f"This is a web page, not a feed; the feed that it offers is {offered}")
    raise NotAFeedError("This is a web page, not a feed, and it offers none")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if (
            tag == "link"
            and "alternate" in given.get("rel", "").lower().split()
            and given.get("type", "").lower().strip() in FEED_TYPES
            and given.get("href")
        ):
            self.found.append(given["href"].strip())
