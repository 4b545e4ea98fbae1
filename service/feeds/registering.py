"""The article of an entry: found or registered, and never made poorer."""

from typing import Any

from msgspec import UNSET

from service.articles.actions import put_article
from service.articles.rules import key_of_url, normalised_url
from service.articles.store import get_article, get_article_by_id
from service.articles.types import Article, PutArticle, Site
from service.core.db import Conn
from service.feeds.types import Entry, KnownEntry


async def find_article(conn: Conn, site: Site, url: str) -> Article | None:
    """The article that an entry's address means."""
    return await get_article(conn, site.id, key_of_url(url), normalised_url(url))


async def register(conn: Conn, site: Site, entry: Entry, identity: bytes) -> KnownEntry:
    """The entry with its article, which is registered, or filled where it has nothing yet.

    What its publisher has registered stays as it is. Raises Problem. Needs a transaction.
    """
    found = await find_article(conn, site, entry.url)
    made = found is None or not found.verified
    if found is None or made:
        key = found.key if found else key_of_url(entry.url)
        found, _ = await put_article(conn, site, key, _whole(entry))
    else:
        await _fill(conn, site, found, entry)
    return KnownEntry(identity, entry.url, entry.title, found.id, made)


async def revise(conn: Conn, site: Site, entry: Entry, known: KnownEntry) -> KnownEntry:
    """The entry as it is now: with another title, or moved to another address.

    Its article is renamed where the feed has made it and nobody has renamed it since. An address
    that means another article already is that article's. Raises Problem. Needs a transaction.
    """
    assert known.article_id is not None  # noqa: S101 (the caller has asked)
    article = await get_article_by_id(conn, known.article_id)
    there = await find_article(conn, site, entry.url)
    if article is None or (there is not None and there.id != article.id):
        return await register(conn, site, entry, known.identity)
    own = known.made and article.title == known.title
    title = entry.title if own else article.title
    # Until now the page was at the address that the feed gave: it has moved, if the feed made it.
    moved = there is None and known.made and article.url == known.url
    url = entry.url if moved else article.url
    aliases: Any = [entry.url] if there is None and not moved else UNSET
    if (title, url) != (article.title, article.url) or aliases:
        put = PutArticle(url=url, title=title, aliases=aliases)
        await put_article(conn, site, article.key, put)
    return KnownEntry(known.identity, entry.url, entry.title, article.id, known.made)


def _whole(entry: Entry) -> PutArticle:
    return PutArticle(
        url=entry.url,
        title=entry.title,
        summary=entry.summary or UNSET,
        image=entry.image or UNSET,
        image_credit=entry.image_credit or UNSET,
        tags=entry.tags or UNSET,
        published_at=entry.published_at or UNSET,
    )


async def _fill(conn: Conn, site: Site, article: Article, entry: Entry) -> None:
    uncredited = article.image in {None, entry.image} and not article.image_credit
    put = PutArticle(
        url=article.url,
        title=article.title,
        summary=(None if article.summary else entry.summary) or UNSET,
        image=(None if article.image else entry.image) or UNSET,
        image_credit=(entry.image_credit if uncredited else None) or UNSET,
        tags=([] if article.tags or article.section else entry.tags) or UNSET,
        published_at=(None if article.published_at else entry.published_at) or UNSET,
    )
    if put != PutArticle(url=article.url, title=article.title):
        await put_article(conn, site, article.key, put)
