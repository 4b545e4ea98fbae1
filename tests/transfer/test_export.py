"""What an export has in it."""

import asyncio
import io
import json
import threading
from collections import Counter
from typing import Any

import httpx
import pytest
from everything import ARTICLE, fill
from support import run_sql
from thread import post

from service.articles.types import Site
from service.core.db import Pool
from service.core.problems import NotFound
from service.transfer.writing.actions import write_lines
from service.transfer.writing.types import Part

Lines = list[dict[str, Any]]


async def exported(pool: Pool, site: Site, part: Part | None = None) -> Lines:
    output = io.BytesIO()
    async with pool.acquire() as conn:
        await write_lines(conn, site, part or Part(), output, lambda *_: None)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def of(lines: Lines, kind: str) -> Lines:
    return [line for line in lines if line["type"] == kind]


@pytest.fixture
async def lines(client: httpx.AsyncClient, pool: Pool, site: Site, publisher_key: str) -> Lines:
    await fill(client, pool, site, publisher_key)
    return await exported(pool, site)


async def test_every_row_of_the_site_is_a_line(lines: Lines, pool: Pool) -> None:
    kinds = [
        "header",
        "article",
        "reader",
        "comment",
        "decision",
        "sanction",
        "subscription",
        "follow",
        "mail_stop",
        "end",
    ]
    assert list(dict.fromkeys(line["type"] for line in lines)) == kinds
    counts = Counter(line["type"] for line in lines)
    assert counts["header"] == 1
    assert lines[-1] == {"type": "end", "lines": len(lines) - 1}
    # Of letters only what its owner has asked for, and what is the site's own.
    assert [line["address"] for line in of(lines, "follow")] == ["lucja@readers.example"]
    assert [line["address_hash"] for line in of(lines, "mail_stop")] == ["0badcafe"]
    for kind, table in zip(kinds[1:7], ["article", "reader", "comment", "ledger", "sanction",
                                       "subscription"], strict=True):  # fmt: skip
        assert counts[kind] == await pool.fetchval(f"select count(*) from {table}"), kind


async def test_the_header_says_what_it_is_and_of_which_keys(lines: Lines, pool: Pool) -> None:
    header = lines[0]
    assert (header["format"], header["version"], header["site"]) == ("rejoinder", 1, "default")
    assert header["push_key"] == await pool.fetchval("select id from vapid_key")
    assert (header["articles"], header["since"]) == (None, None)


async def test_an_article_is_told_with_all_that_its_publisher_said(lines: Lines) -> None:
    ferry, quiet = of(lines, "article")
    for name in ("url", "title", "summary", "image", "image_credit", "section", "tags",
                 "published_at", "mode", "slow_mode"):  # fmt: skip
        assert ferry[name] == ARTICLE[name], name
    assert "news.example/old/ferry" in ferry["urls"]
    assert (quiet["key"], quiet["open"]) == ("quiet", False)


async def test_comments_hang_below_one_another_and_have_their_states(lines: Lines) -> None:
    comments = {line["id"]: line for line in of(lines, "comment")}
    assert all(one["parent"] in comments for one in comments.values() if one["parent"])
    assert Counter(one["status"] for one in comments.values()) == {
        "published": 11, "held": 1, "rejected": 1, "spam": 1, "removed": 1,
    }  # fmt: skip
    (changed,) = [one for one in comments.values() if one["edited_at"]]
    assert changed["body"] == "I meant the *tunnel*."
    assert changed["html"] == "<p>I meant the <em>tunnel</em>.</p>\n"
    assert sum(one["likes"] for one in comments.values()) == 2
    readers = {line["id"] for line in of(lines, "reader")}
    assert {one["reader"] for one in comments.values()} < readers


async def test_decisions_name_who_made_them_and_why(lines: Lines) -> None:
    people = [line for line in of(lines, "decision") if line["actor"] == "moderator"]
    assert {line["moderator"] for line in people} == {
        "mo@courier.example",
        "zoë@courier.example",
    }
    (spam,) = [line for line in people if line["to"] == "spam"]
    assert (spam["from"], spam["note"]) == ("published", "“spam”, I say")
    assert [line["moderator"] for line in of(lines, "decision") if line["actor"] == "undo"] == [
        "zoë@courier.example"
    ]


async def test_nothing_secret_leaves(lines: Lines, pool: Pool) -> None:
    # Without which no alert arrives, or letters go to whoever wanted none (keyed by the secret).
    allowed = {"p256dh", "auth", "endpoint", "address_hash"}
    fields = {name for line in lines for name in line} - allowed
    assert not [
        name for name in fields if any(part in name for part in ("hash", "token", "password"))
    ]
    text = json.dumps(lines)
    rows = await pool.fetch("select encode(address_hash, 'hex') h from comment")
    assert [row for row in rows if row["h"] is not None and row["h"] in text] == []
    assert any(row["h"] for row in rows)


async def test_subscriptions_keep_what_an_alert_needs_and_why_they_ended(lines: Lines) -> None:
    one, _, gone = of(lines, "subscription")
    assert one["endpoint"] == "https://push.example/0"
    assert (one["p256dh"], one["auth"]) == (
        "BPsE-wT7" + one["p256dh"][8:],
        "-_v7-_v7-_v7-_v7-_v7-w",
    )
    assert (one["topics"], one["articles"], one["quiet_until"]) == (
        ["local"],
        ["18231"],
        "07:30:00",
    )
    assert (gone["endpoint"], gone["removed_reason"]) == (None, "unsubscribed")


async def test_an_article_alone_comes_with_its_readers_and_no_subscriptions(
    client: httpx.AsyncClient, pool: Pool, site: Site, lines: Lines
) -> None:
    await post(client, "Elsewhere.", article_key="other", email="else@readers.example")
    some = await exported(pool, site, Part(articles=["other"]))
    assert [line["type"] for line in some] == [
        "header",
        "article",
        "reader",
        "comment",
        "decision",
        "end",
    ]
    assert some[2]["email"] == "else@readers.example"
    assert some[0]["articles"] == ["other"]
    rest = await exported(pool, site, Part(articles=["18231"]))
    assert of(rest, "comment") == of(lines, "comment")
    with pytest.raises(NotFound, match="no article nowhere"):
        await exported(pool, site, Part(articles=["18231", "nowhere"]))


async def test_since_gives_whole_threads_in_which_something_happened(
    client: httpx.AsyncClient, pool: Pool, site: Site
) -> None:
    first = (await post(client, "An old thread."))["comment"]["id"]
    await post(client, "Another old thread.")
    reply = (await post(client, "New below old.", parent_id=first))["comment"]
    new = await pool.fetchval("select created_at from comment where id = $1::uuid", reply["id"])
    some = await exported(pool, site, Part(since=new))
    assert [line["id"] for line in of(some, "comment")] == [first, reply["id"]]
    assert len(of(some, "article")) == len(of(some, "reader")) == 1


class Interrupted(io.BytesIO):
    """Lets somebody write into the database before the first line is written."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def write(self, content: Any) -> int:
        if not self.tell():
            thread = threading.Thread(target=asyncio.run, args=(self._change(),))
            thread.start()
            thread.join()
        return super().write(content)

    async def _change(self) -> None:
        await run_sql(self.url, "update comment set body = 'after'")
        await run_sql(self.url, "update article set title = 'after'")


async def test_what_is_written_meanwhile_is_in_no_part_of_it(
    client: httpx.AsyncClient, pool: Pool, site: Site, database_url: str
) -> None:
    await post(client, "before")
    output = Interrupted(database_url)
    async with pool.acquire() as conn:
        await write_lines(conn, site, Part(), output, lambda *_: None)
    assert b"before" in output.getvalue()
    assert b"after" not in output.getvalue()
    later = await exported(pool, site)
    assert (of(later, "comment")[0]["body"], of(later, "article")[0]["title"]) == ("after", "after")
