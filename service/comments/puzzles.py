"""A puzzle for the reader's browser before a comment is taken, while a site is under attack.

Proof of work by the ALTCHA protocol (version 2: PBKDF2 of a nonce and a counter until the key
begins with a given byte). It costs a reader a moment that the page spends unseen, and a flood a
quarter of a second of a core each comment (256 tries of OpenSSL's, measured); it says nothing of
who anybody is. A challenge is bound to the site and the request's idempotency key, so that a
solution is good for one comment and nothing of it is stored.
"""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import altcha
import structlog

from service.articles.types import Site
from service.core.db import Executor
from service.core.problems import Invalid, PuzzleRequired
from service.core.tokens import Keyring
from service.screening.types import Policy

log = structlog.get_logger("rejoinder.puzzles")

ALGORITHM = "PBKDF2/SHA-256"
ITERATIONS = 5_000
PREFIX = "00"  # 256 tries on average
LASTS = timedelta(minutes=10)

# A flood: so many comments in ten minutes, and so many times what is usual there.
LEAST = 100
TIMES = 10
WINDOW = timedelta(minutes=10)
USUAL = timedelta(days=7)
GOES_ON = 30 * 60.0  # seconds after the last sign of it
LOOK_EVERY = 15.0  # seconds


class Puzzles:
    """Asks for a proof where the policy wants one. Each process sees an attack by itself."""

    def __init__(self, keyring: Keyring, *, enabled: bool) -> None:
        """`enabled` is REJOINDER_RATE_LIMITS: without limits nothing is a flood."""
        self._secret = keyring.key("puzzle")
        self._keyring = keyring
        self._enabled = enabled
        self._looked: dict[UUID, float] = {}
        self._until: dict[UUID, float] = {}

    async def check(
        self,
        conn: Executor,
        site: Site,
        policy: Policy,
        idempotency: bytes | None,
        proof: str | None,
    ) -> None:
        """Raise PuzzleRequired, with a challenge, unless none is due or `proof` solves one.

        Raises Invalid where a proof is due and the request has no idempotency key to bind it to.
        """
        if policy.puzzle == "never" or not (
            policy.puzzle == "always" or await self._attacked(conn, site)
        ):
            return
        if idempotency is None:
            raise Invalid(
                "This site asks for a proof of work just now. Send an Idempotency-Key, and with "
                "the same key the solution of the challenge that you are answered."
            )
        bound = self._keyring.digest("puzzle-of", site.id.bytes + idempotency).hex()
        why = "" if proof is None else self._wrong(proof, bound)
        if proof is None or why:
            raise PuzzleRequired(self._challenge(bound), why)

    async def _attacked(self, conn: Executor, site: Site) -> bool:
        if not self._enabled:
            return False
        now = time.monotonic()
        if now - self._looked.get(site.id, -LOOK_EVERY) >= LOOK_EVERY:
            self._looked[site.id] = now
            if await _is_flooded(conn, site.id):
                if now >= self._until.get(site.id, now):
                    log.warning("under attack", site=site.slug)
                self._until[site.id] = now + GOES_ON
        return now < self._until.get(site.id, now)

    def _challenge(self, bound: str) -> dict[str, Any]:
        challenge: dict[str, Any] = altcha.create_challenge(
            ALGORITHM,
            ITERATIONS,
            key_prefix=PREFIX,
            expires_at=int(time.time() + LASTS.total_seconds()),
            data={"for": bound},
            hmac_secret=self._secret,
        ).to_dict()
        return challenge

    def _wrong(self, proof: str, bound: str) -> str:
        """Why a proof isn't one; '' where it is."""
        try:
            payload = altcha.Payload.from_base64(proof)
            of = (payload.challenge.parameters.data or {}).get("for")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return "This is no solution of a challenge."
        # First what costs nothing: the signature and the date, and only then one derivation.
        found = altcha.verify_solution(payload, self._secret)
        if found.expired:
            return "The challenge was not solved in time; here is another."
        if found.invalid_signature or of != bound:
            return "This challenge is not one that was given for this request."
        return "" if found.verified else "This solution is wrong."


async def _is_flooded(conn: Executor, site_id: UUID) -> bool:
    recent = await _count(conn, site_id, WINDOW)
    if recent < LEAST:
        return False
    week = await _count(conn, site_id, USUAL)
    return recent >= TIMES * (week - recent) * (WINDOW / USUAL)


async def _count(conn: Executor, site_id: UUID, within: timedelta) -> int:
    """Off the index of the queue's views, for each status."""
    found: int = await conn.fetchval(
        """
        select count(*) from comment
        where site_id = $1 and status = any('{published,held,rejected,spam,removed}')
            and created_at > now() - $2::interval
        """,
        site_id,
        within,
    )
    return found
