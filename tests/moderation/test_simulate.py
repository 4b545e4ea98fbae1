"""Trying a policy: figures, people's decisions, word lists, rows without facts, bounds."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from thread import bearer, comment, post

from service.articles.types import Site
from service.core.db import Pool
from service.moderation import policy_store, simulation, window
from service.moderation.simulation import Simulator
from service.screening.facts import LAYOUT, ROW, unpack
from service.screening.jobs import pack_older

SIMULATE = "/v1/moderation/policy/simulate"
DECISIONS = "/v1/moderation/decisions"
STRICT = {"suspect_words": ["bridge"]}


async def simulate(desk: httpx.AsyncClient, policy: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await desk.post(SIMULATE, json={"policy": policy, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decide(desk: httpx.AsyncClient, ident: str, action: str) -> str:
    decisions = [{"comment_id": ident, "action": action}]
    answer = await desk.post(DECISIONS, json={"decisions": decisions})
    assert answer.json()["results"][0]["outcome"] in {"applied", "unchanged"}
    batch: str = answer.json()["batch_id"]
    return batch


@pytest.fixture
async def ids(client: httpx.AsyncClient) -> list[str]:
    """Six comments: on the bridge, and not."""
    texts = ["The bridge is shut.", "A ferry sank.", "My bridge club meets.", "Trams are late.",
             "See the new bridge.", "Our library moved."]  # fmt: skip
    return [
        (await post(client, text, email=f"r{number}@readers.example"))["comment"]["id"]
        for number, text in enumerate(texts)
    ]


async def test_figures_of_a_changed_word_list(desk: httpx.AsyncClient, ids: list[str]) -> None:
    await decide(desk, ids[0], "publish")
    await decide(desk, ids[1], "reject")
    await decide(desk, ids[2], "spam")
    await decide(desk, ids[3], "publish")
    found = await simulate(desk, STRICT)
    assert found["comments"] == 6
    assert found["would"] == {"published": 3, "held": 3, "spam": 0}
    assert found["now"] == {"published": 6, "held": 0, "spam": 0}
    assert found["against"] == {"published_by_people": 1, "refused_by_people": 1}
    assert found["agree"] == {"published_by_people": 1, "refused_by_people": 1}
    assert (found["unknown"], found["changed"], found["truncated"]) == (2, 3, False)
    kinds = {one["kind"]: one for one in found["examples"]}
    assert set(kinds) == {"published_by_people", "refused_by_people", "now_held"}
    against = kinds["published_by_people"]
    assert (against["comment_id"], against["excerpt"]) == (ids[0], "The bridge is shut.")
    assert (against["would"], against["now"], against["decided"]) == (
        "hold",
        "publish",
        "published",
    )
    assert against["checks"] == [{"check": "suspect_word", "verdict": "hold", "score": None}]
    assert kinds["refused_by_people"]["comment_id"] == ids[1]
    assert [one["comment_id"] for one in found["examples"] if one["kind"] == "now_held"] == [
        ids[4], ids[2], ids[0]
    ]  # fmt: skip


async def test_thresholds_move_the_figures(desk: httpx.AsyncClient, ids: list[str]) -> None:
    everything = {"thresholds": {"insult": {"hold": 0.0}}}
    found = await simulate(desk, everything)
    assert found["would"] == {"published": 0, "held": 6, "spam": 0}
    [first, *_] = found["examples"]
    [check] = first["checks"]
    assert check["check"] == "insult"
    assert 0 <= check["score"] <= 1
    spam = {"thresholds": {"insult": {"hold": 0.0, "spam": 0.0}}}
    assert (await simulate(desk, spam))["would"]["spam"] == 6
    assert (await simulate(desk, {"mode": "pre"}))["would"]["held"] == 6


async def test_what_was_taken_back_changed_or_held_is_no_decision(
    desk: httpx.AsyncClient, client: httpx.AsyncClient, ids: list[str]
) -> None:
    batch = await decide(desk, ids[0], "reject")
    assert (await desk.post(f"/v1/moderation/batches/{batch}/undo")).status_code == 200
    await decide(desk, ids[1], "hold")
    await decide(desk, ids[2], "reject")
    await decide(desk, ids[2], "publish")
    posted = await post(client, "It was fine.", email="ed@readers.example")
    await decide(desk, posted["comment"]["id"], "publish")
    edited = await client.patch(
        comment(posted["comment"]["id"]), json={"body": "It is the bridge now."},
        headers=bearer(posted["edit_token"]),
    )  # fmt: skip
    assert edited.status_code == 200
    found = await simulate(desk, STRICT)
    # Only the third stands; and the edited one counts once, by its new text.
    assert found["comments"] == 7
    assert found["unknown"] == 6
    assert found["against"] == {"published_by_people": 1, "refused_by_people": 0}
    assert found["would"]["held"] == 4


async def test_the_policy_in_force_is_what_it_is_compared_with(
    desk: httpx.AsyncClient, client: httpx.AsyncClient, editor_token: str, ids: list[str]
) -> None:
    put = await client.put(
        "/v1/moderation/policy", json={"policy": STRICT}, headers=bearer(editor_token)
    )
    assert put.status_code == 200
    held = await post(client, "Another bridge.", email="x@readers.example")
    assert held["comment"]["status"] == "held"
    found = await simulate(desk, {})
    assert found["would"] == {"published": 7, "held": 0, "spam": 0}
    assert found["now"] == {"published": 3, "held": 4, "spam": 0}
    assert found["changed"] == 4
    assert {one["kind"] for one in found["examples"]} == {"now_published"}


async def test_rows_of_an_earlier_release_are_packed_on_the_way(
    desk: httpx.AsyncClient, client: httpx.AsyncClient, pool: Pool, ids: list[str]
) -> None:
    spam = "Buy cheap pills now at https://a.example https://b.example https://c.example"
    await post(client, spam, email="s@readers.example", company="Acme")
    policy = {"thresholds": {"spam": {"hold": 0.2}}, "signals": {"links": "spam"}}
    packed = await simulate(desk, policy)
    assert packed["would"]["spam"] == 1
    # As an older release left them, and one of a layout that nobody here knows.
    await pool.execute("update screening set packed = null")
    await pool.execute("update screening set packed = '\\x02ffff' where comment_id = $1", ids[0])
    again = await simulate(desk, policy, days=8)
    for key in ("comments", "would", "now", "unknown", "changed"):
        assert again[key] == packed[key], key


async def test_the_worker_packs_rows_of_an_earlier_release(
    desk: httpx.AsyncClient, pool: Pool, ids: list[str], state: dict[str, Any]
) -> None:
    before = await simulate(desk, STRICT)
    kept = await pool.fetch("select id, packed from screening order by id")
    await pool.execute("update screening set packed = null")
    assert await pack_older(pool, state["scorer"]) == 6
    assert await pack_older(pool, state["scorer"]) == 0
    again = await pool.fetch("select id, packed from screening order by id")
    for was, now in zip(kept, again, strict=True):
        [old], [new] = unpack(was["packed"]), unpack(now["packed"])
        for field in ("fired", "links", "published", "article_mode", "listed"):
            assert old[field] == new[field], field
        assert old["hold"].tobytes() == new["hold"].tobytes()
        assert old["scores"].tobytes() == new["scores"].tobytes()
    found = await simulate(desk, STRICT, days=9)
    assert (found["would"], found["now"]) == (before["would"], before["now"])


async def test_only_the_last_days_count(
    desk: httpx.AsyncClient, pool: Pool, ids: list[str]
) -> None:
    # Ids tell the time: this one is of 1970.
    await pool.execute(
        "update screening set id = '00000000-0000-7000-8000-000000000001' where comment_id = $1",
        ids[0],
    )
    assert (await simulate(desk, {}))["comments"] == 5
    assert (await simulate(desk, {}, days=90))["comments"] == 5


async def test_only_the_newest_up_to_a_bound(
    desk: httpx.AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "PAGE", 2)
    monkeypatch.setattr(window, "MOST", 5)
    found = await simulate(desk, STRICT)
    assert (found["comments"], found["truncated"]) == (5, True)
    assert found["would"]["held"] == 2
    monkeypatch.setattr(window, "MOST", 6)
    found = await simulate(desk, STRICT, days=8)
    assert (found["comments"], found["truncated"]) == (6, False)


async def test_progress_is_told_to_who_listens(
    desk: httpx.AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "TEXTS", 4)
    answer = await desk.post(
        SIMULATE, json={"policy": STRICT}, headers={"Accept": "text/event-stream"}
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        (block.split("\r\n")[0].removeprefix("event: "),
         json.loads(block.split("\r\n")[1].removeprefix("data: ")))
        for block in answer.text.strip().split("\r\n\r\n")
    ]  # fmt: skip
    assert [name for name, _ in events] == ["progress"] * 3 + ["result"]
    assert [data for _, data in events[:3]] == [
        {"done": 0, "of": 6}, {"done": 4, "of": 6}, {"done": 6, "of": 6}
    ]  # fmt: skip
    assert events[-1][1]["would"]["held"] == 3
    # The same list is not looked for twice.
    again = await desk.post(
        SIMULATE, json={"policy": STRICT}, headers={"Accept": "text/event-stream"}
    )
    assert again.text.count("event: progress") == 0


async def test_a_third_at_once_must_wait(
    desk: httpx.AsyncClient, state: dict[str, Any], ids: list[str]
) -> None:
    simulator: Simulator = state["simulator"]
    async with simulator._slots, simulator._slots:
        answer = await desk.post(SIMULATE, json={"policy": {}})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert (await desk.post(SIMULATE, json={"policy": {}})).status_code == 200


async def test_who_stops_listening_stops_it(
    state: dict[str, Any], desk: httpx.AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "TEXTS", 1)
    simulator: Simulator = state["simulator"]
    policy = simulation.Policy(suspect_words=["bridge"])
    site = (await state["sites"].find("default")).id
    running = simulator.run(site, 7, policy, simulation.Policy())
    parts = [await anext(running), await anext(running)]
    assert all(isinstance(part, simulation.Progress) for part in parts)
    await running.aclose()
    await asyncio.gather(*(simulate(desk, {}) for _ in range(2)))
    assert not simulator.busy


async def test_a_client_that_has_gone_is_not_worked_for(
    application: tuple[Any, dict[str, Any]],
    moderator_token: str,
    ids: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulation, "TEXTS", 1)
    read: list[int] = []
    list_texts = policy_store.list_texts

    async def counted(*arguments: Any) -> Any:
        read.append(1)
        return await list_texts(*arguments)

    monkeypatch.setattr(policy_store, "list_texts", counted)
    body = json.dumps({"policy": STRICT}).encode()
    incoming = [
        {"type": "http.request", "body": body, "more_body": False},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if len(incoming) > 1 else incoming[0]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": SIMULATE,
        "raw_path": SIMULATE.encode(), "query_string": b"", "root_path": "", "scheme": "https",
        "headers": [(b"authorization", f"Bearer {moderator_token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("comments.example", 443),
        "state": dict(application[1]),
    }  # fmt: skip
    await application[0](scope, receive, send)
    assert sent[0]["status"] == 204
    assert len(read) < len(ids)
    assert not application[1]["simulator"].busy


async def test_facts_are_read_from_their_index_alone(
    desk: httpx.AsyncClient, pool: Pool, ids: list[str], site: Site
) -> None:
    """Rows with their signals are ten times as wide, and lie all over the table."""
    await pool.execute(
        """
        insert into screening (
            site_id, id, comment_id, comment_version, policy_version, verdict, risk, signals, packed
        )
        select site_id, (left(id::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, comment_id, 1, 0,
            verdict, risk, to_json(s.text), packed
        from screening, generate_series(1, 2000) n, lateral (
            select string_agg(md5(n::text || i), '') as text from generate_series(1, 50) i
        ) s
        """
    )
    await pool.execute("vacuum analyze screening")
    arguments = [site.id, window.since_id(7), UUID(int=2**128 - 1), LAYOUT, ROW.itemsize, 25_000]
    found = await pool.fetchval(f"explain (format json) {policy_store.PAGE}", *arguments)
    assert '"Index Only Scan"' in found.decode()
    assert '"screening_facts"' in found.decode()
    assert '"Seq Scan"' not in found.decode()


@pytest.mark.parametrize("days", [0, 91, -1, "7"])
async def test_days_out_of_bounds(desk: httpx.AsyncClient, days: Any) -> None:
    answer = await desk.post(SIMULATE, json={"policy": {}, "days": days})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.days")


async def test_nothing_to_judge(desk: httpx.AsyncClient) -> None:
    found = await simulate(desk, STRICT)
    assert (found["comments"], found["unknown"], found["examples"]) == (0, 0, [])


async def test_readers_and_publishers_try_nothing(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    assert (await client.post(SIMULATE, json={"policy": {}})).status_code == 401
    refused = await client.post(SIMULATE, json={"policy": {}}, headers=bearer(publisher_key))
    assert refused.status_code == 403
