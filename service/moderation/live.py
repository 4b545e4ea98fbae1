"""What open desks hear: notices of other processes, passed on as server-sent events.

Nothing is replayed. A desk that connects, or has fallen behind, is told so (`ready`, `missed`) and
reads again what it shows.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_moderator
from service.accounts.types import Moderator
from service.articles.sites import Sites
from service.core.events import DeskNotice, Events
from service.core.problems import Forbidden, Unauthenticated
from service.moderation.filters import site_of

BACKLOG = 500  # notices that a slow desk may be behind
RECHECK = 15.0  # seconds after which a session that has ended hears nothing more
MISSED = "missed"


class Live:
    """The desks that listen in this process."""

    def __init__(self, events: Events) -> None:
        """Nobody listens yet."""
        self._queues: set[asyncio.Queue[DeskNotice | None]] = set()
        events.on("desk", self._heard)
        events.on_lost(self._lost)

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Queue[DeskNotice | None]]:
        """A queue of notices, None where some were missed."""
        queue: asyncio.Queue[DeskNotice | None] = asyncio.Queue(BACKLOG)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def _heard(self, payload: str) -> None:
        notice = msgspec.json.decode(payload, type=DeskNotice)
        for queue in self._queues:
            _put(queue, notice)

    def _lost(self) -> None:
        for queue in self._queues:
            _put(queue, None)


def _put(queue: "asyncio.Queue[DeskNotice | None]", notice: DeskNotice | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        notice = None
    queue.put_nowait(notice)


async def get_events(request: Request[Any]) -> Response:
    """What happens on the moderator's sites, as server-sent events."""
    moderator = await require_moderator(request)
    await site_of(request, moderator, request.query_params.get("site"))
    return EventSourceResponse(_stream(request), ping=15, send_timeout=30)


async def _stream(request: Request[Any]) -> AsyncIterator[ServerSentEvent]:
    live: Live = request.state["live"]
    sites: Sites = request.state["sites"]
    wanted = request.query_params.get("site")
    clock = asyncio.get_running_loop()
    checked = 0.0
    moderator: Moderator | None = None
    with live.listening() as queue:
        yield ServerSentEvent("{}", event="ready", retry=2000)
        while True:
            if moderator is None or clock.time() - checked > RECHECK:
                try:
                    moderator = await require_moderator(request)
                except (Unauthenticated, Forbidden):
                    yield ServerSentEvent("{}", event="signed-out")
                    return
                checked = clock.time()
            try:
                notice = await asyncio.wait_for(queue.get(), RECHECK)
            except TimeoutError:
                continue
            if notice is None:
                yield ServerSentEvent("{}", event=MISSED)
            elif moderator.covers(notice.site):
                slug = await sites.slug_of(notice.site)
                if slug is not None and wanted in {None, "", slug}:
                    yield ServerSentEvent(_said(slug, notice), event="change")


def _said(slug: str, notice: DeskNotice) -> str:
    answer: dict[str, Any] = {
        "site": slug,
        "kind": notice.kind,
        "ids": notice.ids,
        "status": notice.status,
    }
    if notice.moderator is not None:
        answer["moderator"] = notice.moderator
    return msgspec.json.encode(answer).decode()
