"""Polling over real HTTP: conditions, redirects, failures, workers that die or meet."""

import asyncio
import contextlib
import gzip
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from feeds.newsagent import Newsagent, Page
from feeds.papers import Item, json_feed, news_sitemap, sitemap_index, wordpress
from feeds.reader import Reader

from service.core.db import Pool
from service.core.outbound import open_session
from service.core.tokens import Keyring
from service.feeds.fetching import LARGEST, Fetcher
from service.feeds.hubs import Hubs
from service.feeds.polling import Poller

ONE = wordpress(Item("a", 30))


async def wait_of(reader: Reader) -> float:
    """Seconds until the only feed is polled again."""
    seconds: float = await reader.pool.fetchval(
        "select extract(epoch from next_poll_at - last_poll_at)::float8 from feed"
    )
    return seconds


async def test_conditions_are_sent_and_nothing_is_read_twice(reader: Reader, page: Page) -> None:
    page.says(ONE, Last_Modified="Sat, 28 Nov 2026 10:00:00 GMT")
    await reader.add(page.url)
    await reader.poll()
    feed = await reader.poll()
    assert (feed["last_status"], feed["last_error"], feed["format"]) == (304, None, "rss")
    assert page.asked[1]["If-None-Match"] == page.etag
    assert page.asked[1]["If-Modified-Since"] == "Sat, 28 Nov 2026 10:00:00 GMT"
    await reader.poll()
    assert page.asked[2]["If-None-Match"] == page.etag
    assert all("Cookie" not in asked for asked in page.asked)


async def test_what_is_asked_for_is_waited(reader: Reader, page: Page) -> None:
    page.says(ONE)
    await reader.add(page.url)
    await reader.poll()
    assert await wait_of(reader) == 15 * 60
    page.says(ONE + "\n", Cache_Control="public, max-age=1800")
    await reader.poll()
    assert await wait_of(reader) == 1800
    page.says(wordpress(Item("a", 30), head="<ttl>20</ttl>"))
    await reader.poll()
    assert await wait_of(reader) == 1200
    await reader.poll()  # not modified: what the document asks for still holds
    assert await wait_of(reader) == 1200


@pytest.mark.parametrize(("status", "after"), [(429, "4000"), (503, "4000")])
async def test_a_server_that_asks_for_time_gets_it(
    reader: Reader, page: Page, status: int, after: str
) -> None:
    page.answers(status, Retry_After=after)
    await reader.add(page.url)
    feed = await reader.poll()
    assert (feed["last_status"], feed["failures"]) == (status, 1)
    assert feed["last_error"] == f"The server answered {status}"
    assert await wait_of(reader) == 4000


async def test_what_fails_waits_longer_each_time(reader: Reader, page: Page) -> None:
    page.answers(500)
    await reader.add(page.url)
    waits = []
    for _ in range(9):
        await reader.poll()
        waits.append(await wait_of(reader))
    assert 240 <= waits[0] <= 360
    assert 480 <= waits[1] <= 720
    assert 0.8 * 6 * 3600 <= waits[-1] <= 6 * 3600
    page.says(ONE)
    feed = await reader.poll()
    assert (feed["failures"], feed["last_error"]) == (0, None)


async def test_gone_stops_until_it_is_added_again(reader: Reader, page: Page) -> None:
    page.answers(410)
    await reader.add(page.url)
    feed = await reader.poll()
    assert feed["stopped"].startswith("The feed is gone for good (410)")
    assert feed["next_poll_at"] is None
    page.says(ONE)
    await reader.add(page.url, status=200)
    await reader.poller.poll()
    feed = await reader.feed()
    assert (feed["stopped"], feed["last_error"], feed["entries"]) == (None, None, 1)


async def test_a_permanent_redirect_changes_the_address(reader: Reader, agent: Newsagent) -> None:
    old, new = agent.page("old"), agent.page("new")
    old.answers(301, Location="/new")
    new.says(ONE)
    await reader.add(old.url)
    feed = await reader.poll()
    assert (feed["url"], feed["entries"]) == (new.url, 1)
    await reader.poll()
    assert len(old.asked) == 1
    assert (await reader.add(old.url, status=200))["id"] == feed["id"], "known by either address"


async def test_what_a_server_sends_is_stored_in_any_case(reader: Reader, page: Page) -> None:
    page.says(ONE, ETag='"\xe4\udcff"', Link="<http://[>; rel=hub")
    await reader.add(page.url)
    assert (await reader.poll())["entries"] == 1
    page.says('<!doctype html><link rel="alternate" type="application/rss+xml" href="/a\0b">')
    assert "the feed that it offers is" in (await reader.poll())["last_error"]
    page.answers(302, Location="http://10.0.0.1/\xe4\udcff")
    assert "Leads to http://10.0.0.1/" in (await reader.poll())["last_error"]


async def test_added_again_it_is_read_whole(reader: Reader, page: Page) -> None:
    page.says(wordpress(Item("a", 30, origin="https://new.example")))
    await reader.add(page.url)
    assert (await reader.poll())["refused"] == 1
    await reader.pool.execute("update site set origins = origins || '{https://new.example}'")
    assert (await reader.poll())["last_status"] == 304
    await reader.add(page.url, status=200)
    await reader.poller.poll()
    assert ((await reader.feed())["refused"], len(await reader.articles())) == (0, 1)


async def test_a_temporary_one_and_what_is_behind_it_don_t(
    reader: Reader, agent: Newsagent
) -> None:
    first, second, third = (agent.page(name) for name in "abc")
    first.answers(308, Location="/b")
    second.answers(302, Location="/c")
    third.answers(301, Location="/d")
    agent.page("d").says(ONE)
    await reader.add(first.url)
    assert (await reader.poll())["url"] == second.url


async def test_two_feeds_that_move_to_one_address_stay_two(
    reader: Reader, agent: Newsagent
) -> None:
    for name in "ab":
        agent.page(name).answers(301, Location="/c")
        await reader.add(agent.pages[name].url)
    agent.page("c").says(ONE)
    for _ in range(2):
        await reader.due()
        await reader.poller.poll()
    rows = await reader.pool.fetch("select url, last_error from feed order by url")
    assert [row["last_error"] for row in rows] == [None, None]
    assert agent.pages["c"].url in [row["url"] for row in rows]
    assert await reader.pool.fetchval("select count(*) from article") == 1


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("http://10.0.0.1/feed", "Expected an https address"),
        ("https://169.254.169.254/latest", "Expected the name of a public host"),
        ("https://user@news.example/", "Contains something"),
        ("ftp://news.example/", "Expected an https address"),
        ("file:///etc/passwd", "Expected an https address"),
        ("", "More than 5 redirects"),
        ("/feed", "More than 5 redirects"),
        ("http://[", "Not an address"),
    ],
)
async def test_a_redirect_to_where_nothing_may_be_read(
    reader: Reader, page: Page, target: str, told: str
) -> None:
    page.answers(301, Location=target)
    await reader.add(page.url)
    feed = await reader.poll()
    assert told in feed["last_error"]
    assert feed["url"] == page.url
    assert len(page.asked) <= 6


async def test_inside_is_refused_at_the_connection(
    pool: Pool, keyring: Keyring, reader: Reader, page: Page
) -> None:
    page.says(ONE)
    await reader.add(page.url)
    async with open_session(allow_local=False, limit=5, total=2, connect=1) as session:
        fetcher = Fetcher(session, allow_local=True)
        poller = Poller(pool, fetcher, Hubs(pool, keyring, fetcher.post, None), hold=0)
        await reader.due()
        await poller.poll()
    feed = await reader.feed()
    assert feed["last_error"] == "The name leads to an address that isn't public"
    assert page.asked == []


OTHER = ONE + "\n"
PACKED = gzip.compress(ONE.encode())
LINK = '<!doctype html><link rel="alternate" type="application/rss+xml" href="/rss">'
ENTITIES = '<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><rss>&c;</rss>'
BAD: dict[str, tuple[str | bytes, dict[str, str]]] = {
    "slow": (OTHER, {}),
    "cut off": (OTHER, {}),
    "huge": (ONE + " " * LARGEST, {}),
    "bomb": (gzip.compress(b" " * 50 * LARGEST), {"Content_Encoding": "gzip"}),
    "packed and cut off": (PACKED[:-20], {"Content_Encoding": "gzip"}),
    "packed and broken": (b"\x1f\x8bnonsense", {"Content_Encoding": "gzip"}),
    "packed otherwise": (b"nonsense", {"Content_Encoding": "br"}),
    "truncated": (ONE[:-40], {}),
    "a page": (LINK, {}),
    "entities": (ENTITIES, {}),
}


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("slow", "No answer within"),
        ("cut off", "The answer was cut off"),
        ("huge", "The document has more than 5 MiB"),
        ("bomb", "The document has more than 5 MiB"),
        ("packed and cut off", "The answer was cut off"),
        ("packed and broken", "The answer is packed, and broken"),
        ("packed otherwise", "packed in a way that was not asked for (br)"),
        ("truncated", "The XML is broken at line"),
        ("a page", "the feed that it offers is http://127.0.0.1"),
        ("entities", "The document declares entities of its own"),
    ],
)
async def test_what_goes_wrong_is_told_and_nothing_is_lost(
    reader: Reader, page: Page, what: str, told: str
) -> None:
    page.says(ONE)
    await reader.add(page.url)
    await reader.poll()
    document, headers = BAD[what]
    page.says(document, **headers)
    page.slow, page.cut = (5 if what == "slow" else 0), what == "cut off"
    feed = await reader.poll()
    assert told in feed["last_error"]
    assert (feed["failures"], feed["entries"], feed["format"]) == (1, 1, "rss")
    assert await wait_of(reader) >= 240
    page.slow, page.cut = 0, False
    page.says(wordpress(Item("b", 1), Item("a", 30)))
    feed = await reader.poll()
    assert (feed["failures"], feed["last_error"], feed["entries"]) == (0, None, 2)
    assert await reader.alerts() == ["About b"]


async def test_what_is_packed_is_unpacked(reader: Reader, agent: Newsagent) -> None:
    sent, stored = agent.page("sent"), agent.page("sitemap.xml.gz")
    sent.says(gzip.compress(ONE.encode()), Content_Encoding="gzip")
    stored.says(gzip.compress(news_sitemap(Item("b")).encode()), "application/x-gzip")
    await reader.add(sent.url)
    await reader.add(stored.url)
    await reader.poller.poll()
    await reader.due()
    await reader.poller.poll()
    assert set(await reader.articles()) == {"news.example~a", "news.example~b"}


async def test_an_index_is_followed_one_level(reader: Reader, agent: Newsagent) -> None:
    names = ["map", "a", "b", "c"]
    index, *parts = (agent.page(name) for name in names)
    index.says(sitemap_index(*(part.url for part in parts)))
    for part, name in zip(parts, names[1:], strict=True):
        part.says(news_sitemap(Item(name)))
    await reader.add(index.url)
    feed = await reader.poll()
    assert (feed["entries"], feed["format"], feed["last_error"]) == (2, "sitemap", None)
    assert set(await reader.articles()) == {"news.example~a", "news.example~b"}
    parts[0].says(news_sitemap(Item("d", 1), Item("a")))
    await reader.poll()
    assert await reader.alerts() == ["About d"]
    parts[1].says(sitemap_index(index.url))
    assert (await reader.poll())["last_error"] is None


async def test_one_poll_of_a_host_at_a_time_and_any_number_of_workers(
    reader: Reader, agent: Newsagent, poller: Poller
) -> None:
    for name in "abcd":
        agent.page(name).says(json_feed(Item(name, 30)))
        agent.pages[name].slow = 0.05
        await reader.add(agent.pages[name].url)
    await asyncio.gather(*(poller.poll() for _ in range(4)))
    while await reader.pool.fetchval("select count(*) from feed where last_poll_at is null"):
        await poller.poll()
    assert agent.most_under_way == 1
    assert [len(agent.pages[name].asked) for name in "abcd"] == [1, 1, 1, 1]
    assert len(await reader.articles()) == 4


async def test_a_worker_that_has_lost_its_lease_changes_nothing(
    reader: Reader, agent: Newsagent, page: Page, poller: Poller
) -> None:
    page.says(ONE)
    await reader.add(page.url)
    await reader.poll()
    page.says(wordpress(Item("b", 1), Item("a", 30)))
    page.slow = 0.3
    await reader.due()
    under_way = asyncio.Event()
    agent.arrived = under_way.set
    first = asyncio.create_task(poller.poll())
    await under_way.wait()
    await reader.pool.execute("update feed set leased_until = now() - interval '1 second'")
    await reader.due()
    page.slow = 0
    await poller.poll()
    await first
    assert await reader.alerts() == ["About b"]
    feed = await reader.feed()
    assert (feed["failures"], feed["last_error"], feed["entries"]) == (0, None, 2)


async def _url(pool: Pool) -> str:
    async with pool.acquire() as conn:
        name = await conn.fetchval("select current_database()")
        address: Any = conn._addr  # type: ignore[attr-defined]
        user = conn._params.user  # type: ignore[attr-defined]
    if isinstance(address, str):
        return f"postgresql://{user}@/{name}?host={Path(address).parent}"
    return f"postgresql://{user}@{address[0]}:{address[1]}/{name}"


async def test_killed_workers_alert_nobody_twice_and_leave_no_article_out(
    reader: Reader, page: Page, state: dict[str, Any]
) -> None:
    page.says(wordpress(Item("old", 60)))
    await reader.add(page.url)
    await reader.poll()
    page.says(wordpress(*(Item(f"a{n}", n + 1) for n in range(3)),
                        *(Item(f"b{n}", 500 + n) for n in range(300))))  # fmt: skip
    url, secret = await _url(reader.pool), state["settings"].secret.decode()
    script = Path(__file__).with_name("worker_process.py")
    for least in (20, 120):
        await reader.due()
        await reader.pool.execute("update feed set leased_until = now() - interval '1 second'")
        worker = await asyncio.create_subprocess_exec(
            sys.executable, str(script), url, secret, stdin=asyncio.subprocess.DEVNULL
        )
        while await reader.pool.fetchval("select count(*) from article") < least:
            assert worker.returncode is None, "it ended too soon to prove anything"
            await asyncio.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            worker.send_signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        assert await reader.pool.fetchval("select count(*) from article") < 304
        assert await reader.alerts() == ["About a2", "About a1", "About a0"]
    # What time would do: the dead worker's lease runs out.
    await reader.pool.execute("update feed set leased_until = now() - interval '1 second'")
    await reader.poll()
    assert await reader.alerts() == ["About a2", "About a1", "About a0"]
    assert len(await reader.articles()) == 304
    assert (await reader.feed())["entries"] == 304
