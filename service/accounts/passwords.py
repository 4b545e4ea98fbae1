"""Hashing passwords by argon2id (RFC 9106): slow and large on purpose, so few at once."""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.core.problems import Unavailable

T = TypeVar("T")

AT_ONCE = 2  # each takes 64 MiB and a core for some fifty milliseconds
MOST_WAITING = 32


class Passwords:
    """Hashes and verifies in threads, so that a process goes on answering meanwhile."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """By the library's parameters, which follow RFC 9106's second recommendation."""
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # What an unknown address is compared with, to take as long.
        self._nobody = of_no_password(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash to store; raises Unavailable where too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str | None) -> bool:
        """Whether this is the password; takes as long where there is none. Raises Unavailable.

        `password` as prepare_password has left it.
        """
        fits = await self._run(lambda: self._fits(stored or self._nobody, password or ""))
        return fits and stored is not None and password is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made by other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many people are signing in; try again in a moment.")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def of_no_password(hasher: PasswordHasher) -> str:
    """A hash of these parameters and a random digest: as slow to verify as any, and never fits.

    The encoding is that of RFC 9106's reference implementation. Making it takes no time, as
    hashing would whenever a process starts.
    """

    def encoded(size: int) -> str:
        return base64.b64encode(os.urandom(size)).decode().rstrip("=")

    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    kind = f"argon2{hasher.type.name.lower()}"
    return f"${kind}$v=19${parameters}${encoded(hasher.salt_len)}${encoded(hasher.hash_len)}"
