"""The key that opens a comment's own page to its author.

An edit token opens a comment for ever, and an address gets into histories and proxies' logs: so
the page's address holds a key of its own, for a week. The page is sent with no-store, noindex
and no-referrer.
"""

import hmac
import time
from datetime import UTC, datetime
from uuid import UUID

from service.core.tokens import Keyring

LASTS = 7 * 24 * 3600  # seconds
LONGEST_STAMP = 12


def own_key(keyring: Keyring, ident: UUID, now: float | None = None) -> str:
    """A key for this comment, good for a week from now."""
    return _key(keyring, ident, int(now if now is not None else time.time()) + LASTS)


def _key(keyring: Keyring, ident: UUID, until: int) -> str:
    return f"{until}-{keyring.digest('own-page', f'{until} {ident}').hex()}"


def opens_until(
    keyring: Keyring, ident: UUID, given: str, now: float | None = None
) -> datetime | None:
    """Until when a key opens this comment; None where it doesn't, or no more."""
    stamp = given.partition("-")[0]
    if not given.isascii() or not stamp.isdigit() or len(stamp) > LONGEST_STAMP:
        return None
    until = int(stamp)
    right = hmac.compare_digest(given, _key(keyring, ident, until))
    if not right or until < (now if now is not None else time.time()):
        return None
    return datetime.fromtimestamp(until, UTC)
