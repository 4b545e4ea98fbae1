"""One document from an address that somebody else wrote.

Redirects are followed, unlike elsewhere: publishers move their feeds. Each hop is checked as the
first address is (core/outbound.py), here and again at its connection.
"""

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urljoin

import aiohttp
import msgspec
from yarl import URL

from service.core.outbound import refusal, why_failed

TOTAL_SECONDS, CONNECT_SECONDS = 30, 5
MOST_CONNECTIONS = 20
LARGEST = 5 * 1024 * 1024  # bytes, also when unpacked
MOST_HOPS = 5
CHUNK = 64 * 1024
GZIP = b"\x1f\x8b"
REDIRECTS = {301, 302, 303, 307, 308}
PERMANENT = {301, 308}
KEEPING = {307, 308}
ASKS_FOR_TIME = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?([0-9]{1,9})")
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "application/json;q=0.8, text/xml;q=0.8, */*;q=0.5"
)


class FetchError(Exception):
    """Nothing came; the message says why. `wait` in seconds, where it was asked for."""

    def __init__(self, why: str, status: int | None = None, *, wait: float | None = None) -> None:
        """`status` is HTTP's, where there is one."""
        super().__init__(why)
        self.status = status
        self.wait = wait

    @property
    def gone(self) -> bool:
        """Whether it is gone for good."""
        return self.status == HTTPStatus.GONE


class Fetched(msgspec.Struct, frozen=True):
    """What came. `body` None: nothing has changed (304).

    `url`: where it came from. `moved`: where it is to be asked for from now on. `hub` and `topic`
    as headers tell them (WebSub, section 4). `max_age` in seconds.
    """

    status: int
    url: str
    moved: str | None
    body: bytes | None
    charset: str | None = None
    etag: str | None = None
    modified: str | None = None
    max_age: float | None = None
    hub: str | None = None
    topic: str | None = None


class Fetch(Protocol):
    """Whatever reads one document."""

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """Read it; raises FetchError."""


class Fetcher:
    """Fetches over one shared session."""

    def __init__(self, session: aiohttp.ClientSession, *, allow_local: bool) -> None:
        """`session` as core.outbound.open_session makes it."""
        self._session = session
        self._allow_local = allow_local

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """GET a document; `headers` are conditions (RFC 9110, section 13). Raises FetchError."""
        moved: str | None = None
        lasting = True
        for hop in range(MOST_HOPS + 1):
            if why := refusal(url, allow_local=self._allow_local):
                raise FetchError(f"Leads to {url[:200]}: {why}" if hop else why)
            found, permanent = await self._hop(url, headers, moved)
            if isinstance(found, Fetched):
                return found
            url = found
            lasting = lasting and permanent
            moved = url if lasting else moved
        raise FetchError(f"More than {MOST_HOPS} redirects")

    async def post(self, url: str, form: Mapping[str, str]) -> int:
        """POST a form; the status. Raises FetchError.

        Of redirects those are followed that keep what is sent (RFC 9110, sections 15.4.8 and 9).
        """
        for _ in range(MOST_HOPS + 1):
            if why := refusal(url, allow_local=self._allow_local):
                raise FetchError(why)
            try:
                async with self._session.post(
                    URL(url, encoded=True), data=form, allow_redirects=False
                ) as response:
                    if response.status not in KEEPING:
                        return response.status
                    url = urljoin(url, response.headers.get("Location", ""))
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise _failure(error) from error
        raise FetchError(f"More than {MOST_HOPS} redirects")

    async def _hop(
        self, url: str, headers: Mapping[str, str], moved: str | None
    ) -> tuple[Fetched | str, bool]:
        """What came, or the address that it is at, and whether that holds for ever."""
        asked = {"Accept": ACCEPT, "Accept-Encoding": "gzip", **headers}
        try:
            async with self._session.get(
                URL(url, encoded=True), headers=asked, allow_redirects=False
            ) as response:
                if response.status in REDIRECTS:
                    target = urljoin(url, response.headers.get("Location", ""))
                    return target.partition("#")[0], response.status in PERMANENT
                return await _read(response, url, moved), False
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error) from error


def _failure(error: Exception) -> FetchError:
    if isinstance(error, TimeoutError):
        return FetchError(f"No answer within {TOTAL_SECONDS} seconds")
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError("The answer was cut off")
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return FetchError("Not an address")
    return FetchError(why_failed(error))


async def _read(response: aiohttp.ClientResponse, url: str, moved: str | None) -> Fetched:
    status, headers = response.status, response.headers
    if status not in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
        wait = _seconds(headers.get("Retry-After")) if status in ASKS_FOR_TIME else None
        raise FetchError(f"The server answered {status}", status, wait=wait)
    fresh = MAX_AGE.search(headers.get("Cache-Control", "").lower())
    links = _links(response)
    return Fetched(
        status=status,
        url=url,
        moved=moved,
        body=await _body(response) if status == HTTPStatus.OK else None,
        charset=response.charset,
        etag=_condition(headers.get("ETag")),
        modified=_condition(headers.get("Last-Modified")),
        max_age=float(fresh[1]) if fresh else None,
        hub=links.get("hub") or None,
        topic=links.get("self") or None,
    )


def _condition(value: str | None) -> str | None:
    """A validator that can be sent back as it is (RFC 9110, section 8.8)."""
    return value if value and value.isascii() and value.isprintable() else None


def _links(response: aiohttp.ClientResponse) -> dict[str, str]:
    """One link of each relation that headers tell, which is as many as count here."""
    try:
        return {rel: str(link.get("url", "")) for rel, link in response.links.items()}
    except ValueError:  # whatever else is wrong with a header is no reason to read no feed
        return {}


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The body, unpacked, of at most LARGEST bytes; raises FetchError."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchError(f"The answer is packed in a way that was not asked for ({coding[:20]})")
    packed = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        packed += chunk
        if len(packed) > LARGEST:
            raise _too_large()
    body = unpacked(bytes(packed)) if "gzip" in coding else bytes(packed)
    # A sitemap is often stored packed (sitemap.xml.gz), whatever its headers say.
    return unpacked(body) if body.startswith(GZIP) else body


def unpacked(packed: bytes) -> bytes:
    """What gzip has packed; raises FetchError before it has grown too large."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise FetchError("The answer is packed, and broken") from error
    if len(body) > LARGEST:
        raise _too_large()
    if not unpacker.eof:
        raise FetchError("The answer was cut off")
    return body


def _too_large() -> FetchError:
    return FetchError(f"The document has more than {LARGEST // 1024 // 1024} MiB")


def _seconds(value: str | None) -> float | None:
    """Retry-After (RFC 9110, section 10.2.3): seconds or a date."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
