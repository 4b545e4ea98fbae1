"""How a site's readers sign in, set up over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.accounts.types import Moderator
from service.articles.sites import site_of
from service.articles.types import Site
from service.core.http import Endpoint, empty_response, json_response, path_uuid, read_json
from service.core.limits import Limit
from service.core.problems import NotFound
from service.readers import actions
from service.readers.types import (
    MadeKeys,
    NewSignInKey,
    SettingsAnswer,
    SettingsChange,
    Tried,
    TryToken,
)

SIGN_IN = "/v1/moderation/sites/{site}/sign-in"
# Each asks an address that an editor wrote.
QUESTIONS = Limit("sign-in-address", burst=10, every=6)


async def get_sign_in(request: Request[Any]) -> Response:
    """How readers sign in."""
    _, site = await _edited(request)
    return json_response(await actions.get_settings(request.state["pool"], site.id))


async def change_sign_in(request: Request[Any]) -> Response:
    """Change how readers sign in."""
    editor, site = await _edited(request)
    change = await read_json(request, SettingsChange)
    state = request.state
    if change.jwks_url:
        await state["limiter"].take(QUESTIONS, editor.id.bytes)
    local = state["settings"].webhook_allow_local
    await actions.check_change(state["readers"].keysets, change, allow_local=local)
    async with state["pool"].acquire() as conn:
        changed = await actions.change_settings(conn, editor, site.id, change)
    _forget(request)
    return json_response(changed)


async def turn_off(request: Request[Any]) -> Response:
    """Forget every key and setting."""
    editor, site = await _edited(request)
    async with request.state["pool"].acquire() as conn:
        await actions.turn_off(conn, editor, site.id)
    _forget(request)
    return empty_response()


async def add_keys(request: Request[Any]) -> Response:
    """Add a secret or public keys."""
    editor, site = await _edited(request)
    new = await read_json(request, NewSignInKey)
    state = request.state
    async with state["pool"].acquire() as conn:
        made = await actions.add_keys(conn, state["keyring"], editor, site.id, new)
    _forget(request)
    return json_response(made, 201)


async def remove_key(request: Request[Any]) -> Response:
    """Forget a key."""
    editor, site = await _edited(request)
    ident = path_uuid(request, "key", "key")
    async with request.state["pool"].acquire() as conn:
        await actions.remove_key(conn, editor, site.id, ident)
    _forget(request)
    return empty_response()


async def try_token(request: Request[Any]) -> Response:
    """Say what a token is worth."""
    _, site = await _edited(request)
    body = await read_json(request, TryToken)
    return json_response(
        await actions.try_token(request.state["readers"], site.id, body.token.strip())
    )


async def _edited(request: Request[Any]) -> tuple[Moderator, Site]:
    """The editor and the site, if it is one of the editor's."""
    editor = await require_editor(request)
    site = await site_of(request)
    if not editor.covers(site.id):
        raise NotFound("There is no such site.")
    return editor, site


def _forget(request: Request[Any]) -> None:
    """This process believes what was changed at once; the others hear of it."""
    for name in ("sites", "readers"):
        request.state[name].forget()
    request.state["threads"].forget_all()


ENDPOINTS = [
    Endpoint(
        "GET", SIGN_IN, get_sign_in, "How a site's readers sign in", access="editor",
        answer=SettingsAnswer,
    ),
    Endpoint(
        "PATCH", SIGN_IN, change_sign_in, "Change how a site's readers sign in", access="editor",
        body=SettingsChange, answer=SettingsAnswer,
    ),
    Endpoint(
        "DELETE", SIGN_IN, turn_off, "Forget all keys and settings of readers' sign-in",
        access="editor", status=204,
    ),
    Endpoint(
        "POST", SIGN_IN + "/keys", add_keys, "Add a secret or public keys of readers' sign-in",
        access="editor", body=NewSignInKey, answer=MadeKeys, status=201,
    ),
    Endpoint(
        "DELETE", SIGN_IN + "/keys/{key}", remove_key, "Forget a key of readers' sign-in",
        access="editor", status=204,
    ),
    Endpoint(
        "POST", SIGN_IN + "/try", try_token, "Say whether a reader's token is believed, and why",
        access="editor", body=TryToken, answer=Tried,
    ),
]  # fmt: skip
