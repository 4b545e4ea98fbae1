"""Which article a page of the old system is; made where there is none yet."""

from uuid import UUID

import msgspec
from msgspec import UNSET

from service.articles.actions import put_article
from service.articles.rules import KEY, check_url, key_of_url, normalised_url, origin_of
from service.articles.store import get_article
from service.articles.types import Article, Mode, PutArticle, Site
from service.core.db import Conn, uuid7
from service.core.problems import Conflict, Invalid
from service.core.text import visible
from service.transfer.rules import Addresses
from service.transfer.types import SourceArticle, Wanted, WholeArticle

LONGEST_TITLE = 500


class Matcher:
    """Finds and makes articles of one site."""

    def __init__(self, conn: Conn, site: Site, wanted: Wanted) -> None:
        """`conn` in no transaction: each article is one."""
        self._conn = conn
        self._site = site
        self._wanted = wanted
        self._addresses = Addresses(site, wanted.moved, wanted.origins)
        self._planned: dict[str, UUID] = {}  # in a dry run, by normalised address
        # Numbers of posts are those of one system only: a second one's would join strangers.
        self._by_key = wanted.source == wanted.format
        self.made = 0

    async def match(self, article: SourceArticle) -> UUID | None:
        """The article's id; None where its page is on none of the site's origins."""
        url = self._addresses.of(article.url)
        if url is None:
            return None
        found = await self._find(article, url)
        if found is not None:
            return found.id
        plain = normalised_url(url)
        if self._wanted.dry_run:
            if plain not in self._planned:
                self._planned[plain] = uuid7()
                self.made += 1
            return self._planned[plain]
        return await self._make(article, url)

    async def _find(self, article: SourceArticle, url: str) -> Article | None:
        plain = normalised_url(url)
        found = await get_article(self._conn, self._site.id, key_of_url(url), plain)
        if found is not None or not self._by_key or not article.key:
            return found
        # A page that has moved since: the same number on the same host.
        moved = await get_article(self._conn, self._site.id, article.key, None)
        same = moved is not None and moved.key == article.key and _same_host(moved.url, url)
        return moved if same else None

    async def _make(self, article: SourceArticle, url: str) -> UUID:
        title = visible(article.title)[:LONGEST_TITLE] or url
        plain = put = PutArticle(url, title)
        if article.published_at is not None:
            plain = put = msgspec.structs.replace(put, published_at=article.published_at)
        if article.whole is not None:
            put = _whole(put, article.whole)
        key = article.key if self._by_key and article.key and KEY.fullmatch(article.key) else None
        async with self._conn.transaction():
            if key and await get_article(self._conn, self._site.id, key, None) is not None:
                key = None
            try:
                # Half an article is none: what was written before it was refused goes, too.
                async with self._conn.transaction():
                    made, new = await put_article(
                        self._conn, self._site, key or key_of_url(url), put
                    )
            except (Conflict, Invalid):
                made, new = await put_article(self._conn, self._site, key_of_url(url), plain)
        self.made += new
        return made.id


def _whole(put: PutArticle, whole: WholeArticle) -> PutArticle:
    """The article as an export tells it."""
    # Both columns take these words alone.
    mode: Mode | None = "pre" if whole.mode == "pre" else "post" if whole.mode == "post" else None
    return msgspec.structs.replace(
        put,
        summary=whole.summary,
        image=whole.image,
        image_credit=whole.image_credit,
        section=whole.section,
        tags=whole.tags,
        open=whole.open,
        mode=mode,
        slow_mode=whole.slow_mode,
        support=UNSET if whole.support is None else whole.support,
        aliases=whole.aliases,
    )


def _same_host(one: str, other: str) -> bool:
    try:
        hosts = [origin_of(check_url("url", url)).partition("://")[2] for url in (one, other)]
    except Invalid:
        return False
    return hosts[0].removeprefix("www.") == hosts[1].removeprefix("www.")
