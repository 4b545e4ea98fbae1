"""Shares and support clicks: counted for an article that somebody knows, and registering it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support import running_app
from thread import ORIGIN, bearer, post

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Pool
from service.engagement.types import CHANNELS

STATIC = Path(articles.__file__).parent.parent / "web/static"
PAGE = {"url": f"{ORIGIN}/a-1", "title": "A bridge"}


def address(article: str = "a-1", site: str = "default") -> str:
    return f"/v1/sites/{site}/articles/{article}/engagement"


async def count(client: httpx.AsyncClient, **body: Any) -> int:
    answer = await client.post(address(), json={"kind": "share", **body})
    return answer.status_code


async def counted(pool: Pool) -> dict[tuple[str, str], int]:
    rows = await pool.fetch("select kind, channel, count from engagement_daily")
    return {(row["kind"], row["channel"]): row["count"] for row in rows}


async def test_an_article_without_comments_is_registered_by_its_first_share(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    assert await count(client, channel="copy") == 404
    assert await count(client, channel="copy", article=PAGE) == 204
    assert await count(client, channel="copy") == 204
    assert await counted(pool) == {("share", "copy"): 2}
    row = await pool.fetchrow("select key, url, title, verified, comment_count from article")
    assert dict(row or {}) == {
        "key": "a-1", "url": PAGE["url"], "title": "A bridge", "verified": False,
        "comment_count": 0,
    }  # fmt: skip


async def test_the_comment_after_a_share_is_on_the_same_article(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    assert await count(client, article=PAGE) == 204
    await post(client)
    assert await pool.fetchval("select count(*) from article") == 1


@pytest.mark.parametrize("url", [
    "https://elsewhere.example/a", "https://news.example.evil.example/a", "http://news.example/a",
    "https://sub.news.example/a",
])  # fmt: skip
async def test_a_page_elsewhere_registers_nothing(
    url: str, client: httpx.AsyncClient, pool: Pool
) -> None:
    assert await count(client, article={"url": url}) == 404
    assert await pool.fetchval("select count(*) from article") == 0


async def test_once_it_is_known_its_page_may_be_anywhere(client: httpx.AsyncClient) -> None:
    """A page behind a reader's translation service is still about the article that it names."""
    await post(client)
    assert await count(client, article={"url": "https://translated.example/a"}) == 204


@pytest.mark.parametrize(("body", "status"), [
    ({}, 422), ({"kind": "like"}, 422), ({"kind": "share", "channel": "a b"}, 422),
    ({"kind": "share", "channel": "x" * 31}, 422), ({"kind": "share", "channel": "copy\n"}, 422),
    ({"kind": "share", "who": "me"}, 422), ({"kind": "share", "article": "x"}, 422),
    ({"kind": "share", "article": {"title": "No address"}}, 422),
    ({"kind": "share", "article": {"url": "javascript:alert(1)"}}, 422),
    ({"kind": "share", "article": {"url": f"{ORIGIN}/{'x' * 2000}"}}, 422),
    ({"kind": "share", "article": {**PAGE, "title": "a\x00"}}, 422),
])  # fmt: skip
async def test_what_is_wrong_is_told_and_not_counted(
    body: dict[str, Any], status: int, client: httpx.AsyncClient, pool: Pool
) -> None:
    answer = await client.post(address(), json=body)
    assert answer.status_code == status
    assert await counted(pool) == {}


async def test_what_a_leaving_page_can_send_is_taken(client: httpx.AsyncClient, pool: Pool) -> None:
    """Plain text needs no preflight: a page that is being left has no time for one."""
    answer = await client.post(
        address(),
        content=json.dumps({"kind": "support", "article": PAGE}).encode(),
        headers={"Content-Type": "text/plain;charset=UTF-8", "Origin": ORIGIN},
    )
    assert answer.status_code == 204
    assert await counted(pool) == {("support", ""): 1}


async def test_twenty_at_once_are_twenty_and_one_article(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    done = await asyncio.gather(*(count(client, channel="copy", article=PAGE) for _ in range(20)))
    assert done == [204] * 20
    assert await counted(pool) == {("share", "copy"): 20}
    assert await pool.fetchval("select count(*) from article") == 1


async def test_nothing_says_who_it_was(client: httpx.AsyncClient, pool: Pool) -> None:
    await count(client, article=PAGE)
    columns = await pool.fetch(
        """
        select column_name from information_schema.columns
        where table_name = 'engagement_daily'
        """
    )
    assert {row["column_name"] for row in columns} == {
        "site_id", "article_id", "day", "kind", "channel", "count",
    }  # fmt: skip


async def test_too_many_from_one_address_are_refused(settings: Any, site: Site) -> None:
    limited = msgspec.structs.replace(settings, rate_limits=True)
    async with running_app(limited) as (app, _):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://c.example") as client:
            answers = [
                await client.post(address(), json={"kind": "share", "article": PAGE})
                for _ in range(22)
            ]
    assert answers[0].status_code == 204
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.fixture
async def limited(settings: Any, site: Site) -> AsyncIterator[Any]:
    """One address's calls where limits are on, each refilled but those that a test is about."""
    tight = msgspec.structs.replace(settings, rate_limits=True)
    async with running_app(tight) as (app, state):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://c.example") as client:

            async def call(key: str, **body: Any) -> int:
                await state["pool"].execute(
                    "delete from rate_limit where bucket like $1", b"engagement\x00%"
                )
                sent = {"kind": "share", **body}
                return (await client.post(address(key), json=sent)).status_code

            yield call


async def test_one_address_can_t_drive_an_article_s_counters(
    client: httpx.AsyncClient, publisher_key: str, limited: Any, pool: Pool
) -> None:
    """Whatever channel it names, and by whichever key it names the article."""
    path = "/v1/sites/default/articles/a-1"
    await client.put(path, json=PAGE, headers=bearer(publisher_key))
    page = {"article": PAGE}
    done = [await limited(f"a-{n % 2}", channel=f"c{n % 3}", **page) for n in range(30)]
    assert done == [204] * 20 + [429] * 10
    assert await pool.fetchval("select sum(count) from engagement_daily") == 20
    # Until a bucket is full again it can be read: not who shared what.
    article = await pool.fetchval("select id from article")
    buckets = [row["bucket"] for row in await pool.fetch("select bucket from rate_limit")]
    assert len(buckets) == 2
    assert not any(article.bytes in bucket for bucket in buckets)
    # Another article, and what else is counted of this one, are none of it.
    assert await limited("b", article={"url": f"{ORIGIN}/b"}) == 204
    assert await limited("a-1", kind="support", **page) == 204


async def test_one_address_can_t_fill_the_list_of_articles(limited: Any, pool: Pool) -> None:
    done = [await limited(f"made-up-{n}", article={"url": f"{ORIGIN}/{n}"}) for n in range(30)]
    assert done == [204] * 20 + [429] * 10
    assert await pool.fetchval("select count(*) from article") == 20
    assert await limited("made-up-1", channel="copy") == 204  # what is known is counted


async def test_a_channel_that_nobody_knows_is_another(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    for channel in ("your-paper-lies", "x1", "x2", "x", None):
        assert await count(client, channel=channel, article=PAGE) == 204
    assert await count(client, kind="support", channel="x", article=PAGE) == 204
    assert await counted(pool) == {
        ("share", "other"): 3, ("share", "x"): 1, ("share", ""): 1, ("support", ""): 1,
    }  # fmt: skip


def test_the_share_bar_s_own_channels_are_known() -> None:
    script = (STATIC / "widgets/share.js").read_text()
    offered = set(re.findall(r"^  (\w+): \['", script, re.MULTILINE))
    said = set(re.findall(r"(?:shared|link)\('(\w+)'", script))
    assert {"whatsapp", "reddit"} <= offered
    assert offered | said | {"mastodon"} == CHANNELS


async def test_a_report_of_an_article(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool
) -> None:
    put = {"url": PAGE["url"], "title": "A bridge", "alert": True}
    headers = bearer(publisher_key)
    alert = (await client.put("/v1/sites/default/articles/a-1", json=put, headers=headers)).json()[
        "alert"
    ]
    for body in ({"channel": "copy"}, {"channel": "copy"}, {"channel": "email"}):
        assert await count(client, **body) == 204
    assert await count(client, kind="support") == 204
    await post(client, "Shown.")
    await post(client, "Held.", company="x")
    await pool.execute("update engagement_daily set day = day - 40 where channel = 'email'")
    answer = await client.get(
        "/v1/sites/default/articles/a-1/report", params={"days": 3}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["article"] == {"key": "a-1", "url": PAGE["url"], "title": "A bridge"}
    assert report["totals"] == {
        "comments": 1, "shares": 3, "support": 1, "channels": {"copy": 2, "email": 1},
    }  # fmt: skip
    assert [(d["comments"], d["shares"], d["support"]) for d in report["days"]] == [
        (0, 0, 0), (0, 0, 0), (1, 2, 1),
    ]  # fmt: skip
    (told,) = report["alerts"]
    assert told["id"] == alert["id"]
    assert told["counts"]["audience"] == 0


async def test_a_report_finds_an_article_by_another_of_its_keys(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    put = {**PAGE, "aliases": ["old-7"]}
    headers = bearer(publisher_key)
    await client.put("/v1/sites/default/articles/a-1", json=put, headers=headers)
    answer = await client.get("/v1/sites/default/articles/old-7/report", headers=headers)
    assert answer.json()["article"]["key"] == "a-1"
    assert len(answer.json()["days"]) == 30


@pytest.mark.parametrize("days", ["0", "366", "-1", "x", "9" * 40, "٣", "1.5"])
async def test_a_period_that_is_none(
    days: str, client: httpx.AsyncClient, publisher_key: str
) -> None:
    await post(client)
    answer = await client.get(
        "/v1/sites/default/articles/a-1/report",
        params={"days": days},
        headers=bearer(publisher_key),
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "days"


async def test_a_report_of_nothing_and_by_another_s_key(
    client: httpx.AsyncClient, publisher_key: str, state: dict[str, Any]
) -> None:
    path = "/v1/sites/default/articles/a-1/report"
    assert (await client.get(path, headers=bearer(publisher_key))).status_code == 404
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
    key = await accounts.create_key(state["pool"], other.id, ["publish"])
    assert (await client.get(path, headers=bearer(key))).status_code == 403
