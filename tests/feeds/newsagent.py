"""A publisher's site on this machine: pages that answer what a test says."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from local_site import LocalSite


@dataclass
class Page:
    """What one address answers, and what it was asked."""

    url: str
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0
    cut: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def says(self, text: str | bytes, kind: str = "application/xml", **headers: str) -> None:
        """Answer this from now on."""
        self.body = text.encode() if isinstance(text, str) else text
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.status, self.headers = 200, {"Content-Type": kind, **named}

    def answers(self, status: int, **headers: str) -> None:
        """Answer a status without a document."""
        self.body, self.status = b"", status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class Newsagent(LocalSite):
    """`async with Newsagent() as agent: page = agent.page("feed")`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.arrived: Callable[[], None] = lambda: None
        self.under_way = self.most_under_way = 0

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/{name:.*}", self._answer)

    def page(self, name: str = "feed") -> Page:
        self.pages[name] = Page(f"{self.origin}/{name}")
        return self.pages[name]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        page = self.pages.get(request.match_info["name"])
        if page is None:
            raise web.HTTPNotFound
        page.asked.append(dict(request.headers))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            self.arrived()
            await asyncio.sleep(page.slow)
            return await self._document(request, page)
        finally:
            self.under_way -= 1

    async def _document(self, request: web.Request, page: Page) -> web.StreamResponse:
        if page.status == 200:
            if request.headers.get("If-None-Match") == page.etag:
                return web.Response(status=304, headers={"ETag": page.etag})
            page.headers["ETag"] = page.etag
        if page.cut:
            response = web.StreamResponse(
                headers={**page.headers, "Content-Length": str(len(page.body) + 100)}
            )
            await response.prepare(request)
            await response.write(page.body)
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(status=page.status, body=page.body, headers=page.headers)
