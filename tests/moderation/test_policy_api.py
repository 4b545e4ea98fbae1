"""The policy over HTTP: put, read, refused, versions, and who may."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from thread import bearer, post

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Pool
from service.screening.types import Policy

POLICY = "/v1/moderation/policy"


@pytest.fixture
async def editor(application: tuple[Any, dict[str, Any]], editor_token: str) -> Any:
    """An editor's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(editor_token),
    ) as editor:
        yield editor


async def put(client: httpx.AsyncClient, policy: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await client.put(POLICY, json={"policy": policy, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_nobody_has_put_one_yet(desk: httpx.AsyncClient) -> None:
    found = (await desk.get(POLICY)).json()
    assert (found["site"], found["version"], found["created_by"]) == ("default", 0, None)
    assert found["policy"] == found["defaults"] == msgspec.to_builtins(Policy())
    in_force = found["thresholds_in_force"]
    assert set(in_force) == {"spam", "abuse", "severe_abuse", "obscene", "threat", "insult",
                             "identity_attack"}  # fmt: skip
    assert 0 < in_force["spam"]["hold"] < in_force["spam"]["spam"] < 1
    assert in_force["insult"] == {"hold": None, "spam": None}
    assert (await desk.get(POLICY + "/versions")).json() == {"items": [], "next_cursor": None}


async def test_an_editor_puts_one_and_the_next_comment_is_judged_by_it(
    editor: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    assert (await post(client, "The bridge is open."))["comment"]["status"] == "published"
    found = await put(editor, {"suspect_words": ["bridge"], "thresholds": {"spam": {"hold": 0.9}}})
    assert (found["version"], found["created_by"]) == (1, "editor@courier.example")
    assert found["policy"]["suspect_words"] == ["bridge"]
    assert found["thresholds_in_force"]["spam"] == {"hold": 0.9, "spam": None}
    assert (await post(client, "The bridge is shut."))["comment"]["status"] == "held"
    await put(editor, {"suspect_words": ["bridge"], "signals": {"suspect_word": "spam"}})
    assert (await post(client, "The bridge is gone."))["comment"]["status"] == "spam"


async def test_old_versions_stay(editor: httpx.AsyncClient, desk: httpx.AsyncClient) -> None:
    for number in range(1, 6):
        await put(editor, {"links": number}, version=number - 1)
    assert (await desk.get(POLICY)).json()["version"] == 5
    assert (await desk.get(POLICY, params={"version": 2})).json()["policy"]["links"] == 2
    assert (await desk.get(POLICY, params={"version": 0})).json()["policy"]["links"] == 3
    assert (await desk.get(POLICY, params={"version": 6})).status_code == 404
    assert (await desk.get(POLICY, params={"version": "x"})).status_code == 422
    page = (await desk.get(POLICY + "/versions", params={"limit": 3})).json()
    assert [one["version"] for one in page["items"]] == [5, 4, 3]
    assert {one["created_by"] for one in page["items"]} == {"editor@courier.example"}
    rest = await desk.get(POLICY + "/versions", params={"cursor": page["next_cursor"]})
    assert [one["version"] for one in rest.json()["items"]] == [2, 1]


async def test_a_stale_version_is_told_who_was_faster(
    editor: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    await put(editor, {"links": 5}, version=0)
    stale = await editor.put(POLICY, json={"policy": {"links": 9}, "version": 0})
    assert stale.status_code == 409
    detail = stale.json()["detail"]
    assert "Version 1 is in force, put by editor@courier.example at 20" in detail
    assert "yours was made from version 0" in detail
    assert (await editor.get(POLICY)).json()["policy"]["links"] == 5
    ahead = await editor.put(POLICY, json={"policy": {}, "version": 7})
    assert ahead.status_code == 409
    # Without a version, what is there is replaced, whatever it is.
    assert (await put(editor, {"links": 9}))["version"] == 2


async def test_of_two_at_once_from_the_same_version_one_wins(editor: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(editor.put(POLICY, json={"policy": {"links": n}, "version": 0}) for n in range(1, 7))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_a_moderator_reads_and_puts_nothing(
    desk: httpx.AsyncClient, client: httpx.AsyncClient, publisher_key: str
) -> None:
    refused = await desk.put(POLICY, json={"policy": {}})
    assert refused.status_code == 403
    assert "editor" in refused.json()["detail"]
    assert (await client.get(POLICY)).status_code == 401
    for path in (POLICY, POLICY + "/versions"):
        assert (await client.get(path, headers=bearer(publisher_key))).status_code == 403


async def test_of_which_site(
    editor: httpx.AsyncClient, client: httpx.AsyncClient, state: dict[str, Any], site: Site
) -> None:
    async with state["pool"].acquire() as conn:
        other = await articles.add_site(conn, "other", "The Other", ["https://other.example"])
        await accounts.add_moderator(conn, "one@courier.example", "editor", [other.id])
        token = bearer(await accounts.create_api_token(conn, "one@courier.example"))
    ambiguous = await editor.put(POLICY, json={"policy": {}})
    assert (ambiguous.status_code, ambiguous.json()["errors"][0]["path"]) == (422, "site")
    assert (await editor.get(POLICY, params={"site": "nowhere"})).status_code == 404
    mine = await client.put(POLICY, json={"policy": {"links": 7}}, headers=token)
    assert (mine.status_code, mine.json()["site"]) == (200, "other")
    foreign = await client.get(POLICY, params={"site": "default"}, headers=token)
    assert foreign.status_code == 403
    theirs = await client.put(
        POLICY, params={"site": "default"}, json={"policy": {}}, headers=token
    )
    assert theirs.status_code == 403
    assert (await editor.get(POLICY, params={"site": "default"})).json()["version"] == 0


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ({"thresholds": {"toxicity": {"hold": 0.5}}}, "$.policy.thresholds.toxicity"),
        ({"thresholds": {"spam": {"hold": 0.9, "spam": 0.5}}}, "$.policy.thresholds.spam"),
        ({"thresholds": {"spam": {"hold": 1.5}}}, "$.policy.thresholds[...].hold"),
        ({"banned_words": ["fine", " "]}, "$.policy.banned_words[1]"),
        ({"banned_words": [""]}, "$.policy.banned_words[0]"),
        ({"suspect_words": ["*"]}, "$.policy.suspect_words[0]"),
        ({"suspect_words": ["\u0301\u0301"]}, "$.policy.suspect_words[0]"),
        ({"banned_words": ["a\x00b"]}, "$.policy.banned_words[0]"),
        ({"banned_words": ["a***b*c*"]}, "$.policy.banned_words[0]"),
        ({"signals": {"sanction": "nothing"}}, "$.policy.signals.sanction"),
        ({"signals": {"failure": "nothing"}}, "$.policy.signals.failure"),
        ({"signals": {"classifier": "nothing"}}, "$.policy.signals.classifier"),
        ({"signals": {"duplicate": "spam"}}, "$.policy.signals.duplicate"),
        ({"signals": {"abuse": "spam"}}, "$.policy.signals.abuse"),
        ({"signals": {"links": "delete"}}, "$.policy.signals[...]"),
        ({"new_readers": 0}, "$.policy.new_readers"),
        ({"close_after_days": 0}, "$.policy.close_after_days"),
        ({"slow_mode": -1}, "$.policy.slow_mode"),
        ({"hours": {"time_zone": "Europe/Atlantis", "windows": [
            {"days": [0], "from": "08:00", "to": "18:00"}]}}, "$.policy.hours.time_zone"),
        ({"hours": {"time_zone": "posix/UTC", "windows": [
            {"days": [0], "from": "08:00", "to": "18:00"}]}}, "$.policy.hours.time_zone"),
        ({"hours": {"time_zone": "UTC", "windows": []}}, "$.policy.hours.windows"),
        ({"hours": {"time_zone": "UTC", "windows": [
            {"days": [0, 0], "from": "08:00", "to": "18:00"}]}},
         "$.policy.hours.windows[0].days"),
        ({"hours": {"time_zone": "UTC", "windows": [
            {"days": [7], "from": "08:00", "to": "18:00"}]}},
         "$.policy.hours.windows[0].days[0]"),
        ({"hours": {"time_zone": "UTC", "windows": [
            {"days": [1], "from": "8:00", "to": "24:00"}]}},
         "$.policy.hours.windows[0].from"),
        ({"surprise": 1}, "$.policy"),
    ],
    ids=str,
)  # fmt: skip
async def test_what_can_t_be_meant_is_refused(
    editor: httpx.AsyncClient, policy: dict[str, Any], path: str
) -> None:
    for method, where in (("PUT", POLICY), ("POST", POLICY + "/simulate")):
        answer = await editor.request(method, where, json={"policy": policy})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["path"] == path
    assert (await editor.get(POLICY)).json()["version"] == 0


async def test_a_bare_policy_is_no_body(editor: httpx.AsyncClient) -> None:
    assert (await editor.put(POLICY, json={"links": 3})).status_code == 422


async def test_a_policy_of_an_earlier_release_still_loads(
    editor: httpx.AsyncClient, pool: Pool, site: Site
) -> None:
    old = b'{"mode":"pre","thresholds":{"spam":{"hold":0.5,"spam":null}},"links":2}'
    await pool.execute(
        "insert into policy (site_id, version, rules) values ($1, 1, $2)", site.id, old
    )
    found = (await editor.get(POLICY)).json()
    assert (found["policy"]["mode"], found["policy"]["links"]) == ("pre", 2)
    assert (found["policy"]["new_readers"], found["policy"]["hours"]) == (1, None)
    assert found["created_by"] is None
    again = await editor.put(POLICY, json={"policy": {}, "version": 0})
    assert "put by the command line" in again.json()["detail"]


async def test_lists_of_the_greatest_length_are_taken(editor: httpx.AsyncClient) -> None:
    words = [f"{number:05}" + "漢" * 90 for number in range(5000)]
    found = await put(editor, {"banned_words": words, "suspect_words": words})
    assert len(found["policy"]["banned_words"]) == 5000
    more = {"policy": {"banned_words": [*words, "one more"]}}
    assert (await editor.put(POLICY, json=more)).status_code == 422


async def test_other_processes_hear_of_it(
    editor: httpx.AsyncClient, state: dict[str, Any], site: Site
) -> None:
    heard: list[str] = []
    state["events"].on("policy", heard.append)
    await put(editor, {"mode": "pre"})
    for _ in range(100):
        if heard:
            break
        await asyncio.sleep(0.05)
    assert heard == [str(site.id)]


async def test_a_text_is_tried(desk: httpx.AsyncClient) -> None:
    policy = {"banned_words": ["bridge"], "first_comment": "hold", "fast_form": "hold"}
    tried = await desk.post(POLICY + "/try", json={"policy": policy, "text": "Br\u0456dge, ferry."})
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert (found["verdict"], found["reason"]) == ("hold", "banned_word")
    [signal] = [one for one in found["signals"] if one["check"] == "banned_word"]
    assert signal["evidence"]["words"] == [{"word": "bridge", "begin": 0, "end": 6}]
    fine = await desk.post(POLICY + "/try", json={"policy": policy, "text": "A ferry."})
    assert fine.json()["verdict"] == "publish"
    for text in ("", "x" * 10_001, 7):
        bad = await desk.post(POLICY + "/try", json={"policy": {}, "text": text})
        assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "$.text")
    assert (await desk.get("/v1/moderation/counts")).json()["counts"]["published"] == 0
