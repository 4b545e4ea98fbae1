"""Counting, and what an article's page may ask."""

from service.articles import actions as articles
from service.articles.rules import calls_for_support, check_key, check_url, normalised_url
from service.articles.store import get_article
from service.articles.types import Site
from service.core.db import Pool
from service.engagement import store
from service.engagement.types import Engagement, Support


async def count(pool: Pool, site: Site, key: str, done: Engagement) -> None:
    """Count a share or a support click of an article, registering it as a comment would.

    Raises Invalid and NotFound.
    """
    check_key(key)
    url = done.article.url if done.article else None
    title = done.article.title if done.article else ""
    async with pool.acquire() as conn, conn.transaction():
        article = await articles.register_article(conn, site, key, url, title)
        await store.count(conn, site.id, article.id, done)


async def describe_support(pool: Pool, site: Site, key: str, url: str | None) -> Support:
    """Whether the page of an article asks for support, and how; raises Invalid."""
    check_key(key)
    plain = normalised_url(check_url("url", url)) if url else None
    async with pool.acquire() as conn:
        article = await get_article(conn, site.id, key, plain)
    if not calls_for_support(site, article):
        return Support(shown=False)
    return Support(
        shown=True,
        headline=site.support_headline or None,
        text=site.support_text or None,
        url=site.support_url or None,
    )
