"""Feeds over HTTP: publishers, editors, and what neither may."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from feeds.newsagent import Page
from feeds.papers import Item, wordpress
from feeds.reader import FEEDS, Reader
from thread import bearer

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool
from service.feeds.actions import MOST

DESK = "/v1/moderation/feeds"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$"),
        ({"url": ""}, "$.url"),
        ({"url": "https://news.example/" + "x" * 2000}, "$.url"),
        ({"url": "http://news.example/feed"}, "$.url"),
        ({"url": "https://10.0.0.1/feed"}, "$.url"),
        ({"url": "https://news.example:22/"}, "$.url"),
        ({"url": "https://user:pw@news.example/"}, "$.url"),
        ({"url": "https://news.example/feed#top"}, "$.url"),
        ({"url": "file:///etc/passwd"}, "$.url"),
        ({"url": "nonsense"}, "$.url"),
        ({"url": "https://localhost.news.example/", "alert": "yes"}, "$.alert"),
        ({"url": "https://localhost.news.example/", "more": 1}, "$"),
    ],
)
async def test_what_can_t_be_a_feed(
    publisher: httpx.AsyncClient, pool: Pool, body: dict[str, Any], path: str
) -> None:
    answer = await publisher.post(FEEDS, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert await pool.fetchval("select count(*) from feed") == 0


async def test_added_twice_is_one(reader: Reader, page: Page) -> None:
    first = await reader.add(page.url, alert=False)
    again = await reader.add(page.url, alert=True, status=200)
    assert (again["id"], again["alert"]) == (first["id"], True)
    answers = await asyncio.gather(
        *(reader.publisher.post(FEEDS, json={"url": page.url + "2"}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_site_has_so_many_at_most(reader: Reader, page: Page) -> None:
    for n in range(MOST):
        await reader.add(f"{page.url}/{n}")
    answer = await reader.publisher.post(FEEDS, json={"url": page.url})
    assert answer.status_code == 409
    assert len((await reader.publisher.get(FEEDS)).json()["items"]) == MOST


async def test_removed_is_gone_and_its_articles_stay(reader: Reader, page: Page) -> None:
    page.says(wordpress(Item("a", 1)))
    feed = await reader.add(page.url)
    await reader.poll()
    address = f"{FEEDS}/{feed['id']}"
    assert (await reader.publisher.delete(address)).status_code == 204
    assert (await reader.publisher.delete(address)).status_code == 404
    assert (await reader.publisher.get(FEEDS)).json() == {"items": [], "next_cursor": None}
    assert len(await reader.articles()) == 1
    # Added anew it begins anew: nobody is alerted.
    await reader.add(page.url)
    await reader.poll()
    assert await reader.alerts() == []


async def test_removed_while_it_is_polled(reader: Reader, page: Page) -> None:
    page.says(wordpress(Item("a", 1)))
    page.slow = 0.2
    feed = await reader.add(page.url)
    polling = asyncio.create_task(reader.poller.poll())
    await asyncio.sleep(0.1)
    assert (await reader.publisher.delete(f"{FEEDS}/{feed['id']}")).status_code == 204
    await polling
    assert await reader.articles() == {}


async def test_nobody_removes_another_site_s(
    reader: Reader, page: Page, state: dict[str, Any]
) -> None:
    feed = await reader.add(page.url)
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    key = await accounts.create_key(state["pool"], other.id, ["publish"])
    client = reader.publisher
    for address, who, status in [
        (f"{FEEDS}/{feed['id']}", key, 403),
        (f"/v1/sites/other/feeds/{feed['id']}", key, 404),
        (f"{DESK}/{feed['id']}", token, 404),
        (f"{DESK}/{uuid.uuid4()}", token, 404),
    ]:
        answer = await client.delete(address, headers=bearer(who))
        assert answer.status_code == status, address
    assert (await client.get(DESK, headers=bearer(token))).json()["items"] == []
    assert (await client.get(f"{DESK}?site=default", headers=bearer(token))).status_code == 403
    assert len((await client.get(FEEDS)).json()["items"]) == 1


async def test_editors_do_the_same_at_the_desk(
    client: httpx.AsyncClient, editor_token: str, page: Page, reader: Reader, state: dict[str, Any]
) -> None:
    headers = bearer(editor_token)
    body = {"url": page.url, "alert": True}
    async with state["pool"].acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://other.example"])
    assert (await client.post(DESK, json=body, headers=headers)).status_code == 422
    answer = await client.post(f"{DESK}?site=default", json=body, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["created_by"] == "editor@courier.example"
    assert answer.json()["site"] == "default"
    again = await client.post(f"{DESK}?site=default", json=body, headers=headers)
    assert again.status_code == 200
    for query in ("", "?site=default"):
        listed = (await client.get(DESK + query, headers=headers)).json()["items"]
        assert [feed["id"] for feed in listed] == [answer.json()["id"]]
    address = f"{DESK}/{answer.json()['id']}"
    assert (await client.delete(address, headers=headers)).status_code == 204
    assert (await client.delete(address, headers=headers)).status_code == 404


async def test_adding_wakes_a_worker(reader: Reader, page: Page, pool: Pool) -> None:
    await reader.add(page.url)
    assert await pool.fetchval("select count(*) from pgqueuer where entrypoint = 'feeds-poll'") == 1
