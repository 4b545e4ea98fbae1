"""Readers who have confirmed their e-mail address, and the browsers that may write as them.

Such a reader is a row of its own, known by its id like one who signs in at the publisher's. The
row that is found by the address is whoever has typed it, before the confirming and after.
"""

from typing import Any

from starlette.requests import Request

from service.accounts.auth import bearer
from service.articles.types import Site
from service.core.problems import SignInExpired
from service.core.tokens import token_hash
from service.readers.confirmed_store import get_reader_by_token
from service.readers.rules import is_jwt
from service.readers.types import SignedIn

POST_TOKEN = "rt"  # noqa: S105 (the first letters of one)
PAGE_TOKEN = "rq"  # noqa: S105 (as above)


def is_readers(token: str) -> bool:
    """Whether a bearer token is a reader's: one of ours, or the publisher's."""
    return token.startswith(POST_TOKEN) or is_jwt(token)


async def confirmed_reader(request: Request[Any], site: Site) -> SignedIn | None:
    """Whose token the request carries; None where it carries none of this kind.

    Raises SignInExpired where it is no reader's of this site, or no more.
    """
    token = bearer(request)
    if not token.startswith(POST_TOKEN):
        return None
    found = await get_reader_by_token(request.state["pool"], site.id, token_hash(token), "post")
    if found is None:
        raise SignInExpired
    return found
