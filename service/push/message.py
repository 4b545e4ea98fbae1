"""A message as it goes to a push service, and the contract of what sends it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import msgspec

from service.push.rules import Answer
from service.push.types import Urgency

VALUE = re.compile(r"[!-~][ -~]{0,4000}")  # what a header may say (RFC 9110, section 5.5)


class Message(msgspec.Struct, frozen=True):
    """One encrypted message and the headers that go with it."""

    endpoint: str
    authorization: str
    body: bytes
    ttl: int
    urgency: Urgency
    topic: str


class Send(Protocol):
    """Whatever delivers messages; it raises nothing for one of them or the network's failures."""

    async def __call__(self, messages: Sequence[Message]) -> list[Answer]:
        """Send all of them at once; an answer for each, in their order."""


@lru_cache(maxsize=64)
def make_headers(
    authorization: str, ttl: int, urgency: str, topic: str
) -> tuple[tuple[str, str], ...]:
    """RFC 8030, section 5; RFC 8291, section 4: equal for all messages of an alert to an origin.

    The content type is what keeps some services and test tools from guessing. Raises ValueError
    where a value would be more than one header, or none.
    """
    headers = {
        "authorization": authorization, "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream", "ttl": str(ttl), "urgency": urgency,
        "topic": topic, "user-agent": "Rejoinder",
    }  # fmt: skip
    for name, value in headers.items():
        if not VALUE.fullmatch(value):
            raise ValueError(f"No value for a header: {name}")
    return tuple(headers.items())
