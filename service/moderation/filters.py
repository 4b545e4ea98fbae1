"""From a request's query to the part of the queue that it asks for."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from starlette.requests import Request

from service.accounts.types import Moderator
from service.articles import sites
from service.articles.store import list_sites
from service.articles.types import Site
from service.core.db import Conn
from service.core.http import check_time, query_choice, query_uuid
from service.core.problems import Invalid
from service.moderation.queue_store import CONTESTED, Filter, list_articles
from service.moderation.types import ORDERS, VIEWS, Order, View
from service.screening.scores import LABELS
from service.screening.types import REASONS

LONGEST_SEARCH = 200
QUERY = (
    "site", "view", "order", "q", "section", "article", "reader", "reason", "label", "min_score",
    "max_score", "since", "until",
)  # fmt: skip


async def read_filter(request: Request[Any], conn: Conn, moderator: Moderator) -> Filter:
    """The filter that a query describes; raises Invalid, NotFound and Forbidden."""
    own = await sites_of(request, conn, moderator, request.query_params.get("site"))
    article, section = _text(request, "article"), _text(request, "section")
    label = request.query_params.get("label")
    if label and label not in LABELS:
        raise Invalid.field("label", f"Expected one of {', '.join(LABELS)}")
    reason = request.query_params.get("reason")
    if reason and reason not in {*REASONS, CONTESTED}:
        raise Invalid.field("reason", f"Expected one of {', '.join([*REASONS, CONTESTED])}")
    return Filter(
        view=cast(View, query_choice(request, "view", VIEWS)),
        order=cast(Order, query_choice(request, "order", ORDERS)),
        sites=own,
        words=quoted(_text(request, "q")),
        articles=await list_articles(conn, own, article, section) if article or section else None,
        reader=query_uuid(request, "reader"),
        reason=reason or None,
        label=LABELS.index(label) + 1 if label else None,
        least=_score(request, "min_score", 0.0),
        most=_score(request, "max_score", 1.0),
        since=_time(request, "since"),
        until=_time(request, "until"),
    )


async def sites_of(
    request: Request[Any], conn: Conn, moderator: Moderator, slug: str | None
) -> list[UUID]:
    """The sites asked for: one, or all of the moderator's. Raises NotFound and Forbidden."""
    site_id = await site_of(request, moderator, slug)
    if site_id is not None:
        return [site_id]
    if moderator.all_sites:
        return [site.id for site in await list_sites(conn)]
    return list(moderator.site_ids)


async def site_of(request: Request[Any], moderator: Moderator, slug: str | None) -> UUID | None:
    """The one site asked for, None for all; raises NotFound and Forbidden."""
    site = await sites.asked_site(request, moderator.covers, slug)
    return site.id if site else None


async def one_site(request: Request[Any], moderator: Moderator, slug: str | None) -> Site:
    """The site asked for, or the only one; raises Invalid, NotFound and Forbidden."""
    return await sites.one_site(request, moderator.covers, slug)


def quoted(words: str | None) -> str | None:
    """A search in which a run of a script without spaces is a phrase of its letters.

    They are kept apart in the index (search_text in migration 0005); without the quotes a search
    would find them anywhere, in any order.
    """
    if words is None or '"' in words:
        return words
    return " ".join(
        f'"{word}"' if any("\u0e00" <= letter <= "\u9fff" for letter in word) else word
        for word in words.split()
    )


def _text(request: Request[Any], name: str) -> str | None:
    value = request.query_params.get(name)
    if value and (len(value) > LONGEST_SEARCH or "\x00" in value):
        raise Invalid.field(name, f"Expected at most {LONGEST_SEARCH} characters")
    return value or None


def _score(request: Request[Any], name: str, default: float) -> float:
    value = request.query_params.get(name)
    if not value:
        return default
    try:
        score = float(value)
    except ValueError as error:
        raise Invalid.field(name, "Expected a number from 0 to 1") from error
    if not 0 <= score <= 1:
        raise Invalid.field(name, "Expected a number from 0 to 1")
    return score


def _time(request: Request[Any], name: str) -> datetime | None:
    value = request.query_params.get(name)
    if not value:
        return None
    try:
        # A plus sign that was not escaped arrives as a space.
        moment = msgspec.convert(value.replace(" ", "+"), datetime, strict=False)
        check_time(moment)
    except (msgspec.ValidationError, ValueError) as error:
        raise Invalid.field(name, "Expected a time like 2026-11-30T12:00:00Z") from error
    return moment
