"""Going to the provider, and coming back."""

from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.accounts.routes import set_session_cookie, take_sign_in
from service.core.http import Endpoint
from service.core.problems import NotFound, TooManyRequests
from service.openid import actions, rules
from service.openid.provider import Provider
from service.openid.types import SignInFailed

log = structlog.get_logger("rejoinder.openid")

COOKIE = "rejoinder_openid"
PATH = "/desk/openid"
LONGEST_CODE = 4096

# Nothing of the address that a browser comes back to, which holds the code, goes any further.
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}

# The session's cookie is SameSite=Strict, and a browser that another site has sent here keeps it
# from whatever it is redirected to. A page of our own that goes on by itself is another beginning.
LANDING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=../">
<title>Signed in</title>
<p>You are signed in. <a href="../">To the desk</a></p>
</html>
"""


async def start(request: Request[Any]) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    try:
        await _count(request)
        flow = rules.new_flow()
        url = rules.authorization_url(
            await provider.metadata(), provider.openid, flow, _back(request)
        )
    except SignInFailed as failed:
        return _failed(request, failed)
    response = RedirectResponse(url, 303, headers=HEADERS)
    settings = request.state["settings"]
    response.set_cookie(
        COOKIE,
        rules.seal_flow(request.state["keyring"], flow),
        max_age=rules.FLOW_LASTS,
        path=settings.prefix + PATH,
        secure=settings.secure,
        httponly=True,
        # Lax: the browser comes back from another site, by a plain link's way.
        samesite="lax",
    )
    return response


async def come_back(request: Request[Any]) -> Response:
    """Take the provider's answer, and sign in whoever it is about."""
    provider = _provider(request)
    try:
        await _count(request)
        session = await _signed_in(request, provider)
    except SignInFailed as failed:
        return _failed(request, failed)
    response = HTMLResponse(LANDING, headers=HEADERS)
    set_session_cookie(request, response, session)
    _forget_flow(request, response)
    return response


async def _signed_in(request: Request[Any], provider: Provider) -> str:
    query = request.query_params
    if error := query.get("error"):
        # Before the state, which some providers leave out here: an error opens nothing.
        denied = error == "access_denied"
        raise SignInFailed("cancelled" if denied else "refused", "the provider answered an error")
    cookie = request.cookies.get(COOKIE, "")
    flow = rules.open_flow(request.state["keyring"], cookie, query.get("state", ""))
    rules.check_issuer(await provider.metadata(), query.get("iss"))
    code = query.get("code", "")
    if not 0 < len(code) <= LONGEST_CODE:
        raise SignInFailed("refused", "the provider answered no code")
    identity = await provider.identify(code, flow, _back(request))
    return await actions.sign_in(
        request.state["pool"],
        identity,
        request.headers.get("user-agent", ""),
        require_verified=provider.openid.require_verified,
    )


def _provider(request: Request[Any]) -> Provider:
    provider: Provider | None = request.state["openid"]
    if provider is None:
        raise NotFound
    return provider


async def _count(request: Request[Any]) -> None:
    try:
        await take_sign_in(request)
    except TooManyRequests as error:
        raise SignInFailed("busy") from error


def _back(request: Request[Any]) -> str:
    """The address that the provider knows, to the letter."""
    return f"{request.state['settings'].public_url}{PATH}/callback"


def _failed(request: Request[Any], failed: SignInFailed) -> Response:
    """Back to the sign-in page, which says in words what went wrong."""
    log.warning("sign-in failed", failure=failed.failure, reason=str(failed))
    prefix = request.state["settings"].prefix
    url = f"{prefix}/desk/#sign-in-failed={failed.failure}"
    response = RedirectResponse(url, 303, headers=HEADERS)
    _forget_flow(request, response)
    return response


def _forget_flow(request: Request[Any], response: Response) -> None:
    response.delete_cookie(COOKIE, path=request.state["settings"].prefix + PATH)


ENDPOINTS = [
    Endpoint(
        "GET", PATH + "/start", start, "Go to the provider that is set, to sign in", status=303,
    ),
    Endpoint(
        "GET", PATH + "/callback", come_back, "Where the provider sends the browser back to",
    ),
]  # fmt: skip
