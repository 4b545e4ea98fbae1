"""The sites that this process knows, kept in memory: every request asks for one."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request

from service.articles import rules, store
from service.articles.types import Site
from service.core.db import Pool
from service.core.events import Events
from service.core.problems import Forbidden, Invalid, NotFound

Covers = Callable[[UUID], bool]  # whether the caller is a member of the site with this id

MISSING_FOR = 1.0  # seconds for which an unknown slug isn't asked for again
MOST_MISSING = 1000


class Sites:
    """All sites by slug; forgotten when a notice says that one changed."""

    def __init__(self, pool: Pool, events: Events) -> None:
        """Nothing is read before the first question."""
        self._pool = pool
        self._events = events
        self._known: dict[str, Site] = {}
        self._missing: dict[str, float] = {}
        events.on("site", lambda _slug: self.forget())
        events.on_lost(self.forget)

    def forget(self) -> None:
        """Read what is asked for next again: a site was changed here."""
        self._known = {}
        self._missing = {}

    async def find(self, slug: str) -> Site | None:
        """The site with this slug."""
        if not self._events.alive:
            self.forget()
        site = self._known.get(slug)
        if site is None and rules.SLUG.fullmatch(slug):
            if self._missing.get(slug, 0) > time.monotonic():
                return None
            site = await store.get_site(self._pool, slug)
            if site:
                self._known[slug] = site
            else:
                if len(self._missing) > MOST_MISSING:
                    self._missing.clear()
                self._missing[slug] = time.monotonic() + MISSING_FOR
        return site

    def known(self, slug: str) -> Site | None:
        """The site with this slug where it is known already: for what must not ask."""
        return self._known.get(slug)

    async def slug_of(self, site_id: UUID) -> str | None:
        """What the site with this id is called."""
        known = {site.id: slug for slug, site in self._known.items()}
        if site_id not in known:
            self._known = {site.slug: site for site in await store.list_sites(self._pool)}
            known = {site.id: slug for slug, site in self._known.items()}
        return known.get(site_id)

    async def allows(self, path: str, origin: str) -> bool:
        """Whether a page of this origin may call this path (CORS).

        Paths of one site: its origins. What a push message's receipt goes with names no site, nor
        does Perspective's protocol, which its writers' pages call: those of any.
        """
        parts = path.split("/", 4)
        if path.startswith("/v1/sites/") and len(parts) > 3:  # noqa: PLR2004 ("", v1, sites, slug)
            site = await self.find(parts[3])
            return site is not None and origin in site.origins
        if path in {"/v1/push/receipts", "/v1/push/fewer"} or path.startswith(
            ("/v1alpha1/", "/$discovery/")
        ):
            return any(origin in site.origins for site in await store.list_sites(self._pool))
        return path.endswith((".js", ".css", ".svg")) or path.startswith("/words/")


async def site_of(request: Request[Any]) -> Site:
    """The site that the path names; raises NotFound."""
    sites: Sites = request.state["sites"]
    site = await sites.find(request.path_params["site"])
    if site is None:
        raise NotFound("There is no such site.")
    return site


async def asked_site(request: Request[Any], covers: Covers, slug: str | None) -> Site | None:
    """The site that a caller at the desk asks for, None for all; raises NotFound and Forbidden."""
    if not slug:
        return None
    sites: Sites = request.state["sites"]
    site = await sites.find(slug)
    if site is None:
        raise NotFound("There is no such site.")
    if not covers(site.id):
        raise Forbidden("You are not a member of this site.")
    return site


async def asked_sites(request: Request[Any], covers: Covers, slug: str | None) -> list[Site]:
    """The site asked for, or all that the caller covers. Raises NotFound and Forbidden."""
    site = await asked_site(request, covers, slug)
    if site:
        return [site]
    return [site for site in await store.list_sites(request.state["pool"]) if covers(site.id)]


async def one_site(request: Request[Any], covers: Covers, slug: str | None) -> Site:
    """The site asked for, or the only one that the caller covers.

    Raises Invalid where it isn't said which, NotFound and Forbidden.
    """
    found = await asked_sites(request, covers, slug)
    if len(found) != 1:
        raise Invalid.field("site", "Expected the site that this is about")
    return found[0]
