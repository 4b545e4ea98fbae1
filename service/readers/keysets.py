"""The public keys that a publisher shows at an address (JWKS, RFC 7517, section 5), kept a while.

The address is an editor's word, so it is asked as webhooks are: core/outbound.py.
"""

import asyncio
import time
from http import HTTPStatus

import aiohttp
import msgspec
import structlog
from yarl import URL

from service.core.outbound import refusal, why_failed
from service.core.problems import Unavailable
from service.readers import rules
from service.readers.types import SignInKey

log = structlog.get_logger("rejoinder.readers")

SECONDS = 4.0  # for the whole question: a reader waits meanwhile
CONNECTIONS = 20
LARGEST = 64 * 1024
FRESH = 600.0  # seconds after which the keys are read again
OLDEST = 3600.0  # seconds after which keys that couldn't be read again are no longer believed
UNKNOWN = 60.0  # seconds in which unknown keys have the list read again once
PAUSE = 10.0  # seconds after a failure in which nobody asks again
MOST_KNOWN = 1000  # addresses


class Listing(msgspec.Struct, frozen=True):
    """What the address answers."""

    keys: list[object]


class UnreadableError(Exception):
    """The address answers no keys. The message says why, for whoever set it."""


class Keyset:
    """The keys at one address."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.lock = asyncio.Lock()
        self.keys: list[SignInKey] = []
        self.read_at = -OLDEST * 2
        self.tried_at = -OLDEST * 2
        self.failed = False

    def has(self, kid: str | None) -> bool:
        """Whether any key may be the one of this name."""
        return any(kid is None or key.kid in {None, kid} for key in self.keys)

    def is_due(self, kid: str | None, now: float, *, doubted: bool) -> bool:
        """Whether to read the keys again for a token that names this one."""
        since = now - self.tried_at
        if self.failed:
            return since > PAUSE
        unknown = doubted or not self.has(kid)
        return now - self.read_at > FRESH or (unknown and since > UNKNOWN)


class Keysets:
    """Every address that this process has read, over one shared session."""

    def __init__(self, session: aiohttp.ClientSession, *, allow_local: bool) -> None:
        """`session` as core.outbound.open_session makes it."""
        self._session = session
        self._allow_local = allow_local
        self._known: dict[str, Keyset] = {}

    async def find(self, url: str, kid: str | None, *, doubted: bool = False) -> list[SignInKey]:
        """The keys at this address, read again where they are old or none has this name.

        `doubted`: those that are known haven't signed the token. One may have taken another's
        place where the publisher's keys have no names.

        Raises Unavailable where there are none that can still be believed, or where the named one
        may be among those that can't be read right now.
        """
        if url not in self._known and len(self._known) >= MOST_KNOWN:
            self._known.clear()
        known = self._known.setdefault(url, Keyset())
        async with known.lock:
            if known.is_due(kid, time.monotonic(), doubted=doubted):
                await self._renew(url, known)
            old = time.monotonic() - known.read_at > OLDEST
            if old or (known.failed and not known.has(kid)):
                raise Unavailable("The publisher's keys can't be read right now. Try again soon.")
            return known.keys

    async def _renew(self, url: str, known: Keyset) -> None:
        known.tried_at = time.monotonic()
        try:
            known.keys = await self.read(url)
        except UnreadableError as error:
            known.failed = True
            log.warning("keys not read", why=str(error))
        else:
            known.failed, known.read_at = False, time.monotonic()

    async def read(self, url: str) -> list[SignInKey]:
        """Ask once; raises UnreadableError."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._read(url)
        except TimeoutError as error:
            raise UnreadableError(f"No answer within {SECONDS:g} seconds") from error
        except aiohttp.InvalidURL as error:
            raise UnreadableError("Not an address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnreadableError(why_failed(error)) from error

    async def _read(self, url: str) -> list[SignInKey]:
        if why := refusal(url, allow_local=self._allow_local):
            raise UnreadableError(why)
        async with self._session.get(
            URL(url, encoded=True), headers={"Accept": "application/json"}, allow_redirects=False
        ) as response:
            if response.status != HTTPStatus.OK:
                raise UnreadableError(f"It answered {response.status}")
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    raise UnreadableError(f"Its answer has more than {LARGEST} bytes")
        try:
            listing = msgspec.json.decode(body, type=Listing)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise UnreadableError("Its answer is no JWKS") from error
        keys = rules.public_keys(listing.keys)
        if not keys:
            raise UnreadableError("There is no Ed25519 key for signatures in its answer")
        return keys
