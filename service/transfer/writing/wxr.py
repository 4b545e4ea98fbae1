"""What WordPress imports: WXR 1.2, as its own *Tools, Export* writes it."""

from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import BinaryIO
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from service.accounts.actions import check_email
from service.articles.types import Site
from service.core.db import Conn
from service.core.problems import Invalid
from service.transfer.bodies import unparagraphed
from service.transfer.reading.input import CONTROL
from service.transfer.writing import store, wxr_store
from service.transfer.writing.actions import Told, check_articles
from service.transfer.writing.types import Part
from service.transfer.writing.wxr_store import Post, Remark

APPROVED = {"published": "1", "held": "0", "spam": "spam", "rejected": "trash", "removed": "trash"}
REMOVED = "(removed)"
DROPPED = "control characters dropped"

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
  xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>{title}</title>
<link>{link}</link>
<description></description>
<pubDate>{date}</pubDate>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>{link}</wp:base_site_url>
<wp:base_blog_url>{link}</wp:base_blog_url>
<generator>Rejoinder</generator>
"""
FOOT = "</channel>\n</rss>\n"


class Writer:
    """Posts and comments as XML; counts what it wrote, and what XML can't say."""

    def __init__(self, output: BinaryIO) -> None:
        """Nothing is written yet."""
        self.counts: Counter[str] = Counter()
        self._output = output

    def head(self, site: Site, now: datetime) -> None:
        """Begin the file."""
        link, title = self._escaped(site.origins[0]), self._escaped(site.name)
        self._write(HEAD.format(title=title, link=link, date=format_datetime(now)))

    def post(self, post: Post) -> None:
        """Begin an article; `end` ends it."""
        link, date = self._escaped(post.url), post.published_at.astimezone(UTC)
        self._write(
            f"<item>\n<title>{self._data(post.title)}</title>\n<link>{link}</link>\n"
            f"<pubDate>{format_datetime(date)}</pubDate>\n<dc:creator></dc:creator>\n"
            f'<guid isPermaLink="false">{link}</guid>\n<description></description>\n'
            f"<content:encoded></content:encoded>\n"
            f"<excerpt:encoded>{self._data(post.summary or '')}</excerpt:encoded>\n"
            f"<wp:post_id>{post.number}</wp:post_id>\n"
            f"<wp:post_date>{_date(date)}</wp:post_date>\n"
            f"<wp:post_date_gmt>{_date(date)}</wp:post_date_gmt>\n"
            f"<wp:comment_status>{'open' if post.open else 'closed'}</wp:comment_status>\n"
            f"<wp:ping_status>closed</wp:ping_status>\n"
            f"<wp:post_name>{self._data(_slug(post.url))}</wp:post_name>\n"
            f"<wp:status>publish</wp:status>\n<wp:post_parent>0</wp:post_parent>\n"
            f"<wp:menu_order>0</wp:menu_order>\n<wp:post_type>post</wp:post_type>\n"
            f"<wp:post_password></wp:post_password>\n<wp:is_sticky>0</wp:is_sticky>\n"
        )
        for domain, names in (("category", [post.section]), ("post_tag", post.tags)):
            self._write("".join(self._term(domain, name) for name in names if name))
        self.counts["articles"] += 1

    def comment(self, remark: Remark) -> None:
        """A comment of the article that was begun."""
        removed = remark.status == "removed"
        date = _date(remark.created_at.astimezone(UTC))
        # Of what was taken back only its place goes to another system.
        content = REMOVED if removed else unparagraphed(remark.html)
        self._write(
            f"<wp:comment>\n<wp:comment_id>{remark.number}</wp:comment_id>\n"
            f"<wp:comment_author>{self._data('' if removed else remark.name)}</wp:comment_author>\n"
            f"<wp:comment_author_email>{self._data('' if removed else _address(remark.email))}"
            "</wp:comment_author_email>\n"
            f"<wp:comment_author_url>{self._escaped('' if removed else remark.website or '')}"
            "</wp:comment_author_url>\n<wp:comment_author_IP></wp:comment_author_IP>\n"
            f"<wp:comment_date>{date}</wp:comment_date>\n"
            f"<wp:comment_date_gmt>{date}</wp:comment_date_gmt>\n"
            f"<wp:comment_content>{self._data(content)}</wp:comment_content>\n"
            f"<wp:comment_approved>{APPROVED[remark.status]}</wp:comment_approved>\n"
            f"<wp:comment_type>comment</wp:comment_type>\n"
            f"<wp:comment_parent>{remark.parent}</wp:comment_parent>\n"
            f"<wp:comment_user_id>0</wp:comment_user_id>\n</wp:comment>\n"
        )
        self.counts["comments"] += 1

    def end(self) -> None:
        """End an article."""
        self._write("</item>\n")

    def foot(self) -> None:
        """End the file."""
        self._write(FOOT)

    def _term(self, domain: str, name: str) -> str:
        nice = quoteattr("-".join(self._clean(name).lower().split()))
        return f'<category domain="{domain}" nicename={nice}>{self._data(name)}</category>\n'

    def _clean(self, text: str) -> str:
        text, dropped = CONTROL.subn("", text)
        if dropped:
            self.counts[DROPPED] += dropped
        return text

    def _escaped(self, text: str) -> str:
        return escape(self._clean(text))

    def _data(self, text: str) -> str:
        return f"<![CDATA[{self._clean(text).replace(']]>', ']]]]><![CDATA[>')}]]>"

    def _write(self, text: str) -> None:
        self._output.write(text.encode())


async def write_wxr(
    conn: Conn, site: Site, part: Part, output: BinaryIO, told: Told
) -> Counter[str]:
    """Write articles and comments; how many. As write_lines: in no transaction yet."""
    writer = Writer(output)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await check_articles(conn, site, part)
        total = await store.count_comments(conn, site.id, part)
        writer.head(site, datetime.now(UTC))
        remarks = wxr_store.stream_remarks(conn, site.id, part)
        remark = await anext(remarks, None)
        async for post in wxr_store.stream_posts(conn, site.id, part):
            writer.post(post)
            while remark is not None and remark.article_id == post.id:
                writer.comment(remark)
                remark = await anext(remarks, None)
            writer.end()
            told(writer.counts["comments"], total)
        writer.foot()
    return writer.counts


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _slug(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2]


def _address(email: str | None) -> str:
    """The author's address; '' where the site knows none."""
    try:
        return check_email("email", email or "")
    except Invalid:
        return ""
