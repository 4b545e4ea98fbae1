"""Rules over HTTP, and the test letter."""

from typing import Any

import httpx
import pytest
from notices.conftest import NOTICES, Arrived, Put, subjects, text_of

from service.core.db import Pool
from service.core.limits import Limiter
from service.settings import Settings


async def test_before_anybody_has_put_rules(editor: httpx.AsyncClient, site: Any) -> None:
    found = (await editor.get(NOTICES)).json()
    assert (found["site"], found["saved"], found["zone"]) == ("default", False, "UTC")
    assert (found["mail"], found["alarms"], found["next_digest"]) == (False, [], None)
    assert found["rules"]["held_minutes"] == 120


async def test_what_is_put_is_read(put: Put, editor: httpx.AsyncClient) -> None:
    rules = {
        "recipients": [" Desk@Courier.example", "desk@courier.example", "b@courier.example"],
        "time_zone": "Europe/Lisbon",
        "digest": "weekly",
        "digest_hour": 6,
        "digest_day": 4,
        "held_minutes": None,
        "staffed_only": False,
        "jump_times": 2.7,
        "jump_comments": 50,
        "jump_reports": 5,
        "failing_count": None,
        "failing_share": 0.33,
    }
    answer = await put(**rules)
    expected = {**rules, "recipients": ["desk@courier.example", "b@courier.example"]}
    assert answer["rules"] == expected
    found = (await editor.get(NOTICES, params={"site": "default"})).json()
    assert found["rules"] == expected
    assert (found["updated_by"], found["zone"]) == ("editor@courier.example", "Europe/Lisbon")
    stats = await editor.get("/v1/moderation/stats", params={"site": "default"})
    assert stats.json()["time_zone"] == "Europe/Lisbon"
    assert (await put())["rules"]["held_minutes"] == 120


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"recipients": ["nobody"]}, "$.recipients[0]"),
        ({"recipients": ["a@b.example", "a b@c.example"]}, "$.recipients[1]"),
        ({"recipients": ["a@b.example\r\nBcc: x@y.example"]}, "$.recipients[0]"),
        ({"recipients": ["jürgen@b.example"]}, "$.recipients[0]"),
        ({"recipients": ["x" * 255]}, "$.recipients[0]"),
        ({"recipients": [f"a{n}@b.example" for n in range(21)]}, "$.recipients"),
        ({"time_zone": "Mars/Olympus"}, "$.time_zone"),
        ({"time_zone": "../../etc/passwd"}, "$.time_zone"),
        ({"time_zone": ""}, "$.time_zone"),
        ({"time_zone": "posix/Europe/Lisbon"}, "$.time_zone"),
        ({"time_zone": "localtime"}, "$.time_zone"),
        ({"digest": "hourly"}, "$.digest"),
        ({"digest_hour": 24}, "$.digest_hour"),
        ({"digest_day": 7}, "$.digest_day"),
        ({"held_minutes": 0}, "$.held_minutes"),
        ({"held_minutes": 10**9}, "$.held_minutes"),
        ({"jump_times": 1}, "$.jump_times"),
        ({"jump_comments": 0}, "$.jump_comments"),
        ({"failing_count": -1}, "$.failing_count"),
        ({"failing_share": 0}, "$.failing_share"),
        ({"webhook": "https://x.example"}, "$"),
    ],
)
async def test_bad_rules_name_their_field(
    change: dict[str, Any], path: str, editor: httpx.AsyncClient, pool: Pool
) -> None:
    answer = await editor.put(NOTICES, json=change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert await pool.fetchval("select count(*) from notice_rule") == 0


async def test_a_number_that_is_none(editor: httpx.AsyncClient, site: Any) -> None:
    for body in (b'{"jump_times": 1e309}', b'{"jump_times": NaN}', b'{"jump_times": "3"}'):
        assert (await editor.put(NOTICES, content=body)).status_code in {400, 422}


async def test_which_site_must_be_said(editor: httpx.AsyncClient, site: Any, pool: Pool) -> None:
    await pool.execute(
        "insert into site (id, slug, name, origins) values (gen_random_uuid(), 'o', 'O', '{}')"
    )
    assert (await editor.get(NOTICES)).status_code == 422
    assert (await editor.get(NOTICES, params={"site": "nowhere"})).status_code == 404
    assert (await editor.put(NOTICES, params={"site": "o"}, json={})).status_code == 200
    assert (await editor.get(NOTICES, params={"site": "default"})).json()["saved"] is False


async def test_a_test_arrives(
    put: Put, editor: httpx.AsyncClient, mailing: Settings, arrived: Arrived
) -> None:
    refused = await editor.post(NOTICES + "/test")
    assert (refused.status_code, "recipient" in refused.text) == (409, True)
    await put(recipients=["a@courier.example", "b@courier.example"])
    answer = await editor.post(NOTICES + "/test")
    assert (answer.status_code, answer.json()) == (202, {"recipients": 2})
    mails = await arrived()
    assert subjects(mails) == ["A test of the notices"] * 2
    assert "https://comments.example/desk/#/notices" in text_of(mails[0])
    assert "b@courier.example" not in text_of(mails[0])


async def test_without_a_server_the_test_says_so(put: Put, editor: httpx.AsyncClient) -> None:
    await put()
    answer = await editor.post(NOTICES + "/test")
    assert (answer.status_code, "mail server" in answer.text) == (409, True)


async def test_tests_are_few(
    put: Put, editor: httpx.AsyncClient, mailing: Settings, state: dict[str, Any], pool: Pool
) -> None:
    await put()
    state["limiter"] = Limiter(pool, enabled=True)
    answers = [(await editor.post(NOTICES + "/test")).status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]
