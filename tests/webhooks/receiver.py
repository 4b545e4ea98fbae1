"""A receiver on this machine that believes nothing: the specification's library verifies."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from local_site import LocalSite
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Inbox:
    """One address, what it answers first (then 204), and what it has heard."""

    url: str
    secret: str = ""
    script: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    slow: float = 0
    under_way: int = 0
    most_under_way: int = 0

    def answers(self, *statuses: int, **headers: str) -> None:
        """What to answer to the next messages."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script += [(status, named) for status in statuses]

    def kinds(self) -> list[str]:
        return [message["type"] for message in self.heard]


class Receiver(LocalSite):
    """`async with Receiver() as receiver: inbox = receiver.inbox()`."""

    def __init__(self) -> None:
        self.inboxes: dict[str, Inbox] = {}
        self.faults: list[str] = []
        self.arrived: Callable[[], None] = lambda: None

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/in/{ident}", self._receive)
        router.add_route("*", "/inside", self._inside)

    def inbox(self) -> Inbox:
        ident = secrets.token_hex(8)
        self.inboxes[ident] = inbox = Inbox(f"{self.origin}/in/{ident}")
        return inbox

    async def _inside(self, _request: web.Request) -> web.Response:
        self.faults.append("somebody followed a redirect")
        return web.Response()

    async def _receive(self, request: web.Request) -> web.Response:
        inbox = self.inboxes[request.match_info["ident"]]
        body = await request.read()
        self.arrived()
        inbox.under_way += 1
        inbox.most_under_way = max(inbox.most_under_way, inbox.under_way)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(inbox.slow)
            message = Webhook(inbox.secret).verify(body, dict(request.headers))
            assert request.headers["content-type"] == "application/json"
        except (WebhookVerificationError, AssertionError) as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            return web.Response(status=400)
        finally:
            inbox.under_way -= 1
        status, headers = inbox.script.pop(0) if inbox.script else (204, {})
        inbox.headers.append({k.lower(): v for k, v in request.headers.items()})
        inbox.heard.append(message)
        return web.Response(status=status, headers=headers)
