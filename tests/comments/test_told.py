"""What a reader is told comes as a code and values too, for a page to say in its own language."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from thread import ORIGIN, bearer, comment, new, post, thread

from service.core.db import Pool

SANCTION = """
    insert into sanction (site_id, id, reader_id, kind, reason, until)
    select site_id, $1, id, $2, 'Rude to others', $3 from reader
"""
Problem = dict[str, Any]


async def refused(client: httpx.AsyncClient, status: int, **more: Any) -> Problem:
    """The problem that a comment meets."""
    answer = await client.post(thread(), json=new("Another remark.", **more))
    assert answer.status_code == status, answer.text
    problem: Problem = answer.json()
    return problem


def field(problem: Problem) -> tuple[str, str | None, Any]:
    [error] = problem["errors"]
    return error["path"], error.get("code"), error.get("values")


async def test_fields(client: httpx.AsyncClient, pool: Pool, state: dict[str, Any]) -> None:
    await post(client, name="Mod")
    await pool.execute("update reader set confirmed_at = now()")
    taken = await refused(client, 422, name="M\u043ed", email="other@readers.example")
    assert field(taken) == ("$.name", "name_taken", None)
    assert field(await refused(client, 422, name="A\x00")) == ("$.name", "characters", None)
    assert field(await refused(client, 422, name="A" * 81)) == ("$.name", "too_long", {"n": 80})
    # What the form's own words say as well needs no code.
    assert field(await refused(client, 422, email="nobody")) == ("$.email", None, None)
    gone = await refused(client, 422, parent_id=str(uuid4()))
    assert field(gone) == ("$.parent_id", "parent_gone", None)


async def test_a_thread_that_takes_nothing(client: httpx.AsyncClient, pool: Pool) -> None:
    elsewhere = {"url": "https://elsewhere.example/a-1", "title": ""}
    unknown = await client.post(thread(), json={**new(), "article": elsewhere})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_page")
    parent = (await post(client))["comment"]["id"]
    await pool.execute("update comment set status = 'held'")
    assert (await refused(client, 409, parent_id=parent))["code"] == "parent_gone"
    await pool.execute("update article set open = false")
    assert (await refused(client, 409))["code"] == "closed"


async def test_age_and_hours(
    client: httpx.AsyncClient, pool: Pool, editor_token: str, state: dict[str, Any]
) -> None:
    async def put(policy: dict[str, Any]) -> None:
        answer = await client.put(
            "/v1/moderation/policy", json={"policy": policy}, headers=bearer(editor_token)
        )
        assert answer.status_code == 200, answer.text

    await post(client)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).weekday()
    windows = [{"days": [tomorrow], "from": "00:00", "to": "00:00"}]
    await put({"hours": {"time_zone": "UTC", "windows": windows, "outside": "close"}})
    closed = await refused(client, 409)
    assert closed["code"] == "closed_until"
    until = datetime.fromisoformat(closed["values"]["until"])
    assert timedelta(0) < until - datetime.now(UTC) <= timedelta(days=1)
    await put({"slow_mode": 60})
    slow = await client.post(thread(), json=new("Another remark."))
    assert (slow.status_code, slow.json()["code"]) == (429, "slow_mode")
    assert 0 < int(slow.headers["retry-after"]) <= 60
    await pool.execute("update article set created_at = now() - interval '8 days'")
    await put({"close_after_days": 7})
    old = await refused(client, 409)
    assert (old["code"], old["values"]) == ("closed_after", {"n": 7})


@pytest.mark.parametrize("until", [None, datetime(2190, 5, 1, 12, tzinfo=UTC)])
async def test_sanctions(client: httpx.AsyncClient, pool: Pool, until: datetime | None) -> None:
    assert "notice_code" not in await post(client)
    ident = uuid4()
    await pool.execute(SANCTION, ident, "hold", until)
    values = {"reason": "Rude to others", **({"until": until.isoformat()} if until else {})}
    held = await post(client, "Another remark.")
    assert (held["notice_code"], held["notice_values"]) == ("watched", values)
    await pool.execute("update sanction set kind = 'ban'")
    banned = await refused(client, 403)
    assert banned["code"] == ("banned_until" if until else "banned")
    assert banned["values"] == values


async def test_one_s_own(client: httpx.AsyncClient, pool: Pool) -> None:
    posted = await post(client, company="Acme")
    assert (posted["comment"]["status"], posted["notice_code"]) == ("held", "held")
    own, author = comment(posted["comment"]["id"]), bearer(posted["edit_token"])
    await pool.execute("update comment set created_at = now() - interval '16 minutes'")
    late = await client.patch(own, json={"body": "Changed."}, headers=author)
    assert (late.json()["code"], late.json()["values"]) == ("too_late", {"n": 15})
    await pool.execute("update comment set status = 'rejected'")
    never = await client.patch(own, json={"body": "Changed."}, headers=author)
    assert never.json()["code"] == "not_editable"
    gone = await client.post(comment(str(uuid4())) + "/report", json={"reason": "spam"})
    assert (gone.status_code, gone.json()["code"]) == (404, "gone")


async def test_problems_that_no_reader_meets_have_no_code(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    answer = await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1"},
        headers=bearer(publisher_key),
    )
    assert answer.status_code == 422
    assert "code" not in answer.json()
    assert "code" not in answer.json()["errors"][0]
