"""One push service: connections to it, and the messages that wait for room on one of them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from service.push.http2 import BrokenError
from service.push.lines import Line, OtherProtocolError, open_line
from service.push.windows import Sending

log = structlog.get_logger("rejoinder.push")

SILENT_SECONDS = 18  # without a word though something is under way; below sender.TOTAL_SECONDS
LONGEST_IDLE = 100.0  # seconds after which a connection is trusted no longer
MOST_LINES = 50
PAUSE = 1.0  # seconds until a service that gave us no further connection is asked again
MOST_TRIES = 3
ELSEWHERE = 3600.0  # seconds for which a service that can't do with our HTTP/2 is left to others


class Origin:
    """Sends to one host and port: over HTTP/2, or else by whom it is told."""

    def __init__(
        self,
        address: tuple[str, int],
        trust: ssl.SSLContext,
        otherwise: Callable[[Sending], None],
        *,
        allow_local: bool,
    ) -> None:
        """`otherwise` takes what can't be sent over HTTP/2, or not by us."""
        self._address = address
        self._trust = trust
        self._otherwise = otherwise
        self._allow_local = allow_local
        self._clock = asyncio.get_running_loop().time
        self._waiting: deque[Sending] = deque()
        self._lines: list[Line] = []
        self._opening: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._closed = False
        self._left_until = 0.0  # to who sends otherwise

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting it."""
        return not (self._waiting or self._lines or self._opening)

    def add(self, sending: Sending) -> None:
        """Send it with the next pump."""
        if self._clock() >= self._left_until:
            self._waiting.append(sending)
        else:
            self._otherwise(sending)

    def pump(self) -> None:
        """Send what there is room for, and see to more room where there is none."""
        for line in tuple(self._lines):
            self._fill(line)
            line.flush()
        if self._waiting and not self._opening and self._may_open():
            self._opening = asyncio.create_task(self._open())

    def give_up(self, sendings: Iterable[Sending]) -> None:
        """Wait for these no longer, and let connections go that have been silent for long."""
        now = self._clock()
        silent = set[Line]()
        for sending in sendings:
            line, sending.line = sending.line, None
            if line:
                line.cancel(sending)
                if now - line.heard > SILENT_SECONDS:
                    silent.add(line)
            sending.finish()
        # Before anything else moves: none of these may be sent in the room that there is now.
        self._waiting = deque(sending for sending in self._waiting if not sending.done)
        for line in silent:
            line.abort()
        self.pump()

    def close(self) -> asyncio.Task[None] | None:
        """End all connections, and with them what is under way; what is still to be waited for."""
        self._closed = True
        for line in tuple(self._lines):
            line.abort()
        self._refuse()
        if self._opening:
            self._opening.cancel()
        return self._opening

    def _may_open(self) -> bool:
        """Also at once where there is no other: what is only being ended takes nothing more."""
        if self._closed or len(self._lines) >= MOST_LINES:
            return False
        if any(line.usable and line.idle and not line.served for line in self._lines):
            return False  # which takes nothing just now, and nor would another
        return self._clock() >= self._not_before or not any(line.usable for line in self._lines)

    def _fill(self, line: Line) -> None:
        now = self._clock()
        if line.idle and not line.lost and now - line.heard > LONGEST_IDLE:
            self._lines.remove(line)  # first: that it is of no use says nothing of the next one
            line.abort()
        waiting = self._waiting
        while waiting and line.usable:
            sending = waiting[0]
            if line.begin(sending):
                sending.line, sending.sent_at = line, now
            elif line.suits(sending):
                return
            else:
                self._otherwise(sending)
            waiting.popleft()

    async def _open(self) -> None:
        try:
            line = await open_line(
                *self._address, self._trust, self._note_ended, allow_local=self._allow_local
            )
        except (OtherProtocolError, BrokenError):
            self._leave()
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody may wait for it)
            log.warning(
                "no connection to push service", host=self._address[0], why=type(error).__name__
            )
            self._fail()
        else:
            self._lines.append(line)
            self._note_ended(line)  # it may have ended by now
        finally:
            self._opening = None
        self.pump()

    def _note_ended(self, line: Line) -> None:
        """Tell whoever waits, and use the room that there is now."""
        for ended in line.take_ended():
            assert isinstance(ended, Sending)  # noqa: S101 (nothing else is begun)
            ended.line = None
            if ended.status:
                line.served = True
            if not ended.status and self._is_worth_it(line, ended):
                # A connection that is ended after so many messages has done its part.
                ended.tries += not (ended.unread and line.took_some)
                ended.unread = False
                self._waiting.append(ended)
            else:
                ended.finish()
        if line in self._lines and not line.usable and (line.lost or line.idle):
            self._lines.remove(line)
            line.abort()
            if line.disliked and not line.served:
                self._leave()
            elif not line.served:
                self._fail()
        self.pump()

    def _is_worth_it(self, line: Line, ended: Sending) -> bool:
        """Whether to send it anew at once.

        The service has not looked at it; or it was sent just as a connection that had served was
        being ended, perhaps long ago and noticed only now. Sent later it would be no less a copy.
        """
        if self._closed:
            return False
        stale = line.lost and line.served and line.heard < ended.sent_at
        return ended.tries < MOST_TRIES if ended.unread else stale and not ended.tries

    def _leave(self) -> None:
        """Have it sent otherwise, for some time: what is new in HTTP/2 here may not suit all."""
        log.info("push service is left to libcurl", host=self._address[0], seconds=ELSEWHERE)
        self._left_until = self._clock() + ELSEWHERE
        while self._waiting:
            self._otherwise(self._waiting.popleft())

    def _fail(self) -> None:
        """A connection was of no use: what no other can take is worth another try later."""
        self._not_before = self._clock() + PAUSE
        if not any(line.usable for line in self._lines):
            self._refuse()

    def _refuse(self) -> None:
        while self._waiting:
            self._waiting.popleft().finish()
