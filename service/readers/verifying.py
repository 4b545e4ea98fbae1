"""Believing a token, or not: each site's settings and keys, kept ready in memory."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict
from uuid import UUID

import structlog
from starlette.requests import Request

from service.accounts.auth import bearer
from service.articles.types import Site
from service.core.db import Pool
from service.core.events import Events
from service.core.outbound import open_session
from service.core.problems import SignInExpired, SignInRefused, Unauthenticated
from service.core.sealing import SealError, unseal
from service.core.tokens import Keyring
from service.readers import rules, store
from service.readers.keysets import CONNECTIONS, SECONDS, Keysets
from service.readers.types import KeyRow, Reader, RefusedError, SignedIn, SignInKey, Token, Trust
from service.screening.names import name_key

log = structlog.get_logger("rejoinder.readers")

PURPOSE = "reader-sign-in"
FRESH = 60.0  # seconds that settings are trusted without a notice


class Readers:
    """Verifies tokens. Settings are kept until a notice says that a site changed."""

    def __init__(self, pool: Pool, keyring: Keyring, events: Events, keysets: Keysets) -> None:
        """Nothing is read before the first token."""
        self.keysets = keysets
        self._pool = pool
        self._keyring = keyring
        self._events = events
        self._known: dict[UUID, tuple[float, Trust]] = {}
        self._notices = 0
        events.on("site", lambda _slug: self.forget())
        events.on_lost(self.forget)

    def forget(self) -> None:
        """Read all settings again, also those that are being read right now."""
        self._notices += 1
        self._known.clear()

    async def trust(self, site_id: UUID) -> Trust:
        """What a site believes."""
        read, trust = self._known.get(site_id, (0.0, None))
        if trust is None or not self._events.alive or time.monotonic() - read > FRESH:
            notices = self._notices
            trust = await read_trust(self._pool, self._keyring, site_id)
            if notices != self._notices:
                return trust  # may be what was changed meanwhile: not to be kept
            self._known[site_id] = (time.monotonic(), trust)
        return trust

    async def read(self, site_id: UUID, text: str) -> Reader:
        """Who a token is about; raises RefusedError, and Unavailable where that can't be known."""
        trust = await self.trust(site_id)
        if not trust.on:
            raise RefusedError("this site has no sign-in for readers")
        token = rules.read_token(text)
        keys = rules.candidates(token, trust.keys)
        if not rules.is_signed(token, keys):
            await self._check_by_address(token, keys, trust.settings.jwks_url)
        return rules.read_claims(token.claims, trust.settings)

    async def _check_by_address(self, token: Token, keys: list[SignInKey], url: str | None) -> None:
        """Raise RefusedError unless a key at the address has signed it; none of `keys` has."""
        if url is None or token.algorithm != "EdDSA":
            raise rules.unsigned(token, keys)
        shown = await self.keysets.find(url, token.kid)
        found = rules.candidates(token, shown)
        if rules.is_signed(token, found):
            return
        newer = await self.keysets.find(url, token.kid, doubted=True)
        if newer is not shown:
            found = rules.candidates(token, newer)
            if rules.is_signed(token, found):
                return
        raise rules.unsigned(token, keys + found)

    async def sign_in(self, site: Site, text: str) -> Reader:
        """As `read`, for a reader: who isn't told more than whether another token may help."""
        try:
            return await self.read(site.id, text)
        except RefusedError as error:
            log.info("sign-in refused", site=site.slug, why=str(error))
            raise (SignInExpired if error.expired else SignInRefused) from error

    async def known(self, site: Site, reader: Reader) -> SignedIn:
        """The reader as the site knows them, from now on at the latest."""
        key = name_key(reader.name)
        return await store.ensure_reader(self._pool, site.id, reader, key)


async def read_trust(pool: Pool, keyring: Keyring, site_id: UUID) -> Trust:
    """A site's settings and opened keys, but those that the service's secret doesn't open."""
    async with pool.acquire() as conn:
        settings = await store.get_settings(conn, site_id)
        rows = await store.list_keys(conn, site_id)
    keys = []
    for row in rows:
        try:
            keys.append(open_key(keyring, site_id, row))
        except SealError:
            log.exception("a secret of readers' sign-in doesn't open", key=str(row.id))
    return Trust(settings, keys)


def open_key(keyring: Keyring, site_id: UUID, row: KeyRow) -> SignInKey:
    """A stored key, ready to verify."""
    if row.sealed is not None:
        return rules.secret_key(unseal(keyring, PURPOSE, row.sealed, site_id.bytes + row.id.bytes))
    (key,) = rules.read_public(row.jwk or "")
    return SignInKey("EdDSA", row.kid, key.key)


class State(TypedDict):
    """What this needs of the application's state."""

    readers: Readers


async def reader_of(request: Request[Any], site: Site) -> Reader | None:
    """The reader whose token the request carries; None where it carries none, or another kind.

    Raises SignInExpired, SignInRefused and Unavailable.
    """
    token = bearer(request)
    if not rules.is_jwt(token):
        return None
    state: State = request.state
    return await state["readers"].sign_in(site, token)


async def require_reader(request: Request[Any], site: Site) -> Reader:
    """The reader whose token the request carries; raises Unauthenticated where it carries none."""
    reader = await reader_of(request, site)
    if reader is None:
        raise Unauthenticated
    return reader


@asynccontextmanager
async def open_readers(
    pool: Pool, keyring: Keyring, events: Events, *, allow_local: bool
) -> AsyncIterator[Readers]:
    """One with an HTTP session of its own for publishers' keys."""
    async with open_session(
        allow_local=allow_local, limit=CONNECTIONS, total=SECONDS, connect=SECONDS
    ) as session:
        yield Readers(pool, keyring, events, Keysets(session, allow_local=allow_local))
