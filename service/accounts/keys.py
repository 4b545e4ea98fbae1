"""Keys of other systems, which ask hundreds of times a second: known in memory, and their quotas.

A key that was changed or revoked is forgotten by a notice; while notices may be lost every request
asks the database.
"""

import asyncio
import math
import time
from uuid import UUID

from service.accounts import store
from service.accounts.auth import KEY
from service.accounts.types import ApiKey
from service.core.db import Conn, Pool
from service.core.events import Events, notify
from service.core.limits import Limit, Limiter
from service.core.problems import Invalid, TooManyRequests
from service.core.tokens import token_hash

KNOWN_FOR = 600.0  # seconds: so often a key's last use is noted
MOST_KNOWN = 1000
MINUTE = 60.0
SHARES = 50  # a quota is taken from in so many parts: that much of it may be lost or come late


class Share:
    """What a process has left of a key's quota, or until when there is none."""

    def __init__(self) -> None:
        """Nothing is taken yet."""
        self.lock = asyncio.Lock()
        self.left = 0
        self.taken_at = 0.0
        self.full_at = 0.0


class Keys:
    """The keys that other systems call with, and what is left of their quotas here."""

    def __init__(self, pool: Pool, events: Events, limiter: Limiter) -> None:
        """Nothing is read before the first question."""
        self._pool = pool
        self._events = events
        self._limiter = limiter
        self._known: dict[bytes, tuple[ApiKey, float]] = {}
        self._shares: dict[UUID, Share] = {}
        self._changes = 0
        events.on("key", lambda _: self._forget())
        events.on_lost(self._forget)

    def _forget(self) -> None:
        self._known = {}
        self._shares = {}
        self._changes += 1

    async def find(self, token: str) -> ApiKey | None:
        """The living key that this token opens."""
        if not token.startswith(KEY):
            return None
        hashed = token_hash(token)
        key, read_at = self._known.get(hashed, (None, 0.0))
        if key is not None and time.monotonic() - read_at < KNOWN_FOR and self._events.alive:
            return key
        changes = self._changes
        key = await store.get_key(self._pool, hashed)
        # Not where it was changed while it was read.
        if key is not None and changes == self._changes:
            if len(self._known) >= MOST_KNOWN:
                self._known = {}
            self._known[hashed] = key, time.monotonic()
        return key

    async def spend(self, key: ApiKey, count: int = 1) -> None:
        """Take texts from the key's quota; raises TooManyRequests with the seconds to wait.

        A process takes a fiftieth of a minute's quota at a time, and spends it within a minute.
        Raises Invalid for more than the quota, which no waiting helps.
        """
        if key.quota is None:
            return
        if count > key.quota:
            raise Invalid.field("$.texts", f"More than this key's quota of {key.quota} a minute")
        share = self._shares.setdefault(key.id, Share())
        async with share.lock:
            now = time.monotonic()
            if share.taken_at + MINUTE < now:
                share.left = 0
            if share.left < count:
                # Who has been told to wait costs no question until then.
                full_at = share.full_at
                if full_at <= now:
                    full_at = await self._take(key.id, key.quota, share, count)
                if full_at > now:
                    wait = max(1, math.ceil(full_at - time.monotonic()))
                    raise TooManyRequests(
                        wait,
                        f"This key's quota is {key.quota} texts a minute; try again in {wait} "
                        "seconds.",
                    )
            share.left -= count

    def is_full(self, key: ApiKey) -> bool:
        """Whether this process tells who calls with the key to wait."""
        share = self._shares.get(key.id)
        return share is not None and share.full_at > time.monotonic()

    async def _take(self, ident: UUID, quota: int, share: Share, count: int) -> float:
        """Take a part of the quota that `count` is covered by; until when there is none, else 0."""
        limit = Limit(f"key {quota}", quota, MINUTE / quota)
        taken = max(count, quota // SHARES)
        wait = await self._limiter.wait(limit, ident.bytes, count=taken)
        if wait and taken > count:
            # The last few of a quota, as many as are asked for.
            taken, wait = count, await self._limiter.wait(limit, ident.bytes, count=count)
        now = time.monotonic()
        if not wait:
            share.left, share.taken_at = share.left + taken, now
            return 0.0
        if count == 1:
            share.full_at = now + wait
        return now + wait


async def key_changed(conn: Conn) -> None:
    """Tell every process, once the caller's transaction commits, that a key is not what it was."""
    await notify(conn, "key", "")
