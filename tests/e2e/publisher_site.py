"""A newspaper's own site, on another origin than the service.

It has the worker of the push service that it used before, and ours as an operator downloads it.
"""

from types import TracebackType
from typing import Self

import httpx
from aiohttp import web
from live import LiveServer

# What such services' workers do, as far as it matters here.
EARLIER = "addEventListener('push', (event) => event.waitUntil(registration.showNotification('?')))"


class PublisherSite:
    """`async with PublisherSite(live, attributes) as site:`; the page is `site.page`."""

    def __init__(self, live: LiveServer, attributes: str = "") -> None:
        self.live = live
        self.attributes = attributes

    async def __aenter__(self) -> Self:
        async with httpx.AsyncClient() as client:
            self._worker = (await client.get(f"{self.live.url}/push-worker.js")).text
        app = web.Application()
        app.router.add_get("/article", self._page)
        app.router.add_get("/push-worker.js", self._ours)
        app.router.add_get("/earlier.js", self._earlier)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.page = f"{self.origin}/article"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _page(self, _: web.Request) -> web.Response:
        ours = self.live.url
        html = f"""<!doctype html><html lang="en"><title>Article</title>
            <script type="module" src="{ours}/embed.js"></script><h1>Article</h1>
            <article-alerts worker="/push-worker.js" visits="1" delay="0" {self.attributes}>
            </article-alerts></html>"""
        policy = (
            f"default-src 'none'; script-src {ours}; style-src {ours}; connect-src 'self' {ours};"
            " worker-src 'self'"
        )
        return web.Response(
            text=html, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    async def _ours(self, _: web.Request) -> web.Response:
        return web.Response(text=self._worker, content_type="text/javascript")

    async def _earlier(self, _: web.Request) -> web.Response:
        return web.Response(text=EARLIER, content_type="text/javascript")
