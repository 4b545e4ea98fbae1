"""What is told, of what, to whom; and what is never told."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
from thread import bearer, comment, post
from webhooks.conftest import Add
from webhooks.receiver import Receiver

from service.articles import actions as articles
from service.core.db import Pool
from service.webhooks.delivery import Courier


async def decide(client: httpx.AsyncClient, token: str, ident: str, action: str) -> str:
    answer = await client.post(
        "/v1/moderation/decisions",
        json={"decisions": [{"comment_id": ident, "action": action, "reason": "other"}]},
        headers=bearer(token),
    )
    assert answer.json()["results"][0]["outcome"] in {"applied", "unchanged"}, answer.text
    batch: str = answer.json()["batch_id"]
    return batch


async def report(client: httpx.AsyncClient, ident: str) -> None:
    answer = await client.post(
        comment(ident) + "/report",
        json={"reason": "spam", "note": "Says Bo, who lives next door"},
        headers={"X-Reader": "reader-7"},
    )
    assert answer.status_code == 204, answer.text


async def test_a_comments_life_is_told(
    client: httpx.AsyncClient, add: Add, courier: Courier, moderator_token: str
) -> None:
    _, inbox = await add()
    posted = await post(client, "The **bridge** is closed.")
    ident = posted["comment"]["id"]
    await courier.deliver()
    [created] = inbox.heard
    assert created["type"] == "comment.created"
    data = created["data"]
    assert data["site"] == "default"
    assert data["article"] == {
        "key": "a-1", "url": "https://news.example/a-1", "title": "A bridge"
    }  # fmt: skip
    assert data["comment"]["id"] == ident
    assert data["comment"]["body"] == "The **bridge** is closed."
    assert "<strong>bridge</strong>" in data["comment"]["html"]
    assert data["comment"]["author"] == {"name": "Ana", "badge": None}
    assert (data["previous_status"], data["status"], data["actor"]) == (
        None, posted["comment"]["status"], "machine"
    )  # fmt: skip

    batch = await decide(client, moderator_token, ident, "reject")
    await courier.deliver()
    decided = inbox.heard[1]["data"]
    assert inbox.kinds() == ["comment.created", "comment.decided"]
    assert (decided["previous_status"], decided["status"]) == ("published", "rejected")
    assert (decided["actor"], decided["reason"]) == ("moderator", "other")
    assert "mod@courier.example" not in json.dumps(decided)

    await client.post(f"/v1/moderation/batches/{batch}/undo", headers=bearer(moderator_token))
    await courier.deliver()
    undone = inbox.heard[2]["data"]
    assert (undone["status"], undone["actor"]) == ("published", "undo")

    removed = await client.delete(comment(ident), headers=bearer(posted["edit_token"]))
    assert removed.status_code == 204
    await courier.deliver()
    gone = inbox.heard[3]["data"]
    assert (gone["status"], gone["actor"], gone["comment"]["body"]) == ("removed", "author", None)
    assert gone["comment"]["html"] is None


async def test_a_text_that_has_been_removed_since_is_not_told_any_more(
    client: httpx.AsyncClient, add: Add, courier: Courier
) -> None:
    _, inbox = await add("comment.created")
    posted = await post(client, "I should not have said this.")
    await client.delete(comment(posted["comment"]["id"]), headers=bearer(posted["edit_token"]))
    await courier.deliver()
    assert inbox.kinds() == ["comment.created"]
    assert "should not" not in json.dumps(inbox.heard)


async def test_an_agreement_is_a_decision_and_an_edit_that_changes_nothing_is_none(
    client: httpx.AsyncClient, add: Add, courier: Courier, moderator_token: str
) -> None:
    _, inbox = await add("comment.decided")
    posted = await post(client)
    ident = posted["comment"]["id"]
    await decide(client, moderator_token, ident, "publish")
    await courier.deliver()
    assert [m["data"]["status"] for m in inbox.heard] == ["published"]
    answer = await client.patch(
        comment(ident), json={"body": "A kind remark."}, headers=bearer(posted["edit_token"])
    )
    assert answer.json()["comment"]["status"] == "published"
    await courier.deliver()
    assert len(inbox.heard) == 1


async def test_five_hundred_decisions_are_five_hundred_events_at_once(
    client: httpx.AsyncClient, add: Add, pool: Pool, moderator_token: str
) -> None:
    await add("comment.decided")
    idents = [(await post(client, f"Remark {n}."))["comment"]["id"] for n in range(12)]
    answer = await client.post(
        "/v1/moderation/decisions",
        json={"decisions": [{"comment_id": ident, "action": "spam"} for ident in idents]},
        headers=bearer(moderator_token),
    )
    assert answer.status_code == 200
    told = await pool.fetch(
        "select comment_id::text from webhook_event e join webhook_delivery d on d.event_id = e.id"
    )
    assert sorted(row["comment_id"] for row in told) == sorted(idents)
    woken = "select count(*) from pgqueuer where entrypoint = 'webhooks-deliver'"
    assert await pool.fetchval(woken) == 1


async def test_a_report_is_told_but_never_who_reported(
    client: httpx.AsyncClient, add: Add, courier: Courier
) -> None:
    _, inbox = await add("comment.reported")
    ident = (await post(client))["comment"]["id"]
    await report(client, ident)
    await report(client, ident)  # twice is once
    await courier.deliver()
    [message] = inbox.heard
    assert message["data"]["comment"]["id"] == ident
    assert (message["data"]["reason"], message["data"]["reports"]) == ("spam", 1)
    for word in ("reader-7", "next door", "reporter"):
        assert word not in json.dumps(message)


async def test_sanctions_are_told_when_imposed_and_when_lifted(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, moderator_token: str
) -> None:
    _, inbox = await add("reader.sanctioned")
    await post(client)
    reader = await pool.fetchval("select id::text from reader")
    url = f"/v1/moderation/readers/{reader}/sanctions"
    headers = bearer(moderator_token)
    answer = await client.post(url, json={"kind": "ban", "reason": "Rude."}, headers=headers)
    sanction = answer.json()["sanction"]["id"]
    for _ in range(2):
        await client.delete(f"/v1/moderation/sanctions/{sanction}", headers=headers)
    await courier.deliver()
    by_state = {message["data"]["state"]: message["data"] for message in inbox.heard}
    assert len(inbox.heard) == 2
    assert by_state["imposed"]["reader"] == {"id": reader, "name": "Ana"}
    assert by_state["imposed"]["sanction"]["kind"] == "ban"
    assert by_state["lifted"]["sanction"]["id"] == sanction
    assert by_state["lifted"]["sanction"]["lifted_at"]


async def test_nobody_is_told_a_readers_address(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, moderator_token: str
) -> None:
    _, inbox = await add()
    ident = (await post(client, "Hello."))["comment"]["id"]
    await report(client, ident)
    await decide(client, moderator_token, ident, "reject")
    reader = await pool.fetchval("select id::text from reader")
    await client.post(
        f"/v1/moderation/readers/{reader}/sanctions",
        json={"kind": "hold", "reason": "Rude."},
        headers=bearer(moderator_token),
    )
    await courier.deliver()
    assert sorted(inbox.kinds()) == [
        "comment.created", "comment.decided", "comment.reported", "reader.sanctioned"
    ]  # fmt: skip
    for word in ("ana@readers.example", "127.0.0.1", "mod@courier.example", "address"):
        assert word not in json.dumps(inbox.heard)


async def test_only_whoever_asked_hears_it(
    client: httpx.AsyncClient, add: Add, courier: Courier, editor: httpx.AsyncClient, pool: Pool
) -> None:
    created, first = await add("comment.created")
    _, second = await add("comment.decided")
    paused, third = await add()
    await editor.patch(f"/v1/moderation/webhooks/{paused}", json={"enabled": False})
    await post(client)
    await editor.patch(f"/v1/moderation/webhooks/{paused}", json={"enabled": True})
    await courier.deliver()
    assert (len(first.heard), len(second.heard), len(third.heard)) == (1, 0, 0)
    await editor.delete(f"/v1/moderation/webhooks/{created}")
    await post(client)
    await courier.deliver()
    assert (len(first.heard), len(second.heard), len(third.heard)) == (1, 0, 1)
    assert await pool.fetchval("select count(*) from webhook_event") == 2


async def test_another_sites_events_stay_there(
    client: httpx.AsyncClient, add: Add, receiver: Receiver, editor: httpx.AsyncClient,
    courier: Courier, state: dict[str, Any],
) -> None:  # fmt: skip
    async with state["pool"].acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://other.example"])
    _, here = await add()
    there = receiver.inbox()
    answer = await editor.post(
        "/v1/moderation/webhooks?site=other", json={"url": there.url, "events": ["comment.created"]}
    )
    there.secret = answer.json()["secret"]
    await post(client)
    await courier.deliver()
    assert (here.kinds(), there.kinds()) == (["comment.created"], [])


async def test_an_event_is_written_with_its_change_or_not_at_all(
    client: httpx.AsyncClient, add: Add, pool: Pool
) -> None:
    await add()
    ident = (await post(client))["comment"]["id"]
    before = await pool.fetchval("select count(*) from webhook_event")
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(
            """
            insert into ledger (site_id, id, comment_id, actor, from_status, to_status, version)
            select site_id, gen_random_uuid(), id, 'system', 'published', 'held', 2 from comment
            where id = $1::text::uuid
            """,
            ident,
        )
        assert await conn.fetchval("select count(*) from webhook_event") == before + 1
        await transaction.rollback()
    assert await pool.fetchval("select count(*) from webhook_event") == before


async def test_comments_are_taken_where_the_queues_table_is_another_one(
    client: httpx.AsyncClient, add: Add, pool: Pool, courier: Courier
) -> None:
    """PgQueuer's table is not ours: whatever becomes of it, no comment may fail for a wake-up."""
    _, inbox = await add()
    await pool.execute("alter table pgqueuer rename column payload to load")
    await post(client)
    await pool.execute("drop table pgqueuer cascade")
    await post(client, "Another remark.")
    await courier.deliver()
    assert inbox.kinds() == ["comment.created", "comment.created"]


async def until_waiting(pool: Pool, count: int) -> None:
    """Until so many wait for another's lock."""
    async with asyncio.timeout(20):
        while count > await pool.fetchval(  # noqa: ASYNC110 (the database tells nobody)
            """
            select count(*) from pg_stat_activity
            where wait_event_type = 'Lock' and datname = current_database()
            """
        ):
            await asyncio.sleep(0.05)


async def test_no_comment_fails_for_a_webhook_that_is_being_removed(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, moderator_token: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    going, _ = await add()
    _, staying = await add()
    async with pool.acquire() as conn:
        removal = conn.transaction()
        await removal.start()
        await conn.execute("delete from webhook where id = $1", UUID(going))
        waiting = [
            asyncio.create_task(work)
            for work in (
                post(client, "Another remark."),
                report(client, ident),
                decide(client, moderator_token, ident, "hold"),
            )
        ]
        await until_waiting(pool, len(waiting))
        await removal.commit()
    await asyncio.gather(*waiting)
    await courier.deliver()
    told = {"comment.created", "comment.reported", "comment.decided"}
    assert set(staying.kinds()) == told


async def test_no_comment_waits_until_a_backlog_is_removed(
    client: httpx.AsyncClient, add: Add, editor: httpx.AsyncClient, pool: Pool
) -> None:
    ident, _ = await add()
    await post(client)
    async with pool.acquire() as conn:
        # What a backlog does: the removal is long under way.
        holding = conn.transaction()
        await holding.start()
        await conn.execute("select from webhook_delivery for update")
        removing = asyncio.create_task(editor.delete(f"/v1/moderation/webhooks/{ident}"))
        await until_waiting(pool, 1)
        async with asyncio.timeout(5):
            await post(client, "Another remark.")
        await holding.rollback()
    assert (await removing).status_code == 204
    assert await pool.fetchval("select count(*) from webhook") == 0
