"""The desk's sessions over HTTP."""

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from service.accounts import actions, auth, credentials, jobs, links, store
from service.accounts.types import (
    LinkRequest,
    Moderator,
    ModeratorAnswer,
    SignedIn,
    SignIn,
    Ways,
)
from service.core.address import client_address
from service.core.http import Endpoint, empty_response, json_response, read_json
from service.core.limits import Limit, Limiter
from service.core.problems import Conflict, Forbidden, Invalid

SIGN_INS = Limit("sign-in", burst=10, every=30)
LINKS = Limit("link", burst=3, every=300)
GUESSES = Limit("password", burst=10, every=60)


async def sign_in(request: Request[Any]) -> Response:
    """Exchange a one-time token, or an e-mail address and its password, for a session."""
    # Another site could else sign somebody in as its own author, and read what they then do.
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Forbidden("Another site can't sign you in here.")
    await take_sign_in(request)
    body = await read_json(request, SignIn)
    moderator, session = await _identify(request, body)
    response = await _signed_in(request, moderator, session)
    set_session_cookie(request, response, session)
    return response


async def _identify(request: Request[Any], body: SignIn) -> tuple[Moderator, str]:
    """Whom a token, or an address and its password, stand for, and a new session."""
    pool, passwords = request.state["pool"], request.state["passwords"]
    agent = request.headers.get("user-agent", "")
    if body.token is not UNSET and body.email is UNSET and body.password is UNSET:
        async with pool.acquire() as conn:
            return await actions.sign_in(conn, body.token, agent)
    if body.token is not UNSET or body.email is UNSET or body.password is UNSET:
        raise Invalid.field("$", "Expected a token, or an e-mail address and its password")
    email = actions.check_email("$.email", body.email)
    await take_guess(request, email)
    return await credentials.sign_in(pool, passwords, email, body.password, agent)


async def take_sign_in(request: Request[Any]) -> None:
    """Count a try to sign in against the caller's address; raises TooManyRequests."""
    state = request.state
    limiter: Limiter = state["limiter"]
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await limiter.take(SIGN_INS, state["keyring"].digest("address", address))


async def take_guess(request: Request[Any], email: str) -> None:
    """Count a try against the account, from wherever it comes, also one that isn't there."""
    limiter: Limiter = request.state["limiter"]
    await limiter.take(GUESSES, request.state["keyring"].digest("account", email))


def set_session_cookie(request: Request[Any], response: Response, session: str) -> None:
    """Send the session's cookie along."""
    settings = request.state["settings"]
    response.set_cookie(
        auth.SESSION_COOKIE,
        session,
        max_age=int(actions.SESSION_LASTS.total_seconds()),
        path=f"{settings.prefix}/",
        secure=settings.secure,
        httponly=True,
        samesite="strict",
    )


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


async def get_ways(request: Request[Any]) -> Response:
    """How one may sign in here."""
    settings = request.state["settings"]
    openid = settings.openid.name if settings.openid else None
    return json_response(Ways(links=links.mails(settings) is not None, openid=openid))


async def ask_for_link(request: Request[Any]) -> Response:
    """Have a sign-in link sent; the same answer whether there is such a moderator or not."""
    state = request.state
    await take_sign_in(request)
    body = await read_json(request, LinkRequest)
    email = actions.check_email("$.email", body.email)
    if links.mails(state["settings"]) is None:
        raise Conflict("No e-mail is sent from here. Whoever runs the service makes a link.")
    await state["limiter"].take(LINKS, state["keyring"].digest("account", email))
    async with state["pool"].acquire() as conn:
        await jobs.ask_for_link(conn, state["keyring"], email)
    return Response(status_code=202)


async def _signed_in(request: Request[Any], moderator: Moderator, session: str) -> Response:
    sites = await store.list_member_sites(request.state["pool"], moderator)
    answer = ModeratorAnswer(
        moderator.id, moderator.email, moderator.name, moderator.role, moderator.all_sites
    )
    csrf = auth.csrf_token(request.state["keyring"], session)
    return json_response(SignedIn(answer, sites, csrf))


ENDPOINTS = [
    Endpoint(
        "POST", "/desk/session", sign_in, "Sign in with a one-time link or a password",
        body=SignIn, answer=SignedIn,
    ),
    Endpoint(
        "GET", "/desk/session", get_session, "Who is signed in",
        access="moderator", answer=SignedIn,
    ),
    Endpoint("GET", "/desk/ways", get_ways, "How one may sign in here", answer=Ways),
    Endpoint(
        "POST", "/desk/links", ask_for_link, "Have a sign-in link sent by e-mail",
        body=LinkRequest, status=202,
    ),
    Endpoint("DELETE", "/desk/session", sign_out, "Sign out", access="moderator", status=204),
]  # fmt: skip
