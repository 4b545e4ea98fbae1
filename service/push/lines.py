"""A connection to a push service that speaks HTTP/2: opened, read, written, given up."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import structlog
from aiohappyeyeballs import start_connection

from service.core.outbound import may_connect
from service.push.http2 import BrokenError, Exchange, Http2

log = structlog.get_logger("rejoinder.push")

CONNECT_SECONDS = 10
SECOND_TRY = 0.25  # seconds until a host's next address is tried, too (RFC 8305, section 5)
MOST_UNREAD = 16 << 20  # bytes that the other side may leave unread
PROTOCOLS = ["h2", "http/1.1"]  # RFC 7301

Ended = Callable[["Line"], None]


class OtherProtocolError(Exception):
    """The other side doesn't offer HTTP/2."""


class Line(asyncio.Protocol):
    """One connection; made by open_line."""

    def __init__(self, ended: Ended) -> None:
        """`ended` is called when exchanges on it have ended, or it has itself."""
        loop = asyncio.get_running_loop()
        self.known: asyncio.Future[None] = loop.create_future()  # what the other side takes is
        self.heard = loop.time()
        self.lost = False
        self.served = False  # whether anything was answered on it
        self._clock = loop.time
        self._ended = ended
        self._broken = False
        self._http2 = Http2()
        self._transport: asyncio.Transport | None = None

    @property
    def usable(self) -> bool:
        """Whether something may still be begun on it, if not now."""
        return not (self.lost or self._http2.closing)

    @property
    def took_some(self) -> bool:
        """Whether it was ended in order, after some of the messages on it."""
        return self._http2.last > 0

    @property
    def disliked(self) -> bool:
        """Whether we and the other side mean different things by HTTP/2."""
        return self._broken or self._http2.disliked

    @property
    def idle(self) -> bool:
        """Whether nothing is under way on it."""
        return self._http2.idle

    def begin(self, exchange: Exchange) -> bool:
        """Send a message with the next flush; False where there is no room for it now."""
        return self._http2.begin(exchange)

    def suits(self, exchange: Exchange) -> bool:
        """Whether there can ever be room for it."""
        return self._http2.suits(exchange)

    def cancel(self, exchange: Exchange) -> None:
        """Wait for it no longer."""
        self._http2.cancel(exchange)

    def take_ended(self) -> list[Exchange]:
        """What has ended since this was last asked."""
        ended, self._http2.ended = self._http2.ended, []
        return ended

    def flush(self) -> None:
        """Send what is to be sent."""
        out, transport = self._http2.out, self._transport
        if not out or transport is None or transport.is_closing():
            return
        transport.write(b"".join(out))
        out.clear()
        if transport.get_write_buffer_size() > MOST_UNREAD:
            log.warning("push service reads nothing")
            self.abort()

    def abort(self) -> None:
        """End it at once; what is under way ends with it."""
        if self._transport:
            self._transport.abort()
        self.connection_lost(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is over."""
        self._transport = cast("asyncio.Transport", transport)  # of uvloop or asyncio, with TLS
        tls = transport.get_extra_info("ssl_object")
        if tls.selected_alpn_protocol() == PROTOCOLS[0]:
            self.flush()
        else:
            self._end_wait(OtherProtocolError())
            self.abort()

    def data_received(self, data: bytes) -> None:
        """What ended has ended also where the other side breaks the rules after it."""
        if self.lost:
            return
        self.heard = self._clock()
        try:
            self._http2.receive(data)
        except BrokenError as error:
            log.warning("push service breaks HTTP/2", why=str(error))
            self._broken = True
            self._end_wait(error)
            self.abort()
            return
        if self._http2.known and not self.known.done():
            self.known.set_result(None)
        self._ended(self)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Also called by abort, and then a second time by the loop."""
        if self.lost:
            return
        self.lost = True
        self._end_wait(exc or ConnectionResetError())
        self._http2.lose()
        self._ended(self)

    def _end_wait(self, error: Exception) -> None:
        if not self.known.done():
            self.known.set_exception(error)
            self.known.exception()  # whether anybody still waits or not


async def open_line(
    host: str, port: int, trust: ssl.SSLContext, ended: Ended, *, allow_local: bool
) -> Line:
    """Connect, to a public address alone; what HTTP/2 asks for has been said when this returns.

    Raises OtherProtocolError, BrokenError where it is spoken wrongly, or OSError, TimeoutError or
    ValueError where there is no connection.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_SECONDS):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        public = [one for one in found if may_connect(str(one[4][0]), allow_local=allow_local)]
        if not public:
            raise PermissionError("not a public address")
        connection = await start_connection(public, happy_eyeballs_delay=SECOND_TRY, loop=loop)
        line = Line(ended)
        try:
            await loop.create_connection(
                lambda: line, sock=connection, ssl=trust, server_hostname=host
            )
            await line.known
        except BaseException:
            line.abort()
            with suppress(OSError):
                connection.close()
            raise
    return line


def make_trust() -> ssl.SSLContext:
    """The system's roots, and both versions of HTTP."""
    trust = ssl.create_default_context()
    trust.set_alpn_protocols(PROTOCOLS)
    return trust
