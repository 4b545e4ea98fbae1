"""All SQL of sites and articles."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import UNSET

from service.articles.rules import key_of_normalised
from service.articles.types import Article, ArticleChange, Asked, PutArticle, Site
from service.core.db import Conn, Executor, row_to

SITE = """
select id, slug, name, origins, words_marked, sign_in_required, support_enabled,
    support_headline, support_text, support_url, sensitive_tags, confirm_readers
from site
"""

ARTICLE = """
select a.id, a.site_id, a.key, a.url, a.title, a.summary, a.image, a.image_credit, a.section,
    a.tags, a.published_at, a.open, a.mode, a.verified, a.comment_count,
    a.thread_version, a.created_at, a.slow_mode, a.support
from article a
"""


async def insert_site(conn: Conn, site: Site) -> bool:
    """Add a site; False where its slug is taken."""
    done = await conn.execute(
        """
        insert into site (id, slug, name, origins) values ($1, $2, $3, $4)
        on conflict (slug) do nothing
        """,
        site.id,
        site.slug,
        site.name,
        site.origins,
    )
    return done == "INSERT 0 1"


async def update_site(conn: Conn, slug: str, name: str, origins: Sequence[str]) -> None:
    """Rename a site and add origins to it."""
    await conn.execute(
        """
        update site set name = $2,
            origins = array(select distinct unnest(origins || $3::text[]) order by 1)
        where slug = $1
        """,
        slug,
        name,
        list(origins),
    )


async def change_site(
    conn: Conn,
    slug: str,
    name: str | None,
    origins: Sequence[str] | None,
    *,
    marked: bool | None,
    confirm: bool | None = None,
) -> Site | None:
    """Replace what is given; the site as it is then, None where there is none."""
    await conn.execute(
        """
        update site set name = coalesce($2, name), origins = coalesce($3::text[], origins),
            words_marked = coalesce($4, words_marked),
            confirm_readers = coalesce($5, confirm_readers)
        where slug = $1
        """,
        slug,
        name,
        list(origins) if origins is not None else None,
        marked,
        confirm,
    )
    return await get_site(conn, slug)


async def change_support(
    conn: Conn,
    slug: str,
    *,
    enabled: bool | None,
    headline: str | None,
    text: str | None,
    url: str | None,
    tags: Sequence[str] | None,
) -> None:
    """Replace what is given of a site's call for support."""
    await conn.execute(
        """
        update site set support_enabled = coalesce($2, support_enabled),
            support_headline = coalesce($3, support_headline),
            support_text = coalesce($4, support_text), support_url = coalesce($5, support_url),
            sensitive_tags = coalesce($6::text[], sensitive_tags)
        where slug = $1
        """,
        slug,
        enabled,
        headline,
        text,
        url,
        list(tags) if tags is not None else None,
    )


async def list_sites(conn: Executor) -> list[Site]:
    """Every site."""
    return [row_to(Site, row) for row in await conn.fetch(SITE + " order by slug")]


async def get_site(conn: Executor, slug: str) -> Site | None:
    """One site."""
    row = await conn.fetchrow(SITE + " where slug = $1", slug)
    return row_to(Site, row) if row else None


async def get_article_by_id(conn: Conn, article_id: UUID) -> Article | None:
    """One article."""
    row = await conn.fetchrow(ARTICLE + " where a.id = $1", article_id)
    return row_to(Article, row) if row else None


async def get_article(conn: Executor, site_id: UUID, key: str, url: str | None) -> Article | None:
    """The article that a key, an alias or a known (normalised) address means, in that order.

    An address counts that the publisher gave, or whose article's key is made from it: anything
    else is what some reader once claimed, and would let readers join articles.
    """
    row = await conn.fetchrow(
        ARTICLE  # noqa: S608 (fixed parts)
        + """
        join (
            select id, 1 as rank from article where site_id = $1 and key = $2
            union all
            select article_id, 2 from article_alias
            where site_id = $1 and kind = 'key' and value = $2
            union all
            select l.article_id, 3 from article_alias l join article d on d.id = l.article_id
            where l.site_id = $1 and l.kind = 'url' and l.value = $3
                and (l.verified or d.key = $4)
        ) found using (id)
        order by found.rank limit 1
        """,
        site_id,
        key,
        url,
        key_of_normalised(url) if url else None,
    )
    return row_to(Article, row) if row else None


async def lock_identity(conn: Conn, site_id: UUID, names: Sequence[str]) -> None:
    """Queue up with whoever registers one of these keys or addresses; until the commit."""
    await conn.execute(
        """
        select pg_advisory_xact_lock(hashtextextended($1::text || name, 0))
        from (select unnest($2::text[]) as name order by 1) names
        """,
        str(site_id),
        list(names),
    )


async def insert_article(
    conn: Conn, site_id: UUID, ident: UUID, key: str, url: str, title: str, *, verified: bool
) -> None:
    """Add an article, open and empty."""
    await conn.execute(
        """
        insert into article (site_id, id, key, url, title, verified)
        values ($1, $2, $3, $4, $5, $6)
        """,
        site_id,
        ident,
        key,
        url,
        title,
        verified,
    )


async def update_article(
    conn: Conn, article_id: UUID, put: PutArticle, given: Mapping[str, bool]
) -> int:
    """Write what was given; `given` says which optional fields were. The new thread version.

    A credit that isn't given stays with its picture only: another one is somebody else's.
    """
    version: int = await conn.fetchval(
        """
        update article set url = $2, title = $3, verified = true,
            summary = case when $4 then $5 else summary end,
            image = case when $6 then $7 else image end,
            section = case when $8 then $9 else section end,
            tags = case when $10 then $11 else tags end,
            published_at = case when $12 then $13 else published_at end,
            open = case when $14 then $15 else open end,
            mode = case when $16 then $17 else mode end,
            slow_mode = case when $18 then $19 else slow_mode end,
            support = case when $20 then $21 else support end,
            image_credit = case
                when case when $6 then $7 else image end is null then null
                when $22 then $23
                when $6 and $7 is distinct from image then null
                else image_credit
            end,
            updated_at = now(), thread_version = thread_version + 1, thread_at = now()
        where id = $1
        returning thread_version
        """,
        article_id,
        put.url,
        put.title,
        given["summary"],
        put.summary or None,
        given["image"],
        put.image or None,
        given["section"],
        put.section or None,
        given["tags"],
        put.tags or [],
        given["published_at"],
        put.published_at or None,
        given["open"],
        bool(put.open),
        given["mode"],
        put.mode or None,
        given["slow_mode"],
        put.slow_mode if isinstance(put.slow_mode, int) else None,
        given["support"],
        put.support if isinstance(put.support, bool) else None,
        given["image_credit"],
        put.image_credit or None,
    )
    return version


async def lock_article(conn: Conn, article_id: UUID) -> None:
    """Wait for every other change of this article; needs a transaction."""
    await conn.execute("select from article where id = $1 for no key update", article_id)


async def change_article(conn: Conn, article_id: UUID, change: ArticleChange) -> int:
    """Write what an editor gave. The new thread version."""
    version: int = await conn.fetchval(
        """
        update article set open = coalesce($2, open), mode = case when $3 then $4 else mode end,
            support = case when $5 then $6 else support end,
            updated_at = now(), thread_version = thread_version + 1, thread_at = now()
        where id = $1
        returning thread_version
        """,
        article_id,
        change.open if isinstance(change.open, bool) else None,
        change.mode is not UNSET,
        change.mode or None,
        change.support is not UNSET,
        change.support if isinstance(change.support, bool) else None,
    )
    return version


async def list_articles(
    conn: Executor, asked: Asked, after: UUID | None, limit: int
) -> list[Article]:
    """Articles of some sites, the newest first."""
    rows = await conn.fetch(
        ARTICLE
        + """
        where a.site_id = any($1::uuid[]) and ($2::uuid is null or a.id < $2)
            and ($3::text is null or a.title ilike $3 or a.key = $4 or a.url ilike $3)
            and ($5::boolean is null or a.open = $5)
            and ($6::text is null or coalesce(a.mode, 'site') = $6)
            and ($7::text is null or coalesce(a.support::text, 'site') = $7)
        order by a.id desc limit $8
        """,
        asked.sites,
        after,
        asked.pattern,
        asked.words,
        asked.open,
        asked.mode,
        asked.support,
        limit,
    )
    return [row_to(Article, row) for row in rows]


async def claim_aliases(
    conn: Conn, site_id: UUID, article_id: UUID, kind: str, values: Sequence[str]
) -> list[tuple[UUID, int]]:
    """Let these keys or addresses mean this article from now on, by its publisher's word.

    The articles that they meant until now get a new thread version: returned with it. What a
    reader once claimed of this article is dropped.
    """
    await conn.execute(
        "delete from article_alias where article_id = $1 and kind = $2 and not verified",
        article_id,
        kind,
    )
    rows = await conn.fetch(
        """
        with losing as (
            select distinct article_id from article_alias
            where site_id = $1 and kind = $2 and value = any($3::text[]) and article_id <> $4
        ), claimed as (
            insert into article_alias (site_id, kind, value, article_id, verified)
            select $1, $2, value, $4, true from unnest($3::text[]) value
            on conflict (site_id, kind, value) do update
            set article_id = excluded.article_id, verified = true
        )
        update article set thread_version = thread_version + 1, thread_at = now()
        where id in (select article_id from losing) returning id, thread_version
        """,
        site_id,
        kind,
        sorted(set(values)),
        article_id,
    )
    return [(row["id"], row["thread_version"]) for row in rows]


async def note_url(conn: Conn, site_id: UUID, article_id: UUID, url: str) -> None:
    """Note the address that a reader's page gave, unless it means an article already."""
    await conn.execute(
        """
        insert into article_alias (site_id, kind, value, article_id, verified)
        values ($1, 'url', $2, $3, false) on conflict do nothing
        """,
        site_id,
        url,
        article_id,
    )


async def list_taken_keys(
    conn: Conn, site_id: UUID, article_id: UUID, keys: Sequence[str]
) -> list[str]:
    """Which of these are the own keys of other articles."""
    rows = await conn.fetch(
        "select key from article where site_id = $1 and key = any($2::text[]) and id <> $3",
        site_id,
        list(keys),
        article_id,
    )
    return [row["key"] for row in rows]


async def list_counts(conn: Executor, site_id: UUID, keys: Sequence[str]) -> dict[str, int]:
    """Published comments by the key that was asked for, aliases included."""
    rows = await conn.fetch(
        """
        select asked.key, coalesce(own.comment_count, other.comment_count) as count
        from unnest($2::text[]) as asked (key)
        left join article own on own.site_id = $1 and own.key = asked.key
        left join article_alias l on l.site_id = $1 and l.kind = 'key' and l.value = asked.key
        left join article other on other.id = l.article_id
        where own.id is not null or other.id is not null
        """,
        site_id,
        list(keys),
    )
    return {row["key"]: row["count"] for row in rows}
