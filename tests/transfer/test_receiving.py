"""Importing over HTTP: batch by batch, by the rules of a file's import, and never twice."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from exports import item, wp_comment, wxr
from thread import bearer

from service.articles.types import Site
from service.core.db import Pool, connect
from service.transfer import loader, receiving
from service.transfer.loading import Import
from service.transfer.types import Wanted

Send = Callable[..., Awaitable[dict[str, Any]]]
URL = "/v1/sites/default/imports/wordpress"
POST = {"id": "5", "key": "5", "url": "https://news.example/5/", "title": "Post 5"}


def remark(ident: int | str, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(ident), "article": "5", "name": "Ann", "email": "ann@reader.example",
        "body": f"Comment {ident}", "markup": "paragraphs", "created_at": "2019-03-04 05:06:07",
        **fields,
    }  # fmt: skip


@pytest.fixture
def send(client: httpx.AsyncClient, publisher_key: str) -> Send:
    """Send these comments of one post, and what it is answered."""

    async def sending(*comments: Any, url: str = URL, **fields: Any) -> dict[str, Any]:
        body = {"articles": [POST], "comments": comments, **fields}
        answer = await client.post(url, content=json.dumps(body), headers=bearer(publisher_key))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return sending


async def roots(client: httpx.AsyncClient, article: str = "5") -> dict[str, int]:
    answer = await client.get(f"/v1/sites/default/articles/{article}/comments?sort=oldest")
    return {one["html"]: one["reply_count"] for one in answer.json()["items"]}


def outcomes(answer: dict[str, Any]) -> list[str]:
    return [one.get("reason") or one["outcome"] for one in answer["items"]]


async def test_a_batch_is_stored_as_it_was(
    send: Send, client: httpx.AsyncClient, pool: Pool
) -> None:
    answer = await send(
        remark(2, parent="1", name="Bo", email="", website="https://bo.example"),
        remark(1, body="One\n\nTwo <b>bold</b><script>x</script>"),
        remark(3, status="held"), remark(4, status="spam"), remark(5, status="rejected"),
    )  # fmt: skip
    assert outcomes(answer) == ["stored"] * 5
    assert (answer["stored"], answer["articles_made"], answer["readers_made"]) == (5, 1, 2)
    shown = (await client.get("/v1/sites/default/articles/5/comments")).json()
    (root,) = shown["items"]
    assert (shown["count"], shown["article"]["title"]) == (2, "Post 5")
    assert root["html"] == "<p>One</p>\n<p>Two <strong>bold</strong></p>"
    assert root["created_at"] == "2019-03-04T05:06:07Z"
    assert root["replies"][0]["author"]["name"] == "Bo"
    ledger = await pool.fetch("select actor, note, to_status from ledger order by to_status")
    assert {tuple(row)[:2] for row in ledger} == {("import", "wordpress")}
    assert [row["to_status"] for row in ledger] == [
        "held", "published", "published", "rejected", "spam"
    ]  # fmt: skip
    # An approval there is a person's decision, and so is spam.
    assert await pool.fetchval("select count(*) from imported where decided") == 3
    assert await pool.fetchval("select count(*) from unscreened") == 5
    assert await pool.fetchval("select count(*) from pgqueuer") == 0


async def test_again_is_not_twice_and_a_file_s_import_goes_on(
    send: Send, client: httpx.AsyncClient, pool: Pool, site: Site, tmp_path: Any
) -> None:
    await send(remark(1), remark(2, parent="1"))
    again = await send(remark(1), remark(2, parent="1"), remark(3, parent="2"))
    assert outcomes(again) == ["already", "already", "stored"]
    assert (again["articles_made"], again["readers_made"]) == (0, 0)
    file = tmp_path / "export.xml"
    file.write_text(wxr(item(5, wp_comment(2), wp_comment(3), wp_comment(4, parent=3))))
    async with pool.acquire() as conn:
        told = Import(conn, site, file, Wanted("wordpress", "wordpress"), lambda *_: None)
        report = await told.run()
        await conn.execute("select pg_advisory_unlock_all()")
    assert (report.already, report.comments) == (2, {"published": 1})
    assert await pool.fetchval("select count(*) from comment") == 4


async def test_what_is_answered_may_come_in_an_earlier_batch_or_a_later_one(
    send: Send, client: httpx.AsyncClient
) -> None:
    await send(remark(1))
    answer = await send(remark(2, parent="1"), remark(4, parent="3"), remark(5, parent="4"))
    assert outcomes(answer) == ["stored", "waiting", "waiting"]
    assert answer["waiting"] == 2
    answer = await send(remark(3), remark(4, parent="3"), remark(5, parent="4"))
    assert outcomes(answer) == ["stored"] * 3
    assert await roots(client) == {"<p>Comment 1</p>": 1, "<p>Comment 3</p>": 2}


async def test_in_the_end_orphans_become_roots_and_circles_are_broken(
    send: Send, client: httpx.AsyncClient
) -> None:
    circle = [remark(8, parent="7"), remark(6, parent="8"), remark(7, parent="6")]
    batch = [remark(2, parent="1"), remark(3, parent="2"), remark(4, parent="4"), *circle]
    waits = await send(*batch)
    assert outcomes(waits) == ["waiting", "waiting", "stored", *["waiting"] * 3]
    answer = await send(*batch, orphans="root")
    assert outcomes(answer) == ["stored", "stored", "already", *["stored"] * 3]
    assert answer["repaired"]["replies to what isn't there, made roots"] >= 2
    assert await roots(client) == {
        "<p>Comment 2</p>": 1, "<p>Comment 4</p>": 0, "<p>Comment 8</p>": 2,
    }  # fmt: skip
    assert outcomes(await send(*batch)) == ["already"] * 6


async def test_what_can_t_be_kept_costs_no_other(send: Send, client: httpx.AsyncClient) -> None:
    foreign = {"id": "9", "url": "https://elsewhere.example/9"}
    batch = [
        (remark(1), "stored"),
        (7, "invalid"),
        ({"id": "2"}, "invalid"),
        (remark("3" * 381), "invalid"),
        (remark("a\0"), "invalid"),
        (remark(4, body=" "), "empty"),
        (remark(5, body="x" * 70_000), "too_long"),
        (remark(1, body="Another"), "twice"),
        (remark(6, article="nowhere"), "unknown_article"),
        (remark(7, article="9"), "other_site"),
        (remark(9, body="NUL\0"), "stored"),
        (remark(10, likes="many"), "invalid"),
    ]
    answer = await send(*(one for one, _ in batch), articles=[POST, foreign])
    assert outcomes(answer) == [expected for _, expected in batch]
    assert (answer["stored"], answer["refused"]) == (2, 10)
    assert [one["id"] for one in answer["items"][:3]] == ["1", None, "2"]
    assert "likes" in answer["items"][-1]["detail"]
    assert sorted(await roots(client)) == ["<p>Comment 1</p>", "<p>NUL</p>"]


async def test_a_comment_of_another_blog_is_told_and_its_replies_stay_here(
    send: Send, client: httpx.AsyncClient
) -> None:
    await send(remark(1))
    other = {"id": "7", "key": "7", "url": "https://news.example/other/7/", "title": "Other"}
    answer = await send(
        remark(1, article="7"), remark(2, article="7", parent="1"), articles=[other]
    )
    assert outcomes(answer) == ["other_page", "stored"]
    assert await roots(client) == {"<p>Comment 1</p>": 0}
    assert await roots(client, "7") == {"<p>Comment 2</p>": 0}
    named = await send(remark(1, article="7"), url=URL.replace("wordpress", "second"),
                       articles=[other], format="wordpress")  # fmt: skip
    assert outcomes(named) == ["stored"]


async def test_an_article_that_is_registered_needs_no_more_than_its_key(
    send: Send, client: httpx.AsyncClient, publisher_key: str
) -> None:
    put = {"url": "https://news.example/mine", "title": "Mine"}
    await client.put("/v1/sites/default/articles/mine", json=put, headers=bearer(publisher_key))
    assert outcomes(await send(remark(1, article="mine"), articles=[])) == ["stored"]
    assert await roots(client, "mine") == {"<p>Comment 1</p>": 0}


async def test_how_far_it_is_can_be_asked(
    send: Send, client: httpx.AsyncClient, publisher_key: str
) -> None:
    empty = (await client.get(URL, headers=bearer(publisher_key))).json()
    assert empty == {
        "source": "wordpress", "articles": 0, "readers": 0, "comments": {}, "unscreened": 0,
    }  # fmt: skip
    await send(remark(1), remark(2, status="spam"), remark(3, email="bo@reader.example"))
    found = (await client.get(URL, headers=bearer(publisher_key))).json()
    assert found == {
        "source": "wordpress", "articles": 1, "readers": 2,
        "comments": {"published": 2, "spam": 1}, "unscreened": 3,
    }  # fmt: skip


async def test_two_at_once_store_it_once(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool
) -> None:
    body = {"articles": [POST], "comments": [remark(n) for n in range(1, 60)]}
    headers = bearer(publisher_key)
    answers = await asyncio.gather(*(client.post(URL, json=body, headers=headers) for _ in "1234"))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(answer.json().get("stored", 0) for answer in answers) == 59
    assert await pool.fetchval("select count(*) from comment") == 59
    assert await pool.fetchval("select comment_count from article") == 59


async def test_while_a_file_is_imported_it_says_so(
    client: httpx.AsyncClient, publisher_key: str, site: Site, database_url: str, send: Send
) -> None:
    conn = await connect(database_url)
    await conn.execute(
        "select pg_advisory_lock(hashtextextended($1, 0))", f"rejoinder.import {site.id}"
    )
    body = {"articles": [POST], "comments": [remark(1)]}
    answer = await client.post(URL, json=body, headers=bearer(publisher_key))
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "2")
    await conn.close()
    assert outcomes(await send(remark(1))) == ["stored"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"comments": [remark(1)] * 501}, "$.comments"),
        ({"articles": [{"id": "1"}]}, "$.articles[0]"),
        ({"format": "blogger"}, "$.format"),
        ({"orphans": "drop"}, "$.orphans"),
        ({"dry_run": True}, "$"),
    ],
)
async def test_a_batch_that_is_none_stores_nothing(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, fields: dict[str, Any], path: str
) -> None:
    body = {"articles": [POST], "comments": [remark(1)], **fields}
    answer = await client.post(URL, content=json.dumps(body), headers=bearer(publisher_key))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert await pool.fetchval("select count(*) from comment") == 0


async def test_a_source_that_is_no_name_is_told(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    for source in ("NO", "x" * 41, "-", "%00"):
        url = f"/v1/sites/default/imports/{source}"
        for answer in (
            await client.get(url, headers=bearer(publisher_key)),
            await client.post(url, json={"comments": []}, headers=bearer(publisher_key)),
        ):
            assert answer.status_code == 422


async def test_long_bodies_are_read_off_the_event_loop(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What anybody wrote may take any sanitiser some time, and other requests wait meanwhile."""
    where: dict[str, list[bool]] = {"cleaned": [], "fingerprint": []}

    def noted(module: Any, name: str) -> None:
        real = getattr(module, name)

        def run(*given: Any) -> Any:
            where[name].append(threading.current_thread() is threading.main_thread())
            return real(*given)

        monkeypatch.setattr(module, name, run)

    noted(receiving, "cleaned")
    noted(loader, "fingerprint")
    now = datetime.now(UTC).isoformat()
    answer = await send(remark(1), remark(2, body="<ul>" * 16_000 + "Deep", created_at=now))
    assert outcomes(answer) == ["stored"] * 2
    assert where == {"cleaned": [True, False], "fingerprint": [False]}
