"""All SQL of sites and articles."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from service.articles.types import Article, PutArticle, Site
from service.core.db import Conn, Executor, row_to

SITE = "select id, slug, name, origins from site"

ARTICLE = """
select a.id, a.site_id, a.key, a.url, a.title, a.summary, a.image, a.section, a.tags,
    a.published_at, a.open, a.mode, a.comment_count, a.thread_version
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


async def get_article(conn: Conn, site_id: UUID, key: str, url: str | None) -> Article | None:
    """The article that a key, an alias or a known (normalised) address means, in that order."""
    row = await conn.fetchrow(
        ARTICLE  # noqa: S608 (fixed parts)
        + """
        join (
            select id, 1 as rank from article where site_id = $1 and key = $2
            union all
            select article_id, 2 from article_alias
            where site_id = $1 and kind = 'key' and value = $2
            union all
            select article_id, 3 from article_alias
            where site_id = $1 and kind = 'url' and value = $3
        ) found using (id)
        order by found.rank limit 1
        """,
        site_id,
        key,
        url,
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
    conn: Conn, site_id: UUID, ident: UUID, key: str, url: str, title: str
) -> None:
    """Add an article, open and empty."""
    await conn.execute(
        "insert into article (site_id, id, key, url, title) values ($1, $2, $3, $4, $5)",
        site_id,
        ident,
        key,
        url,
        title,
    )


async def update_article(
    conn: Conn, article_id: UUID, put: PutArticle, given: Mapping[str, bool]
) -> int:
    """Write what was given; `given` says which optional fields were. The new thread version."""
    version: int = await conn.fetchval(
        """
        update article set url = $2, title = $3,
            summary = case when $4 then $5 else summary end,
            image = case when $6 then $7 else image end,
            section = case when $8 then $9 else section end,
            tags = case when $10 then $11 else tags end,
            published_at = case when $12 then $13 else published_at end,
            open = case when $14 then $15 else open end,
            mode = case when $16 then $17 else mode end,
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
    )
    return version


async def upsert_aliases(
    conn: Conn, site_id: UUID, article_id: UUID, kind: str, values: Sequence[str]
) -> None:
    """Let these keys or addresses mean this article from now on."""
    await conn.execute(
        """
        insert into article_alias (site_id, kind, value, article_id)
        select $1, $2, value, $4 from unnest($3::text[]) value
        on conflict (site_id, kind, value) do update set article_id = excluded.article_id
        """,
        site_id,
        kind,
        sorted(set(values)),
        article_id,
    )


async def list_counts(conn: Executor, site_id: UUID, keys: Sequence[str]) -> dict[str, int]:
    """Published comments by the key that was asked for, aliases included."""
    rows = await conn.fetch(
        """
        select asked.key, a.comment_count
        from unnest($2::text[]) as asked (key)
        left join article_alias l
            on l.site_id = $1 and l.kind = 'key' and l.value = asked.key
        join article a
            on a.site_id = $1 and (a.key = asked.key or a.id = l.article_id)
        """,
        site_id,
        list(keys),
    )
    return {row["key"]: row["comment_count"] for row in rows}
