"""Documents as publishers' systems write them, made from a few items."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any, NamedTuple

NOW = datetime.now(UTC)


class Item(NamedTuple):
    """One entry; `age` in minutes, None: no date. `more`: elements of RSS."""

    slug: str
    age: float | None = 10
    title: str = ""
    guid: str | None = ""
    origin: str = "https://news.example"
    more: str = ""

    @property
    def url(self) -> str:
        return f"{self.origin}/{self.slug}/"

    @property
    def name(self) -> str:
        return self.title or f"About {self.slug}"

    @property
    def ident(self) -> str | None:
        return f"https://news.example/?p={self.slug}" if self.guid == "" else self.guid

    @property
    def date(self) -> datetime | None:
        return None if self.age is None else datetime.now(UTC) - timedelta(minutes=self.age)


def wordpress(*items: Item, head: str = "", encoding: str = "UTF-8") -> str:
    """RSS 2.0 as WordPress writes it."""
    return f"""<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
  xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>The Courier &#38; Post</title><link>https://news.example</link>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>{head}
{"".join(_rss_item(item) for item in items)}</channel></rss>"""


def _rss_item(item: Item) -> str:
    date = f"<pubDate>{format_datetime(item.date)}</pubDate>" if item.date else ""
    guid = f'<guid isPermaLink="false">{escape(item.ident)}</guid>' if item.ident else ""
    return f"""<item><title>{escape(item.name)}</title><link>{item.url}</link>
<dc:creator><![CDATA[Ana Lima]]></dc:creator>{date}<category><![CDATA[World]]></category>
<category><![CDATA[Bridges & Roads]]></category><category>Uncategorized</category>{guid}
<description><![CDATA[<p>It was <em>closed</em>.</p><p>Since Tuesday.</p>
<p>The post <a href="{item.url}">x</a> appeared first on <a href="/">The Courier</a>.</p>]]>
</description><content:encoded><![CDATA[<p>It was closed, and the town waits.</p>]]>
</content:encoded><media:content url="https://news.example/{item.slug}.jpg" medium="image"/>
{item.more}</item>"""


def ghost(*items: Item) -> str:
    """Atom."""
    entries = "".join(
        f"""<entry><title type="html">{escape(escape(item.name))}</title>
<link rel="alternate" type="text/html" href="{item.url}"/><id>tag:news.example,2026:{item.slug}</id>
<published>{(item.date or NOW).isoformat()}</published><updated>{NOW.isoformat()}</updated>
<category term="World"/><summary>A summary.</summary>
<content type="html">&lt;p&gt;Text&lt;/p&gt;</content></entry>"""
        for item in items
    )
    return f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>The Courier</title><id>tag:news.example,2026:feed</id><updated>{NOW.isoformat()}</updated>
<link rel="self" href="https://news.example/atom"/>{entries}</feed>"""


def json_feed(*items: Item, **head: Any) -> str:
    """JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "The Courier",
            "items": [
                {
                    "id": item.slug,
                    "url": item.url,
                    "title": item.name,
                    "content_html": "<p>It was <b>closed</b>.</p>",
                    "image": f"https://news.example/{item.slug}.jpg",
                    "date_published": item.date.isoformat() if item.date else None,
                    "tags": ["World"],
                    "authors": [{"name": "Ana"}],
                }
                for item in items
            ],
            **head,
        }
    )


def news_sitemap(*items: Item, only_day: bool = False) -> str:
    """A sitemap with the news extension."""
    pages = ""
    for item in items:
        date = (item.date or NOW).strftime("%Y-%m-%d" if only_day else "%Y-%m-%dT%H:%M:%SZ")
        pages += f"""<url><loc>{item.url}</loc><news:news><news:publication>
<news:name>The Courier</news:name><news:language>en</news:language></news:publication>
<news:publication_date>{date}</news:publication_date><news:title>{escape(item.name)}</news:title>
<news:keywords>World, Bridges</news:keywords></news:news>
<image:image><image:loc>https://news.example/{item.slug}.jpg</image:loc></image:image></url>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{pages}</urlset>"""


def sitemap_index(*urls: str) -> str:
    """An index; the first part is the latest."""
    parts = "".join(
        f"<sitemap><loc>{url}</loc><lastmod>2026-11-{28 - n:02}T00:00:00Z</lastmod></sitemap>"
        for n, url in enumerate(urls)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>"""
