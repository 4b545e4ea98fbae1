"""Registering sites and articles."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from service.articles import rules, store
from service.articles.types import Article, ArticleChange, PutArticle, Site, SupportChange
from service.core.db import Conn, uuid7
from service.core.events import notify
from service.core.http import check_time, clean_text
from service.core.problems import Conflict, Invalid, NotFound, Told

OPTIONAL = (
    "summary", "image", "image_credit", "section", "tags", "published_at", "open", "mode",
    "slow_mode", "support",
)  # fmt: skip


async def add_site(conn: Conn, slug: str, name: str, origins: Sequence[str]) -> Site:
    """Add a site; raises Invalid and Conflict."""
    if not rules.SLUG.fullmatch(slug):
        raise Invalid.field("slug", "1 to 63 lower-case letters, digits and single hyphens")
    name = clean_text("name", name)
    site = Site(uuid7(), slug, name or slug, sorted({rules.check_origin(o) for o in origins}))
    async with conn.transaction():
        if not await store.insert_site(conn, site):
            raise Conflict(f"There is a site {slug} already.")
        await notify(conn, "site", slug)
    return site


async def change_site(
    conn: Conn,
    slug: str,
    name: str | None,
    origins: Sequence[str] | None,
    *,
    marked: bool | None = None,
    confirm: bool | None = None,
) -> tuple[Site, Site]:
    """Change what is given of a site; the site before and after. `marked`, `confirm` as in Site.

    Raises Invalid and NotFound. Needs the caller's transaction.
    """
    checked = None if origins is None else sorted({rules.check_origin(o) for o in origins})
    shown = None if name is None else clean_text("$.name", name)
    if checked == [] or shown == "":
        raise Invalid.field("$", "Expected a name and at least one origin")
    before = await store.get_site(conn, slug)
    after = await store.change_site(conn, slug, shown, checked, marked=marked, confirm=confirm)
    if before is None or after is None:
        raise NotFound(f"There is no site {slug}.")
    await notify(conn, "site", slug)
    return before, after


async def change_support(conn: Conn, slug: str, change: SupportChange) -> Site:
    """Change what is given of a site's call for support; the site after.

    Raises Invalid and NotFound. Needs the caller's transaction.
    """
    url = change.url or None
    if url:
        rules.check_url("$.support.url", url)
    tags = change.sensitive_tags or []
    cleaned = [clean_text(f"$.support.sensitive_tags[{n}]", tag) for n, tag in enumerate(tags)]
    if "" in cleaned:
        raise Invalid.field("$.support.sensitive_tags", "Expected tags, none of them empty")
    await store.change_support(
        conn,
        slug,
        enabled=None if change.enabled is UNSET else change.enabled,
        headline=None
        if change.headline is UNSET
        else clean_text("$.support.headline", change.headline),
        text=None
        if change.text is UNSET
        else clean_text("$.support.text", change.text, multiline=True),
        url=None if change.url is UNSET else change.url,
        tags=None if change.sensitive_tags is UNSET else list(dict.fromkeys(cleaned)),
    )
    after = await store.get_site(conn, slug)
    if after is None:
        raise NotFound(f"There is no site {slug}.")
    await notify(conn, "site", slug)
    return after


async def ensure_site(conn: Conn, slug: str, name: str, origins: Sequence[str]) -> Site:
    """Add a site or add origins to it; for the demo, which may be started twice."""
    try:
        return await add_site(conn, slug, name, origins)
    except Conflict:
        async with conn.transaction():
            await store.update_site(conn, slug, name, [rules.check_origin(o) for o in origins])
            await notify(conn, "site", slug)
    site = await store.get_site(conn, slug)
    if site is None:
        raise NotFound(f"There is no site {slug}.")
    return site


async def put_article(conn: Conn, site: Site, key: str, put: PutArticle) -> tuple[Article, bool]:
    """Register or update an article; True where it is new. Needs the caller's transaction.

    A new key for a known address becomes one more key of the article that is there, so that
    neither a changed key nor a moved page splits a thread.
    """
    rules.check_key(key)
    put = _checked(put)
    url = rules.normalised_url(put.url)
    keys, urls = _aliases(put)
    # Pages that name no key make one of their address.
    made = [rules.key_of_normalised(one) for one in (url, *urls)]
    await store.lock_identity(conn, site.id, [key, url, *keys, *urls, *made])
    article = await store.get_article(conn, site.id, key, url)
    created = article is None
    ident = article.id if article else uuid7()
    if article is None:
        await store.insert_article(conn, site.id, ident, key, put.url, put.title, verified=True)
    elif article.key != key:
        keys.append(key)
    if taken := await store.list_taken_keys(conn, site.id, ident, keys):
        raise Conflict(f"Another article has the key {taken[0]}.")
    others = {article.key if article else key, *keys}
    others.update(await store.list_taken_keys(conn, site.id, ident, made))
    keys += [one for one in made if one not in others]
    lost = await store.claim_aliases(conn, site.id, ident, "url", [url, *urls])
    lost += await store.claim_aliases(conn, site.id, ident, "key", keys)
    for loser, its_version in lost:
        await notify(conn, "thread", f"{loser}:{its_version}")
    given = {name: getattr(put, name) is not UNSET for name in OPTIONAL}
    version = await store.update_article(conn, ident, put, given)
    await notify(conn, "thread", f"{ident}:{version}")
    stored = await store.get_article_by_id(conn, ident)
    assert stored is not None  # noqa: S101 (written in this transaction)
    return stored, created


async def change_article(conn: Conn, article: Article, change: ArticleChange) -> Article:
    """Change what an editor gave of an article; the article after. Needs the transaction."""
    version = await store.change_article(conn, article.id, change)
    await notify(conn, "thread", f"{article.id}:{version}")
    stored = await store.get_article_by_id(conn, article.id)
    assert stored is not None  # noqa: S101 (articles are never deleted)
    return stored


async def register_article(
    conn: Conn, site: Site, key: str, url: str | None, title: str
) -> Article:
    """The article of a comment or a share, registered if its page is on the site's own origins.

    Its title and address are then a reader's word, and count for nothing but showing them.
    Raises NotFound where it is unknown and can't be registered. Needs the caller's transaction.
    """
    plain = rules.normalised_url(rules.check_url("$.article.url", url)) if url else None
    found = await store.get_article(conn, site.id, key, plain)
    if found is not None:
        return found
    if url is None or plain is None or rules.origin_of(url) not in site.origins:
        raise NotFound(
            "There is no such article, and its address is on none of the site's origins.",
            told=Told("unknown_page"),
        )
    await store.lock_identity(conn, site.id, [key, plain])
    found = await store.get_article(conn, site.id, key, plain)
    if found is None:
        ident = uuid7()
        shown = clean_text("$.article.title", title) or url
        await store.insert_article(conn, site.id, ident, key, url, shown, verified=False)
        await store.note_url(conn, site.id, ident, plain)
        found = await store.get_article_by_id(conn, ident)
    assert found is not None  # noqa: S101 (written in this transaction)
    return found


def _checked(put: PutArticle) -> PutArticle:
    """Check what types can't say, and trim the credit; raises Invalid."""
    rules.check_url("$.url", put.url)
    clean_text("$.title", put.title)
    if put.image:
        rules.check_url("$.image", put.image)
    if put.image_credit:
        credit = clean_text("$.image_credit", put.image_credit)
        put = msgspec.structs.replace(put, image_credit=credit)
    if put.summary:
        clean_text("$.summary", put.summary, multiline=True)
    for label in [put.section or "", *(put.tags or [])]:
        clean_text("$.tags", label)
    if put.published_at:
        try:
            check_time(put.published_at)
        except ValueError as error:
            raise Invalid.field("$.published_at", str(error)) from error
    return put


def _aliases(put: PutArticle) -> tuple[list[str], list[str]]:
    """Other keys and (normalised) other addresses."""
    keys: list[str] = []
    urls: list[str] = []
    for alias in put.aliases or []:
        if "/" in alias:
            urls.append(rules.normalised_url(rules.check_url("$.aliases", alias)))
        else:
            keys.append(rules.check_key(alias))
    return keys, urls
