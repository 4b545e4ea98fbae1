"""An HTTP server of a test's own: somebody else's service, as far as it matters here."""

from types import TracebackType
from typing import Self

from aiohttp import web


class LocalSite:
    """`async with` it; at `origin` it answers what `add_routes` has added."""

    origin = ""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Say what is answered where."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application()
        self.add_routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
