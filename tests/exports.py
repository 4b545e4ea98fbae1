"""Exports of other systems, made for tests: short, and of every shape that matters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from service.transfer.reading.found import Found
from service.transfer.types import Notes, SourceComment

Read = Callable[[str, str | bytes], tuple[list[Found], Notes]]


def comments(found: list[Found]) -> list[SourceComment]:
    """The comments among what was found."""
    return [one.what for one in found if isinstance(one.what, SourceComment)]


WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>The Courier</title>
{items}
</channel>
</rss>
"""
BEGAN = datetime.fromisoformat("2019-03-04T05:06:07")


def wxr(*items: str) -> str:
    """A WordPress export."""
    return WXR.format(items="\n".join(items))


def item(number: int, *comments: str, link: str = "", kind: str = "post") -> str:
    """A post with its comments."""
    link = link or f"https://news.example/{number}/"
    return f"""<item>
<title>Post {number}</title>
<link>{escape(link)}</link>
<wp:post_id>{number}</wp:post_id>
<wp:post_date_gmt>2019-03-01 00:00:00</wp:post_date_gmt>
<wp:post_type>{kind}</wp:post_type>
{"".join(comments)}</item>"""


def wp_comment(
    ident: int | str,
    body: str = "",
    *,
    parent: int | str = 0,
    approved: str = "1",
    date: str = "",
    name: str = "Ann",
    email: str = "ann@reader.example",
    kind: str = "",
) -> str:
    """A comment of a WordPress export; an hour later than that of one less."""
    number = ident % 10_000 if isinstance(ident, int) else 0
    date = date or (BEGAN + timedelta(hours=number)).isoformat(" ")
    return f"""<wp:comment>
<wp:comment_id>{ident}</wp:comment_id>
<wp:comment_author><![CDATA[{name}]]></wp:comment_author>
<wp:comment_author_email>{email}</wp:comment_author_email>
<wp:comment_author_url></wp:comment_author_url>
<wp:comment_date_gmt>{date}</wp:comment_date_gmt>
<wp:comment_content><![CDATA[{body or f"Comment {ident}"}]]></wp:comment_content>
<wp:comment_approved>{approved}</wp:comment_approved>
<wp:comment_type>{kind}</wp:comment_type>
<wp:comment_parent>{parent}</wp:comment_parent>
<wp:comment_user_id>0</wp:comment_user_id>
</wp:comment>
"""


DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<thread dsq:id="7"><id/><link>https://news.example/ferry/</link><title>The ferry</title>
<createdAt>2012-01-01T00:00:00Z</createdAt><author><name>Ed</name></author></thread>
<thread dsq:id="8"><id/></thread>
{posts}</disqus>
"""


def post(ident: str, message: str, *, parent: str = "", deleted: str = "false",
         spam: str = "false", email: str = "bo@reader.example") -> str:  # fmt: skip
    """A post of a Disqus export."""
    below = f'<parent dsq:id="{parent}"/>' if parent else ""
    return f"""<post dsq:id="{ident}"><id/>
<message><![CDATA[{message}]]></message><createdAt>2012-02-03T04:05:06Z</createdAt>
<isDeleted>{deleted}</isDeleted><isSpam>{spam}</isSpam>
<author><email>{email}</email><name>Bo</name><username>bo</username></author>
<thread dsq:id="7"/>{below}</post>
"""
