"""One's own account over HTTP: password, API tokens, sessions."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts import credentials
from service.accounts import credentials_store as store
from service.accounts.auth import require_session
from service.accounts.routes import take_guess
from service.accounts.store import delete_sessions
from service.accounts.types import (
    MadeToken,
    NewPassword,
    NewToken,
    OldPassword,
    OwnAccount,
    SessionList,
    TokenList,
)
from service.core.http import Endpoint, empty_response, json_response, path_uuid, read_json


async def get_account(request: Request[Any]) -> Response:
    """Who one is, and which ways in there are."""
    moderator, session = await require_session(request)
    async with request.state["pool"].acquire() as conn:
        return json_response(await credentials.read_account(conn, moderator, session))


async def put_password(request: Request[Any]) -> Response:
    """Set one's password."""
    moderator, session = await require_session(request)
    body = await read_json(request, NewPassword)
    await take_guess(request, moderator.email)
    pool, passwords = request.state["pool"], request.state["passwords"]
    await credentials.change_password(pool, passwords, moderator, session, body)
    return empty_response()


async def delete_password(request: Request[Any]) -> Response:
    """Leave no password."""
    moderator, session = await require_session(request)
    body = await read_json(request, OldPassword)
    await take_guess(request, moderator.email)
    pool, passwords = request.state["pool"], request.state["passwords"]
    await credentials.drop_password(pool, passwords, moderator, session, body.current)
    return empty_response()


async def list_tokens(request: Request[Any]) -> Response:
    """One's API tokens."""
    moderator, _session = await require_session(request)
    return json_response(TokenList(await store.list_tokens(request.state["pool"], moderator.id)))


async def make_token(request: Request[Any]) -> Response:
    """Make an API token."""
    moderator, _session = await require_session(request)
    body = await read_json(request, NewToken)
    async with request.state["pool"].acquire() as conn:
        return json_response(await credentials.make_token(conn, moderator, body.label), 201)


async def revoke_token(request: Request[Any]) -> Response:
    """Revoke an API token."""
    moderator, _session = await require_session(request)
    ident = path_uuid(request, "token", "token")
    async with request.state["pool"].acquire() as conn:
        await credentials.revoke_token(conn, moderator, ident)
    return empty_response()


async def list_sessions(request: Request[Any]) -> Response:
    """One's sessions."""
    moderator, session = await require_session(request)
    found = await store.list_sessions(request.state["pool"], moderator.id, session.id)
    return json_response(SessionList(found))


async def end_session(request: Request[Any]) -> Response:
    """End one of one's sessions."""
    moderator, _session = await require_session(request)
    ident = path_uuid(request, "session", "session")
    async with request.state["pool"].acquire() as conn:
        await credentials.end_session(conn, moderator, ident)
    return empty_response()


async def end_other_sessions(request: Request[Any]) -> Response:
    """End every session but this one."""
    moderator, session = await require_session(request)
    async with request.state["pool"].acquire() as conn:
        await delete_sessions(conn, moderator.id, but=session.id)
    return empty_response()


ENDPOINTS = [
    Endpoint(
        "GET", "/desk/account", get_account, "One's own account", access="session",
        answer=OwnAccount,
    ),
    Endpoint(
        "PUT", "/desk/password", put_password, "Set one's password", access="session",
        body=NewPassword, status=204,
    ),
    Endpoint(
        "DELETE", "/desk/password", delete_password, "Leave no password", access="session",
        body=OldPassword, status=204,
    ),
    Endpoint(
        "GET", "/desk/tokens", list_tokens, "One's API tokens", access="session",
        answer=TokenList,
    ),
    Endpoint(
        "POST", "/desk/tokens", make_token, "Make an API token", access="session",
        body=NewToken, answer=MadeToken, status=201,
    ),
    Endpoint(
        "DELETE", "/desk/tokens/{token}", revoke_token, "Revoke an API token",
        access="session", status=204,
    ),
    Endpoint(
        "GET", "/desk/sessions", list_sessions, "One's sessions", access="session",
        answer=SessionList,
    ),
    Endpoint(
        "DELETE", "/desk/sessions", end_other_sessions, "End every session but this one",
        access="session", status=204,
    ),
    Endpoint(
        "DELETE", "/desk/sessions/{session}", end_session, "End one of one's sessions",
        access="session", status=204,
    ),
]  # fmt: skip
