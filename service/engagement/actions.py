"""Counting, and what an article's page may ask."""

from collections.abc import Callable
from typing import TypeAlias

from service.articles import actions as articles
from service.articles.rules import calls_for_support, check_key, check_url, normalised_url
from service.articles.store import get_article
from service.articles.types import Site
from service.core.db import Pool
from service.core.limits import Limit, Limiter
from service.engagement import store
from service.engagement.types import CHANNELS, OTHER, Engagement, Support

# The client and what it does something with, as one keyed hash: until a bucket is full again it
# is there to be read, and must not say which reader shared what.
Who: TypeAlias = Callable[[bytes], bytes]

# Generous to an office or a mobile network, which is one address to us: a counter that one
# machine can drive says nothing of readers.
REPEATED = Limit("engagement-repeated", burst=20, every=120)
REGISTERED = Limit("engagement-registered", burst=20, every=60)


async def count(
    pool: Pool, limiter: Limiter, site: Site, key: str, done: Engagement, who: Who
) -> None:
    """Count a share or a support click of an article, registering it as a comment would.

    Raises Invalid, NotFound and TooManyRequests.
    """
    check_key(key)
    url = done.article.url if done.article else None
    title = done.article.title if done.article else ""
    plain = normalised_url(check_url("$.article.url", url)) if url else None
    article = await get_article(pool, site.id, key, plain)
    if article is None:
        await limiter.take(REGISTERED, who(b""))
        async with pool.acquire() as conn, conn.transaction():
            article = await articles.register_article(conn, site, key, url, title)
    # By the article, not by the key that was named: with its address, any key leads to it.
    await limiter.take(REPEATED, who(article.id.bytes + done.kind.encode()))
    async with pool.acquire() as conn:
        await store.count(conn, site.id, article.id, done.kind, channel_of(done))


def channel_of(done: Engagement) -> str:
    """The counter's name: of a share how it was made, '' where that isn't said."""
    if done.kind == "support" or not done.channel:
        return ""
    return done.channel if done.channel in CHANNELS else OTHER


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
