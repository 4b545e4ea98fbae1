"""A WebSub hub on this machine: it asks back, and signs what it tells."""

import hmac
from typing import Any
from urllib.parse import urlsplit

import httpx
from aiohttp import web
from local_site import LocalSite


class Hub(LocalSite):
    """`async with Hub(client) as hub`; `client` leads to the subscriber's callbacks."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.asked: list[dict[str, str]] = []
        self.status = 202
        self.lease = "864000"
        self.verifies = True
        self.answers: list[httpx.Response] = []

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/hub", self._ask)
        router.add_post("/moved", self._moved)

    @property
    def url(self) -> str:
        return f"{self.origin}/hub"

    @property
    def path(self) -> str:
        """The callback's path."""
        return urlsplit(self.asked[-1]["hub.callback"]).path

    async def _moved(self, _request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/hub"})

    async def _ask(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.verifies and self.status == 202:
            await self.verify()
        return web.Response(status=self.status)

    async def verify(self, **changes: str) -> httpx.Response:
        """Ask back, about what was asked last."""
        asked = self.asked[-1]
        query: dict[str, Any] = {
            "hub.mode": asked["hub.mode"],
            "hub.topic": asked["hub.topic"],
            "hub.challenge": "a <challenge>",
            "hub.lease_seconds": self.lease,
        }
        query |= {f"hub.{name}": value for name, value in changes.items()}
        self.answers.append(await self._client.get(self.path, params=query))
        return self.answers[-1]

    async def tell(
        self, body: bytes = b"<rss/>", method: str = "sha256", secret: str | None = None
    ) -> httpx.Response:
        """Tell of something new."""
        key = (secret or self.asked[-1]["hub.secret"]).encode()
        mac = hmac.new(key, body, method).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={mac}", "Content-Type": "application/rss+xml"}
        return await self._client.post(self.path, content=body, headers=headers)
