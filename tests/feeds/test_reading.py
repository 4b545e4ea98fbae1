"""Documents as they come, and as they should not."""

from datetime import UTC, datetime

import pytest
from feeds.papers import Item, ghost, json_feed, news_sitemap, sitemap_index, wordpress
from hypothesis import given
from hypothesis import strategies as st

from service.feeds.decoding import NotAFeedError
from service.feeds.reading import read_document
from service.feeds.types import Entry
from service.feeds.words import one_line, plain

BASE = "https://news.example/feed/"
ITEM = Item("a", title='Ärger & "Brücken" <em>')


def only(document: str | bytes, charset: str | None = None) -> Entry:
    body = document.encode() if isinstance(document, str) else document
    (entry,) = read_document(body, BASE, charset).entries
    return entry


@pytest.mark.parametrize("write", [ghost, json_feed, news_sitemap])
def test_an_entry_says_the_same_in_every_format(write: object) -> None:
    entry = only(write(ITEM))  # type: ignore[operator]
    assert entry.url == "https://news.example/a/"
    assert entry.title == ITEM.title
    assert "World" in entry.tags
    assert entry.published_at is not None
    assert abs((datetime.now(UTC) - entry.published_at).total_seconds() - 600) < 120


def test_what_wordpress_writes() -> None:
    entry = only(wordpress(Item("a", title="Ärger & Brücken")))
    assert entry.title == "Ärger & Brücken"
    assert entry.summary == "It was closed. Since Tuesday."
    assert entry.tags == ["World", "Bridges & Roads"]
    assert entry.image == "https://news.example/a.jpg"
    assert entry.ident == "https://news.example/?p=a"


ONE = '<media:content url="https://news.example/a.jpg" medium="image"/>'
TWO = '<media:content url="/big.jpg" medium="image">{}</media:content>'
ROLE = '<media:credit role="{}">{}</media:credit>'


@pytest.mark.parametrize(
    ("media", "image", "credit"),
    [
        (ONE, "a", None),
        (ONE + "<media:credit> </media:credit>", "a", None),
        (ONE + "<media:credit>Jane\n &amp; Joe</media:credit>", "a", "Jane & Joe"),
        (TWO.format("<media:credit><![CDATA[<b>Jane</b>]]></media:credit>"), "big", "Jane"),
        (ONE + ROLE.format("photographer", "Jane") + ROLE.format("owner", "AP"), "a", "Jane / AP"),
        (ONE + ROLE.format("photographer", "Jane") + ROLE.format("owner", "Jane"), "a", "Jane"),
        (ONE + ROLE.format("photographer", "J" * 300), "a", "J" * 199 + "…"),
        # Two sizes of one picture.
        (TWO.format(ROLE.format("a", "Jane")) + ONE, "big", "Jane"),
        # Two pictures, each with its own; the first is no address that can be had.
        (
            '<media:content url="ftp://x/y" medium="image">' + ROLE.format("a", "Joe")
            + "</media:content>" + TWO.format(ROLE.format("a", "Jane")),
            "big",
            "Jane",
        ),
        # Whose the first one is can't be told.
        (TWO.format(ROLE.format("a", "Jane") + ROLE.format("a", "Joe") * 2) + ONE, "big", None),
        (ROLE.format("a", "Jane"), None, None),
    ],
)  # fmt: skip
def test_the_credit_of_a_picture(media: str, image: str | None, credit: str | None) -> None:
    text = wordpress(Item("a"))
    assert ONE in text
    entry = only(text.replace(ONE, media))
    assert entry.image == (image and f"https://news.example/{image}.jpg")
    assert entry.image_credit == credit


@pytest.mark.parametrize(
    ("declared", "real", "charset"),
    [
        ("UTF-8", "utf-8", None),
        ("UTF-8", "utf-8-sig", None),
        ("ISO-8859-1", "latin-1", None),
        ("windows-1252", "cp1252", None),
        ("UTF-16", "utf-16", None),
        ("UTF-16", "utf-16-be", None),
        ("UTF-16LE", "utf-16-le", None),
        ("UTF-8", "latin-1", "iso-8859-1"),  # the header puts it right
        ("UTF-8", "utf-8", "iso-8859-1"),  # the header is wrong, as often
        ("Shift_JIS", "shift_jis", None),
    ],
)
def test_encodings(declared: str, real: str, charset: str | None) -> None:
    title = "橋が開いた" if real == "shift_jis" else "Ärger über Brücken"
    text = wordpress(Item("a", title=title), encoding=declared)
    assert only(text.encode(real), charset).title == title


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The document is empty"),
        (b" \n\xef\xbb\xbf", "The document is empty"),
        (wordpress(Item("a", title="\xc4")).encode("latin-1"), "encoding that it declares (utf-8)"),
        (wordpress(encoding="zip").encode(), "The encoding zip is not known"),
        (wordpress(encoding="punycode").encode(), "The encoding punycode is not known"),
        (wordpress(Item("a")).encode()[:700], "The XML is broken at line"),
        (wordpress(Item("a", title="\x01")).encode(), "The XML is broken at line"),
        (b"<rss><channel>&nbsp;</channel></rss>", "undefined entity"),
        (b"<rss>" + b"<a>" * 500, "nested too deep"),
        (b"<rss>" + b"<a/>" * 60_000 + b"</rss>", "more than 50000 elements"),
        (b"<rss " + b" ".join(b'a%d="b"' % n for n in range(200)) + b"/>", "than 100 attributes"),
        (b"<opml></opml>", "XML, but not a feed: it begins with <opml>"),
        (b"hello", "neither XML nor JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0", "encoding"),
        (b"<!-- x --><!DOCTYPE html><html><p>No feed here", "a web page, not a feed"),
        (b"<HTML><link rel='alternate stylesheet' type='application/feed+json' href='/f.json'>",
         "the feed that it offers is https://news.example/f.json"),
        (b'{"items": []}', "it names no version"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "The JSON is broken"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": 1}]}', "$.items[0]"),
        (b"{" * 100_000, "The JSON is broken"),
        (news_sitemap().replace("</urlset>", "<url><loc>https://news.example/x</loc></url></urlset>")
         .encode(), "names pages, but no news"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told(body: bytes, told: str) -> None:
    with pytest.raises(NotAFeedError, match=r".+") as raised:
        read_document(body, BASE)
    assert told in str(raised.value)


def test_entities_are_not_expanded() -> None:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{lines}]><rss><title>&a11;</title></rss>'
    of_a_file = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>'
    of_a_host = '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><rss/>'
    for document in (bomb, of_a_file, of_a_host):
        with pytest.raises(NotAFeedError):
            read_document(document.encode(), BASE)


def test_an_old_document_type_is_none() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x/y.dtd">'
    text = wordpress(Item("a"))
    head, _, tail = text.partition("?>")
    assert only(f"{head}?>{doctype}{tail}").title == "About a"


def test_without_address_or_title_an_entry_is_counted_only() -> None:
    text = wordpress(Item("a"))
    for gone in ("<link>https://news.example/a/</link>", "<title>About a</title>"):
        document = read_document(text.replace(gone, "").encode(), BASE)
        assert (document.entries, document.unread) == ([], 1)
    for odd in ("javascript:alert(1)", "mailto:a@b", "https://a b/", "http://[", "x" * 3000):
        changed = text.replace("<link>https://news.example/a/</link>", f"<link>{odd}</link>")
        document = read_document(changed.encode(), BASE)
        assert document.unread + len(document.entries) == 1
        assert all(len(e.url) < 2000 and e.url.startswith("http") for e in document.entries)


def test_relative_addresses_are_completed() -> None:
    text = wordpress(Item("a")).replace("https://news.example/a", "/a")
    entry = only(text)
    assert entry.url == "https://news.example/a/"
    assert entry.image == "https://news.example/a.jpg"


def test_an_index_names_its_latest_parts() -> None:
    text = sitemap_index(*(f"https://news.example/{n}.xml" for n in range(5)))
    document = read_document(text.encode(), BASE)
    assert document.parts == ["https://news.example/0.xml", "https://news.example/1.xml"]


@pytest.mark.parametrize(
    ("date", "by_day"),
    [("2026-11-28", True), ("2026-11-28T10:00Z", False), ("2026-11-28T10:00:00+02:00", False)],
)
def test_a_date_may_be_a_day_only(date: str, by_day: bool) -> None:  # noqa: FBT001
    text = news_sitemap(Item("a", 0), only_day=True)
    old = datetime.now(UTC).strftime("%Y-%m-%d")
    entry = only(text.replace(f"_date>{old}<", f"_date>{date}<"))
    assert entry.by_day is by_day
    assert (entry.time is None) is by_day
    assert entry.published_at


@pytest.mark.parametrize(
    "date", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-99-99", "2026-13-01T00:00:00Z"]
)
def test_a_date_that_is_none(date: str) -> None:
    text = json_feed(Item("a", None)).replace(
        '"date_published": null', f'"date_published": "{date}"'
    )
    assert only(text).published_at is None


@given(st.text(max_size=3000))
def test_texts_come_out_plain_and_short(text: str) -> None:
    for found in (plain(text, 100), one_line(text, 100)):
        assert len(found) <= 100
        assert "\n" not in found
        assert found == found.strip()


@given(st.binary(max_size=500))
def test_no_bytes_do_any_harm(body: bytes) -> None:
    for document in (body, b"<rss>" + body, b"{" + body):
        try:
            read_document(document, BASE)
        except NotAFeedError as error:
            assert str(error)  # noqa: PT017 (any outcome but another exception)
