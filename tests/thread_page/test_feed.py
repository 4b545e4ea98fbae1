# ruff: noqa: S314 - what is parsed is our own
"""The thread's feed: valid Atom, whatever is written in it."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pages import page_of
from thread import ORIGIN, bearer, comment, post, thread

from service.articles import store as articles
from service.core.db import Pool
from service.thread_page.store import list_newest

ATOM = "{http://www.w3.org/2005/Atom}"
THREADING = "{http://purl.org/syndication/thread/1.0}"
# RFC 4287: what each must hold, and once at most.
FEED_ONCE = {"id", "title", "updated", "generator", "subtitle", "rights", "icon", "logo"}
ENTRY_ONCE = {"id", "title", "updated", "published", "content", "summary", "rights", "source"}


async def read_feed(client: httpx.AsyncClient, article: str = "a-1") -> Any:
    answer = await client.get(f"{page_of(article)}/feed.atom")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.content)
    check(root, FEED_ONCE, {"id", "title", "updated"})
    for entry in root.findall(f"{ATOM}entry"):
        check(entry, ENTRY_ONCE, {"id", "title", "updated", "author", "content"})
    ids = [e.text for e in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    return root


def check(element: Any, once: set[str], required: set[str]) -> None:
    names = [child.tag.removeprefix(ATOM) for child in element]
    assert required <= set(names)
    assert all(names.count(name) <= 1 for name in once)
    for child in element:
        if child.tag in {f"{ATOM}updated", f"{ATOM}published"}:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", child.text)
            datetime.fromisoformat(child.text)
        if child.tag == f"{ATOM}id":
            assert urlsplit(child.text).scheme == "urn"
        if child.tag == f"{ATOM}author":
            assert child.find(f"{ATOM}name").text
        if child.tag == f"{ATOM}link":
            assert child.get("href")
    rels = [c.get("rel") for c in element if c.tag == f"{ATOM}link"]
    assert rels.count("alternate") == 1


async def test_an_empty_feed(client: httpx.AsyncClient, publisher_key: str) -> None:
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A <bridge> & more"},
        headers=bearer(publisher_key),
    )
    feed = await read_feed(client)
    assert feed.findall(f"{ATOM}entry") == []
    assert feed.find(f"{ATOM}title").text == "Replies to “A <bridge> & more”"


async def test_the_newest_come_first_and_replies_say_to_what(client: httpx.AsyncClient) -> None:
    first = await post(client, "First *remark*.")
    ident = first["comment"]["id"]
    second = await post(client, "Second remark.", parent_id=ident, email="b@readers.example")
    await client.patch(
        comment(ident), json={"body": "First remark, changed."},
        headers=bearer(first["edit_token"]),
    )  # fmt: skip
    entries = (await read_feed(client)).findall(f"{ATOM}entry")
    assert [e.find(f"{ATOM}id").text for e in entries] == [
        f"urn:uuid:{second['comment']['id']}", f"urn:uuid:{ident}",
    ]  # fmt: skip
    assert entries[0].find(f"{THREADING}in-reply-to").get("ref") == f"urn:uuid:{ident}"
    assert entries[1].find(f"{THREADING}in-reply-to") is None
    content = entries[1].find(f"{ATOM}content")
    assert (content.get("type"), content.text) == ("html", "<p>First remark, changed.</p>\n")
    assert entries[1].find(f"{ATOM}updated").text >= entries[1].find(f"{ATOM}published").text
    links = {e.get("rel"): e.get("href") for e in entries[1].findall(f"{ATOM}link")}
    assert links["alternate"] == f"https://comments.example/sites/default/comments/{ident}"


@pytest.mark.parametrize("text", [
    "]]></content><script>alert(1)</script>", "& < > \" '", "noncharacters \ufffe \uffff \x85",
    "\u202eright to left", "Z\u0351\u036b\u0343algo " * 100, "x" * 10_000,
], ids=range(6))  # fmt: skip
async def test_hostile_texts(text: str, client: httpx.AsyncClient) -> None:
    sent = {"name": text[:70], "email": "ana@readers.example", "body": text,
            "article": {"url": f"{ORIGIN}/a-1", "title": text[:300]}}  # fmt: skip
    posted = (await client.post(thread(), json=sent)).json()["comment"]
    entry = (await read_feed(client)).find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}content").text == re.sub("[\ufffe\uffff\x85]", "\ufffd",
                                                       posted["html"])  # fmt: skip


async def test_an_address_that_no_document_can_hold(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    put = {"url": f"{ORIGIN}/a-1?x=\ufffe", "title": "A bridge"}
    path = "/v1/sites/default/articles/a-1"
    assert (await client.put(path, json=put, headers=bearer(publisher_key))).status_code == 201
    links = (await read_feed(client)).findall(f"{ATOM}link")
    assert f"{ORIGIN}/a-1?x=\ufffd" in {link.get("href") for link in links}


async def test_no_more_than_fifty(client: httpx.AsyncClient, pool: Pool) -> None:
    told = await post(client, "The last of them.")
    await pool.execute(
        """
        insert into comment (
            site_id, id, article_id, reader_id, depth, author_name, body, html, status, risk,
            created_at
        )
        select site_id, gen_random_uuid(), article_id, reader_id, 0, 'Ana', 'x', '<p>x</p>',
            'published', 0, now() - n * interval '1 minute'
        from comment, generate_series(1, 60) n
        """
    )
    entries = (await read_feed(client)).findall(f"{ATOM}entry")
    assert len(entries) == 50
    assert entries[0].find(f"{ATOM}id").text == f"urn:uuid:{told['comment']['id']}"


async def test_the_feed_reads_no_more_than_it_shows(client: httpx.AsyncClient, pool: Pool) -> None:
    """By the index of articles: of a long thread among others it reads its fifty."""
    await post(client, "One of many.")
    await pool.execute(
        """
        insert into comment (
            site_id, id, article_id, reader_id, depth, author_name, body, html, status, risk,
            created_at
        )
        select site_id, gen_random_uuid(), article_id, reader_id, 0, 'Ana', 'x', '<p>x</p>',
            'published', 0, now() - n * interval '1 minute'
        from comment, generate_series(1, 20000) n
        """
    )
    await pool.execute("analyze comment")
    async with pool.acquire() as conn:
        site = await conn.fetchval("select id from site")
        article = await articles.get_article(conn, site, "a-1", None)
        assert article is not None
        assert len(await list_newest(conn, article.id, 50)) == 50
        plan = "\n".join(
            row[0]
            for row in await conn.fetch(
                """
                explain (analyze, timing off) select c.id, c.body from comment c
                where c.article_id = $1 and c.status = 'published'
                order by c.created_at desc, c.id desc limit 50
                """,
                article.id,
            )
        )
    assert "comment_article" in plan
    assert "Seq Scan" not in plan
    assert "Incremental Sort" in plan
