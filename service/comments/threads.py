"""Rendered threads: a page becomes bytes once a version and is answered from memory.

A rendering is kept only while no newer version of its thread is known: the version is read in
the rendering's own snapshot, notices carry the version that they announce, and a rendering
that raced with a write finds the newer number when it wants to be kept. While the process
can't be sure to hear notices, nothing is kept and nothing kept is used.
"""

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from uuid import UUID

import msgspec
from starlette.types import Receive, Scope, Send

from service.core.events import Events
from service.core.metrics import THREAD_CACHE, THREAD_CACHE_BYTES

MOST_BYTES = 64 * 1024 * 1024
OVERHEAD = 2048  # bytes that an entry costs beside its bodies
OLDEST = 600.0  # seconds: the ticket inside says when the thread was read
SMALLEST_TO_COMPRESS = 600

CACHE_CONTROL = b"public, max-age=0, s-maxage=5, stale-while-revalidate=30"

HITS = THREAD_CACHE.labels("hit")

# Whatever says which page it is; those of other formats have other lengths than these three.
Key = tuple[Hashable, ...]
Header = tuple[bytes, bytes]
Found = tuple[bytes, UUID | None, int]


class Rendering(msgspec.Struct):
    """One page of a thread, ready to send. `article_id` None: nobody knows the article yet."""

    article_id: UUID | None
    version: int
    etag: bytes
    plain: bytes
    packed: bytes
    plain_headers: list[Header]
    packed_headers: list[Header]
    unchanged_headers: list[Header]
    until: float

    @property
    def size(self) -> int:
        """Bytes that this takes."""
        return len(self.plain) + len(self.packed) + OVERHEAD


def rendering(
    body: bytes,
    article_id: UUID | None,
    version: int,
    etag: bytes,
    lasts: float = OLDEST,
    media_type: bytes = b"application/json",
    more: Sequence[Header] = (),
) -> Rendering:
    """Compress once and write the headers once. `lasts`: seconds for which it is true.

    `more` are further headers, of an answer without a body too.
    """
    small = len(body) < SMALLEST_TO_COMPRESS
    packed = b"" if small else gzip.compress(body, 6, mtime=0)
    common = [
        (b"etag", etag),
        (b"cache-control", CACHE_CONTROL),
        (b"vary", b"Accept-Encoding, Origin"),
        *more,
    ]
    typed = [*common, (b"content-type", media_type)]
    return Rendering(
        article_id=article_id,
        version=version,
        etag=etag,
        plain=body,
        packed=packed,
        plain_headers=[*typed, (b"content-length", str(len(body)).encode())],
        packed_headers=[
            *typed,
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(packed)).encode()),
        ],
        unchanged_headers=common,
        until=time.monotonic() + min(lasts, OLDEST),
    )


class Answer:
    """A rendering as the response to one request: whole, compressed, or 304."""

    def __init__(self, page: Rendering) -> None:
        """`page` is shared between requests and never changed."""
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send it (RFC 9110, sections 12.5.3 and 13.1.2)."""
        page = self.page
        known = accepted = b""
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                known = value
            elif name == b"accept-encoding":
                accepted = value
        if known and (page.etag in known or known.strip() == b"*"):
            status, headers, body = 304, page.unchanged_headers, b""
        elif page.packed and b"gzip" in accepted and b"gzip;q=0" not in accepted:
            status, headers, body = 200, page.packed_headers, page.packed
        else:
            status, headers, body = 200, page.plain_headers, page.plain
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({
            "type": "http.response.body",
            "body": b"" if scope["method"] == "HEAD" else body,
        })  # fmt: skip


class Threads:
    """This process's renderings, the least used forgotten first."""

    def __init__(self, events: Events) -> None:
        """Empty; listens for changed threads."""
        self._events = events
        self._pages: OrderedDict[Key, Rendering] = OrderedDict()
        self._keys: dict[UUID, set[Key]] = {}
        self._bytes = 0
        self._under_way: dict[Key, asyncio.Future[Rendering]] = {}
        # While renderings are under way: the newest version announced of any thread meanwhile.
        self._announced: dict[UUID, int] = {}
        self._rendering = 0
        self._gaps = 0
        events.on("thread", self._heard)
        # Whether a thread is open is the policy's word, too.
        events.on("policy", lambda _site: self.forget_all())
        # Whether one must have signed in to reply is the site's.
        events.on("site", lambda _slug: self.forget_all())
        events.on_lost(self.forget_all)

    def kept(self, key: Key) -> Rendering | None:
        """The page as it is kept, None where it must be rendered."""
        page = self._pages.get(key)
        if page is None or not self._events.alive:
            return None
        if page.until < time.monotonic():
            self._drop(key)
            return None
        self._pages.move_to_end(key)
        HITS.inc()
        return page

    async def get(self, key: Key, render: Callable[[], Awaitable[Rendering]]) -> Rendering:
        """The page, rendered once however many ask for it at the same time."""
        page = self.kept(key)
        if page is not None:
            return page
        if not self._events.alive:
            THREAD_CACHE.labels("bypass").inc()
            return await render()
        # Whoever waits counts too: the versions announced meanwhile must not be forgotten.
        self._rendering += 1
        try:
            waiting = self._under_way.get(key)
            if waiting is not None:
                page = await asyncio.shield(waiting)
                # It may have been read before this caller's own write: then read again.
                if self._current(page):
                    return page
            THREAD_CACHE.labels("miss").inc()
            return await self._render(key, render)
        finally:
            self._rendering -= 1
            if not self._rendering:
                self._announced.clear()

    async def _render(self, key: Key, render: Callable[[], Awaitable[Rendering]]) -> Rendering:
        future: asyncio.Future[Rendering] = asyncio.get_running_loop().create_future()
        mine = self._under_way.setdefault(key, future) is future
        gaps = self._gaps
        try:
            page = await render()
            if self._current(page) and self._events.alive and gaps == self._gaps:
                self._keep(key, page)
            if mine:
                future.set_result(page)
        except BaseException as error:
            if mine:
                future.set_exception(error)
                future.exception()  # taken: nobody may be waiting
            raise
        finally:
            if mine:
                del self._under_way[key]
        return page

    def changed(self, article_id: UUID, version: int) -> None:
        """A thread has this version now: forget older pages, and don't keep one under way."""
        if self._rendering:
            self._announced[article_id] = max(version, self._announced.get(article_id, 0))
        for key in list(self._keys.get(article_id, ())):
            if self._pages[key].version < version:
                self._drop(key)

    def forget_all(self) -> None:
        """Forget everything, and keep nothing that is under way: notices may have been missed."""
        self._gaps += 1
        self._pages.clear()
        self._keys.clear()
        self._bytes = 0
        THREAD_CACHE_BYTES.set(0)

    def _heard(self, payload: str) -> None:
        article_id, _, version = payload.partition(":")
        self.changed(UUID(article_id), int(version))

    def _current(self, page: Rendering) -> bool:
        return page.article_id is not None and page.version >= self._announced.get(
            page.article_id, 0
        )

    def _keep(self, key: Key, page: Rendering) -> None:
        if page.article_id is None:
            return
        self._drop(key)
        self._pages[key] = page
        self._keys.setdefault(page.article_id, set()).add(key)
        self._bytes += page.size
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._pages)))
        THREAD_CACHE_BYTES.set(self._bytes)

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is None or page.article_id is None:
            return
        self._bytes -= page.size
        keys = self._keys[page.article_id]
        keys.discard(key)
        if not keys:
            del self._keys[page.article_id]


def etag_of(article_id: UUID | None, version: int, *parts: str) -> bytes:
    """A weak tag: the same content, whichever way it is encoded (RFC 9110, section 8.8.1)."""
    text = "\x00".join([str(article_id), str(version), *parts])
    return b'W/"' + hashlib.blake2b(text.encode(), digest_size=9).hexdigest().encode() + b'"'
