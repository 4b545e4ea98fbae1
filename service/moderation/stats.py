"""Statistics of moderation over HTTP: as JSON, as a table for spreadsheets, as pictures."""

import asyncio
import csv
import io
import time
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_moderator
from service.core.db import Pool
from service.core.http import Endpoint, json_response, query_choice, query_limit
from service.core.problems import Invalid, NotFound
from service.moderation.charts import draw
from service.moderation.filters import sites_of
from service.moderation.pictures import PICTURES
from service.moderation.stats_store import (
    Day,
    TopArticle,
    list_days,
    list_top_articles,
    list_zones,
)
from service.screening.hours import check_zone

MOST_DAYS = 365
USUAL_DAYS = 30
USUAL_ARTICLES = 20
NARROWEST, WIDEST, USUAL_WIDTH = 280, 1600, 760
KEPT = 60.0  # seconds for which a picture may show what the numbers beside it were counted from
MOST_KEPT = 50
# A picture that is opened by itself is a page of our origin: it may style itself, and no more.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Stats(msgspec.Struct, frozen=True):
    """Every day of a period, the oldest first, days without anything included."""

    time_zone: str
    days: list[Day]


class TopArticles(msgspec.Struct, frozen=True):
    """The articles of a period with the most of what was asked for, the first at the top."""

    time_zone: str
    items: list[TopArticle]


Key = tuple[tuple[UUID, ...], int, str, date]


class Figures:
    """The statistics, counted when asked for; pictures share what was counted last.

    A page asks for the numbers and then for four pictures of them: one count, and the same figures
    in all of them.
    """

    def __init__(self, pool: Pool) -> None:
        """Nothing is counted before the first question."""
        self._pool = pool
        self._kept: dict[Key, tuple[float, Stats]] = {}
        self._counting = asyncio.Lock()

    async def count(self, sites: list[UUID], days: int, zone: zoneinfo.ZoneInfo) -> Stats:
        """The figures as they are now."""
        today = datetime.now(UTC).astimezone(zone).date()
        period = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        first = datetime.combine(period[0], datetime.min.time(), zone)
        async with self._pool.acquire() as conn:
            found = await list_days(conn, sites, first, zone.key)
        stats = Stats(zone.key, [found.get(day, Day(day)) for day in period])
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[(tuple(sorted(sites)), days, zone.key, today)] = (time.monotonic(), stats)
        return stats

    async def recent(self, sites: list[UUID], days: int, zone: zoneinfo.ZoneInfo) -> Stats:
        """The figures of a minute ago at most."""
        today = datetime.now(UTC).astimezone(zone).date()
        key = (tuple(sorted(sites)), days, zone.key, today)
        async with self._counting:
            at, stats = self._kept.get(key, (0.0, None))
            if stats is None or time.monotonic() - at > KEPT:
                stats = await self.count(sites, days, zone)
        return stats


async def get_stats(request: Request[Any]) -> Response:
    """Volumes, decisions and disagreement by day."""
    figures: Figures = request.state["figures"]
    return json_response(await figures.count(*await _asked(request)))


async def get_table(request: Request[Any]) -> Response:
    """The same as comma-separated values, a line a day."""
    figures: Figures = request.state["figures"]
    stats = await figures.recent(*await _asked(request))
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(Day.__struct_fields__)
    rows.writerows(msgspec.structs.astuple(day) for day in stats.days)
    name = f"statistics-{stats.days[0].day}-{stats.days[-1].day}.csv"
    return Response(
        text.getvalue(),
        headers={
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{name}"',
        },
        media_type="text/csv",
    )


async def get_picture(request: Request[Any]) -> Response:
    """One of the pictures, as SVG."""
    figures: Figures = request.state["figures"]
    asked = await _asked(request)
    picture = PICTURES.get(request.path_params["chart"])
    if picture is None:
        raise NotFound(f"There is no such chart; there are {', '.join(PICTURES)}.")
    width = _number(request, "width", USUAL_WIDTH, NARROWEST, WIDEST)
    stats = await figures.recent(*asked)
    return Response(
        draw(picture(stats.days, stats.time_zone), width),
        headers={"cache-control": "no-store", "content-security-policy": PICTURE_POLICY},
        media_type="image/svg+xml",
    )


async def get_articles(request: Request[Any]) -> Response:
    """Which articles were shared, supported or commented on most."""
    sites, days, zone = await _asked(request)
    by = query_choice(request, "by", ("shares", "support", "comments"))
    limit = query_limit(request, USUAL_ARTICLES)
    first = datetime.now(UTC).astimezone(zone).date() - timedelta(days=days - 1)
    begin = datetime.combine(first, datetime.min.time(), zone)
    async with request.state["pool"].acquire() as conn:
        found = await list_top_articles(conn, sites, begin, by, limit)
    return json_response(TopArticles(zone.key, found))


async def _asked(request: Request[Any]) -> tuple[list[UUID], int, zoneinfo.ZoneInfo]:
    moderator = await require_moderator(request)
    count = _number(request, "days", USUAL_DAYS, 1, MOST_DAYS)
    async with request.state["pool"].acquire() as conn:
        sites = await sites_of(request, conn, moderator, request.query_params.get("site"))
        given = request.query_params.get("time_zone")
        zones = [given] if given else await list_zones(conn, sites)
    # Sites in several zones have no day in common.
    return sites, count, _zone(zones[0] if len(zones) == 1 else "UTC")


def _number(request: Request[Any], name: str, usual: int, least: int, most: int) -> int:
    value = request.query_params.get(name) or str(usual)
    if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most):
        raise Invalid.field(name, f"Expected a number from {least} to {most}")
    return int(value)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return check_zone(name)
    except ValueError as error:
        raise Invalid.field("time_zone", "Expected a zone like Europe/Lisbon") from error


STATS = "/v1/moderation/stats"
QUERY = ("site", "days", "time_zone")

ENDPOINTS = [
    Endpoint(
        "GET", STATS, get_stats, "Volumes, decisions and disagreement by day",
        access="moderator", answer=Stats, query=QUERY,
    ),
    Endpoint(
        "GET", STATS + ".csv", get_table, "The same as comma-separated values",
        access="moderator", query=QUERY,
    ),
    Endpoint(
        "GET", STATS + "/articles", get_articles,
        "The articles with the most shares, support clicks or comments",
        access="moderator", answer=TopArticles, query=(*QUERY, "by", "limit"),
    ),
    Endpoint(
        "GET", STATS + "/{chart}.svg", get_picture,
        "A picture of them: volume, decisions, time-to-decision, disagreement, engagement",
        access="moderator", query=(*QUERY, "width"),
    ),
]  # fmt: skip
