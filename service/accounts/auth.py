"""Who is calling: the bearer token or the desk's session of a request.

No token or a wrong one is 401; a right one without the right is 403, so any valid token of
any kind is told apart from a made-up one.
"""

import hmac
from typing import Any, TypedDict
from uuid import UUID

import msgspec
from starlette.requests import Request

from service.accounts import store
from service.accounts.credentials_store import get_session
from service.accounts.types import ApiKey, Moderator, Session
from service.core.db import Pool
from service.core.problems import Forbidden, Unauthenticated
from service.core.tokens import Keyring, token_hash

KEY = "rk"
MODERATOR = "rm"
LINK = "rl"
SESSION = "rd"
EDIT = "re"
SUBSCRIPTION = "rs"

SESSION_COOKIE = "rejoinder_desk"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class State(TypedDict):
    """What accounts need of the application's state."""

    pool: Pool
    keyring: Keyring


class ObjectToken(msgspec.Struct, frozen=True):
    """A signed token that belongs to one comment or subscription."""

    kind: str
    id: UUID


def bearer(request: Request[Any]) -> str:
    """The bearer token, empty where there is none (RFC 6750, section 2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def caller(request: Request[Any]) -> ApiKey | Moderator | ObjectToken:
    """Whoever the bearer token stands for; raises Unauthenticated."""
    state: State = request.state
    token = bearer(request)
    found: ApiKey | Moderator | ObjectToken | None = None
    match token[:2]:
        case "rk":
            found = await store.get_key(state["pool"], token_hash(token))
        case "rm":
            found = await store.get_moderator_by_token(state["pool"], token_hash(token), "api")
        case "re" | "rs" as kind:
            ident = state["keyring"].read_object_token(kind, token)
            found = ObjectToken(kind, ident) if ident else None
    if found is None:
        raise Unauthenticated("The token is not valid." if token else "")
    return found


async def require_key(request: Request[Any], scope: str) -> ApiKey:
    """The publisher's key of the request, with this scope; whose site it is, check_site says."""
    key = await caller(request)
    if not isinstance(key, ApiKey):
        raise Forbidden("This needs a publisher key.")
    if scope not in key.scopes:
        raise Forbidden(f"This key has not the scope {scope}.")
    return key


def check_site(key: ApiKey, site_id: UUID) -> None:
    """Raise Forbidden where the key belongs to another site."""
    if key.site_id != site_id:
        raise Forbidden("This key belongs to another site.")


async def require_object(request: Request[Any], kind: str, ident: UUID) -> None:
    """Raise unless the bearer is the token of this very comment or subscription."""
    if await caller(request) != ObjectToken(kind, ident):
        raise Forbidden("This token belongs to something else.")


async def require_moderator(request: Request[Any]) -> Moderator:
    """The moderator who calls, by API token or by the desk's session.

    A session's cookie rides along by itself, so what changes something needs its CSRF token too.
    """
    if bearer(request):
        found = await caller(request)
        if not isinstance(found, Moderator):
            raise Forbidden("This needs a moderator's token.")
        return found
    state: State = request.state
    session = request.cookies.get(SESSION_COOKIE, "")
    moderator = session and await store.get_moderator_by_token(
        state["pool"], token_hash(session), "session"
    )
    if not moderator:
        raise Unauthenticated
    if request.method not in SAFE_METHODS:
        given = request.headers.get("x-csrf-token", "").encode("latin-1")
        if not hmac.compare_digest(given, csrf_token(state["keyring"], session).encode()):
            raise Forbidden("The CSRF token is missing or wrong.")
    return moderator


async def require_session(request: Request[Any]) -> tuple[Moderator, Session]:
    """The moderator who calls, and the desk's session.

    What makes or changes a way in needs somebody who has signed in: whoever has got hold of an
    API token can't make another one of it, or a password.
    """
    moderator = await require_moderator(request)
    state: State = request.state
    token = request.cookies.get(SESSION_COOKIE, "")
    session = None if bearer(request) else await get_session(state["pool"], token_hash(token))
    if session is None:
        raise Forbidden("This needs the desk's session, not a token.")
    return moderator, session


async def require_editor(request: Request[Any]) -> Moderator:
    """The editor who calls; raises Forbidden for other moderators."""
    moderator = await require_moderator(request)
    if moderator.role != "editor":
        raise Forbidden("This needs an editor.")
    return moderator


def csrf_token(keyring: Keyring, session: str) -> str:
    """The CSRF token of one session."""
    return keyring.digest("csrf", session).hex()
