"""The outermost ASGI layer: path prefix, request id, CORS, security headers, log line, metrics.

One class and one wrapped `send`, because thread reads pay for every layer.
"""

import functools
import time
from collections.abc import Awaitable, Callable

import structlog
import uuid_utils
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.db import AWAY
from service.core.log import write_request
from service.core.metrics import REQUEST_SECONDS, REQUESTS
from service.core.problems import InternalError

log = structlog.get_logger("rejoinder.http")

AllowsOrigin = Callable[[str, str], Awaitable[bool]]
Shortcut = Callable[[Scope], ASGIApp | None]

ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = (
    b"authorization, content-type, idempotency-key, if-none-match, x-goog-api-key, x-reader"
)
EXPOSED_HEADERS = b"etag, retry-after, x-request-id"
PREFLIGHT_SECONDS = b"7200"  # the longest that Chromium keeps


class Edge:
    """Wrap the application. `allows(path, origin)` says whether an origin may read a path."""

    def __init__(
        self, app: ASGIApp, *, prefix: str, allows: AllowsOrigin, shortcut: Shortcut
    ) -> None:
        """`prefix` as in Settings.prefix: stripped where a proxy has left it on.

        `shortcut` gives an answer that is ready for a request, which then passes no router.
        """
        self.app = app
        self.shortcut = shortcut
        self.prefix = prefix
        self.allows = allows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; lifespan goes straight through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        self._strip_prefix(scope)
        request_id = uuid_utils.uuid7().hex
        scope["request_id"] = request_id
        origin, preflight = _origin_of(scope)
        extra = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
        if origin is not None:
            extra += await self._cors(scope["path"], origin)
        if preflight and origin is not None:
            await _answer_preflight(send, extra)
            return
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
                _vary_by_origin(message)
            await send(message)

        try:
            app = self.shortcut(scope) or self.app
            await app(scope, receive, send_with_headers)
        except Exception as error:
            if isinstance(error, AWAY):
                # A thousand requests in a bad minute would each write the same frames.
                log.warning(
                    "database away", request_id=request_id, path=_route(scope),
                    error=type(error).__name__,
                )  # fmt: skip
            else:
                log.exception("request failed", request_id=request_id, path=_route(scope))
            if status == 0:
                status = InternalError.status
                answer = InternalError().response(request_id)
                await answer(scope, receive, send_with_headers)
        finally:
            _account(scope, status or 499, time.perf_counter() - started)

    async def _cors(self, path: str, origin: str) -> list[tuple[bytes, bytes]]:
        try:
            allowed = await self.allows(path, origin)
        except Exception:  # without the database nobody is known; the request itself will tell
            log.exception("origins not known")
            allowed = False
        if not allowed:
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", EXPOSED_HEADERS),
        ]

    def _strip_prefix(self, scope: Scope) -> None:
        path = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(self.prefix + "/")):
            scope["path"] = path[len(self.prefix) :] or "/"


def _origin_of(scope: Scope) -> tuple[str | None, bool]:
    origin = None
    asks = False
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value.decode("latin-1")
        elif name == b"access-control-request-method":
            asks = True
    return origin, asks and scope["method"] == "OPTIONS"


async def _answer_preflight(send: Send, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [
        *extra,
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
        (b"vary", b"Origin"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _vary_by_origin(message: Message) -> None:
    for name, value in message["headers"]:
        if name == b"vary":
            if b"Origin" in value:
                return
            MutableHeaders(raw=message["headers"]).add_vary_header("Origin")
            return
    message["headers"].append((b"vary", b"Origin"))


def _route(scope: Scope) -> str:
    """The route's pattern; never the path itself, which a caller chooses."""
    route = scope.get("route")
    return getattr(route, "path", "none")


@functools.lru_cache(maxsize=2000)
def _counters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    # Looked up once: prometheus_client's labels() costs more than counting.
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(route)


def _account(scope: Scope, status: int, seconds: float) -> None:
    method, route = scope["method"], _route(scope)
    requests, duration = _counters(method, route, status)
    requests.inc()
    duration.observe(seconds)
    write_request(scope["request_id"], method, route, status, seconds)
