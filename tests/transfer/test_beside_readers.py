"""Importing into threads that people write in, edit, moderate and register meanwhile."""

import asyncio
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
from everything import DECISIONS
from exports import item, wp_comment, wxr
from thread import ORIGIN, bearer, comment, new, thread

from service.articles.types import Site
from service.core.db import Pool, connect
from service.core.problems import Conflict
from service.transfer import spool_store
from service.transfer.loading import Import
from service.transfer.types import Report, Wanted

POSTS = (5, 6, 7, 8)
LATER = (9, 10)  # which readers may know before the import does
EACH = 30


def export(posts: tuple[int, ...], each: int) -> str:
    """Posts with so many comments each, in threads of ten."""
    return wxr(*(
        item(post, *(
            wp_comment(post * 100 + n, parent=post * 100 + n - 1 if n % 10 else 0,
                       name=f"R{n % 7}", email=f"r{n % 7}@readers.example")
            for n in range(each)
        )) for post in posts
    ))  # fmt: skip


async def load(database_url: str, site: Site, file: Path) -> Report:
    """Import a file as the command does, over a connection of its own."""
    conn = await connect(database_url)
    try:
        wanted = Wanted("wordpress", "wordpress")
        return await Import(conn, site, file, wanted, lambda *_: None).run()
    finally:
        await conn.close()


async def send(client: httpx.AsyncClient, key: str) -> None:
    """Send the first post's comments over HTTP until all are in, as the plugin does."""
    body = {
        "articles": [{"id": "5", "key": "5", "url": f"{ORIGIN}/5/", "title": "Post 5"}],
        "comments": [
            {"id": str(500 + n), "article": "5", "name": "R1", "email": "r1@readers.example",
             "body": f"Comment {500 + n}", "created_at": "2019-03-04T05:06:07Z"}
            for n in range(EACH)
        ],
    }  # fmt: skip
    status = 409
    while status == 409:
        answer = await client.post(
            "/v1/sites/default/imports/wordpress", json=body, headers=bearer(key)
        )
        status = answer.status_code
        await asyncio.sleep(0.02)
    assert status == 200, answer.text
    assert answer.json()["refused"] == 0


class Newsroom:
    """Readers and a moderator who do what they do, at random but the same each time."""

    def __init__(self, client: httpx.AsyncClient, pool: Pool, token: str, seed: int) -> None:
        self._client = client
        self._pool = pool
        self._token = token
        self._chance = random.Random(seed)  # noqa: S311 (no secret)
        self._own: list[tuple[str, str]] = []  # comments and their edit tokens
        self.done = 0

    async def act(self) -> None:
        """One thing that somebody does."""
        act = self._chance.choice(
            [self._post, self._reply, self._reply, self._edit, self._remove, self._decide,
             self._like]
        )  # fmt: skip
        await act()
        self.done += 1

    async def _send(self, parent: Any = None) -> None:
        post, who = self._chance.choice((*POSTS, *LATER)), self._chance.randrange(7)
        key = self._chance.choice((str(post), f"news.example~{post}"))
        if parent is not None:
            key = parent["key"]
        said = new(f"Said {self._chance.random()} of this.", key, name=f"R{who}",
                   email=f"r{who}@readers.example")  # fmt: skip
        said["article"] = {"url": f"{ORIGIN}/{post}/", "title": f"Post {post}"}
        if parent is not None:
            said["parent_id"] = str(parent["id"])
        answer = await self._client.post(thread(key), json=said)
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            made = answer.json()
            self._own.append((made["comment"]["id"], made["edit_token"]))

    async def _post(self) -> None:
        await self._send()

    async def _any(self) -> Any:
        rows = await self._pool.fetch(
            "select c.id, a.key from comment c join article a on a.id = c.article_id order by c.id"
        )
        return self._chance.choice(rows) if rows else None

    async def _reply(self) -> None:
        await self._send(await self._any())

    async def _edit(self) -> None:
        if self._own:
            ident, token = self._chance.choice(self._own)
            answer = await self._client.patch(
                comment(ident), json={"body": "I meant another."}, headers=bearer(token)
            )
            assert answer.status_code in {200, 409}, answer.text

    async def _remove(self) -> None:
        if self._own:
            ident, token = self._own.pop()
            answer = await self._client.delete(comment(ident), headers=bearer(token))
            assert answer.status_code in {204, 409}, answer.text

    async def _decide(self) -> None:
        found = {one["id"] for one in [await self._any() for _ in range(4)] if one is not None}
        actions = self._chance.choices(("publish", "reject", "spam", "hold"), k=len(found))
        decisions = [
            {"comment_id": str(one), "action": action}
            for one, action in zip(found, actions, strict=True)
        ]
        if decisions:
            answer = await self._client.post(
                DECISIONS, json={"decisions": decisions}, headers=bearer(self._token)
            )
            assert answer.status_code == 200, answer.text

    async def _like(self) -> None:
        if (found := await self._any()) is not None:
            await self._client.put(
                f"{comment(str(found['id']))}/like", headers={"X-Reader": "r" * 32}
            )


async def wrong(pool: Pool) -> list[Any]:
    """Comments out of their place, and counts that aren't those of the comments there are."""
    return await pool.fetch(
        """
        select 'place', c.id from comment c join comment p on p.id = c.parent_id
        where c.root_id <> coalesce(p.root_id, p.id) or c.article_id <> p.article_id
            or c.depth <> p.depth + 1
        union all select 'replies', r.id from comment r where r.root_id is null
            and r.reply_count <> (
                select count(*) from comment c where c.root_id = r.id and c.status = 'published'
            )
        union all select 'comments', a.id from article a where a.comment_count <> (
            select count(*) from comment c where c.article_id = a.id and c.status = 'published'
        )
        union all select 'ledger', c.id from comment c where not exists (
            select from ledger l where l.comment_id = c.id and l.version = c.version
                and l.to_status = c.status
        )
        """
    )


async def all_changes(client: httpx.AsyncClient, key: str, cursor: str) -> dict[str, str]:
    """What a copy of the site's comments would have by now: their states by id."""
    states: dict[str, str] = {}
    more = True
    while more:
        answer = await client.get(
            f"/v1/sites/default/changes?limit=50&after={cursor}", headers=bearer(key)
        )
        page = answer.json()
        states |= {one["id"]: one["status"] for one in page["items"]}
        cursor, more = page["cursor"], page["more"]
    return states


async def test_an_import_and_people_do_each_other_no_harm(
    client: httpx.AsyncClient, pool: Pool, site: Site, database_url: str, publisher_key: str,
    moderator_token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(spool_store, "AT_ONCE", 3)
    file = tmp_path / "export.xml"
    file.write_text(export(POSTS, EACH // 2))
    begin = (await client.get("/v1/sites/default/changes", headers=bearer(publisher_key))).json()[
        "cursor"
    ]
    await load(database_url, site, file)
    file.write_text(export((*POSTS, *LATER), EACH))
    imports = [asyncio.create_task(load(database_url, site, file)) for _ in range(2)]
    sent = asyncio.create_task(send(client, publisher_key))
    rooms = [Newsroom(client, pool, moderator_token, seed) for seed in range(6)]

    async def work(room: Newsroom) -> None:
        while not all(one.done() for one in imports) or room.done < 20:
            await room.act()

    await asyncio.gather(*(work(room) for room in rooms), sent)
    done = await asyncio.gather(*imports, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == [Conflict.__name__, Report.__name__], done
    assert await pool.fetchval("select count(*) from imported") == EACH * 6
    assert await pool.fetchval("select count(*) from article") == 6
    assert await wrong(pool) == []
    states = {str(r["id"]): r["status"] for r in await pool.fetch("select id, status from comment")}
    assert await all_changes(client, publisher_key, begin) == states
    for post in (*POSTS, *LATER):
        shown = (await client.get(thread(f"news.example~{post}"))).json()
        assert shown["count"] == await pool.fetchval(
            "select comment_count from article where key = $1", shown["article"]["key"]
        )
