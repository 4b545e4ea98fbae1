"""What a visible tab asks for: has the thread changed, and what; and what a text will look like."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from thread import bearer, comment, new, post, read, thread

from service.comments import following
from service.comments.reading import CHANGED
from service.comments.types import Since
from service.core.db import Pool
from service.core.http import write_cursor

CHANGES = "/v1/sites/default/articles/a-1/changes"
PREVIEW = "/v1/sites/default/preview"


class Raw(msgspec.Struct, array_like=True):
    """A Since that nothing has checked."""

    version: int
    at: datetime


async def changes(client: httpx.AsyncClient, since: str, until: str | None = None) -> Any:
    query = {"since": since} | ({"until": until} if until else {})
    answer = await client.get(CHANGES, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decide(
    client: httpx.AsyncClient, token: str, ident: str, action: str, **more: Any
) -> None:
    sent = {"decisions": [{"comment_id": ident, "action": action, **more}]}
    answer = await client.post("/v1/moderation/decisions", json=sent, headers=bearer(token))
    assert answer.json()["results"][0]["outcome"] == "applied", answer.text


async def test_what_has_changed_is_told_once_a_version(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    old, edited, removed, parent = [await post(client, f"Before {n}.") for n in range(4)]
    held = await post(client, "Held at first.", company="Acme")
    hidden = await post(client, "Held for good.", company="Acme")
    before = await read(client)
    ids = {one["id"] for one in before["items"]}
    assert ids == {one["comment"]["id"] for one in (old, edited, removed, parent)}

    reply = await post(client, "A reply.", parent_id=parent["comment"]["id"])
    await client.patch(
        comment(edited["comment"]["id"]),
        json={"body": "After."},
        headers=bearer(edited["edit_token"]),
    )
    await client.delete(comment(removed["comment"]["id"]), headers=bearer(removed["edit_token"]))
    await decide(client, moderator_token, held["comment"]["id"], "publish")
    await decide(client, moderator_token, hidden["comment"]["id"], "reject")
    after = await read(client)
    assert after["since"] != before["since"]

    told = await changes(client, before["since"], after["since"])
    assert told["complete"] is True
    by_id = {one["id"]: one for one in told["items"]}
    assert by_id[edited["comment"]["id"]]["html"] == "<p>After.</p>\n"
    assert by_id[reply["comment"]["id"]]["root_id"] == parent["comment"]["id"]
    assert by_id[held["comment"]["id"]]["status"] == "published"
    assert told["gone"] == [removed["comment"]["id"]]
    # What was never public is not even named.
    assert hidden["comment"]["id"] not in json.dumps(told)
    assert "readers.example" not in json.dumps(told)


async def test_what_is_older_is_not_told(client: httpx.AsyncClient) -> None:
    await post(client, "Before.")
    later = datetime.now(UTC) + following.OVERLAP + timedelta(seconds=1)
    assert await changes(client, write_cursor(Since(1, later))) == {
        "items": [], "gone": [], "complete": True
    }  # fmt: skip


async def test_another_article_s_changes_are_not_told(client: httpx.AsyncClient) -> None:
    mine = await post(client, "Here.")
    since = (await read(client))["since"]
    await post(client, "Elsewhere.", article_key="a-2")
    told = await changes(client, since)
    assert {one["id"] for one in told["items"]} <= {mine["comment"]["id"]}


async def test_too_much_or_too_long_ago_is_said(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(client, "One.")
    since = (await read(client))["since"]
    await post(client, "Two.")
    await post(client, "Three.")
    monkeypatch.setattr(following, "MOST", 2)
    told = await changes(client, since)
    assert (len(told["items"]), told["complete"]) == (2, False)
    ago = datetime.now(UTC) - following.LONGEST
    told = await changes(client, write_cursor(Since(1, ago)))
    assert told == {"items": [], "gone": [], "complete": False}


async def test_both_polls_cost_an_empty_answer_while_nothing_happens(
    client: httpx.AsyncClient,
) -> None:
    await post(client, "One.")
    page = await client.get(thread())
    since = page.json()["since"]
    answers = [page, await client.get(CHANGES, params={"since": since})]
    for answer in answers:
        assert "s-maxage=5" in answer.headers["cache-control"]
        known = {"If-None-Match": answer.headers["etag"]}
        again = await client.get(answer.request.url, headers=known)
        assert (again.status_code, again.content) == (304, b"")
    # Likes make no new text, and are told by the page.
    await post(client, "Two.")
    for answer in answers:
        known = {"If-None-Match": answer.headers["etag"]}
        again = await client.get(answer.request.url, headers=known)
        assert again.status_code == 200
        assert again.headers["etag"] != answer.headers["etag"]


async def test_nothing_is_missed_while_many_write(client: httpx.AsyncClient) -> None:
    """Readers poll while writers commit in any order: in the end each has all of them."""
    first = await post(client, "The first.")
    writing = True
    seen: set[str] = set()

    async def follow() -> None:
        since = (await read(client))["since"]
        while True:
            done = not writing
            page = await read(client)
            if page["since"] != since:
                told = await changes(client, since, page["since"])
                seen.update(one["id"] for one in told["items"])
                since = page["since"]
            if done:
                return
            await asyncio.sleep(0.01)

    follower = asyncio.create_task(follow())
    posted = await asyncio.gather(
        *(post(client, f"Remark {n}.", email=f"r{n}@readers.example") for n in range(25))
    )
    writing = False
    await follower
    wanted = {one["comment"]["id"] for one in posted if one["comment"]["status"] == "published"}
    assert wanted <= seen | {first["comment"]["id"]}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"since": "x"},
        {"since": "kQE"},
        {"since": write_cursor(Raw(-1, datetime.now(UTC)))},
        {"since": write_cursor(Raw(1, datetime(1800, 1, 1, tzinfo=UTC)))},
        {"since": write_cursor(Since(1, datetime.now(UTC))), "until": "%00"},
        {"since": write_cursor(Since(1, datetime.now(UTC))), "url": "javascript:1"},
    ],
)
async def test_a_broken_question_is_told(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get(CHANGES, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", []) for node in nodes(below))]


def is_of_ledger(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") == "ledger" or "ledger" in node.get("Index Name", "")


async def test_the_newest_end_of_the_ledger_is_all_that_is_read(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, "One.")
    await pool.execute(
        """
        insert into ledger (site_id, id, comment_id, actor, to_status, version)
        select l.site_id, overlay(l.id::text placing lpad(to_hex(n), 8, '0') from 1 for 8)::uuid,
            l.comment_id, 'machine', 'published', 1
        from ledger l, generate_series(1, 20000) n
        """
    )
    await pool.execute("analyze ledger")
    site = await pool.fetchval("select id from site where slug = 'default'")
    article = await pool.fetchval("select id from article")
    begin = following.first_id_of(datetime.now(UTC) - timedelta(minutes=3))
    found = await pool.fetchval(f"explain (format json) {CHANGED}", site, begin, article, 200)
    read_by = [node for node in nodes(json.loads(found)[0]["Plan"]) if is_of_ledger(node)]
    assert read_by
    assert "Seq Scan" not in {node["Node Type"] for node in read_by}
    rows = await pool.fetch(CHANGED, site, begin, article, 200)
    assert [str(row["id"]) for row in rows] == [posted["comment"]["id"]]


async def test_a_preview_is_what_is_shown_then(client: httpx.AsyncClient) -> None:
    text = (
        "*so* **it** is\n\n> quoted\n\n- one\n- two\n\n1. first\n\n`code`\n\n```\nblock\n```\n\n"
        "[a link](https://news.example/x) <b>no</b> [bad](javascript:alert(1))"
    )
    answer = await client.post(PREVIEW, json={"body": text})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    html = answer.json()["html"]
    posted = await client.post(thread(), json=new(text))
    assert posted.json()["comment"]["html"] == html
    for tag in ("em", "strong", "blockquote", "ul", "ol", "code", "pre", "a "):
        assert f"<{tag}" in html
    assert "<b>" not in html
    assert 'href="javascript' not in html
    # Nothing is kept of it.
    assert (await read(client))["count"] in {0, 1}


async def test_a_preview_of_nothing_or_too_much_is_refused(client: httpx.AsyncClient) -> None:
    for body, status in (("", 422), ("\u200b", 422), ("a" * 10_001, 422), ("a\x00", 422)):
        answer = await client.post(PREVIEW, json={"body": body})
        assert answer.status_code == status, body[:5]
        assert answer.json()["errors"][0]["path"] == "$.body"
    answer = await client.post("/v1/sites/nowhere/preview", json={"body": "a"})
    assert answer.status_code == 404


async def test_previews_are_limited(client: httpx.AsyncClient, state: dict[str, Any]) -> None:
    state["limiter"]._enabled = True
    codes = [(await client.post(PREVIEW, json={"body": "a"})).status_code for _ in range(25)]
    assert codes[0] == 200
    assert codes[-1] == 429
