"""Who is subscribed, where subscribers come from and where they have gone; and who is removed.

For a publisher's key and for the desk's editors.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_editor, require_key
from service.articles.sites import one_site, site_of
from service.core.db import Conn, Pool
from service.core.http import Endpoint, json_response
from service.push import readers_store as readers
from service.push import store
from service.push.preferences_store import forget_choices

log = structlog.get_logger("rejoinder.push")

DAYS = 30


class AudienceAnswer(msgspec.Struct, frozen=True):
    """A site's subscriptions: who is there, by topic, who went and why, and the last 30 days.

    `all_topics` want every alert, `only_articles` none but those of articles they follow.
    """

    living: int
    all_topics: int
    only_articles: int
    following: int
    muting: int
    topics: list[readers.TopicCount]
    removed: list[readers.RemovedCount]
    days: list[readers.ReaderDay]


async def describe_audience(conn: Conn, site_id: UUID) -> AudienceAnswer:
    """The figures of one moment. Needs a transaction to be of one."""
    first = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    found = await readers.count_days(conn, site_id, first)
    period = [first + timedelta(days=n) for n in range(DAYS)]
    living = await readers.count_living(conn, site_id)
    return AudienceAnswer(
        **msgspec.structs.asdict(living),
        topics=await readers.count_topics(conn, site_id),
        removed=await readers.count_removed(conn, site_id),
        days=[found.get(day, readers.ReaderDay(day)) for day in period],
    )


async def remove_inactive(pool: Pool) -> None:
    """Remove who gives no sign of life any more (readers_store.lock_inactive), site by site."""
    for site_id, days in await readers.list_sites_to_prune(pool):
        removed = 0
        while True:
            async with pool.acquire() as conn, conn.transaction():
                ids = await readers.lock_inactive(conn, site_id, days)
                await store.remove_subscriptions(conn, list(ids), "inactive")
            removed += len(ids)
            if len(ids) < readers.MOST_INACTIVE:
                break
        if removed:
            log.info("inactive subscriptions removed", site=str(site_id), removed=removed)
    async with pool.acquire() as conn:
        await forget_choices(conn)


async def get_audience(request: Request[Any]) -> Response:
    """A site's subscriptions, for its publisher."""
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    return await _answer(request, site.id)


async def get_audience_for_editor(request: Request[Any]) -> Response:
    """A site's subscriptions, for an editor of it."""
    editor = await require_editor(request)
    site = await one_site(request, editor.covers, request.query_params.get("site"))
    return await _answer(request, site.id)


async def _answer(request: Request[Any], site_id: UUID) -> Response:
    async with (
        request.state["pool"].acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        return json_response(await describe_audience(conn, site_id))


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/sites/{site}/push/audience", get_audience,
        "Subscriptions by topic, those that came and went, and why",
        access="publisher", answer=AudienceAnswer,
    ),
    Endpoint(
        "GET", "/v1/moderation/alerts/audience", get_audience_for_editor,
        "A site's subscriptions by topic, those that came and went, and why",
        access="editor", answer=AudienceAnswer, query=("site",),
    ),
]  # fmt: skip
