"""Registering many articles at once, for a publisher who has them already. Nobody is alerted."""

from collections import Counter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import check_site, require_key
from service.articles.actions import put_article
from service.articles.sites import site_of
from service.articles.types import PutArticle, Site
from service.core.db import Conn
from service.core.http import Endpoint, decode_json, json_response, read_json
from service.core.problems import Invalid, Problem

LARGEST = 4 << 20  # bytes of a batch
MOST = 200

Outcome = Literal["made", "known", "refused"]


class KeyedArticle(PutArticle, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a publisher says of an article, and its key."""

    key: str


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 200 articles, each as it is PUT."""

    articles: Annotated[list[KeyedArticle], Meta(max_length=MOST)]


class RawRegister(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same before the articles are looked at: a bad one is to cost no other."""

    articles: Annotated[list[msgspec.Raw], Meta(max_length=MOST)]


class Registered(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one article; `key` is None where it has none that can be read."""

    key: str | None
    outcome: Outcome
    detail: str = ""


class RegisterAnswer(msgspec.Struct, frozen=True):
    """What became of a batch: counts, and an item an article, in order."""

    made: int
    known: int
    refused: int
    items: list[Registered]


class _Key(msgspec.Struct):
    """As much of a bad article as says which it is."""

    key: str | None = None


async def post_articles(request: Request[Any]) -> Response:
    """Register or update articles, each by itself; those that are refused say why."""
    key = await require_key(request, "publish")
    site = await site_of(request)
    check_site(key, site.id)
    batch = (await read_json(request, RawRegister, LARGEST)).articles
    async with request.state["pool"].acquire() as conn:
        items = [await _register(request, conn, site, raw) for raw in batch]
    counts = Counter(one.outcome for one in items)
    return json_response(RegisterAnswer(counts["made"], counts["known"], counts["refused"], items))


async def _register(request: Request[Any], conn: Conn, site: Site, raw: msgspec.Raw) -> Registered:
    """One article in a transaction of its own: together, two batches might wait for each other."""
    try:
        put = decode_json(bytes(raw), KeyedArticle)
        if put.alert:
            raise Invalid.field("$.alert", "Expected no alert: PUT the article by itself")
        async with conn.transaction():
            article, made = await put_article(conn, site, put.key, put)
    except Problem as problem:
        return Registered(_key_of(raw), "refused", problem.detail)
    request.state["threads"].changed(article.id, article.thread_version)
    return Registered(put.key, "made" if made else "known")


def _key_of(raw: msgspec.Raw) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Key).key
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/sites/{site}/articles", post_articles,
        "Register or update many articles, alerting nobody",
        access="publisher", body=Register, answer=RegisterAnswer, largest=LARGEST,
    ),
]  # fmt: skip
