"""Proof of work: asked for under attack and nowhere else, good for one comment."""

import asyncio
import base64
import json
import time
import uuid
from types import SimpleNamespace
from typing import Any

import altcha
import httpx
import pytest
from support import running_app
from thread import bearer, new, thread

from service.articles import actions as articles
from service.articles.types import Site
from service.comments import puzzles
from service.comments.puzzles import GOES_ON, LEAST, LOOK_EVERY, Puzzles
from service.core.db import Pool
from service.core.problems import PuzzleRequired
from service.core.tokens import Keyring
from service.screening.types import Policy
from service.settings import Settings

POLICY = "/v1/moderation/policy"


def solve(challenge: dict[str, Any]) -> str:
    """As a browser does: the counter is found by trying."""
    given = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(given)
    assert solution is not None
    return altcha.Payload(given, solution).to_base64()


async def send(
    client: httpx.AsyncClient, key: str | None = None, path: str = thread(), **more: Any
) -> httpx.Response:
    body = {**new(more.pop("text", "Is the ferry late again?")), **more}
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(path, json=body, headers=headers)


@pytest.fixture
async def always(client: httpx.AsyncClient, editor_token: str) -> None:
    """A policy that asks everybody."""
    answer = await client.put(
        POLICY, json={"policy": {"puzzle": "always"}}, headers=bearer(editor_token)
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("always")
async def test_a_solution_is_good_for_one_comment(client: httpx.AsyncClient, pool: Pool) -> None:
    key = uuid.uuid4().hex
    asked = await send(client, key)
    assert asked.status_code == 428
    problem = asked.json()
    assert problem["type"] == "/problems/puzzle-required"
    proof = solve(problem["challenge"])
    taken = await send(client, key, proof=proof)
    assert taken.status_code == 201, taken.text
    # Lost answers: with the proof again, and without one.
    for more in ({"proof": proof}, {}):
        again = await send(client, key, **more)
        assert again.status_code == 201
        assert again.json()["comment"]["id"] == taken.json()["comment"]["id"]
    other = await send(client, uuid.uuid4().hex, proof=proof, text="Another one altogether.")
    assert other.status_code == 428
    assert "not one that was given for this request" in other.json()["detail"]
    assert await pool.fetchval("select count(*) from comment") == 1


@pytest.mark.usefixtures("always")
async def test_without_a_key_it_is_said_what_to_send(client: httpx.AsyncClient) -> None:
    answer = await send(client)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


def changed(proof: str, **parameters: Any) -> str:
    payload = json.loads(base64.b64decode(proof))
    payload["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(payload).encode()).decode()


@pytest.mark.usefixtures("always")
async def test_what_is_no_solution_is_told_and_costs_nothing(client: httpx.AsyncClient) -> None:
    key = uuid.uuid4().hex
    challenge = (await send(client, key)).json()["challenge"]
    proof = solve(challenge)
    guessed = {"challenge": challenge, "solution": {"counter": 0, "derivedKey": "00" * 32}}
    for wrong in (
        "", "x", "é", "bm90IGpzb24=", base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"challenge":{"parameters":[]},"solution":{}}').decode(),
        base64.b64encode(("[" * 2500).encode()).decode(),
        base64.b64encode(json.dumps(guessed).encode()).decode(),
        changed(proof, cost=10**9), changed(proof, keyPrefix=""), changed(proof, expiresAt=None),
        changed(proof, data=None), changed(proof, data=[]), changed(proof, nonce="zz"),
        changed(proof, algorithm=["SHA-256"]), changed(proof, cost=float("nan")),
    ):  # fmt: skip
        answer = await send(client, key, proof=wrong)
        assert answer.status_code == 428, wrong
        assert answer.json()["challenge"]["signature"]
    assert (await send(client, key, proof="x" * 4001)).status_code == 422
    assert (await send(client, key, proof=proof)).status_code == 201


@pytest.mark.usefixtures("always")
async def test_two_at_once_with_one_solution_are_one_comment(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    key = uuid.uuid4().hex
    proof = solve((await send(client, key)).json()["challenge"])
    answers = await asyncio.gather(*(send(client, key, proof=proof) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["comment"]["id"] for answer in answers}) == 1
    assert await pool.fetchval("select count(*) from comment") == 1


async def fill(pool: Pool, site: Site, count: int, ago: str) -> None:
    await pool.execute(
        """
        insert into comment (
            site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk,
            created_at
        )
        select $1, gen_random_uuid(), a.id, 0, r.id, 'R', 'body', '', 'held', 0,
            now() - $2::text::interval
        from generate_series(1, $3) n, article a, (select id from reader limit 1) r
        """,
        site.id,
        ago,
        count,
    )


async def test_a_flood_asks_and_a_busy_site_does_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(puzzles, "LOOK_EVERY", 0)
    # Rate limits on: without them nothing is a flood.
    guarded = Settings.from_environment(
        {
            "DATABASE_URL": str(settings.database_url),
            "REJOINDER_DATA": str(settings.data),
            "REJOINDER_SECRET": settings.secret.decode(),
            "REJOINDER_PUBLIC_URL": "https://comments.example",
        }
    )

    async def status(client: httpx.AsyncClient) -> int:
        return (await send(client, uuid.uuid4().hex, text=uuid.uuid4().hex)).status_code

    for usual, expected in ((0, 428), (7 * 24 * 6 * LEAST // 5, 201)):
        async with running_app(guarded) as (app, state):
            pool = state["pool"]
            async with pool.acquire() as conn:
                await conn.execute("truncate site cascade")
                site = await articles.add_site(
                    conn, "default", "The Courier", ["https://news.example"]
                )
            state["sites"].forget()
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="https://c.example") as web:
                assert await status(web) == 201
                await fill(pool, site, usual, "1 day")
                await fill(pool, site, LEAST, "1 minute")
                assert await status(web) == expected


async def test_an_attack_ends_half_an_hour_after_its_last_sign(
    monkeypatch: pytest.MonkeyPatch, keyring: Keyring, pool: Pool
) -> None:
    clock, flooded, looks = 1000.0, True, 0

    async def look(*_: object) -> bool:
        nonlocal looks
        looks += 1
        return flooded

    monkeypatch.setattr(puzzles, "_is_flooded", look)
    monkeypatch.setattr(puzzles, "time", SimpleNamespace(monotonic=lambda: clock, time=time.time))
    guard = Puzzles(keyring, enabled=True)
    site, other = (Site(uuid.uuid4(), slug, slug, []) for slug in ("one", "other"))

    async def asks(site: Site = site) -> bool:
        try:
            await guard.check(pool, site, Policy(), b"key", None)
        except PuzzleRequired:
            return True
        return False

    assert await asks()
    flooded = False
    assert not await asks(other)  # of one site it says nothing of another
    clock += LOOK_EVERY - 1
    assert await asks()
    assert looks == 2  # each site was looked at once
    clock += GOES_ON - LOOK_EVERY
    assert await asks()
    assert looks == 3
    clock += 1
    assert not await asks()
    flooded = True
    assert not await asks()  # so soon nobody looks again
    clock += LOOK_EVERY
    assert await asks()
