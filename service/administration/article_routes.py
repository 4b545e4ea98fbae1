"""Articles at the desk: found by whoever moderates, switched by editors."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor, require_moderator
from service.administration import actions
from service.administration.types import DeskArticle, DeskArticles
from service.articles.rules import calls_for_support, is_sensitive
from service.articles.store import list_articles, list_sites
from service.articles.types import Article, ArticleChange, Asked, Site
from service.core.http import (
    Endpoint,
    clean_text,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.problems import Invalid
from service.moderation.filters import sites_of

PAGE = 50
LONGEST_SEARCH = 200
OPEN = {"any": None, "yes": True, "no": False}
MODES = ("any", "site", "post", "pre")
SUPPORT = {"any": None, "site": "site", "on": "true", "off": "false"}


class After(msgspec.Struct, frozen=True):
    """Where the list goes on."""

    id: UUID


async def get_articles(request: Request[Any]) -> Response:
    """Articles of the moderator's sites."""
    moderator = await require_moderator(request)
    after = read_cursor(request, After)
    limit = query_limit(request, PAGE)
    words = clean_text("q", request.query_params.get("q", ""))
    if len(words) > LONGEST_SEARCH:
        raise Invalid.field("q", f"Expected at most {LONGEST_SEARCH} characters")
    mode = query_choice(request, "mode", MODES)
    async with request.state["pool"].acquire() as conn:
        asked = Asked(
            await sites_of(request, conn, moderator, request.query_params.get("site")),
            words or None,
            OPEN[query_choice(request, "open", tuple(OPEN))],
            None if mode == "any" else mode,
            SUPPORT[query_choice(request, "support", tuple(SUPPORT))],
        )
        found = await list_articles(conn, asked, after.id if after else None, limit + 1)
        sites = {site.id: site for site in await list_sites(conn)}
    cursor = write_cursor(After(found[limit - 1].id)) if len(found) > limit else None
    return json_response(
        DeskArticles([_article(one, sites[one.site_id]) for one in found[:limit]], cursor)
    )


async def change_article(request: Request[Any]) -> Response:
    """Open or close an article's thread, moderate it before, let it call for support or not."""
    editor = await require_editor(request)
    ident = path_uuid(request, "id", "article")
    pool = request.state["pool"]
    async with pool.acquire() as conn:
        await actions.find_article(conn, editor, ident)
    body = await read_json(request, ArticleChange)
    async with pool.acquire() as conn:
        article = await actions.change_article(conn, editor, ident, body)
        sites = {site.id: site for site in await list_sites(conn)}
    request.state["threads"].changed(article.id, article.thread_version)  # read here at once
    return json_response(_article(article, sites[article.site_id]))


def _article(article: Article, site: Site) -> DeskArticle:
    return DeskArticle(
        id=article.id,
        site=site.slug,
        key=article.key,
        url=article.url,
        title=article.title,
        section=article.section,
        tags=article.tags,
        created_at=article.created_at,
        comments=article.comment_count,
        verified=article.verified,
        open=article.open,
        mode=article.mode,
        support=article.support,
        called_for=calls_for_support(site, article),
        sensitive=is_sensitive(site, article),
    )


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/moderation/articles", get_articles, "Articles of one's sites",
        access="moderator", answer=DeskArticles,
        query=("site", "q", "open", "mode", "support", "cursor", "limit"),
    ),
    Endpoint(
        "PATCH", "/v1/moderation/articles/{id}", change_article,
        "Change an article: open, mode, support",
        access="editor", body=ArticleChange, answer=DeskArticle,
    ),
]  # fmt: skip
