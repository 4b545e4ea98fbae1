"""WXR: well-formed, and read back by our own import without loss."""

import io
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from everything import fill
from exports import item, wp_comment, wxr
from thread import ORIGIN

from service.articles.actions import add_site
from service.articles.types import Site
from service.comments.rules import render
from service.core.db import Conn, Pool
from service.transfer.bodies import html_and_text, text_of, unparagraphed
from service.transfer.loading import Import
from service.transfer.types import SourceComment, Wanted
from service.transfer.writing.types import Part
from service.transfer.writing.wxr import write_wxr

WP = "{http://wordpress.org/export/1.2/}"
THREADS = """
select a.url, c.author_name, coalesce(r.contact, r.email) as email, c.website, c.body, c.html,
    c.status,
    date_trunc('second', c.created_at) as at, p.body as parent, c.depth
from comment c join article a on a.id = c.article_id join reader r on r.id = c.reader_id
left join comment p on p.id = c.parent_id
where c.site_id = $1 order by c.body, c.created_at
"""


async def exported(conn: Conn, site: Site) -> tuple[bytes, Counter[str]]:
    output = io.BytesIO()
    counts = await write_wxr(conn, site, Part(), output, lambda *_: None)
    return output.getvalue(), counts


async def load(conn: Conn, site: Site, file: Path) -> None:
    report = await Import(
        conn, site, file, Wanted("wordpress", "wordpress"), lambda *_: None
    ).run()  # fmt: skip
    await conn.execute("select pg_advisory_unlock_all()")
    assert report.refused == {}


@pytest.fixture
async def conn(pool: Pool) -> AsyncIterator[Conn]:
    async with pool.acquire() as conn:
        yield conn


@pytest.fixture
async def filled(client: httpx.AsyncClient, pool: Pool, site: Site, publisher_key: str) -> Site:
    await fill(client, pool, site, publisher_key)
    return site


async def test_an_import_of_it_has_the_same_texts_threads_dates_and_states(
    filled: Site, conn: Conn, tmp_path: Path
) -> None:
    file = tmp_path / "site.xml"
    content, counts = await exported(conn, filled)
    file.write_bytes(content)
    assert counts == {"articles": 2, "comments": 15}
    second = await add_site(conn, "second", "The Courier", [ORIGIN])
    await load(conn, second, file)
    before, after = [
        [_plain(dict(row)) for row in await conn.fetch(THREADS, one.id)]
        for one in (filled, second)
    ]  # fmt: skip
    assert sorted(after, key=str) == sorted(before, key=str)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as WordPress can tell it: text alone, and nothing of what was removed."""
    gone = "I take this back."
    row["body"] = "" if row["body"] in {gone, "(removed)"} else text_of(row["html"])
    row["parent"] = row["parent"] and row["parent"].replace("(removed)", gone).replace("*", "")
    row["parent"] = row["parent"] and text_of(render(row["parent"]))
    if not row["body"]:
        return {"at": row["at"], "parent": row["parent"], "url": row["url"]}
    row["html"] = row["html"].strip()
    return row


async def test_each_answer_comes_after_what_it_answers_with_a_higher_number(
    filled: Site, conn: Conn
) -> None:
    content, _ = await exported(conn, filled)
    channel = ET.fromstring(content).find("channel")  # noqa: S314 (we wrote it)
    assert channel is not None
    assert channel.findtext(f"{WP}wxr_version") == "1.2"
    assert [one.findtext(f"{WP}post_id") for one in channel.iter("item")] == ["18231", "18232"]
    seen = {"0"}
    for comment in channel.iter(f"{WP}comment"):
        assert comment.findtext(f"{WP}comment_parent") in seen
        number = comment.findtext(f"{WP}comment_id")
        assert number is not None
        assert number not in seen
        seen.add(number)
    approved = Counter(
        one.findtext(f"{WP}comment_approved") for one in channel.iter(f"{WP}comment")
    )
    assert approved == {"1": 11, "0": 1, "spam": 1, "trash": 2}


async def test_what_xml_cannot_say_is_dropped_and_counted(
    site: Site, conn: Conn, tmp_path: Path
) -> None:
    file = tmp_path / "old.xml"
    file.write_text(wxr(item(5, wp_comment(1, "One"))))
    await load(conn, site, file)
    await conn.execute("update comment set html = $1, author_name = $2", "<p>a]]>b\x0b\x1fc</p>",
                       "An\x07n ]]>")  # fmt: skip
    await conn.execute("update article set title = $1", "<b>&amp;]]>\ufffe")
    content, counts = await exported(conn, site)
    assert counts["control characters dropped"] == 4
    root = ET.fromstring(content)  # noqa: S314 (we wrote it)
    assert root.findtext(f".//{WP}comment_content") == "a]]>bc"
    assert root.findtext(f".//{WP}comment_author") == "Ann ]]>"
    assert root.findtext(".//item/title") == "<b>&amp;]]>"


@pytest.mark.parametrize(
    "body",
    ["One", "One\n\nTwo *three*\\\nfour", "> Said\n>\n> twice\n\nand answered", "- a\n- b\n\nafter",
     "before\n\n```\ncode\n\nmore <b>\n```\n\nafter", "1. a\n\n   b\n2. c", "a & b < c ]]> d",
     "[here](https://example.org/?a=1&b=2)\nnext", "```\nonly\n\ncode\n```", "> one"],
)  # fmt: skip
def test_line_ends_stand_for_paragraphs_and_back(body: str) -> None:
    html = render(body)
    there = unparagraphed(html)
    assert "<p>" not in there or "<blockquote>" in there or "<li>" in there
    back, text = html_and_text(
        SourceComment("1", "1", "", "", "", there, "paragraphs", "published", None)
    )
    assert text == text_of(html)
    assert "".join(back.split()) == "".join(html.split())
