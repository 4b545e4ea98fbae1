"""Messages that are handed in together, and what is said to each."""

import asyncio
from datetime import UTC, datetime
from functools import lru_cache

import structlog

from service.push import rules
from service.push.http2 import Exchange
from service.push.lines import Line
from service.push.message import Message

log = structlog.get_logger("rejoinder.push")


class Window:
    """Messages that are waited for together, and their answers."""

    def __init__(self, messages: int) -> None:
        """Until something is said to it, each is worth another try."""
        self.answers = [rules.Answer("p")] * messages
        self.ended = asyncio.get_running_loop().create_future()
        self._left = messages

    def answer(self, place: int, answer: rules.Answer) -> None:
        """One message has its answer, the only one."""
        self.answers[place] = answer
        self._left -= 1
        if not self._left and not self.ended.done():
            self.ended.set_result(None)


class Sending(Exchange):
    """A message of a window on its way; `place` says which of them it is."""

    __slots__ = ("done", "elsewhere", "line", "message", "place", "sent_at", "tries", "window")

    def __init__(self, window: Window, place: int, message: Message) -> None:
        """Path and fields are whose who sends it over HTTP/2."""
        super().__init__(message.body)
        self.window = window
        self.place = place
        self.message = message
        self.line: Line | None = None  # over which it is on its way
        self.sent_at = 0.0  # by the loop's clock
        self.tries = 0
        self.done = False
        self.elsewhere = False  # whether it is sent over something else

    def finish(self) -> None:
        """Answer with what was said, however the exchange has ended: a status counts.

        Whatever cannot be read is this message's failure: all others of its window wait for it.
        """
        try:
            answer = self._read()
        except Exception:
            log.exception("message failed")
            answer = rules.Answer("f")
        self.answer(answer)

    def answer(self, answer: rules.Answer) -> None:
        """Tell whoever waits, once."""
        if not self.done:
            self.done = True
            self.window.answer(self.place, answer)

    def _read(self) -> rules.Answer:
        if not self.status:
            return rules.Answer("p")
        if self.retry_after or self.said:
            return rules.read_answer(self.status, self.retry_after, datetime.now(UTC), self.said)
        return _plain(self.status)


@lru_cache(maxsize=1000)
def _plain(status: int) -> rules.Answer:
    """What a status says by itself, whenever it comes."""
    return rules.read_answer(status, None, datetime.now(UTC))
