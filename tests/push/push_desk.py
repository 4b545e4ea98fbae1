"""Short cuts of the push tests: publish, deliver, count."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from service.articles.types import PutArticle, Site
from service.core.db import Pool
from service.push import actions, store
from service.push import delivery_store as deliveries
from service.push.delivery import Courier, start_alert
from service.push.types import Alert, Counts

Subscriber = Callable[..., Awaitable[UUID]]


async def there(_url: str) -> None:
    """Every article can be read."""


class Desk:
    """Publishes and looks."""

    def __init__(self, pool: Pool, site: Site, courier: Courier) -> None:
        self.pool = pool
        self.site = site
        self.courier = courier

    async def schedule(self, key: str = "one", **fields: Any) -> Alert:
        """Publish an article with an alert that is due."""
        put = PutArticle(
            url=f"https://news.example/{key}",
            title="The boat sails",
            summary="All winter.",
            alert=True,
            **fields,
        )
        async with self.pool.acquire() as conn:
            _, _, alert = await actions.publish_article(conn, self.site, key, put, 0)
        assert alert is not None
        return alert

    async def start(self, key: str = "one", *, size: int = 500, **fields: Any) -> Alert:
        """Publish, and freeze the audience."""
        alert = await self.schedule(key, **fields)
        async with self.pool.acquire() as conn:
            assert await start_alert(conn, alert.id, size)
        return alert

    async def send(self, key: str = "one", **fields: Any) -> Counts:
        """Publish, and deliver as far as it goes now."""
        alert = await self.start(key, **fields)
        await self.courier.deliver()
        return await self.counts(alert)

    async def again(self, alert: Alert) -> Counts:
        """Let the waiting time pass, and deliver again."""
        await self.pool.execute("update push_origin set not_before = now()")
        await self.pool.execute(
            "update delivery_batch set not_before = now() where alert_id = $1", alert.id
        )
        await self.courier.deliver()
        return await self.counts(alert)

    async def counts(self, alert: Alert) -> Counts:
        """The counts, which must add up whenever one looks."""
        async with self.pool.acquire() as conn:
            counts = await store.get_counts(conn, alert.id)
        known = counts.accepted + counts.gone + counts.failed + counts.skipped + counts.pending
        ids = "select coalesce(sum(cardinality(subscription_ids)), 0) from delivery_batch"
        frozen = await self.pool.fetchval(f"{ids} where alert_id = $1", alert.id)
        assert counts.audience == known == frozen
        return counts

    async def state(self, alert: Alert) -> str:
        async with self.pool.acquire() as conn:
            found = await deliveries.get_alert(conn, alert.id)
        assert found is not None
        return found.state

    async def removed(self, ident: UUID) -> str | None:
        reason: str | None = await self.pool.fetchval(
            "select removed_reason from subscription where id = $1", ident
        )
        return reason
