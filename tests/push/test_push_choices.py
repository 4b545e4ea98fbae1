"""What a reader chooses, over HTTP, and "fewer like this"."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import httpx
import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import Browser, PushService
from push.test_push_subscriptions import SUBSCRIPTIONS, bearer, browser, post

from service.core.db import Pool, uuid7
from service.core.problems import Invalid
from service.core.tokens import Keyring
from service.push import endpoints
from service.push.preferences import on_changing, on_subscribing
from service.push.receipts import make_receipt
from service.push.settings_store import PushSettings, put_settings
from service.push.types import Choices

QUIET = {"from": "22:00", "until": "07:00"}
A, B = uuid7(), uuid7()


@pytest.fixture(autouse=True)
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(_host: str) -> list[str]:
        return ["142.250.74.10"]

    monkeypatch.setattr(endpoints, "lookup", lookup)


@pytest.fixture
async def articles(desk: Desk) -> list[str]:
    for key in ("ferry", "vote"):
        await desk.schedule(key, section="Local", aliases=[f"old-{key}"])
    return ["ferry", "vote"]


class Reader:
    """One browser's subscription, as its page sees it."""

    def __init__(self, client: httpx.AsyncClient, made: dict[str, str]) -> None:
        self.client = client
        self.path = f"{SUBSCRIPTIONS}/{made['id']}"
        self.headers = bearer(made["token"])
        self.token = made["token"]

    async def get(self) -> dict[str, Any]:
        answer = await self.client.get(self.path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return {name: found[name] for name in ("topics", "daily_cap", "quiet", "articles", "muted")}

    async def patch(self, **fields: Any) -> httpx.Response:
        return await self.client.patch(self.path, json=fields, headers=self.headers)


async def reader(client: httpx.AsyncClient, who: Browser, **fields: Any) -> Reader:
    answer = await post(client, who, **fields)
    assert answer.status_code == 201, answer.text
    return Reader(client, answer.json())


CHOSEN: dict[str, Any] = {
    "topics": ["local"],
    "daily_cap": 3,
    "quiet": QUIET,
    "articles": ["vote", "ferry"],
    "muted": ["sport"],
}
NOTHING = {"topics": [], "daily_cap": None, "quiet": None, "articles": [], "muted": []}


async def test_choose_and_choose_again(client: httpx.AsyncClient, articles: list[str]) -> None:
    one = await reader(client, browser(), **{**CHOSEN, "articles": ["vote", "old-ferry", "ferry"]})
    assert articles
    assert await one.get() == CHOSEN
    # The page of before, which knows nothing of all this, at every visit.
    again = await reader(client, browser(), topics=["local"])
    assert (again.path, await again.get()) == (one.path, CHOSEN)
    changed = await one.patch(quiet=None, daily_cap=None, muted=[])
    assert {**await one.get(), **NOTHING, "topics": ["local"], "articles": CHOSEN["articles"]} == (
        await one.get()
    )
    assert changed.json()["articles"] == CHOSEN["articles"]
    await one.patch(quiet={"from": "00:00", "until": "00:00"})
    assert (await one.get())["quiet"] == {"from": "00:00", "until": "00:00"}


async def test_a_new_endpoint_takes_over_what_was_chosen(
    client: httpx.AsyncClient, articles: list[str], keyring: Keyring, pool: Pool
) -> None:
    assert articles
    old = await reader(client, browser("old"), **CHOSEN)
    new = await reader(client, browser("new"), topics=["local"], previous=old.token)
    assert new.path != old.path
    assert await new.get() == CHOSEN
    # What is said counts more; and of an endpoint that is known, what was chosen with it.
    other = await reader(client, browser("other"), previous=old.token, muted=[], articles=[])
    assert await other.get() == {**CHOSEN, "topics": [], "muted": [], "articles": []}
    back = await reader(client, browser("other"), previous=old.token)
    assert (await back.get())["muted"] == []
    # Nobody's token, nor one of another kind, brings anything; nor one of another site.
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'other', '', '{}')", uuid7()
    )
    for number, token in enumerate(
        ("x", "rs" + "a" * 52, keyring.object_token("re", UUID(old.path[-36:])))
    ):
        stranger = await reader(client, browser(f"n-{number}"), previous=token)
        assert await stranger.get() == NOTHING
    elsewhere = await client.post(
        "/v1/sites/other/push/subscriptions",
        json={"subscription": browser("else").json(), "previous": old.token},
    )
    assert elsewhere.status_code == 201
    assert await pool.fetchval(
        "select daily_cap from subscription where id = $1", UUID(elsewhere.json()["id"])
    ) is None  # fmt: skip


async def test_who_ends_it_is_forgotten_and_who_was_lost_is_not(
    client: httpx.AsyncClient, articles: list[str], pool: Pool
) -> None:
    assert articles
    one = await reader(client, browser("one"), **CHOSEN)
    await client.delete(one.path, headers=one.headers)
    assert (await client.get(one.path, headers=one.headers)).status_code == 404
    back = await reader(client, browser("one"))
    assert await back.get() == NOTHING
    lost = await reader(client, browser("two"), **CHOSEN)
    await pool.execute(
        """
        update subscription set removed_at = now(), removed_reason = 'gone', endpoint = null
        where id = $1
        """,
        UUID(lost.path[-36:]),
    )
    found = await reader(client, browser("three"), topics=["local"], previous=lost.token)
    assert await found.get() == CHOSEN


async def test_unknown_article_is_told_and_nothing_changes(
    client: httpx.AsyncClient, articles: list[str]
) -> None:
    one = await reader(client, browser(), **CHOSEN)
    answer = await one.patch(articles=[*articles, "nowhere"], daily_cap=1)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.articles[2]"
    assert await one.get() == CHOSEN


async def test_following_all_the_way(client: httpx.AsyncClient, articles: list[str]) -> None:
    assert articles
    one = await reader(client, browser())
    await one.patch(articles=["ferry"])
    assert (await one.get())["topics"] == ["*"], "all alerts, as before"
    await one.patch(articles=[])
    assert (await one.get())["topics"] == []
    two = await reader(client, browser("two"), articles=["ferry"])
    assert (await two.get())["topics"] == [], "that one alone"
    left = await two.patch(articles=[])
    assert (left.status_code, left.json()["errors"][0]["path"]) == (422, "$.articles")
    await two.patch(articles=["vote"])
    assert (await two.get())["topics"] == []
    await two.patch(topics=[])
    assert await two.get() == {**NOTHING, "topics": ["*"], "articles": ["vote"]}


ALONE, BOTH = Choices(articles=[A]), Choices(topics=["*"], articles=[A])
WORLD = Choices(topics=["world"])


@pytest.mark.parametrize(("topics", "articles", "before", "stored"), [
    ([], None, Choices(), []),
    ([], [A], Choices(), []),
    (["*"], [A], Choices(), ["*"]),
    (["*"], None, Choices(), []),
    ([], None, ALONE, []),
    ([], None, BOTH, ["*"]),
    ([], [A], BOTH, []),
    ([], [], BOTH, []),
    (["world"], None, BOTH, ["world"]),
    ([], None, Choices(topics=["world"], articles=[A]), ["*"]),
])  # fmt: skip
def test_topics_of_who_subscribes(
    topics: list[str], articles: list[UUID] | None, before: Choices, stored: list[str]
) -> None:
    assert on_subscribing(topics, articles, before) == stored


@pytest.mark.parametrize(("topics", "articles", "before", "stored"), [
    (None, None, Choices(), []),
    (None, [A], Choices(), ["*"]),
    (None, [A, B], ALONE, []),
    (None, None, ALONE, []),
    (None, [], BOTH, []),
    (None, [B], BOTH, ["*"]),
    (None, [A], WORLD, ["world"]),
    ([], None, ALONE, ["*"]),
    ([], [], ALONE, []),
    (["world"], [], ALONE, ["world"]),
    (["*"], None, WORLD, []),
    ([], None, WORLD, []),
])  # fmt: skip
def test_topics_of_who_changes(
    topics: list[str] | None, articles: list[UUID] | None, before: Choices, stored: list[str]
) -> None:
    assert on_changing(topics, articles, before) == stored
    if not stored and before == ALONE and articles is None:
        with pytest.raises(Invalid):
            on_changing(None, [], before)


# Fewer like this


async def arrived(
    service: PushService, desk: Desk, subscribe: Subscriber, key: str = "one",
    who: Browser | None = None, *, choices: Any = None, **fields: Any,
) -> tuple[Browser, str]:  # fmt: skip
    """A browser that has got an alert, and its receipt."""
    if who is None:
        who = service.browser()
        await subscribe(who, **(choices or {}))
    await desk.send(key, **fields)
    return who, who.messages[-1]["receipt"]


async def fewer(client: httpx.AsyncClient, who: Browser, receipt: str) -> httpx.Response:
    return await client.post("/v1/push/fewer", json={"endpoint": who.endpoint, "receipt": receipt})


async def test_fewer_mutes_what_the_alert_was_about(
    client: httpx.AsyncClient, service: PushService, desk: Desk, subscribe: Subscriber
) -> None:
    who, receipt = await arrived(service, desk, subscribe, section="Local", tags=["Ferry"])
    for _ in range(2):
        answer = await fewer(client, who, receipt)
        assert answer.json() == {"muted": ["local", "ferry"], "daily_cap": None}
    assert (await desk.send("two", section="Local")).audience == 0
    assert (await desk.send("three", section="Local", tags=["Vote"])).accepted == 1
    counts = await desk.counts(await desk.schedule("one"))
    assert (counts.shown, counts.clicked) == (0, 0)


async def test_fewer_of_an_alert_without_topics_is_half_as_many_once(
    client: httpx.AsyncClient, service: PushService, desk: Desk, subscribe: Subscriber, pool: Pool
) -> None:
    who, receipt = await arrived(service, desk, subscribe)
    answers = await asyncio.gather(*(fewer(client, who, receipt) for _ in range(4)))
    assert [a.json() for a in answers] == [{"muted": [], "daily_cap": 10}] * 4
    async with pool.acquire() as conn:
        await put_settings(conn, desk.site.id, PushSettings(daily_cap=5))
    for number, cap in enumerate((2, 1, 1)):
        _, receipt = await arrived(service, desk, subscribe, f"n-{number}", who)
        assert (await fewer(client, who, receipt)).json()["daily_cap"] == cap
        await pool.execute("update alert set started_at = started_at - interval '2 days'")


async def test_fewer_of_a_followed_story_is_no_longer_following_it(
    client: httpx.AsyncClient, service: PushService, desk: Desk, subscribe: Subscriber,
    articles: list[str], pool: Pool,
) -> None:  # fmt: skip
    assert articles
    who, receipt = await arrived(
        service, desk, subscribe, "ferry", choices={"topics": ["*"], "articles": ["ferry"]}
    )
    assert (await fewer(client, who, receipt)).json()["muted"] == ["local"]
    row = await pool.fetchrow("select topics, articles from subscription")
    assert row is not None
    assert tuple(row) == ([], [])
    # All that is followed: there would be nothing left.
    who, receipt = await arrived(
        service, desk, subscribe, "vote", choices={"articles": ["vote"], "daily_cap": 4}
    )
    assert (await fewer(client, who, receipt)).json() == {"muted": [], "daily_cap": 2}


async def test_fewer_tells_strangers_nothing(
    client: httpx.AsyncClient, service: PushService, desk: Desk, subscribe: Subscriber, pool: Pool,
    keyring: Keyring,
) -> None:  # fmt: skip
    who, receipt = await arrived(service, desk, subscribe, section="Local")
    alert = await desk.schedule("one")
    forged = make_receipt(Keyring(b"another secret, just as long as it is"), alert.id, uuid7())
    unknown = make_receipt(keyring, uuid7(), uuid7())
    other = uuid7()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'other', '', '{}')", other
    )
    elsewhere = Browser(who.endpoint + "-elsewhere")
    await subscribe(elsewhere)
    await pool.execute(
        "insert into vapid_key select $1, id, public_key, private_key from vapid_key", other
    )
    await pool.execute(
        "update subscription set site_id = $1 where endpoint_hash = $2",
        other,
        hashlib.sha256(elsewhere.endpoint.encode()).digest(),
    )
    said = set()
    for where, what in (
        (who, forged), (who, unknown), (who, "x"), (who, "é" * 61),
        (Browser("https://a/é"), receipt), (Browser(who.endpoint + "x"), receipt),
        (elsewhere, receipt),
    ):  # fmt: skip
        answer = await fewer(client, where, what)
        assert answer.status_code == 404
        said.add(answer.json()["detail"])
    assert said == {"There is no such subscription."}
    await pool.execute("update subscription set removed_at = now(), removed_reason = 'gone'")
    assert (await fewer(client, who, receipt)).status_code == 404
    assert await pool.fetchval("select count(*) from subscription where muted <> '{}'") == 0
    assert await pool.fetchval("select count(*) from receipt where event = 'fewer'") == 0


async def test_one_address_can_ask_only_so_often(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    state["limiter"]._enabled = True
    answers = [await fewer(client, Browser("https://a/b"), "x") for _ in range(31)]
    assert [a.status_code for a in answers] == [404] * 30 + [429]


async def test_a_page_of_the_site_may_ask(client: httpx.AsyncClient) -> None:
    for origin, allowed in (("https://news.example", True), ("https://evil.example", False)):
        answer = await client.options(
            "/v1/push/fewer",
            headers={"origin": origin, "access-control-request-method": "POST"},
        )
        assert ("access-control-allow-origin" in answer.headers) is allowed
