"""What a publisher's system is told of comments, so that it can keep a copy."""

import json
import uuid
from typing import Any

import httpx
import pytest
from support import plan_nodes
from thread import bearer, post

from service.core.db import Pool, uuid7
from service.integrations import changes, store
from service.integrations.changes import first_id_of
from service.integrations.types import Place

CHANGES = "/v1/sites/default/changes"
NOTHING = uuid.UUID(int=0)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is too young for the cursor."""
    monkeypatch.setattr(changes, "SETTLED", -60)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is too young that was there before it was asked for."""
    monkeypatch.setattr(changes, "SETTLED", 0)


async def asked(client: httpx.AsyncClient, key: str, **query: Any) -> Any:
    answer = await client.get(CHANGES, params=query, headers=bearer(key))
    return answer.raise_for_status().json()


async def follow(client: httpx.AsyncClient, key: str, cursor: str | None) -> tuple[list[str], str]:
    """Texts as they come, page by page, until there are no more; the cursor."""
    seen: list[str] = []
    while True:
        page = await asked(client, key, limit=2, **({"after": cursor} if cursor else {}))
        seen += [one["body"] for one in page["items"]]
        cursor = str(page["cursor"])
        if not page["more"]:
            return seen, cursor


async def test_every_state_is_told_in_order(
    client: httpx.AsyncClient, publisher_key: str, moderator_token: str, settled: None
) -> None:
    first = await post(client, body="The first word on it.")
    second = await post(client, body="A second word, by another.", email="b@readers.example")
    told = await asked(client, publisher_key)
    assert [one["id"] for one in told["items"]] == [
        first["comment"]["id"], second["comment"]["id"],
    ]  # fmt: skip
    one = told["items"][0]
    assert (one["status"], one["body"], one["imported"]) == (
        "published", "The first word on it.", None,
    )  # fmt: skip
    assert one["article"]["key"]
    assert "readers.example" not in str(told)
    assert (await asked(client, publisher_key, after=told["cursor"]))["items"] == []
    decision = {"comment_id": second["comment"]["id"], "action": "reject", "reason": "other"}
    await client.post(
        "/v1/moderation/decisions",
        json={"decisions": [decision]},
        headers=bearer(moderator_token),
    )
    path = f"/v1/sites/default/comments/{first['comment']['id']}"
    await client.delete(path, headers=bearer(first["edit_token"]))
    later = await asked(client, publisher_key, after=told["cursor"])
    states = [(one["status"], one["body"]) for one in later["items"]]
    assert states == [("rejected", "A second word, by another."), ("removed", "")]


async def test_pages_hold_each_comment_once(
    client: httpx.AsyncClient, publisher_key: str, settled: None
) -> None:
    made = await post(client, body="Written in haste.")
    path = f"/v1/sites/default/comments/{made['comment']['id']}"
    await client.patch(
        path, json={"body": "Written at leisure."}, headers=bearer(made["edit_token"])
    )
    await post(client, body="Something else.", email="c@readers.example")
    whole = await asked(client, publisher_key)
    assert [one["body"] for one in whole["items"]] == ["Written at leisure.", "Something else."]
    assert whole["more"] is False
    seen, cursor, more = [], None, True
    while more:
        page = await asked(client, publisher_key, limit=1, **({"after": cursor} if cursor else {}))
        seen += [one["body"] for one in page["items"]]
        cursor, more = page["cursor"], page["more"]
    assert seen == ["Written at leisure.", "Written at leisure.", "Something else."]


async def test_what_is_young_is_told_again(client: httpx.AsyncClient, publisher_key: str) -> None:
    """A transaction that began before this one may not have ended yet."""
    texts = [f"Just now, number {n}." for n in range(5)]
    for n, text in enumerate(texts):
        await post(client, body=text, email=f"{n}@readers.example")
    cursor = None
    for _ in range(2):
        seen, cursor = await follow(client, publisher_key, cursor)
        assert seen == texts
    assert cursor is not None
    assert cursor.startswith(str(NOTHING))


async def test_a_look_that_goes_on_later_passes_nothing_that_was_too_young(
    client: httpx.AsyncClient, publisher_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"Just now, number {n}." for n in range(5)]
    for n, text in enumerate(texts):
        await post(client, body=text, email=f"{n}@readers.example")
    first = await asked(client, publisher_key, limit=2)
    monkeypatch.setattr(changes, "SETTLED", -60)  # as if a minute had passed
    seen, cursor = await follow(client, publisher_key, first["cursor"])
    assert seen == texts[2:]
    assert (await follow(client, publisher_key, cursor))[0] == texts


async def test_bad_cursors_and_callers_are_refused(
    client: httpx.AsyncClient, publisher_key: str, moderator_token: str
) -> None:
    bad = [
        "yesterday",
        "~1~",
        f"{NOTHING}~~",
        f"{NOTHING}~x~{NOTHING}",
        f"{NOTHING}~{10**20}~{NOTHING}",
    ]
    for query in (*({"after": one} for one in bad), {"limit": "0"}, {"limit": "9999"}):
        answer = await client.get(CHANGES, params=query, headers=bearer(publisher_key))
        assert answer.status_code == 422, query
    assert (await client.get(CHANGES)).status_code == 401
    assert (await client.get(CHANGES, headers=bearer(moderator_token))).status_code == 403


def test_the_first_id_of_a_moment_is_below_every_other_one() -> None:

    made = uuid7()
    moment = (made.int >> 80) / 1000
    assert first_id_of(moment) < made < first_id_of(moment + 0.002)


async def test_a_comment_of_several_sources_is_one_change(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, settled: None
) -> None:
    made = [(await post(client, body=f"Word {n}."))["comment"]["id"] for n in range(2)]
    await pool.executemany(
        """
        insert into imported (site_id, comment_id, source, source_id, decided)
        select site_id, id, $2, $3, false from comment where id = $1
        """,
        [(made[0], "json", made[0]), (made[0], "wordpress", "204")],
    )
    told = await asked(client, publisher_key, limit=2)
    assert [(one["id"], one["imported"]) for one in told["items"]] == [
        (made[0], {"source": "wordpress", "id": "204"}), (made[1], None),
    ]  # fmt: skip


async def bring(client: httpx.AsyncClient, key: str, source: str, *comments: Any) -> None:
    """Import comments of 2019, each its id and what it answers."""
    page = {"id": "5", "key": "5", "url": "https://news.example/5/", "title": "Post 5"}
    remarks = [
        {
            "id": ident, "article": "5", "name": "Ann", "email": "ann@reader.example",
            "body": f"Comment {ident}", "parent": parent, "created_at": "2019-03-04 05:06:07",
        }
        for ident, parent in comments
    ]  # fmt: skip
    answer = await client.post(
        f"/v1/sites/default/imports/{source}",
        json={"articles": [page], "comments": remarks},
        headers=bearer(key),
    )
    assert answer.raise_for_status().json()["stored"] == len(remarks)


async def test_what_is_imported_later_is_told_to_a_copy_that_has_begun(
    client: httpx.AsyncClient, publisher_key: str, at_once: None
) -> None:
    await bring(client, publisher_key, "wordpress", ("1", None), ("2", "1"))
    await post(client, body="Written here.")
    seen, cursor = await follow(client, publisher_key, None)
    assert sorted(seen) == ["Comment 1", "Comment 2", "Written here."]
    await bring(client, publisher_key, "disqus", *((str(n), None) for n in range(11, 16)))
    await post(client, body="Written since.", email="b@readers.example")
    seen, cursor = await follow(client, publisher_key, cursor)
    assert sorted(seen[:5]) == [f"Comment {n}" for n in range(11, 16)]
    assert seen[5:] == ["Written since."]
    assert await follow(client, publisher_key, cursor) == ([], cursor)


async def test_a_cursor_of_an_earlier_release_is_told_what_that_left_out(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, at_once: None
) -> None:
    await post(client, body="Written here.")
    last = await pool.fetchval("select id from ledger order by id desc limit 1")
    await bring(client, publisher_key, "disqus", ("11", None), ("12", "11"))
    seen, cursor = await follow(client, publisher_key, str(last))
    assert sorted(seen) == ["Comment 11", "Comment 12"]
    assert await follow(client, publisher_key, cursor) == ([], cursor)


async def test_what_is_imported_just_now_is_told_again_and_keeps_nothing_else_waiting(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    begun = (await asked(client, publisher_key))["cursor"]
    await bring(client, publisher_key, "disqus", *((str(n), None) for n in range(11, 16)))
    await post(client, body="Written since.")
    cursor = begun
    for _ in range(2):
        seen, cursor = await follow(client, publisher_key, cursor)
        assert sorted(set(seen)) == [*(f"Comment {n}" for n in range(11, 16)), "Written since."]


async def test_a_page_is_read_off_two_indexes(
    pool: Pool, client: httpx.AsyncClient, publisher_key: str, site: Any
) -> None:
    """However much was imported or decided: each minute asks."""
    await post(client, body="Written here.")
    for statement in (
        """
        insert into comment (
            site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk,
            created_at
        )
        select site_id, gen_random_uuid(), article_id, 0, reader_id, 'R', 'a', 'a', 'held', 0, now()
        from comment, generate_series(1, 5000)
        """,
        """
        insert into imported (site_id, comment_id, source, source_id, decided)
        select site_id, id, 'disqus', id::text, false from comment
        """,
        """
        insert into ledger (site_id, id, comment_id, actor, to_status, version)
        select site_id, gen_random_uuid(), id, 'machine', 'published', 1 from comment
        """,
        "analyze comment, ledger, imported",
    ):
        await pool.execute(statement)
    place = Place(NOTHING, changes.LONG_AGO, NOTHING)
    found = json.loads(
        await pool.fetchval(
            f"explain (format json) {store.CHANGES}", *store.arguments(site.id, place, 100)
        )
    )[0]["Plan"]
    used = {node["Index Name"] for node in plan_nodes(found) if "Index Name" in node}
    assert {"imported_order", "ledger_site"} <= used
    scanned = {n["Relation Name"] for n in plan_nodes(found) if n["Node Type"] == "Seq Scan"}
    assert not scanned & {"imported", "ledger"}
