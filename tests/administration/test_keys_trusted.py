"""What an editor lets a key do, and what becomes of what it has sent."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from perspective import ANALYZE, FRIENDLY, INSULT, SUGGEST, asking, suggesting

from service.administration import keys
from service.administration.types import KeyChange
from service.articles.types import Site
from service.screening import learning_store


@pytest.fixture
async def made(chief: Any) -> dict[str, Any]:
    """A key, and its token."""
    answer = await chief(
        "POST", "/keys", {"scopes": ["classify"], "label": "Coral"}, site="default"
    )
    assert answer.status_code == 201
    key: dict[str, Any] = answer.json()
    return key


@pytest.fixture
def where(made: dict[str, Any]) -> str:
    return f"/keys/{made['key']['id']}"


async def say(client: httpx.AsyncClient, made: dict[str, Any], text: str, score: float) -> None:
    answer = await client.post(
        SUGGEST, json=suggesting(text, TOXICITY=score), params={"key": made["token"]}
    )
    assert answer.status_code == 200


WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def test_what_is_said_while_trust_ends_counts_nothing(
    client: httpx.AsyncClient, chief: Any, made: dict[str, Any], where: str, site: Site, state: Any
) -> None:
    await chief("PATCH", where, {"trusted": True})
    await say(client, made, INSULT, 1)
    pool, ident = state["pool"], UUID(made["key"]["id"])
    async with pool.acquire() as conn, conn.transaction():
        await keys.change_key(conn, None, ident, KeyChange(trusted=False))
        # Every process still knows the key as a trusted one.
        saying = asyncio.create_task(say(client, made, FRIENDLY, 0))
        while not saying.done() and not await pool.fetchval(WAITING):  # noqa: ASYNC110 (PostgreSQL tells nobody)
            await asyncio.sleep(0.01)
    await saying
    assert await learning_store.list_trusted(pool, site.id, 10) == []


async def test_a_new_key_may_do_anything_and_is_trusted_in_nothing(made: dict[str, Any]) -> None:
    key = made["key"]
    assert (key["quota"], key["keeps"], key["trusted"]) == (None, False, False)
    assert (key["examples"], key["calls"]) == (0, 0)


async def test_what_a_key_says_counts_once_it_is_trusted(
    client: httpx.AsyncClient, chief: Any, made: dict[str, Any], where: str, site: Site, state: Any
) -> None:
    await say(client, made, INSULT, 1)
    listed = (await chief("GET", f"{where}/examples")).json()["items"]
    assert [(one["text"], one["label"], one["source"], one["trusted"]) for one in listed] == [
        (INSULT, "abuse", "suggestscore", False)
    ]
    assert await learning_store.list_trusted(state["pool"], site.id, 10) == []
    trusted = await chief("PATCH", where, {"trusted": True})
    assert (trusted.json()["trusted"], trusted.json()["examples"]) == (True, 1)
    # What it says from now on counts at once, in the process that the editor has never asked too.
    state["keys"]._forget()
    await say(client, made, FRIENDLY, 0)
    learnt = await learning_store.list_trusted(state["pool"], site.id, 10)
    assert {(one.text, one.label) for one in learnt} == {(INSULT, "abuse"), (FRIENDLY, "fine")}
    await chief("PATCH", where, {"trusted": False})
    assert await learning_store.list_trusted(state["pool"], site.id, 10) == []
    record = (await chief("GET", "/account-events")).json()["items"]
    assert [one["detail"].get("trusted") for one in record[:2]] == ["off", "on"]


async def test_examples_are_forgotten_one_by_one_or_all(
    client: httpx.AsyncClient, chief: Any, made: dict[str, Any], where: str
) -> None:
    for number in range(5):
        await say(client, made, f"Remark number {number}, and a rude one.", 1)
    first = (await chief("GET", f"{where}/examples", limit=2)).json()
    assert [one["text"][14] for one in first["items"]] == ["4", "3"]
    query = {"limit": 3, "cursor": first["next_cursor"]}
    rest = (await chief("GET", f"{where}/examples", **query)).json()
    assert [one["text"][14] for one in rest["items"]] == ["2", "1", "0"]
    assert rest["next_cursor"] is None
    one = f"{where}/examples/{first['items'][0]['id']}"
    assert (await chief("DELETE", one)).status_code == 204
    assert (await chief("DELETE", one)).status_code == 404
    assert len((await chief("GET", f"{where}/examples")).json()["items"]) == 4
    assert (await chief("DELETE", f"{where}/examples")).status_code == 204
    assert (await chief("GET", f"{where}/examples")).json()["items"] == []


async def test_texts_are_kept_only_with_leave_and_forgotten_on_demand(
    client: httpx.AsyncClient, chief: Any, made: dict[str, Any], where: str, state: Any
) -> None:
    await chief("PATCH", where, {"keeps": True})
    state["keys"]._forget()
    for text in (INSULT, FRIENDLY):
        answer = await client.post(ANALYZE, json=asking(text), params={"key": made["token"]})
        assert answer.status_code == 200
    kept = (await chief("GET", f"{where}/texts")).json()["items"]
    assert [one["text"] for one in kept] == [FRIENDLY, INSULT]
    assert kept[1]["scores"]["TOXICITY"] > 0.8
    assert (await chief("DELETE", f"{where}/texts/{kept[0]['id']}")).status_code == 204
    assert (await chief("DELETE", f"{where}/texts/{kept[0]['id']}")).status_code == 404
    assert (await chief("DELETE", f"{where}/texts")).status_code == 204
    assert (await chief("GET", f"{where}/texts")).json()["items"] == []


async def test_usage_is_shown_by_day(
    client: httpx.AsyncClient, chief: Any, made: dict[str, Any], where: str, state: Any
) -> None:
    for _ in range(3):
        await client.post(ANALYZE, json=asking(), params={"key": made["token"]})
    await state["usage"].write()
    [day] = (await chief("GET", f"{where}/usage")).json()["items"]
    assert (day["calls"], day["spam"]) == (3, 0)
    [key] = (await chief("GET", "/keys", site="default")).json()["items"]
    assert key["calls"] == 3


@pytest.mark.parametrize(
    "change",
    [{"quota": 0}, {"quota": 1_000_001}, {"quota": "5"}, {"label": "x" * 101}, {"scopes": []},
     {"trusted": None}],
)  # fmt: skip
async def test_a_wrong_change_changes_nothing(
    chief: Any, made: dict[str, Any], where: str, change: Any
) -> None:
    assert (await chief("PATCH", where, change)).status_code == 422
    [key] = (await chief("GET", "/keys", site="default")).json()["items"]
    assert key == made["key"]


async def test_quotas_and_labels_change(chief: Any, where: str) -> None:
    changed = (await chief("PATCH", where, {"quota": 60, "label": "Talk"})).json()
    assert (changed["quota"], changed["label"]) == (60, "Talk")
    assert (await chief("PATCH", where, {"quota": None})).json()["quota"] is None
    record = (await chief("GET", "/account-events")).json()["items"]
    assert record[0]["detail"] == {"key": "Talk", "quota": "60 a minute → none"}


async def test_another_sites_editor_sees_no_key(
    caller: Any, other: Site, made: dict[str, Any], where: str
) -> None:
    foreign = await caller("herald@herald.example", "editor", (other,))
    for method, path, body in (
        ("PATCH", where, {"trusted": True}),
        ("GET", f"{where}/examples", None),
        ("GET", f"{where}/texts", None),
        ("GET", f"{where}/usage", None),
        ("DELETE", f"{where}/examples", None),
        ("DELETE", f"{where}/texts", None),
        ("DELETE", where, None),
    ):
        assert (await foreign(method, path, body)).status_code == 404
