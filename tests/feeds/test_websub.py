"""WebSub: hubs that are asked, that ask back, that tell, that refuse, and that lie."""

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from feeds.hub import Hub
from feeds.newsagent import Page
from feeds.papers import Item, ghost, json_feed, wordpress
from feeds.reader import FEEDS, Reader

from service.core.tokens import Keyring

TOPIC = "https://news.example/feed/"


def offering(hub: Hub, *items: Item, topic: str = TOPIC, url: str | None = None) -> str:
    links = f'<atom:link rel="self" href="{topic}"/><atom:link rel="hub" href="{url or hub.url}"/>'
    return wordpress(*(items or [Item("old", 60)]), head=links)


async def wait_of(reader: Reader) -> float:
    seconds: float = await reader.pool.fetchval(
        "select extract(epoch from next_poll_at - now())::float8 from feed"
    )
    return seconds


async def begin(reader: Reader, page: Page, hub: Hub) -> dict[str, Any]:
    page.says(offering(hub))
    await reader.add(page.url)
    return await reader.poll()


async def test_a_hub_that_is_offered_is_asked_and_tells(
    reader: Reader, page: Page, hub: Hub
) -> None:
    feed = await begin(reader, page, hub)
    (asked,) = hub.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == TOPIC
    assert asked["hub.lease_seconds"] == "864000"
    assert asked["hub.callback"].startswith("https://comments.example/v1/websub/rf")
    assert 32 <= len(asked["hub.secret"]) < 200
    assert hub.answers[0].text == "a <challenge>"
    assert hub.answers[0].headers["content-type"].startswith("text/plain")
    feed = await reader.feed()
    assert (feed["websub"]["url"], feed["websub"]["state"]) == (hub.url, "active")
    assert feed["websub"]["lease_until"]
    assert feed["websub"]["told_at"] is None
    # Polled as before, until the hub has shown that it tells.
    assert await wait_of(reader) <= 15 * 60

    page.says(offering(hub, Item("a", 1), Item("old", 60)))
    await reader.pool.execute("update feed set last_poll_at = now() - interval '1 hour'")
    assert (await hub.tell()).status_code == 204
    assert await wait_of(reader) <= 0
    await reader.poller.poll()
    assert await reader.alerts() == ["About a"]
    assert page.asked[-1]["Cache-Control"] == "no-cache"
    assert await wait_of(reader) > 55 * 60
    assert len(hub.asked) == 1


async def test_a_hub_that_misses_something_is_not_relied_on(
    reader: Reader, page: Page, hub: Hub
) -> None:
    await begin(reader, page, hub)
    await hub.tell()
    await reader.poll()  # nothing new yet: looked at again soon
    assert await wait_of(reader) <= 120
    await reader.poll()
    assert await wait_of(reader) > 55 * 60
    page.says(offering(hub, Item("a", 1)))
    await reader.poll()
    assert (await reader.feed())["websub"]["told_at"], "it has told just now"
    await reader.pool.execute("update feed_hub set told_at = told_at - interval '1 hour'")
    page.says(offering(hub, Item("b", 0)))
    await reader.poll()
    assert (await reader.feed())["websub"]["told_at"] is None
    assert await wait_of(reader) <= 15 * 60


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_signatures_that_count(reader: Reader, page: Page, hub: Hub, method: str) -> None:
    await begin(reader, page, hub)
    assert (await hub.tell(b"whatever", method)).status_code == 204
    assert (await reader.feed())["websub"]["told_at"]


async def test_signatures_that_don_t(
    reader: Reader, page: Page, hub: Hub, client: httpx.AsyncClient
) -> None:
    await begin(reader, page, hub)
    before = (await reader.feed())["next_poll_at"]
    assert (await hub.tell(secret="another")).status_code == 204
    assert (await hub.tell(method="md5")).status_code == 204
    for value in ("", "sha256", "sha256=", "=", "sha256=\xe4", "sha256=" + "0" * 64, "md5=0"):
        headers = {"X-Hub-Signature": value.encode("latin-1")}
        answer = await client.post(hub.path, content=b"x", headers=headers)
        assert answer.status_code == 204, value
    assert (await client.post(hub.path)).status_code == 204
    feed = await reader.feed()
    assert (feed["websub"]["told_at"], feed["next_poll_at"]) == (None, before)


async def test_telling_often_polls_seldom(reader: Reader, page: Page, hub: Hub) -> None:
    await begin(reader, page, hub)
    for _ in range(5):
        await hub.tell()
    assert 5 < await wait_of(reader) <= 15
    await reader.poller.poll()
    assert len(page.asked) == 1


async def test_telling_does_not_hurry_what_asked_for_time(
    reader: Reader, page: Page, hub: Hub
) -> None:
    await begin(reader, page, hub)
    page.answers(503, Retry_After="4000")
    await reader.poll()
    await hub.tell()
    assert await wait_of(reader) > 3900


async def test_only_what_was_asked_is_confirmed(
    reader: Reader, page: Page, hub: Hub, client: httpx.AsyncClient, keyring: Keyring
) -> None:
    hub.verifies = False
    await begin(reader, page, hub)
    assert (await reader.feed())["websub"]["state"] == "asked"
    for changes, status in [
        ({"topic": "https://news.example/other"}, 404),
        ({"mode": "unsubscribe"}, 404),
        ({"mode": "publish"}, 404),
        ({"mode": ""}, 404),
        ({"challenge": ""}, 422),
        ({"challenge": "x" * 2001}, 422),
    ]:
        assert (await hub.verify(**changes)).status_code == status, changes
    other = keyring.object_token("rf", uuid.uuid4())
    for token in ("x", "rf" + "a" * 52, other):
        query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "x"}
        answer = await client.get(f"/v1/websub/{token}", params=query)
        assert answer.status_code == 404
    assert (await client.post(f"/v1/websub/{other}", content=b"x")).status_code == 410
    assert (await client.post("/v1/websub/x", content=b"x")).status_code == 404
    assert (await reader.feed())["websub"]["state"] == "asked"
    assert (await hub.verify()).text == "a <challenge>"
    await reader.pool.execute("update feed_hub set asked_at = now() - interval '2 days'")
    assert (await hub.verify()).status_code == 404, "asked too long ago"


@pytest.mark.parametrize(
    ("lease", "seconds"),
    [("3600", 3600), ("0", 0), ("", 86_400), ("x", 86_400), ("9" * 30, 60 * 86_400)],
)
async def test_leases(reader: Reader, page: Page, hub: Hub, lease: str, seconds: int) -> None:
    hub.lease = lease
    await begin(reader, page, hub)
    found = await reader.pool.fetchrow(
        """
        select extract(epoch from lease_until - asked_at)::int as lease,
            extract(epoch from next_try_at - asked_at)::int as renew from feed_hub
        """
    )
    assert abs(found["lease"] - seconds) <= 1
    assert abs(found["renew"] - max(0.8 * seconds, 600)) <= 1


async def test_a_lease_is_renewed_with_the_same_secret(
    reader: Reader, page: Page, hub: Hub
) -> None:
    await begin(reader, page, hub)
    await reader.pool.execute("update feed_hub set next_try_at = now(), lease_until = now() + $1",
                              timedelta(hours=3))  # fmt: skip
    assert (await reader.poll())["last_status"] == 304
    assert len(hub.asked) == 2
    assert hub.asked[0] == hub.asked[1]
    left = await reader.pool.fetchval("select lease_until - now() from feed_hub")
    assert left.days >= 9


async def test_a_hub_that_refuses(reader: Reader, page: Page, hub: Hub) -> None:
    await begin(reader, page, hub)
    assert (await hub.verify(mode="denied", reason="No <room>")).status_code == 204
    websub = (await reader.feed())["websub"]
    assert (websub["state"], websub["error"]) == ("denied", "The hub refuses: No <room>")
    await reader.poll()
    assert len(hub.asked) == 1, "not asked again today"
    assert await wait_of(reader) <= 15 * 60
    assert (await hub.verify()).status_code == 404


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://10.0.0.1/hub", "Expected an https address"),
        ("https://localhost.news.example:22/", "Expected an https address"),
        ("http://127.0.0.1:9/hub", "The connection was refused"),
    ],
)
async def test_a_hub_where_nothing_may_be_sent(
    reader: Reader, page: Page, hub: Hub, url: str, told: str
) -> None:
    page.says(offering(hub, url=url))
    await reader.add(page.url)
    feed = await reader.poll()
    assert feed["last_error"] is None, "the feed itself is well"
    assert feed["websub"]["state"] == "failed"
    assert told in feed["websub"]["error"]


async def test_a_hub_that_fails_and_one_that_has_moved(
    reader: Reader, page: Page, hub: Hub
) -> None:
    hub.status = 500
    feed = await begin(reader, page, hub)
    assert (feed["websub"]["state"], feed["websub"]["error"]) == (
        "failed",
        "The hub answered 500",
    )
    hub.status = 202
    page.says(offering(hub, url=f"{hub.origin}/moved"))
    await reader.poll()
    assert (await reader.feed())["websub"]["state"] == "active"


async def test_headers_come_before_the_document_and_every_format_may_offer(
    reader: Reader, page: Page, hub: Hub
) -> None:
    links = f'<{hub.url}>; rel="hub", <https://news.example/x>; rel="self"'
    page.says(offering(hub), Link=links)
    await reader.add(page.url)
    await reader.poll()
    assert hub.asked[-1]["hub.topic"] == "https://news.example/x"
    page.says(json_feed(Item("old"), feed_url=TOPIC, hubs=[{"type": "WebSub", "url": hub.url}]))
    await reader.poll()
    assert hub.asked[-1]["hub.topic"] == TOPIC
    link = f'<link rel="hub" href="{hub.url}"/>'
    page.says(ghost(Item("old")).replace("<link rel=", link + "<link rel=", 1))
    await reader.poll()
    assert hub.asked[-1]["hub.topic"] == "https://news.example/atom"
    assert len({asked["hub.secret"] for asked in hub.asked}) == 3


async def _leave(reader: Reader) -> None:
    """What a worker does with the job."""
    rows = await reader.pool.fetch(
        "select payload from pgqueuer where entrypoint = 'feeds-leave-hub'"
    )
    for row in rows:
        await reader.poller.leave_hub(row["payload"])


async def test_removing_a_feed_leaves_its_hub(reader: Reader, page: Page, hub: Hub) -> None:
    feed = await begin(reader, page, hub)
    assert (await reader.publisher.delete(f"{FEEDS}/{feed['id']}")).status_code == 204
    await _leave(reader)
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert hub.asked[-1]["hub.topic"] == TOPIC
    assert hub.answers[-1].text == "a <challenge>"
    assert (await hub.tell(secret="any")).status_code == 410


async def test_a_feed_that_offers_none_any_more_leaves_its_hub(
    reader: Reader, page: Page, hub: Hub
) -> None:
    await begin(reader, page, hub)
    page.says(wordpress(Item("old", 60)))
    await reader.poll()
    assert (await reader.feed())["websub"] is None
    await _leave(reader)
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"


async def test_a_message_too_large_is_refused(
    reader: Reader, page: Page, hub: Hub, client: httpx.AsyncClient
) -> None:
    await begin(reader, page, hub)
    assert (await client.post(hub.path, content=b"x" * (5 * 1024 * 1024 + 1))).status_code == 413
