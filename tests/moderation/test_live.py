"""Server-sent events, from a real server: what happened, to whom it may concern."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from live import LiveServer
from thread import bearer, new

EVENTS = "/v1/moderation/events"


@pytest.fixture
async def web(live_server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the live server."""
    async with httpx.AsyncClient(base_url=live_server.url, timeout=30) as client:
        yield client


async def events(
    web: httpx.AsyncClient, token: str, **query: str
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async with web.stream("GET", EVENTS, params=query, headers=bearer(token)) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                yield name, json.loads(line.removeprefix("data:"))


async def test_a_desk_hears_what_happens(web: httpx.AsyncClient, live_server: LiveServer) -> None:
    token = live_server.moderator_token
    stream = events(web, token, site="default")
    async with asyncio.timeout(30):
        assert await anext(stream) == ("ready", {})
        body = new("The events are listening.", "events-1", name="Eve", email="eve@readers.example")
        body["article"] = {"url": f"{live_server.url}/demo/?e=1", "title": "Events"}
        posted = await web.post("/v1/sites/default/articles/events-1/comments", json=body)
        ident = posted.json()["comment"]["id"]
        heard = await until(stream, ident)
        assert (heard["kind"], heard["site"], heard["status"]) == (
            "created", "default", posted.json()["comment"]["status"],
        )  # fmt: skip
        await web.post(f"/v1/sites/default/comments/{ident}/report", json={"reason": "other"})
        assert (await until(stream, ident))["kind"] == "reported"
        decision = {"decisions": [{"comment_id": ident, "action": "reject"}]}
        done = await web.post("/v1/moderation/decisions", json=decision, headers=bearer(token))
        heard = await until(stream, ident)
        assert (heard["kind"], heard["status"]) == ("decided", "rejected")
        batch = done.json()["batch_id"]
        await web.post(f"/v1/moderation/batches/{batch}/undo", headers=bearer(token))
        assert (await until(stream, ident))["kind"] == "undone"


async def until(stream: AsyncIterator[tuple[str, dict[str, Any]]], ident: str) -> dict[str, Any]:
    async for name, said in stream:
        if name == "change" and ident in said["ids"]:
            return said
    raise AssertionError("the stream ended")


async def test_nobody_listens_without_a_token(web: httpx.AsyncClient) -> None:
    assert (await web.get(EVENTS)).status_code == 401
    assert (await web.get(EVENTS, headers=bearer("rm" + "a" * 40))).status_code == 401
