"""Setting webhooks up: what is refused, who may, and what is shown once."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import msgspec
import pytest
from thread import bearer, post
from webhooks.conftest import EVERY, Add
from webhooks.receiver import Receiver

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.core.db import Pool
from service.webhooks import actions
from service.webhooks.delivery import Courier

WEBHOOKS = "/v1/moderation/webhooks"
HERE = WEBHOOKS + "?site=default"


def new(url: str, *events: str) -> dict[str, Any]:
    return {"url": url, "events": list(events or ["comment.created"])}


async def test_a_secret_is_shown_once(
    add: Add, editor: httpx.AsyncClient, receiver: Receiver, pool: Pool
) -> None:
    ident, inbox = await add()
    assert inbox.secret.startswith("whsec_")
    listed = await editor.get(HERE)
    assert "secret" not in listed.text
    [webhook] = listed.json()["items"]
    assert webhook["id"] == ident
    assert webhook["url"] == inbox.url
    assert webhook["events"] == sorted(EVERY)
    assert webhook["created_by"] == "editor@courier.example"
    kept = await pool.fetchrow("select secret, t::text as text from webhook t")
    assert inbox.secret.removeprefix("whsec_") not in kept["text"]
    changed = await editor.patch(f"{WEBHOOKS}/{ident}", json={"events": ["comment.decided"]})
    assert changed.json()["events"] == ["comment.decided"]
    assert "secret" not in changed.text


async def test_two_secrets_sign_for_a_day_after_a_rotation(
    client: httpx.AsyncClient, add: Add, editor: httpx.AsyncClient, courier: Courier, pool: Pool
) -> None:
    ident, inbox = await add()
    old = inbox.secret
    answer = await editor.post(f"{WEBHOOKS}/{ident}/secret")
    rotated = answer.json()["secret"]
    assert rotated != old
    assert answer.json()["webhook"]["previous_until"]
    for secret in (old, rotated):
        inbox.secret = secret
        await post(client, f"Signed with {secret[-4:]}?")
        await courier.deliver()
    assert len(inbox.heard) == 2, "the receiver verified both"
    assert all(len(h["webhook-signature"].split()) == 2 for h in inbox.headers)
    await pool.execute("update webhook set previous_until = now() - interval '1 second'")
    await post(client, "A day later.")
    await courier.deliver()
    assert len(inbox.headers[2]["webhook-signature"].split()) == 1


async def test_a_ping_says_at_once_how_it_went(
    add: Add, editor: httpx.AsyncClient, courier: Courier
) -> None:
    ident, inbox = await add("reader.sanctioned")
    inbox.answers(500)
    for state in ("dead", "delivered"):
        sent = await editor.post(f"{WEBHOOKS}/{ident}/test")
        assert (sent.status_code, sent.json()["state"]) == (202, "pending")
        await courier.deliver()
        url = f"{WEBHOOKS}/{ident}/deliveries/{sent.json()['id']}"
        assert (await editor.get(url)).json()["state"] == state
    assert inbox.kinds() == ["ping", "ping"]
    assert inbox.heard[0]["data"] == {"site": "default"}
    await editor.patch(f"{WEBHOOKS}/{ident}", json={"enabled": False})
    paused = await editor.post(f"{WEBHOOKS}/{ident}/test")
    assert (paused.status_code, "paused" in paused.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.news.example/", "https"),
        ("https://hooks.news.example:22/", "port"),
        ("https://127.0.0.1.news/\x00", "address"),
        ("https://10.0.0.1/", "public host"),
        ("https://169.254.169.254/latest/meta-data", "public host"),
        ("https://localhost/", "public host"),
        ("https://user:pw@hooks.news.example/", "address"),
        ("file:///etc/passwd", "https"),
        ("nonsense", "https"),
    ],
)
async def test_addresses_that_must_not_become_a_way_in(
    client: httpx.AsyncClient, editor: httpx.AsyncClient, state: dict[str, Any], url: str,
    said: str, add: Add, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ident, _ = await add()
    strict = msgspec.structs.replace(state["settings"], webhook_allow_local=False)
    monkeypatch.setitem(state, "settings", strict)
    for answer in (
        await editor.post(HERE, json=new(url)),
        await editor.patch(f"{WEBHOOKS}/{ident}", json={"url": url}),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["path"] == "$.url"
        assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"events": []},
        {"events": ["comment.eaten"]},
        {"events": "comment.created"},
        {"url": ""},
        {"url": "https://hooks.news.example/" + "x" * 2000},
        {"url": 7},
        {"surprise": 1},
    ],
    ids=str,
)
async def test_bad_fields(change: dict[str, Any], add: Add, editor: httpx.AsyncClient) -> None:
    ident, _ = await add()
    for answer in (
        await editor.post(HERE, json={**new("http://127.0.0.1:9/a"), **change}),
        await editor.patch(f"{WEBHOOKS}/{ident}", json=change),
    ):
        assert answer.status_code == 422, answer.text
    assert (await editor.patch(f"{WEBHOOKS}/{ident}", json={})).status_code == 422


async def test_an_address_is_taken_once_also_at_once(
    editor: httpx.AsyncClient, receiver: Receiver, add: Add
) -> None:
    url = receiver.inbox().url
    answers = await asyncio.gather(*(editor.post(HERE, json=new(url)) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    ident, _ = await add()
    moved = await editor.patch(f"{WEBHOOKS}/{ident}", json={"url": url})
    assert (moved.status_code, moved.json()["detail"]) == (409, actions.TAKEN)


async def test_a_site_has_so_many_webhooks_and_no_more_also_at_once(
    editor: httpx.AsyncClient, site: Any
) -> None:
    answers = await asyncio.gather(
        *(editor.post(HERE, json=new(f"http://127.0.0.1:9/{n}")) for n in range(actions.MOST + 3))
    )
    statuses = [a.status_code for a in answers]
    assert (statuses.count(201), statuses.count(409)) == (actions.MOST, 3)


async def test_unknown_ids_and_wrong_states(
    add: Add, editor: httpx.AsyncClient, client: httpx.AsyncClient, pool: Pool
) -> None:
    ident, _ = await add()
    nobody = str(uuid.uuid4())
    for method, path in [
        ("PATCH", f"/{nobody}"), ("DELETE", f"/{nobody}"), ("POST", f"/{nobody}/secret"),
        ("POST", f"/{nobody}/test"), ("GET", f"/{nobody}/deliveries"), ("PATCH", "/nonsense"),
        ("POST", f"/{ident}/deliveries/{nobody}/retry"), ("GET", f"/{ident}/deliveries/x"),
    ]:  # fmt: skip
        answer = await editor.request(method, WEBHOOKS + path, json={"enabled": True})
        assert answer.status_code == 404, (method, path, answer.text)
    await post(client)
    waiting = await pool.fetchval("select id::text from webhook_delivery")
    again = await editor.post(f"{WEBHOOKS}/{ident}/deliveries/{waiting}/retry")
    assert (again.status_code, again.json()["detail"]) == (409, "This delivery waits already.")
    for query in ("state=lost", "limit=0", "cursor=x"):
        answer = await editor.get(f"{WEBHOOKS}/{ident}/deliveries?{query}")
        assert answer.status_code == 422, query
    assert (await editor.delete(f"{WEBHOOKS}/{ident}")).status_code == 204
    assert (await editor.delete(f"{WEBHOOKS}/{ident}")).status_code == 404
    assert await pool.fetchval("select count(*) from webhook_delivery") == 0


async def test_deliveries_are_paged(
    add: Add, editor: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    ident, _ = await add()
    for n in range(5):
        await post(client, f"Remark {n}.")
    seen, cursor = [], ""
    for _ in range(3):
        page = (await editor.get(
            f"{WEBHOOKS}/{ident}/deliveries?state=pending&limit=2&cursor={cursor}"
        )).json()  # fmt: skip
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len({one["id"] for one in seen}) == 5
    assert [one["created_at"] for one in seen] == sorted(
        (one["created_at"] for one in seen), reverse=True
    )
    assert {one["kind"] for one in seen} == {"comment.created"}


async def test_an_editor_of_another_site_finds_nothing(
    add: Add, client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    ident, inbox = await add()
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
        await accounts.add_moderator(conn, "o@courier.example", "editor", [other.id])
        token = await accounts.create_api_token(conn, "o@courier.example")
    headers = bearer(token)
    assert (await client.get(WEBHOOKS, headers=headers)).json()["items"] == []
    for method, path in [
        ("PATCH", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test"),
        ("GET", "/deliveries"), ("POST", "/retry"),
    ]:  # fmt: skip
        answer = await client.request(
            method, f"{WEBHOOKS}/{ident}{path}", json={"enabled": False}, headers=headers
        )
        assert answer.status_code == 404, path
    answer = await client.post(HERE, json=new(inbox.url + "2"), headers=headers)
    assert answer.status_code == 403
    own = await client.post(WEBHOOKS, json=new(inbox.url + "2"), headers=headers)
    assert own.json()["webhook"]["site"] == "other", "the only one that it can be about"


async def test_with_several_sites_one_has_to_say_which(
    editor: httpx.AsyncClient, state: dict[str, Any], site: Any
) -> None:
    async with state["pool"].acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://other.example"])
    answer = await editor.post(WEBHOOKS, json=new("http://127.0.0.1:9/a"))
    assert (answer.status_code, "site" in answer.json()["detail"]) == (422, True)
    assert (await editor.get(WEBHOOKS + "?site=nowhere")).status_code == 404


async def test_the_log_says_nothing_of_addresses_or_secrets(
    client: httpx.AsyncClient, add: Add, courier: Courier, capfd: pytest.CaptureFixture[str]
) -> None:
    _, inbox = await add()
    inbox.answers(500)
    await post(client)
    await courier.deliver()
    said = "".join(capfd.readouterr())
    assert inbox.url not in said
    assert json.dumps(inbox.secret) not in said
