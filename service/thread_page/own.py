"""The key that opens a comment's own page to its author.

An edit token opens a comment for ever, and an address gets into histories and proxies' logs: so
the page's address holds a key of its own, for a week. The page is sent with no-store, noindex
and no-referrer.

The thread's page leads there, right after posting. Its address is what somebody copies who wants
others to read the reply: the key in it is another, and good for some minutes.
"""

import hmac
import time
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from service.core.tokens import Keyring

Page = Literal["own-page", "own-in-thread"]

LASTS: dict[Page, int] = {"own-page": 7 * 24 * 3600, "own-in-thread": 15 * 60}  # seconds
LONGEST_STAMP = 12


def own_key(
    keyring: Keyring, ident: UUID, now: float | None = None, page: Page = "own-page"
) -> str:
    """A key for this comment on one of the two pages, good from now on."""
    return _key(keyring, ident, int(now if now is not None else time.time()) + LASTS[page], page)


def _key(keyring: Keyring, ident: UUID, until: int, page: Page) -> str:
    return f"{until}-{keyring.digest(page, f'{until} {ident}').hex()}"


def opens_until(
    keyring: Keyring, ident: UUID, given: str, now: float | None = None, page: Page = "own-page"
) -> datetime | None:
    """Until when a key opens this comment; None where it doesn't, or no more."""
    stamp = given.partition("-")[0]
    if not given.isascii() or not stamp.isdigit() or len(stamp) > LONGEST_STAMP:
        return None
    until = int(stamp)
    right = hmac.compare_digest(given, _key(keyring, ident, until, page))
    if not right or until < (now if now is not None else time.time()):
        return None
    return datetime.fromtimestamp(until, UTC)
