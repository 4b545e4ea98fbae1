"""A newspaper's own site, on another origin than the service.

It has the worker of the push service that it used before, and ours as an operator downloads it.
"""

from typing import Self

import httpx
from aiohttp import web
from live import LiveServer
from local_site import LocalSite

# What such services' workers do, as far as it matters here.
EARLIER = "addEventListener('push', (event) => event.waitUntil(registration.showNotification('?')))"


class PublisherSite(LocalSite):
    """`async with PublisherSite(live, attributes) as site:`; the page is `site.page`."""

    def __init__(self, live: LiveServer, attributes: str = "") -> None:
        self.live = live
        self.attributes = attributes

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/article", self._page)
        router.add_get("/push-worker.js", self._ours)
        router.add_get("/earlier.js", self._earlier)

    async def __aenter__(self) -> Self:
        async with httpx.AsyncClient() as client:
            self._worker = (await client.get(f"{self.live.url}/push-worker.js")).text
        return await super().__aenter__()

    @property
    def page(self) -> str:
        """The article's address."""
        return f"{self.origin}/article"

    async def _page(self, _: web.Request) -> web.Response:
        ours = self.live.url
        html = f"""<!doctype html><html lang="en"><title>Article</title>
            <script type="module" src="{ours}/embed.js"></script><h1>Article</h1>
            <article-alerts worker="/push-worker.js" visits="1" delay="0" {self.attributes}>
            </article-alerts></html>"""
        policy = (
            f"default-src 'none'; script-src {ours}; style-src {ours}; connect-src {ours};"
            " worker-src 'self'"
        )
        return web.Response(
            text=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    async def _ours(self, _: web.Request) -> web.Response:
        return web.Response(text=self._worker, content_type="text/javascript")

    async def _earlier(self, _: web.Request) -> web.Response:
        return web.Response(text=EARLIER, content_type="text/javascript")
