"""One message to one browser: the HTTP request of RFC 8030, and what its answer means."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
import msgspec
from yarl import URL

from service.core.outbound import open_session
from service.push import rules
from service.push.types import Urgency

CONNECT_SECONDS = 10
TOTAL_SECONDS = 20  # well below a lease: a window of messages must end before it
MOST_CONNECTIONS = 400
LONGEST_ANSWER = 4096


class Message(msgspec.Struct, frozen=True):
    """One encrypted message and the headers that go with it."""

    endpoint: str
    authorization: str
    body: bytes
    ttl: int
    urgency: Urgency
    topic: str

    def headers(self) -> dict[str, str]:
        """Every header a push service wants (RFC 8030, section 5; RFC 8291, section 4).

        The content type is what keeps some services and test tools from guessing.
        """
        return {
            "Authorization": self.authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self.ttl),
            "Urgency": self.urgency,
            "Topic": self.topic,
        }


class Send(Protocol):
    """Whatever delivers one message; it raises nothing for the network's failures."""

    async def __call__(self, message: Message) -> rules.Answer:
        """Send and classify."""


class Sender:
    """Sends over one shared session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """`session` as open_sender makes it."""
        self._session = session

    async def __call__(self, message: Message) -> rules.Answer:
        """POST one message. A network failure is worth another try; an answer's body says nothing.

        A redirect is never followed: it would lead where nobody has checked.
        """
        try:
            # Encoded already: what was checked is what is asked for, to the letter.
            url = URL(message.endpoint, encoded=True)
            async with self._session.post(
                url, data=message.body, headers=message.headers(), allow_redirects=False
            ) as response:
                # What is left unread costs the connection; what is longer may cost it.
                await response.content.read(LONGEST_ANSWER)
                return rules.read_answer(
                    response.status, response.headers.get("Retry-After"), datetime.now(UTC)
                )
        except aiohttp.InvalidURL:
            return rules.Answer("f")
        except (aiohttp.ClientError, OSError, TimeoutError):
            return rules.Answer("p")


@asynccontextmanager
async def open_sender(*, allow_local: bool) -> AsyncIterator[Sender]:
    """A sender with a session of its own; closed on leaving."""
    async with open_session(
        allow_local=allow_local,
        limit=MOST_CONNECTIONS,
        total=TOTAL_SECONDS,
        connect=CONNECT_SECONDS,
    ) as session:
        yield Sender(session)
