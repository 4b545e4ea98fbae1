"""One message to one receiver."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
from yarl import URL

from service.core.outbound import refusal, why_failed
from service.webhooks import rules

TOTAL_SECONDS = 10  # well below a lease
CONNECT_SECONDS = 5
MOST_CONNECTIONS = 200  # more than all runs of a process have under way, or slow ones starve others
LONGEST_ANSWER = 4096


class Send(Protocol):
    """Whatever delivers one message; it raises nothing for the network's failures."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> rules.Answer:
        """Send and classify."""


class Sender:
    """Sends over one shared session."""

    def __init__(self, session: aiohttp.ClientSession, *, allow_local: bool) -> None:
        """`session` as core.outbound.open_session makes it."""
        self._session = session
        self._allow_local = allow_local

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> rules.Answer:
        """POST one message. What is answered beside the status is read, up to a limit, and lost."""
        # The rules may have changed since it was saved.
        if why := refusal(url, allow_local=self._allow_local):
            return rules.Answer(None, why)
        try:
            async with self._session.post(
                URL(url, encoded=True),
                data=body,
                headers={"Content-Type": "application/json", **headers},
                allow_redirects=False,
            ) as response:
                await response.content.read(LONGEST_ANSWER)
                after = response.headers.get("Retry-After")
                return rules.read_answer(response.status, after, datetime.now(UTC))
        except aiohttp.InvalidURL:
            return rules.Answer(None, "Not an address")
        except TimeoutError:
            return rules.Answer(None, f"No answer within {TOTAL_SECONDS} seconds")
        except (aiohttp.ClientError, OSError) as error:
            return rules.Answer(None, why_failed(error))
