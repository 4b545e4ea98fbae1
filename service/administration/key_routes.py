"""Publishers' keys over HTTP, and what was sent with them."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.accounts.types import Moderator
from service.administration import keys
from service.administration import keys_store as store
from service.administration.types import (
    Before,
    Examples,
    KeptTexts,
    KeyAnswer,
    KeyChange,
    KeyList,
    MadeKey,
    NewKey,
    Used,
)
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    path_uuid,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)
from service.core.problems import Invalid
from service.moderation.filters import site_of as asked_site

PAGE = 50
Row = TypeVar("Row", bound=msgspec.Struct)


async def get_keys(request: Request[Any]) -> Response:
    """A site's keys."""
    editor = await require_editor(request)
    site_id = await _asked_site(request, editor)
    return json_response(KeyList(await store.list_keys(request.state["pool"], site_id)))


async def make_key(request: Request[Any]) -> Response:
    """Make a key."""
    editor = await require_editor(request)
    body = await read_json(request, NewKey)
    site_id = await _asked_site(request, editor)
    async with request.state["pool"].acquire() as conn:
        return json_response(await keys.make_key(conn, editor, site_id, body), 201)


async def _asked_site(request: Request[Any], editor: Moderator) -> UUID:
    site_id = await asked_site(request, editor, request.query_params.get("site"))
    if site_id is None:
        raise Invalid.field("site", "Expected the site that this is about")
    return site_id


async def change_key(request: Request[Any]) -> Response:
    """Change a key."""
    editor = await require_editor(request)
    body = await read_json(request, KeyChange)
    async with request.state["pool"].acquire() as conn:
        return json_response(await keys.change_key(conn, editor, _key(request), body))


async def revoke_key(request: Request[Any]) -> Response:
    """Revoke a key."""
    editor = await require_editor(request)
    async with request.state["pool"].acquire() as conn:
        await keys.revoke_key(conn, editor, _key(request))
    return empty_response()


def _key(request: Request[Any]) -> UUID:
    return path_uuid(request, "key", "key")


async def _found(request: Request[Any]) -> tuple[UUID, UUID | None, int]:
    """The key that is asked about, the cursor and the limit."""
    editor = await require_editor(request)
    before, limit = read_cursor(request, Before), query_limit(request, PAGE)
    _, key = await keys.find_key(request.state["pool"], editor, _key(request))
    return key.id, before.id if before else None, limit


def _page(rows: list[Row], limit: int) -> tuple[list[Row], str | None]:
    more = len(rows) > limit
    cursor = write_cursor(Before(rows[limit - 1].id)) if more else None  # type: ignore[attr-defined]  # each row has one
    return rows[:limit], cursor


async def get_examples(request: Request[Any]) -> Response:
    """What a key says of texts."""
    ident, before, limit = await _found(request)
    rows = await store.list_examples(request.state["pool"], ident, before, limit + 1)
    return json_response(Examples(*_page(rows, limit)))


async def get_kept(request: Request[Any]) -> Response:
    """The texts of a key that were stored."""
    ident, before, limit = await _found(request)
    rows = await store.list_kept(request.state["pool"], ident, before, limit + 1)
    return json_response(KeptTexts(*_page(rows, limit)))


async def get_used(request: Request[Any]) -> Response:
    """What a key was used for."""
    editor = await require_editor(request)
    _, key = await keys.find_key(request.state["pool"], editor, _key(request))
    return json_response(Used(await store.list_used(request.state["pool"], key.id)))


async def forget_examples(request: Request[Any]) -> Response:
    """Forget what a key says, one text or all."""
    editor = await require_editor(request)
    one = path_uuid(request, "id", "example") if "id" in request.path_params else None
    async with request.state["pool"].acquire() as conn:
        await keys.forget_examples(conn, editor, _key(request), one)
    return empty_response()


async def forget_kept(request: Request[Any]) -> Response:
    """Forget the stored texts of a key, one or all."""
    editor = await require_editor(request)
    one = path_uuid(request, "id", "text") if "id" in request.path_params else None
    async with request.state["pool"].acquire() as conn:
        await keys.forget_kept(conn, editor, _key(request), one)
    return empty_response()


KEYS, KEY = "/v1/moderation/keys", "/v1/moderation/keys/{key}"
PAGED = ("cursor", "limit")

ENDPOINTS = [
    Endpoint(
        "GET", KEYS, get_keys, "A site's publisher keys", access="editor", answer=KeyList,
        query=("site",),
    ),
    Endpoint(
        "POST", KEYS, make_key, "Make a publisher key", access="editor", body=NewKey,
        answer=MadeKey, status=201, query=("site",),
    ),
    Endpoint(
        "PATCH", KEY, change_key, "Change a publisher key: label, quota, what it keeps, trust",
        access="editor", body=KeyChange, answer=KeyAnswer,
    ),
    Endpoint(
        "DELETE", KEY, revoke_key, "Revoke a publisher key", access="editor", status=204
    ),
    Endpoint(
        "GET", f"{KEY}/examples", get_examples, "What a key says of texts, for models to learn",
        access="editor", answer=Examples, query=PAGED,
    ),
    Endpoint(
        "DELETE", f"{KEY}/examples", forget_examples, "Forget all that a key says",
        access="editor", status=204,
    ),
    Endpoint(
        "DELETE", f"{KEY}/examples/{{id}}", forget_examples, "Forget one thing that a key says",
        access="editor", status=204,
    ),
    Endpoint(
        "GET", f"{KEY}/texts", get_kept, "Texts that a key's client let be stored",
        access="editor", answer=KeptTexts, query=PAGED,
    ),
    Endpoint(
        "DELETE", f"{KEY}/texts", forget_kept, "Forget all stored texts of a key",
        access="editor", status=204,
    ),
    Endpoint(
        "DELETE", f"{KEY}/texts/{{id}}", forget_kept, "Forget one stored text",
        access="editor", status=204,
    ),
    Endpoint(
        "GET", f"{KEY}/usage", get_used, "What a key was used for, by day", access="editor",
        answer=Used,
    ),
]  # fmt: skip
