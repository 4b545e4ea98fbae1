"""The desk's sessions over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts import actions, auth, store
from service.accounts.types import Moderator, ModeratorAnswer, SignedIn, SignIn
from service.core.address import client_address
from service.core.http import Endpoint, empty_response, json_response, read_json
from service.core.limits import Limit, Limiter

SIGN_INS = Limit("sign-in", burst=10, every=30)


async def sign_in(request: Request[Any]) -> Response:
    """Exchange a one-time token for a session."""
    state = request.state
    limiter: Limiter = state["limiter"]
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await limiter.take(SIGN_INS, state["keyring"].digest("address", address))
    body = await read_json(request, SignIn)
    async with state["pool"].acquire() as conn:
        moderator, session = await actions.sign_in(conn, body.token)
    response = await _signed_in(request, moderator, session)
    settings = state["settings"]
    response.set_cookie(
        auth.SESSION_COOKIE,
        session,
        max_age=int(actions.SESSION_LASTS.total_seconds()),
        path=f"{settings.prefix}/",
        secure=bool(settings.public_url and settings.public_url.startswith("https:")),
        httponly=True,
        samesite="strict",
    )
    return response


async def get_session(request: Request[Any]) -> Response:
    """Who is signed in."""
    moderator = await auth.require_moderator(request)
    return await _signed_in(request, moderator, request.cookies.get(auth.SESSION_COOKIE, ""))


async def sign_out(request: Request[Any]) -> Response:
    """End the session."""
    await auth.require_moderator(request)
    await actions.sign_out(request.state["pool"], request.cookies.get(auth.SESSION_COOKIE, ""))
    response = empty_response()
    response.delete_cookie(auth.SESSION_COOKIE, path=f"{request.state['settings'].prefix}/")
    return response


async def _signed_in(request: Request[Any], moderator: Moderator, session: str) -> Response:
    sites = await store.list_member_sites(request.state["pool"], moderator)
    answer = ModeratorAnswer(moderator.id, moderator.email, moderator.name, moderator.role)
    csrf = auth.csrf_token(request.state["keyring"], session)
    return json_response(SignedIn(answer, sites, csrf))


ENDPOINTS = [
    Endpoint(
        "POST", "/desk/session", sign_in, "Sign in with a one-time link",
        body=SignIn, answer=SignedIn,
    ),
    Endpoint(
        "GET", "/desk/session", get_session, "Who is signed in",
        access="moderator", answer=SignedIn,
    ),
    Endpoint("DELETE", "/desk/session", sign_out, "Sign out", access="moderator", status=204),
]  # fmt: skip
