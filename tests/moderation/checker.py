"""A newsroom's own check, on this machine: it verifies what it is asked, and answers as told."""

import asyncio
import contextlib
from typing import Any

from aiohttp import web
from local_site import LocalSite
from standardwebhooks import Webhook, WebhookVerificationError


class Checker(LocalSite):
    """`async with Checker() as checker:`; `answer` is JSON, bytes or a response."""

    def __init__(self) -> None:
        self.answer: Any = {"verdict": "ok"}
        self.slow: float = 0
        self.asked: list[dict[str, Any]] = []
        self.answered = 0
        self.secret = ""
        self.faults: list[str] = []

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/check", self._check)
        router.add_route("*", "/inside", self._inside)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"{self.origin}/check"

    async def _inside(self, _request: web.Request) -> web.Response:
        self.faults.append("somebody followed a redirect")
        return web.json_response({"verdict": "ok"})

    async def _check(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.secret:
            try:
                Webhook(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError as error:
                self.faults.append(str(error))
        self.asked.append(await request.json())
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(self.slow)
        self.answered += 1
        if isinstance(self.answer, web.Response):
            return self.answer
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer, content_type="application/json")
        return web.json_response(self.answer)
