"""Screening one text: run every check over a context, let the policy judge."""

import time
from uuid import UUID

from service.core.db import Pool
from service.core.events import Events
from service.screening import store
from service.screening.checks import run_checks
from service.screening.policy import judge
from service.screening.types import Context, Screening, SitePolicy

FRESH = 60.0  # seconds that a policy is trusted without a notice


def screen(context: Context) -> Screening:
    """The verdict on one comment. Touches no connection; never raises on any text."""
    return judge(run_checks(context), context)


class Policies:
    """Each site's policy in force, kept until a notice says that it changed."""

    def __init__(self, pool: Pool, events: Events) -> None:
        """Nothing is read before the first question."""
        self._pool = pool
        self._events = events
        self._known: dict[UUID, tuple[float, SitePolicy]] = {}
        events.on("policy", lambda _site: self._known.clear())
        events.on_lost(self._known.clear)

    async def of(self, site_id: UUID) -> SitePolicy:
        """The policy of a site."""
        read, policy = self._known.get(site_id, (0.0, None))
        if policy is None or not self._events.alive or time.monotonic() - read > FRESH:
            policy = await store.get_policy(self._pool, site_id)
            self._known[site_id] = (time.monotonic(), policy)
        return policy
