"""Articles at the desk: found by moderators, switched by editors."""

import asyncio
from typing import Any

import httpx
import pytest
from thread import ORIGIN, bearer, new, post, read, thread

from service.articles.types import Site
from service.core.db import Pool

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def some(client: httpx.AsyncClient, publisher_key: str) -> list[str]:
    """Three articles, oldest first."""
    keys = []
    for key, title, more in [
        ("ferry", "The evening ferry", {}),
        ("budget", "50% of the budget_2027", {"mode": "pre", "support": False}),
        ("storm", "A storm is coming", {"open": False, "tags": ["sensitive"]}),
    ]:
        body = {"url": f"{ORIGIN}/news/{key}", "title": title, **more}
        path = f"/v1/sites/default/articles/{key}"
        answer = await client.put(path, json=body, headers=bearer(publisher_key))
        assert answer.status_code == 201
        keys.append(key)
    return keys


async def keys(call: Any, **query: Any) -> list[str]:
    answer = await call("GET", "/articles", **query)
    assert answer.status_code == 200, answer.text
    return [item["key"] for item in answer.json()["items"]]


async def ident_of(call: Any, key: str) -> str:
    items = (await call("GET", "/articles")).json()["items"]
    ident: str = next(item["id"] for item in items if item["key"] == key)
    return ident


async def test_they_are_found_and_narrowed_down(
    caller: Any, some: list[str], client: httpx.AsyncClient
) -> None:
    moderator = await caller("m@courier.example", "moderator")
    assert await keys(moderator) == ["storm", "budget", "ferry"]
    assert await keys(moderator, q="FERRY") == ["ferry"]
    assert await keys(moderator, q="budget") == ["budget"]
    assert await keys(moderator, q="/news/st") == ["storm"]
    assert await keys(moderator, open="no") == ["storm"]
    assert await keys(moderator, open="yes", mode="site") == ["ferry"]
    assert await keys(moderator, mode="pre") == ["budget"]
    assert await keys(moderator, support="off") == ["budget"]
    assert await keys(moderator, support="site") == ["storm", "ferry"]
    (storm, *_) = (await moderator("GET", "/articles")).json()["items"]
    assert (storm["open"], storm["support"], storm["called_for"]) == (False, None, False)
    assert storm["verified"]
    assert storm["sensitive"]


@pytest.mark.parametrize(("words", "found"), [
    ("50%", ["budget"]), ("%", ["budget"]), ("_", ["budget"]), ("\\", []), ("' or 1=1", []),
])  # fmt: skip
async def test_signs_of_a_search_are_themselves(
    words: str, found: list[str], chief: Any, some: list[str]
) -> None:
    assert await keys(chief, q=words) == found


async def test_pages_of_them(chief: Any, some: list[str]) -> None:
    first = (await chief("GET", "/articles", limit=2)).json()
    second = (await chief("GET", "/articles", limit=2, cursor=first["next_cursor"])).json()
    assert [i["key"] for i in [*first["items"], *second["items"]]] == some[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", [
    {"q": "x" * 201}, {"q": "a\x00"}, {"open": "maybe"}, {"mode": "never"}, {"support": "true"},
    {"limit": "0"}, {"cursor": "x"},
], ids=str)  # fmt: skip
async def test_a_bad_question_is_told(query: dict[str, str], chief: Any) -> None:
    assert (await chief("GET", "/articles", **query)).status_code == 422


async def test_an_editor_closes_and_opens_a_thread(
    chief: Any, some: list[str], client: httpx.AsyncClient, state: Any
) -> None:
    state["events"]._heard["thread"].clear()  # the notice is late
    ident = await ident_of(chief, "ferry")
    assert (await read(client, "ferry"))["article"]["open"]
    closed = await chief("PATCH", f"/articles/{ident}", {"open": False})
    assert (closed.status_code, closed.json()["open"]) == (200, False)
    assert not (await read(client, "ferry"))["article"]["open"], "also where it was kept"
    answer = await client.post(thread("ferry"), json=new(article="ferry"))
    assert answer.status_code in {403, 409}
    await chief("PATCH", f"/articles/{ident}", {"open": True})
    await post(client, article_key="ferry")


async def test_an_editor_moderates_before_and_takes_support_away(
    chief: Any, some: list[str], client: httpx.AsyncClient
) -> None:
    ident = await ident_of(chief, "ferry")
    support = "/v1/sites/default/articles/ferry/support"
    assert (await client.get(support)).json()["shown"]
    changed = await chief("PATCH", f"/articles/{ident}", {"mode": "pre", "support": False})
    assert (changed.json()["mode"], changed.json()["support"]) == ("pre", False)
    assert not (await client.get(support)).json()["shown"]
    posted = await post(client, "An ordinary remark.", article_key="ferry")
    assert posted["comment"]["status"] == "held"
    back = await chief("PATCH", f"/articles/{ident}", {"mode": None, "support": None})
    assert (back.json()["mode"], back.json()["support"]) == (None, None)
    assert (await client.get(support)).json()["shown"]
    events = (await chief("GET", "/account-events")).json()["items"]
    assert events[0]["action"] == "article changed"
    assert events[0]["detail"] == {
        "article": "The evening ferry", "mode": "pre → as the site",
        "support": "off → as the site",
    }  # fmt: skip


async def test_the_same_again_is_not_on_record(chief: Any, some: list[str]) -> None:
    ident = await ident_of(chief, "ferry")
    before = (await chief("GET", "/account-events")).json()["items"]
    assert (await chief("PATCH", f"/articles/{ident}", {"open": True})).status_code == 200
    assert (await chief("PATCH", f"/articles/{ident}", {})).status_code == 200
    assert (await chief("GET", "/account-events")).json()["items"] == before


async def test_two_at_once_each_keep_theirs(chief: Any, some: list[str]) -> None:
    ident = await ident_of(chief, "ferry")
    changes: list[dict[str, Any]] = [{"open": False}, {"mode": "pre"}, {"support": False}]
    await asyncio.gather(*(chief("PATCH", f"/articles/{ident}", one) for one in changes * 3))
    found = (await chief("GET", "/articles", q="ferry")).json()["items"][0]
    assert (found["open"], found["mode"], found["support"]) == (False, "pre", False)
    record = (await chief("GET", "/account-events")).json()["items"]
    assert len([one for one in record if one["action"] == "article changed"]) == 3


@pytest.mark.parametrize("body", [
    {"open": None}, {"open": "no"}, {"mode": "never"}, {"support": "yes"}, {"title": "Mine"},
    {"key": "x"},
], ids=str)  # fmt: skip
async def test_a_bad_change_is_told(
    body: dict[str, Any], chief: Any, some: list[str], pool: Pool
) -> None:
    ident = await ident_of(chief, "ferry")
    before = await pool.fetch("select * from article order by id")
    assert (await chief("PATCH", f"/articles/{ident}", body)).status_code == 422
    assert await pool.fetch("select * from article order by id") == before


async def test_others_don_t(caller: Any, chief: Any, other: Site, some: list[str]) -> None:
    ident = await ident_of(chief, "ferry")
    moderator = await caller("m@courier.example", "moderator")
    assert (await moderator("PATCH", f"/articles/{ident}", {"open": False})).status_code == 403
    elsewhere = await caller("e@herald.example", "editor", (other,))
    assert (await elsewhere("PATCH", f"/articles/{ident}", {"open": False})).status_code == 404
    assert (await elsewhere("PATCH", f"/articles/{UNKNOWN}", {"open": False})).status_code == 404
    assert await keys(elsewhere) == []
    assert (await elsewhere("GET", "/articles", site="default")).status_code == 403
    assert await keys(chief, open="no") == ["storm"]


async def test_a_page_of_many_articles_reads_an_index(pool: Pool, site: Site) -> None:
    await pool.execute(
        """
        insert into article (site_id, id, key, url, title, verified)
        select $1, gen_random_uuid(), 'k' || n, 'https://news.example/' || n, 'T' || n, true
        from generate_series(1, 20000) n
        """,
        site.id,
    )
    await pool.execute("analyze article")
    plan = "\n".join(
        row[0]
        for row in await pool.fetch(
            """
            explain select id from article where site_id = any($1::uuid[]) order by id desc
            limit 51
            """,
            [site.id],
        )
    )
    assert "Index" in plan, plan
    assert "Seq Scan" not in plan, plan
