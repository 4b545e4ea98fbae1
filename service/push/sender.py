"""Messages to push services: the HTTP requests of RFC 8030, and what the answers mean.

Push services speak HTTP/2, where a connection carries many messages at once. To these the messages
of a window go straight, in one piece (http2.py); what is left, HTTP/1.1 above all, is libcurl's
(curl_sender.py).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache

import structlog

from service.push import rules
from service.push.curl_sender import CurlSender
from service.push.header_blocks import Field
from service.push.lines import make_trust
from service.push.message import Message, make_headers
from service.push.origin import Origin
from service.push.windows import Sending, Window

log = structlog.get_logger("rejoinder.push")

TOTAL_SECONDS = 20  # well below a lease: a window of messages must end before it
MOST_ORIGINS = 1000  # remembered
HTTPS = 443
AUTHORITY = re.compile(r"([a-z0-9.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
PATH = re.compile(r'[!"$-~]{0,4000}')  # no space, no other script, no fragment
LARGEST = 8192  # bytes of a message that is sent in one piece


class Sender:
    """Sends over connections that it keeps; made by open_sender, on the loop that runs then."""

    def __init__(self, *, allow_local: bool) -> None:
        """`allow_local`: this machine, too, and over plain http."""
        self._allow_local = allow_local
        self._loop = asyncio.get_running_loop()
        self._curl = CurlSender(allow_local=allow_local)
        self._trust = make_trust()
        self._origins: dict[str, Origin] = {}
        self._by_curl: dict[asyncio.Task[rules.Answer], Sending] = {}
        self._closed = False

    async def __call__(self, messages: Sequence[Message]) -> list[rules.Answer]:
        """POST these messages. A network failure is worth another try.

        A redirect is never followed: it would lead where nobody has checked.
        """
        window = Window(len(messages))
        if self._closed or not messages:
            return window.answers
        ways = [self._take(window, place, message) for place, message in enumerate(messages)]
        for origin in {origin for _, origin in ways if origin}:
            origin.pump()
        late = self._loop.call_later(TOTAL_SECONDS, self._give_up, ways)
        try:
            await window.ended
        finally:
            late.cancel()
            if window.ended.cancelled():
                self._give_up(ways)
                for task, sending in self._by_curl.items():
                    if sending.window is window:
                        task.cancel()
        return window.answers

    async def close(self) -> None:
        """End every connection; messages under way are worth another try."""
        self._closed = True
        opening = [task for origin in self._origins.values() if (task := origin.close())]
        self._curl.close()
        await asyncio.gather(*opening, *self._by_curl, return_exceptions=True)

    def _take(self, window: Window, place: int, message: Message) -> tuple[Sending, Origin | None]:
        scheme, _, rest = message.endpoint.partition("://")
        authority, slash, path = rest.partition("/")
        authority = authority.removesuffix(f":{HTTPS}")
        origin = self._origin(authority) if scheme == "https" and slash else None
        sending = Sending(window, place, message)
        if origin is None or not PATH.fullmatch(path) or len(message.body) > LARGEST:
            self._otherwise(sending)
            return sending, None
        try:
            sending.fields = make_fields(
                authority, message.authorization, message.ttl, message.urgency, message.topic
            )
        except ValueError:
            log.exception("message failed")
            sending.answer(rules.Answer("f"))
            return sending, None
        sending.path = b"/" + path.encode()
        origin.add(sending)
        return sending, origin

    def _origin(self, authority: str) -> Origin | None:
        """The push service of this name, None where that isn't one."""
        origin = self._origins.get(authority)
        found = None if origin else AUTHORITY.fullmatch(authority)
        if found:
            if len(self._origins) >= MOST_ORIGINS:
                self._origins = {n: one for n, one in self._origins.items() if not one.idle}
            origin = self._origins[authority] = Origin(
                (found[1], int(found[2] or HTTPS)),
                self._trust,
                self._otherwise,
                allow_local=self._allow_local,
            )
        return origin

    def _give_up(self, ways: Sequence[tuple[Sending, Origin | None]]) -> None:
        for origin in {origin for _, origin in ways if origin}:
            origin.give_up(
                sending
                for sending, way in ways
                if way is origin and not sending.done and not sending.elsewhere
            )

    def _otherwise(self, sending: Sending) -> None:
        """Send by libcurl, which has a limit of its own for how long that may take."""
        sending.elsewhere = True
        task = self._loop.create_task(self._curl(sending.message))
        self._by_curl[task] = sending
        task.add_done_callback(self._note)

    def _note(self, task: asyncio.Task[rules.Answer]) -> None:
        sending = self._by_curl.pop(task)
        if task.cancelled():
            sending.answer(rules.Answer("p"))
        elif error := task.exception():
            log.error("message failed", exc_info=error)
            sending.answer(rules.Answer("f"))
        else:
            sending.answer(task.result())


@lru_cache(maxsize=64)
def make_fields(
    authority: str, authorization: str, ttl: int, urgency: str, topic: str
) -> tuple[Field, ...]:
    """Every header but the path and the length; the same tuple again for an alert's next message.

    Raises ValueError as make_headers does.
    """
    headers = make_headers(authorization, ttl, urgency, topic)
    named = (":authority", authority), *headers
    return tuple((name.encode(), value.encode()) for name, value in named)


@asynccontextmanager
async def open_sender(*, allow_local: bool) -> AsyncIterator[Sender]:
    """A sender with connections of its own; closed on leaving."""
    sender = Sender(allow_local=allow_local)
    try:
        yield sender
    finally:
        await sender.close()
