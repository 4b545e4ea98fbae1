"""Screening one text: run every check over a context, let the policy judge."""

import time
from uuid import UUID

import msgspec

from service.core.db import Pool
from service.core.events import Events
from service.screening import store
from service.screening.checks import OF_TEXT, run_checks
from service.screening.facts import pack
from service.screening.policy import judge
from service.screening.types import Context, Finding, Screening, SitePolicy

FRESH = 60.0  # seconds that a policy is trusted without a notice


def screen(context: Context) -> Screening:
    """The verdict on one comment. Touches no connection; never raises on any text."""
    return _judged(run_checks(context), context)


def screen_text(context: Context) -> Screening:
    """The same by the checks of the text alone, whoever posted it and however."""
    return _judged(run_checks(context, OF_TEXT), context)


def _judged(findings: list[Finding], context: Context) -> Screening:
    return msgspec.structs.replace(judge(findings, context), packed=pack(findings, context))


class Policies:
    """Each site's policy in force, kept until a notice says that it changed."""

    def __init__(self, pool: Pool, events: Events) -> None:
        """Nothing is read before the first question."""
        self._pool = pool
        self._events = events
        self._known: dict[UUID, tuple[float, SitePolicy]] = {}
        self._notices = 0
        events.on("policy", lambda _site: self.forget())
        events.on_lost(self.forget)

    def forget(self) -> None:
        """Read every policy again, also one that is being read right now."""
        self._notices += 1
        self._known.clear()

    async def of(self, site_id: UUID) -> SitePolicy:
        """The policy of a site."""
        read, policy = self._known.get(site_id, (0.0, None))
        if policy is None or not self._events.alive or time.monotonic() - read > FRESH:
            notices = self._notices
            policy = await store.get_policy(self._pool, site_id)
            if notices != self._notices:
                return policy  # may be what was changed meanwhile: not to be kept
            self._known[site_id] = (time.monotonic(), policy)
        return policy
