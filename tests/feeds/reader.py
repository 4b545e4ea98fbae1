"""Short cuts for tests: add a feed, let it be polled, see what came of it."""

from typing import Any

import httpx

from service.articles.types import Site
from service.core.db import Pool
from service.feeds.polling import Poller

FEEDS = "/v1/sites/default/feeds"


class Reader:
    """A publisher and a worker."""

    def __init__(
        self, publisher: httpx.AsyncClient, poller: Poller, pool: Pool, site: Site
    ) -> None:
        self.publisher = publisher
        self.poller = poller
        self.pool = pool
        self.site = site

    async def add(self, url: str, *, alert: bool = True, status: int = 201) -> dict[str, Any]:
        answer = await self.publisher.post(FEEDS, json={"url": url, "alert": alert})
        assert answer.status_code == status, answer.text
        feed: dict[str, Any] = answer.json()
        return feed

    async def feed(self) -> dict[str, Any]:
        """The only feed."""
        answer = await self.publisher.get(FEEDS)
        (feed,) = answer.json()["items"]
        found: dict[str, Any] = feed
        return found

    async def due(self) -> None:
        """Let every feed's time come."""
        await self.pool.execute("update feed set next_poll_at = now() where stopped is null")

    async def poll(self) -> dict[str, Any]:
        """Let the only feed's time come; the feed after that."""
        await self.due()
        await self.poller.poll()
        return await self.feed()

    async def articles(self) -> dict[str, dict[str, Any]]:
        """Articles by key."""
        rows = await self.pool.fetch("select * from article order by id")
        return {row["key"]: dict(row) for row in rows}

    async def alerts(self) -> list[str]:
        """The titles of alerts, in the order in which they were scheduled."""
        rows = await self.pool.fetch("select title from alert order by id")
        return [row["title"] for row in rows]

    async def later(self, hours: float) -> None:
        """Let time pass for everything that feeds know."""
        await self.pool.execute(
            """
            update feed_entry set first_seen = first_seen - $1 * interval '1 hour',
                published_at = published_at - $1 * interval '1 hour'
            """,
            hours,
        )
        await self.pool.execute("update feed set newest = newest - $1 * interval '1 hour'", hours)
