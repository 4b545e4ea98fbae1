"""What a publisher's system is told of comments, so that it can keep a copy."""

import uuid
from typing import Any

import httpx
import pytest
from thread import bearer, post

from service.core.db import Pool, uuid7
from service.integrations import changes
from service.integrations.changes import first_id_of

CHANGES = "/v1/sites/default/changes"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is too young for the cursor."""
    monkeypatch.setattr(changes, "SETTLED", -60)


async def asked(client: httpx.AsyncClient, key: str, **query: Any) -> Any:
    answer = await client.get(CHANGES, params=query, headers=bearer(key))
    return answer.raise_for_status().json()


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
    await post(client, body="Just now.")
    for _ in range(2):
        told = await asked(client, publisher_key, limit=1)
        assert [one["body"] for one in told["items"]] == ["Just now."]
        assert (told["cursor"], told["more"]) == (str(uuid.UUID(int=0)), False)


async def test_bad_cursors_and_callers_are_refused(
    client: httpx.AsyncClient, publisher_key: str, moderator_token: str
) -> None:
    for query in ({"after": "yesterday"}, {"limit": "0"}, {"limit": "9999"}):
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
