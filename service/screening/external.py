"""The check elsewhere: a newsroom's own service, asked about each text before it is judged.

It has half a second, and no connection to the database is held meanwhile. Whatever isn't an answer
in time is "unknown"; what that does to a comment is the policy's choice, and none fails for it.
"""

import asyncio
import hmac
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Meta
from yarl import URL

from service.core.http import CONTROL
from service.core.metrics import EXTERNAL_CHECKS
from service.core.outbound import open_session, refusal, why_failed
from service.core.signing import signed_headers
from service.core.tokens import Keyring
from service.screening.types import External, ExternalAnswer, Probability, Question

DEADLINE = 0.5  # seconds, from the look-up of the name to the last byte
BACKSTOP = 10.0
LARGEST = 64 * 1024
MOST_CONNECTIONS = 100
MOST_FAILURES = 5  # in a row
REST = 30.0  # seconds in which nobody is asked after that many


class Said(msgspec.Struct, frozen=True):
    """What a checker answers; other fields are left alone."""

    verdict: Literal["ok", "hold", "spam"]
    score: Probability | None = None
    reason: Annotated[str, Meta(max_length=200)] | None = None


class UnusableError(Exception):
    """No answer, or none of this form; the message says why."""


class Breaker:
    """Spares comments the wait for a checker that is down: after some failures it has a rest.

    Then one comment tries, and the others rest on until that one was answered.
    """

    def __init__(self) -> None:
        """Nothing has failed yet."""
        self._failures: dict[str, int] = {}
        self._rests: dict[str, float] = {}

    def may_ask(self, url: str, now: float) -> bool:
        """Whether it is worth asking; `now` in seconds of any clock."""
        until = self._rests.get(url)
        if until is None:
            return True
        if now < until:
            return False
        self._rests[url] = now + REST
        return True

    def note(self, url: str, now: float, *, answered: bool) -> None:
        """Remember how it went."""
        if answered:
            self._failures.pop(url, None)
            self._rests.pop(url, None)
            return
        self._failures[url] = self._failures.get(url, 0) + 1
        if self._failures[url] >= MOST_FAILURES:
            self._rests[url] = now + REST


class Elsewhere:
    """Asks checkers over one shared session."""

    def __init__(
        self, session: aiohttp.ClientSession, keyring: Keyring, *, allow_local: bool
    ) -> None:
        """`session` as core.outbound.open_session makes it."""
        self._session = session
        self._keyring = keyring
        self._allow_local = allow_local
        self._breaker = Breaker()

    async def ask(self, site_id: UUID, external: External, question: Question) -> ExternalAnswer:
        """What the checker says within DEADLINE; raises nothing for whatever it does."""
        if not self._breaker.may_ask(external.url, time.monotonic()):
            EXTERNAL_CHECKS.labels("skipped").inc()
            return ExternalAnswer(failure=f"It failed {MOST_FAILURES} times, and has a rest")
        answer = await self.try_once(site_id, external, question)
        answered = answer.verdict is not None
        self._breaker.note(external.url, time.monotonic(), answered=answered)
        EXTERNAL_CHECKS.labels(answer.verdict or "unknown").inc()
        return answer

    async def try_once(
        self, site_id: UUID, external: External, question: Question
    ) -> ExternalAnswer:
        """The same, whatever was before, and leaving no trace: for whoever sets it up."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(DEADLINE):
                said = await self._ask(site_id, external, question)
        except UnusableError as error:
            failure = str(error)
        except TimeoutError:
            failure = f"No answer within {DEADLINE:g} seconds"
        except aiohttp.InvalidURL:
            failure = "Not an address"
        except (aiohttp.ClientError, OSError) as error:
            failure = why_failed(error)
        else:
            return ExternalAnswer(said.verdict, said.score, said.reason, seconds=_since(began))
        return ExternalAnswer(failure=failure, seconds=_since(began))

    async def _ask(self, site_id: UUID, external: External, question: Question) -> Said:
        if why := refusal(external.url, allow_local=self._allow_local):
            raise UnusableError(why)
        body = msgspec.json.encode(question)
        secrets = secrets_of(self._keyring, site_id, external.key)
        headers = signed_headers(secrets, str(uuid.uuid4()), int(time.time()), body)
        async with self._session.post(
            URL(external.url, encoded=True),
            data=body,
            headers={"Content-Type": "application/json", **headers},
            allow_redirects=False,
        ) as response:
            if response.status != HTTPStatus.OK:
                raise UnusableError(f"It answered {response.status}")
            return _read(await _body(response.content))


@asynccontextmanager
async def open_elsewhere(keyring: Keyring, *, allow_local: bool) -> AsyncIterator[Elsewhere]:
    """One with a session of its own, whose limits are a backstop behind DEADLINE."""
    async with open_session(
        allow_local=allow_local, limit=MOST_CONNECTIONS, total=BACKSTOP, connect=BACKSTOP
    ) as session:
        yield Elsewhere(session, keyring, allow_local=allow_local)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


async def _body(content: aiohttp.StreamReader) -> bytes:
    body = b""
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise UnusableError(f"Its answer has more than {LARGEST} bytes")
    return body


def _read(body: bytes) -> Said:
    try:
        said = msgspec.json.decode(body, type=Said)
        text = (said.reason or "").encode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UnusableError(f"Its answer is not of the right form ({error})"[:200]) from error
    if CONTROL.search(text.decode()):
        raise UnusableError("Its reason contains control characters")
    return said


def secret_of(keyring: Keyring, site_id: UUID, key: int) -> bytes:
    """What signs a site's questions: derived, so that it is stored nowhere; each `key` has one."""
    bound = site_id.bytes + key.to_bytes(8, "big")
    return hmac.digest(keyring.key("external-check"), bound, "sha256")


def secrets_of(keyring: Keyring, site_id: UUID, key: int) -> Sequence[bytes]:
    """This key's secret and the one before it: a checker changes over in its own time."""
    return [secret_of(keyring, site_id, one) for one in range(key, max(key - 2, 0), -1)]
