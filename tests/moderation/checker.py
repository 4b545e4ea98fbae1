"""A newsroom's own check, on this machine: it verifies what it is asked, and answers as told."""

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


class Checker:
    """`async with Checker() as checker:`; `answer` is JSON, bytes or a response."""

    def __init__(self) -> None:
        self.answer: Any = {"verdict": "ok"}
        self.slow: float = 0
        self.asked: list[dict[str, Any]] = []
        self.secret = ""
        self.faults: list[str] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/check", self._check)
        app.router.add_route("*", "/inside", self._inside)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/check"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

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
        if isinstance(self.answer, web.Response):
            return self.answer
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer, content_type="application/json")
        return web.json_response(self.answer)
