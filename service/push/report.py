"""What became of an article, for its publisher: comments, shares, support, alerts.

Here, and not with the counters, because the figures of alerts are among them.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_key
from service.articles.rules import check_key
from service.articles.sites import site_of
from service.articles.store import get_article
from service.core.db import Conn
from service.core.http import Endpoint, json_response
from service.core.problems import Invalid, NotFound
from service.engagement.store import get_totals, list_figures
from service.engagement.types import Figures, Totals
from service.push import actions, store
from service.push.types import AlertAnswer

USUAL_DAYS, MOST_DAYS = 30, 365


class ReportedArticle(msgspec.Struct, frozen=True):
    """Which article a report is about."""

    key: str
    url: str
    title: str


class Report(msgspec.Struct, frozen=True):
    """An article's figures: of all time, by day of UTC (oldest first), and of its alerts."""

    article: ReportedArticle
    totals: Totals
    days: list[Figures]
    alerts: list[AlertAnswer]


async def get_report(request: Request[Any]) -> Response:
    """The report on one article."""
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    days = _days(request)
    name = check_key(request.path_params["article"])
    async with request.state["pool"].acquire() as conn, conn.transaction(readonly=True):
        article = await get_article(conn, site.id, name, None)
        if article is None:
            raise NotFound("There is no such article.")
        alerts = [
            await actions.describe_alert(conn, alert)
            for alert in await store.list_alerts_of(conn, article.id)
        ]
        report = Report(
            ReportedArticle(article.key, article.url, article.title),
            await get_totals(conn, article.id),
            await _by_day(conn, article.id, days),
            alerts,
        )
    return json_response(report)


async def _by_day(conn: Conn, article_id: UUID, count: int) -> list[Figures]:
    today = datetime.now(UTC).date()
    period: list[date] = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    found = await list_figures(conn, article_id, period[0])
    return [found.get(day, Figures(day)) for day in period]


def _days(request: Request[Any]) -> int:
    value = request.query_params.get("days") or str(USUAL_DAYS)
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MOST_DAYS):
        raise Invalid.field("days", f"Expected a number from 1 to {MOST_DAYS}")
    return int(value)


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/sites/{site}/articles/{article}/report", get_report,
        "An article's comments, shares, support clicks and alerts",
        access="publisher", answer=Report, query=("days",),
    ),
]  # fmt: skip
