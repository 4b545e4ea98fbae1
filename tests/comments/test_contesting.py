"""Contesting: once, where the policy lets authors, and nothing is published by it."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from thread import bearer, comment, post

from service.core.db import Pool
from service.core.tokens import Keyring
from service.thread_page.own import own_key

WHY = "The figure is from the city's own report."


@pytest.fixture
async def rejected(
    client: httpx.AsyncClient, moderator_token: str, editor_token: str
) -> dict[str, Any]:
    """A comment that a moderator has rejected, on a site whose authors may contest."""
    answer = await client.put(
        "/v1/moderation/policy?site=default",
        json={"policy": {"contest": True}},
        headers=bearer(editor_token),
    )
    assert answer.status_code == 200, answer.text
    posted = await post(client, "A remark about the bridge.")
    await decide(client, moderator_token, posted, "reject")
    return posted


async def decide(
    client: httpx.AsyncClient, token: str, posted: dict[str, Any], action: str
) -> None:
    decision = {"comment_id": posted["comment"]["id"], "action": action}
    answer = await client.post(
        "/v1/moderation/decisions", json={"decisions": [decision]}, headers=bearer(token)
    )
    assert answer.json()["results"][0]["outcome"] == "applied"


async def contest(
    client: httpx.AsyncClient, posted: dict[str, Any], text: str = WHY
) -> httpx.Response:
    where = comment(posted["comment"]["id"]) + "/contest"
    return await client.post(where, json={"text": text}, headers=bearer(posted["edit_token"]))


async def test_a_contested_comment_waits_again_with_what_its_author_says(
    client: httpx.AsyncClient, rejected: dict[str, Any], moderator_token: str
) -> None:
    answer = await contest(client, rejected)
    assert answer.status_code == 200
    assert answer.json()["comment"]["status"] == "held"
    assert answer.json()["notice_code"] == "held"
    headers = bearer(moderator_token)
    queue = (await client.get("/v1/moderation/queue?view=held", headers=headers)).json()
    assert [one["id"] for one in queue["items"]] == [rejected["comment"]["id"]]
    where = f"/v1/moderation/comments/{rejected['comment']['id']}"
    detail = (await client.get(where, headers=headers)).json()
    assert WHY in str(detail["report_notes"])
    assert WHY not in str(detail["ledger"])
    assert detail["ledger"][-1]["note"] == "Contested by its author."
    # An edit within its time must not publish what a person has rejected.
    edited = await client.patch(
        comment(rejected["comment"]["id"]),
        json={"body": "A quite different remark."},
        headers=bearer(rejected["edit_token"]),
    )
    assert edited.json()["comment"]["status"] == "held"


async def test_only_once_and_not_what_stands(
    client: httpx.AsyncClient, rejected: dict[str, Any], moderator_token: str
) -> None:
    assert (await contest(client, rejected)).status_code == 200
    assert (await contest(client, rejected)).status_code == 409
    await decide(client, moderator_token, rejected, "reject")
    assert (await contest(client, rejected)).status_code == 409
    standing = await post(client, "Another remark.", name="Bo", email="bo@readers.example")
    assert (await contest(client, standing)).status_code == 409


@pytest.mark.parametrize("change", ["off", "long ago", "removed"])
async def test_what_can_t_be_contested_stays(
    client: httpx.AsyncClient,
    rejected: dict[str, Any],
    pool: Pool,
    editor_token: str,
    change: str,
) -> None:
    if change == "off":
        await client.put(
            "/v1/moderation/policy?site=default",
            json={"policy": {"contest": False}},
            headers=bearer(editor_token),
        )
    elif change == "long ago":
        await pool.execute("update comment set created_at = now() - interval '31 days'")
    else:
        await pool.execute("update comment set status = 'removed'")
    before = await pool.fetchval("select status from comment")
    assert (await contest(client, rejected)).status_code == 409
    assert await pool.fetchval("select status from comment") == before


async def test_whoever_isn_t_its_author_contests_nothing(
    client: httpx.AsyncClient, rejected: dict[str, Any]
) -> None:
    other = await post(client, "Another remark.", name="Bo", email="bo@readers.example")
    mixed = {"comment": rejected["comment"], "edit_token": other["edit_token"]}
    assert (await contest(client, mixed)).status_code == 403
    for text in ("", " \n ", "x" * 1001):
        assert (await contest(client, rejected, text)).status_code == 422


async def test_contested_by_form_on_its_own_page(
    client: httpx.AsyncClient, rejected: dict[str, Any], keyring: Keyring
) -> None:
    ident = UUID(rejected["comment"]["id"])
    key = own_key(keyring, ident)
    path = f"/sites/default/comments/{ident}/own"
    assert "Contest this" in (await client.get(path, params={"key": key})).text
    empty = await client.post(path, data={"key": key, "do": "contest", "why": ""})
    assert empty.status_code == 422
    assert "Please say why." in empty.text
    long = await client.post(path, data={"key": key, "do": "contest", "why": "x" * 1003})
    assert "3 characters too many" in long.text
    assert "x" * 1003 in long.text
    done = await client.post(
        path, data={"key": key, "do": "contest", "why": WHY}, follow_redirects=True
    )
    assert "Thank you. A moderator looks at it again." in done.text
    assert "Contest this" not in done.text


async def test_the_desk_sees_what_is_contested_until_somebody_answers(
    client: httpx.AsyncClient, rejected: dict[str, Any], moderator_token: str
) -> None:
    headers, ident = bearer(moderator_token), rejected["comment"]["id"]
    other = await post(client, "A remark about the ferry.", name="Bo", email="bo@x.example")
    report = {"reason": "other", "note": "Contested by its author. Or so says a reader."}
    where = comment(other["comment"]["id"]) + "/report"
    assert (await client.post(where, json=report)).status_code == 204
    await decide(client, moderator_token, other, "hold")

    async def queue(**query: str) -> dict[str, bool]:
        answer = await client.get(
            "/v1/moderation/queue", params={"view": "held", **query}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        return {one["id"]: one["contested"] for one in answer.json()["items"]}

    assert await queue() == {other["comment"]["id"]: False}
    assert (await contest(client, rejected)).status_code == 200
    assert await queue() == {ident: True, other["comment"]["id"]: False}
    assert ident in await queue(reason="contested")
    assert ident not in await queue(reason="spam")
    decision = {"decisions": [{"comment_id": ident, "action": "reject"}]}
    done = await client.post("/v1/moderation/decisions", json=decision, headers=headers)
    detail = await client.get(f"/v1/moderation/comments/{ident}", headers=headers)
    assert detail.json()["contested"] is False
    undo = f"/v1/moderation/batches/{done.json()['batch_id']}/undo"
    assert (await client.post(undo, headers=headers)).status_code == 200
    assert (await queue())[ident] is True
    wrong = await client.get("/v1/moderation/queue?reason=nonsense", headers=headers)
    assert wrong.status_code == 422
