"""What becomes of messages: retried, dead, revived, sent again after a kill, and never lost."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from push.test_push_kill import _url
from thread import post
from webhooks.conftest import Add
from webhooks.receiver import Receiver

from service.core.db import Pool
from service.core.tokens import Keyring
from service.webhooks import delivery, delivery_store, jobs, rules
from service.webhooks.delivery import Courier
from service.webhooks.rules import Answer

WEBHOOKS = "/v1/moderation/webhooks"


async def now_due(pool: Pool) -> None:
    """What time would do."""
    await pool.execute("update webhook_delivery set next_at = now() where state = 'pending'")


async def row(pool: Pool) -> Any:
    return await pool.fetchrow(
        """
        select state, attempts, last_status, last_error, next_at - now() as wait
        from webhook_delivery order by created_at desc limit 1
        """
    )


async def test_a_retry_is_the_same_message_signed_anew(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, editor: httpx.AsyncClient
) -> None:
    ident, inbox = await add()
    inbox.answers(500, 404)
    await post(client)
    await courier.deliver()
    failed = await row(pool)
    assert (failed["state"], failed["attempts"], failed["last_status"]) == ("pending", 1, 500)
    assert timedelta(seconds=3) < failed["wait"] < timedelta(seconds=7)
    [webhook] = (await editor.get(WEBHOOKS)).json()["items"]
    assert webhook["failing_since"]
    assert (webhook["waiting"], webhook["dead"]) == (1, 0)
    await courier.deliver()
    assert len(inbox.heard) == 1, "not before its time"
    await asyncio.sleep(1.1)  # another second, another timestamp
    for _ in range(2):
        await now_due(pool)
        await courier.deliver()
    assert (await row(pool))["state"] == "delivered"
    assert (await row(pool))["attempts"] == 3
    assert len({headers["webhook-id"] for headers in inbox.headers}) == 1
    assert inbox.headers[0]["webhook-timestamp"] < inbox.headers[1]["webhook-timestamp"]
    assert inbox.headers[0]["webhook-signature"] != inbox.headers[1]["webhook-signature"]
    [webhook] = (await editor.get(WEBHOOKS)).json()["items"]
    assert (webhook["failing_since"], webhook["waiting"]) == (None, 0)
    listed = (await editor.get(f"{WEBHOOKS}/{ident}/deliveries?state=delivered")).json()["items"]
    assert listed[0]["event_id"] == inbox.headers[0]["webhook-id"]


async def test_what_never_gets_through_is_dead_and_can_be_revived(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, editor: httpx.AsyncClient
) -> None:
    ident, inbox = await add()
    await post(client)
    tries = len(rules.BACKOFF) + 1
    inbox.answers(*[500] * tries)
    for _ in range(tries + 3):
        await now_due(pool)
        await courier.deliver()
    assert len(inbox.heard) == tries
    [dead] = (await editor.get(f"{WEBHOOKS}/{ident}/deliveries?state=dead")).json()["items"]
    assert (dead["attempts"], dead["last_status"]) == (tries, 500)
    assert dead["last_error"] == "The receiver answered 500"
    url = f"{WEBHOOKS}/{ident}/deliveries/{dead['id']}/retry"
    first, second = await asyncio.gather(editor.post(url), editor.post(url))
    assert sorted([first.status_code, second.status_code]) == [202, 409]
    await courier.deliver()
    assert len(inbox.heard) == tries + 1
    assert (await row(pool))["state"] == "delivered"
    assert len({headers["webhook-id"] for headers in inbox.headers}) == 1
    again = await editor.post(url)
    assert (again.status_code, again.json()["detail"]) == (409, "This delivery was delivered.")


async def test_all_dead_ones_are_revived_at_once(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, editor: httpx.AsyncClient
) -> None:
    ident, inbox = await add()
    for n in range(3):
        await post(client, f"Remark {n}.")
    await pool.execute("update webhook_delivery set state = 'dead', done_at = now()")
    await courier.deliver()
    assert inbox.heard == []
    answer = await editor.post(f"{WEBHOOKS}/{ident}/retry")
    assert (answer.status_code, answer.json()) == (202, {"count": 3})
    await courier.deliver()
    assert len(inbox.heard) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_failures(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, receiver: Receiver,
    status: int,
) -> None:  # fmt: skip
    _, inbox = await add()
    inbox.answers(status, Location=f"{receiver.origin}/inside")
    await post(client)
    await courier.deliver()
    failed = await row(pool)
    assert (failed["state"], failed["last_status"]) == ("pending", status)
    assert "redirects" in failed["last_error"]


async def test_a_receiver_that_is_gone_is_left_alone(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, editor: httpx.AsyncClient
) -> None:
    ident, inbox = await add()
    inbox.answers(410)
    await post(client)
    await courier.deliver()
    await post(client, "Another.")
    await now_due(pool)
    await courier.deliver()
    assert len(inbox.heard) == 1
    [webhook] = (await editor.get(WEBHOOKS)).json()["items"]
    assert (webhook["enabled"], webhook["dead"]) == (False, 1)
    assert "410" in webhook["stopped"]
    resumed = await editor.patch(f"{WEBHOOKS}/{ident}", json={"enabled": True})
    assert (resumed.json()["stopped"], resumed.json()["failing_since"]) == (None, None)


async def test_who_asks_for_time_gets_it(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool
) -> None:
    _, inbox = await add()
    inbox.answers(503, Retry_After="3600")
    await post(client)
    await courier.deliver()
    assert timedelta(minutes=59) < (await row(pool))["wait"] <= timedelta(hours=1)


async def test_a_slow_receiver_holds_up_nobody_else(
    client: httpx.AsyncClient, add: Add, courier: Courier
) -> None:
    _, slow = await add()
    _, fast = await add()
    slow.slow = 1.2
    for n in range(8):
        await post(client, f"Remark {n}.")
    runs = asyncio.gather(courier.deliver(), courier.deliver())
    while len(fast.heard) < 8:
        await asyncio.sleep(0.05)
        assert not runs.done()
    assert len(slow.heard) < 8
    await runs
    assert len(slow.heard) == 8
    assert slow.most_under_way <= delivery.FOR_ONE
    assert fast.most_under_way <= delivery.FOR_ONE


async def test_runs_at_once_send_everything_once(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool
) -> None:
    _, inbox = await add()
    for n in range(20):
        await post(client, f"Remark {n}.")
    for _ in range(5):
        await asyncio.gather(*(courier.deliver() for _ in range(8)))
        await pool.execute(
            """
            update webhook_delivery set state = 'pending', next_at = now() where state <> 'pending'
            """
        )
    ids = Counter(headers["webhook-id"] for headers in inbox.headers)
    assert len(ids) == 20
    assert set(ids.values()) == {5}
    assert inbox.most_under_way <= delivery.FOR_ONE


async def test_a_receiver_that_never_answers_and_one_that_is_not_there(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool, editor: httpx.AsyncClient,
    receiver: Receiver,
) -> None:  # fmt: skip
    ident, inbox = await add()
    inbox.slow = 10
    await post(client)
    await courier.deliver()
    assert (await row(pool))["last_error"].startswith("No answer within")
    for url, said in [
        ("http://127.0.0.1:9/", "The connection was refused"),
        (receiver.origin.replace("http:", "https:"), "certificate"),
    ]:
        await editor.patch(f"{WEBHOOKS}/{ident}", json={"url": url})
        await now_due(pool)
        await courier.deliver()
        assert said in (await row(pool))["last_error"]


async def test_an_address_that_is_no_longer_allowed_is_not_asked(
    client: httpx.AsyncClient, add: Add, pool: Pool, keyring: Keyring, state: dict[str, Any]
) -> None:
    """Saved while this machine was allowed; the worker's setting counts."""
    _, inbox = await add()
    await post(client)
    strict = await asyncio.to_thread(
        type(state["settings"]).from_environment,
        {"DATABASE_URL": state["settings"].database_url, "REJOINDER_SECRET": "x" * 32},
    )
    async with jobs.open_courier(pool, keyring, strict) as courier:
        await courier.deliver()
    assert inbox.heard == []
    assert (await row(pool))["last_error"].startswith("Expected an https address")


async def test_a_secret_that_does_not_open_says_so_and_a_new_one_helps(
    client: httpx.AsyncClient, add: Add, pool: Pool, courier: Courier, editor: httpx.AsyncClient
) -> None:
    ident, inbox = await add()
    await post(client)
    await pool.execute("update webhook set secret = '\\x00'")
    await courier.deliver()
    assert "REJOINDER_SECRET" in (await row(pool))["last_error"]
    rotated = await editor.post(f"{WEBHOOKS}/{ident}/secret")
    inbox.secret = rotated.json()["secret"]
    await pool.execute("update webhook set previous = null")
    await now_due(pool)
    await courier.deliver()
    assert len(inbox.heard) == 1


async def test_a_killed_worker_loses_nothing(
    client: httpx.AsyncClient, add: Add, pool: Pool, receiver: Receiver, courier: Courier,
    state: dict[str, Any],
) -> None:  # fmt: skip
    _, inbox = await add()
    for n in range(12):
        await post(client, f"Remark {n}.")
    inbox.slow = 0.5
    arrived = asyncio.Event()
    receiver.arrived = arrived.set
    script = Path(__file__).with_name("worker_process.py")
    worker = await asyncio.create_subprocess_exec(
        sys.executable, str(script), await _url(pool), state["settings"].secret.decode()
    )
    await asyncio.wait_for(arrived.wait(), 30)
    worker.send_signal(signal.SIGKILL)
    assert await worker.wait() == -signal.SIGKILL
    inbox.slow = 0
    waiting = "select count(*) from webhook_delivery where state = 'pending'"
    leased = await pool.fetchval(waiting + " and lease is not null")
    assert leased == delivery.FOR_ONE, "killed too early or too late to prove anything"
    await courier.deliver()
    assert await pool.fetchval(waiting) == 12, "the dead worker's messages may still be under way"
    # What time would do: the dead worker's leases run out.
    await pool.execute("update webhook_delivery set leased_until = now() - interval '1 second'")
    await courier.deliver()
    assert await pool.fetchval(waiting) == 0
    assert len({headers["webhook-id"] for headers in inbox.headers}) == 12


async def test_who_has_lost_the_lease_writes_nothing(
    client: httpx.AsyncClient, add: Add, pool: Pool, courier: Courier
) -> None:
    _, inbox = await add()
    inbox.answers(500)
    inbox.slow = 0.5
    await post(client)
    run = asyncio.create_task(courier.deliver())
    await asyncio.sleep(0.2)
    await pool.execute("update webhook_delivery set lease = gen_random_uuid()")
    await run
    kept = await row(pool)
    assert (kept["attempts"], kept["last_status"]) == (0, None)


async def test_a_run_ends_soon_when_the_worker_must_go(
    client: httpx.AsyncClient, add: Add, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "GRACE", 0.2)
    _, inbox = await add()
    inbox.slow = 1.5
    for n in range(6):
        await post(client, f"Remark {n}.")
    run = asyncio.create_task(courier.deliver())
    await asyncio.sleep(0.2)
    courier.stop()
    await run
    assert inbox.under_way
    assert not inbox.heard, "the slow answers were waited for"


async def test_the_sweep_wakes_for_what_a_lost_job_was_about(
    client: httpx.AsyncClient, add: Add, pool: Pool
) -> None:
    await add()
    ticks = {tick.name: tick.run for tick in jobs.ticks(pool)}
    queued = "select count(*) from pgqueuer where entrypoint = 'webhooks-deliver'"
    await ticks["webhooks-sweep"]()
    assert await pool.fetchval(queued) == 0
    await post(client)
    await pool.execute("delete from pgqueuer")
    await ticks["webhooks-sweep"]()
    assert await pool.fetchval(queued) == 1


async def test_what_is_done_is_forgotten_in_time(
    client: httpx.AsyncClient, add: Add, pool: Pool
) -> None:
    await add()
    for n in range(5):
        await post(client, f"Remark {n}.")
    ids = [r["id"] for r in await pool.fetch("select id from webhook_delivery order by created_at")]
    for ident, state, days in zip(
        ids, ("delivered", "delivered", "dead", "dead", "pending"), (2, 4, 29, 31, 31), strict=True
    ):
        await pool.execute(
            """
            update webhook_delivery set state = $2, created_at = now() - $3::interval,
                next_at = now() - $3::interval,
                done_at = case when $2 <> 'pending' then now() - $3::interval end where id = $1
            """,
            ident,
            state,
            timedelta(days=days),
        )
    await pool.execute("update webhook_event set created_at = now() - interval '40 days'")
    forget = {tick.name: tick.run for tick in jobs.ticks(pool)}["webhooks-forget"]
    await forget()
    left = [r["id"] for r in await pool.fetch("select id from webhook_delivery order by id")]
    assert sorted(left) == sorted([ids[0], ids[2]])
    assert await pool.fetchval("select count(*) from webhook_event") == 2


@pytest.mark.parametrize(
    ("status", "after", "wait"),
    [
        (429, "120", 120),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        (503, "nonsense", None),
        (503, "9" * 400, rules.LONGEST_WAIT),
        (503, "-5", None),
        (500, "120", None),
    ],
)
def test_what_receivers_ask_for(status: int, after: str, wait: float | None) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 (only here)

    now = datetime(2026, 10, 21, 7, 0, tzinfo=UTC)
    answer = rules.read_answer(status, after, now)
    assert answer.wait == (28 * 60 if "Oct" in after else wait)
    assert not answer.delivered


def test_waits_grow_and_then_there_is_an_end() -> None:
    waits = [rules.next_wait("comment.created", n, Answer(500), 0.5) for n in range(1, 11)]
    assert waits == [*rules.BACKOFF, None]
    for n in range(1, 10):
        low, high = (rules.next_wait("x", n, Answer(None), chance) for chance in (0.0, 1.0))
        assert low == pytest.approx(rules.BACKOFF[n - 1] * 0.8)
        assert high == pytest.approx(rules.BACKOFF[n - 1] * 1.2)
    assert rules.next_wait("x", 1, Answer(503, wait=900.0)) == 900
    assert rules.next_wait("ping", 1, Answer(500)) is None
    assert rules.next_wait("x", 1, Answer(410)) is None


async def test_a_receiver_that_refuses_several_at_once_is_written_down_by_each(
    client: httpx.AsyncClient, add: Add, courier: Courier, pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, inbox = await add()
    for n in range(delivery.FOR_ONE):
        await post(client, f"Remark {n}.")
    await pool.execute("update webhook set failing_since = now()")
    inbox.answers(*[410] * delivery.FOR_ONE)
    finish = delivery_store.finish

    async def finish_and_linger(*arguments: Any) -> bool:
        done = await finish(*arguments)
        await asyncio.sleep(0.2)
        return done

    monkeypatch.setattr(delivery_store, "finish", finish_and_linger)
    record, faults = courier._record, []

    async def watched(*arguments: Any) -> str:
        try:
            return await record(*arguments)
        except asyncpg.PostgresError as error:
            faults.append(error)
            raise

    monkeypatch.setattr(courier, "_record", watched)
    await courier.deliver()
    assert faults == []
    assert len(inbox.heard) == delivery.FOR_ONE
    assert await pool.fetchval("select count(*) from webhook_delivery where state = 'dead'") == 4


async def test_what_is_revived_late_is_not_forgotten_at_once(
    client: httpx.AsyncClient, add: Add, editor: httpx.AsyncClient, pool: Pool
) -> None:
    ident, _ = await add()
    await post(client)
    await pool.execute(
        """
        update webhook_delivery set state = 'dead', created_at = now() - interval '31 days',
            next_at = now() - interval '30 days', done_at = now() - interval '29 days'
        """
    )
    assert (await editor.post(f"{WEBHOOKS}/{ident}/retry")).json() == {"count": 1}
    forget = {tick.name: tick.run for tick in jobs.ticks(pool)}["webhooks-forget"]
    await forget()
    assert (await row(pool))["state"] == "pending"
    await pool.execute("update webhook_delivery set next_at = now() - interval '31 days'")
    await forget()
    assert await row(pool) is None, "of a webhook that is paused for good"
