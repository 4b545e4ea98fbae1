"""Who calls: the key of a request, wherever its protocol has put it."""

from typing import Any

from starlette.requests import Request

from service.accounts.auth import bearer, caller
from service.accounts.keys import Keys
from service.accounts.types import ApiKey
from service.core.problems import Forbidden, Unauthenticated

SCOPE = "classify"


async def require_classify(request: Request[Any], token: str = "") -> ApiKey:
    """The key of scope classify that calls; `token` is where the protocol has it, else the bearer.

    Takes one text from its quota. Raises Unauthenticated, Forbidden and TooManyRequests.
    """
    keys: Keys = request.state["keys"]
    token = token or bearer(request)
    key = await keys.find(token) if token else None
    if key is None:
        if token and token == bearer(request):
            await caller(request)
            raise Forbidden("This needs a publisher key.")
        raise Unauthenticated("The key is not valid." if token else "A key is needed.")
    if SCOPE not in key.scopes:
        raise Forbidden(f"This key has not the scope {SCOPE}.")
    await keys.spend(key)
    return key
