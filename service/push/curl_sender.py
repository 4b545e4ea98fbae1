"""One message to one browser by libcurl: over HTTP/1.1, and what http2.py leaves alone.

libcurl's multi interface on the event loop (libcurl, "multi_socket"): a message costs a fraction of
what it costs in Python's own clients.
"""

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

import pycurl

from service.core.outbound import may_connect
from service.push import rules
from service.push.message import Message, make_headers

CONNECT_SECONDS = 10
TOTAL_SECONDS = 20  # well below a lease: a window of messages must end before it
SILENT_SECONDS = 18  # less than the above by more than the clocks here differ
MOST_CONNECTIONS = 400
MOST_CONNECTIONS_EACH = 200  # to one host that speaks HTTP/1.1
LONGEST_ANSWER = 4096
KEPT_OF_ANSWER = 1024  # enough to tell why a message was refused
# What no second try mends: such an address is of no push service. (Said of an answer that isn't
# HTTP, too, and a service that is out of order may well give one.)
HOPELESS = {pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL}
FINAL = 200  # the least status that isn't an interim one


class Target(Protocol):
    """Where a socket is to lead, as the library tells it."""

    family: int
    socktype: int
    protocol: int
    addr: tuple[str, int]


class CurlSender:
    """Sends over connections that it keeps; for the loop that runs when it is made."""

    def __init__(self, *, allow_local: bool) -> None:
        """`allow_local`: this machine, too, and over plain http."""
        self._allow_local = allow_local
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._timer: asyncio.Handle | None = None
        self._at_once = False  # whether it is due in this turn of the loop
        self._idle: list[pycurl.Curl] = []
        self._said: dict[pycurl.Curl, Said] = {}  # by every handle there is
        self._waiting: dict[pycurl.Curl, asyncio.Future[int]] = {}
        self._heard: dict[int, float] = {}  # when each connection last answered, by our own port
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, MOST_CONNECTIONS)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, MOST_CONNECTIONS_EACH)
        self._multi.setopt(pycurl.M_MAXCONNECTS, MOST_CONNECTIONS)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    async def __call__(self, message: Message) -> rules.Answer:
        """POST one message. A network failure is worth another try; of an answer little is read.

        A redirect is never followed: it would lead where nobody has checked.
        """
        if self._closed:
            return rules.Answer("p")
        headers = make_headers(message.authorization, message.ttl, message.urgency, message.topic)
        easy = self._idle.pop() if self._idle else self._new()
        easy.setopt(pycurl.URL, message.endpoint)
        easy.setopt(pycurl.POSTFIELDS, message.body)
        said = self._said[easy]
        if said.headers is not headers:
            easy.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers])
            said.headers = headers
        said.text = b""
        self._multi.add_handle(easy)
        self._waiting[easy] = ended = self._loop.create_future()
        try:
            error = await ended
            status: int = easy.getinfo(pycurl.RESPONSE_CODE)
            seconds: int = easy.getinfo(pycurl.RETRY_AFTER)
            asked = easy.getinfo(pycurl.REQUEST_SIZE) > 0
        finally:
            self._release(easy)
        if status < FINAL:
            return rules.Answer("f" if error in HOPELESS and not asked else "p")
        # However the transfer ended (too long, cut off, too slow): all that counts has come.
        asked_for = str(seconds) if seconds else None
        return rules.read_answer(status, asked_for, datetime.now(UTC), said.text)

    def close(self) -> None:
        """Close every connection; messages under way are worth another try."""
        if self._closed:
            return
        self._closed = True
        for easy in self._waiting:
            self._multi.remove_handle(easy)
            self._end(easy, pycurl.E_ABORTED_BY_CALLBACK)
        self._multi.close()
        for easy in self._idle:
            easy.close()
            del self._said[easy]
        self._idle.clear()
        if self._timer:  # only now: the library sets it once more for each handle that it loses
            self._timer.cancel()

    def _release(self, easy: pycurl.Curl) -> None:
        del self._waiting[easy]
        if self._closed:
            del self._said[easy]
            easy.close()
        else:
            self._multi.remove_handle(easy)
            self._idle.append(easy)

    def _new(self) -> pycurl.Curl:
        easy = pycurl.Curl()
        easy.setopt(pycurl.POST, 1)
        easy.setopt(pycurl.PROTOCOLS, self._protocols())
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.PROXY, "")  # not the environment's
        easy.setopt(pycurl.NOPROXY, "*")
        easy.setopt(pycurl.PATH_AS_IS, 1)  # what was checked is what is asked for, to the letter
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        easy.setopt(pycurl.PIPEWAIT, 1)  # on a connection that is being opened, where it is HTTP/2
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))
        easy.setopt(pycurl.TIMEOUT_MS, int(TOTAL_SECONDS * 1000))
        easy.setopt(pycurl.MAXFILESIZE, LONGEST_ANSWER)
        said = self._said[easy] = Said()
        easy.setopt(pycurl.WRITEFUNCTION, said.take)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        trusted = ssl.get_default_verify_paths()  # the system's, and not the wheel's builder's
        if trusted.cafile:
            easy.setopt(pycurl.CAINFO, trusted.cafile)
        if trusted.capath:
            easy.setopt(pycurl.CAPATH, trusted.capath)
        return easy

    def _protocols(self) -> int:
        local: int = pycurl.PROTO_HTTP if self._allow_local else 0
        https: int = pycurl.PROTO_HTTPS
        return https | local

    def _open(self, _purpose: int, target: Target) -> socket.socket | int:
        """A socket to an address that is public, at the connection itself."""
        if not may_connect(str(target.addr[0]), allow_local=self._allow_local):
            refused: int = pycurl.SOCKET_BAD
            return refused
        now = self._loop.time()
        self._heard = {p: at for p, at in self._heard.items() if now - at < SILENT_SECONDS}
        opened = socket.socket(target.family, target.socktype, target.protocol)
        self._loop.call_soon(opened.close)  # the library makes a copy of its own on return
        return opened

    def _watch(self, what: int, number: int, _multi: object, _data: object) -> None:
        """What libcurl wants to hear of a socket from now on."""
        with suppress(OSError, ValueError):
            self._loop.remove_reader(number)
            self._loop.remove_writer(number)
        if self._closed:
            return
        if what in {pycurl.POLL_IN, pycurl.POLL_INOUT}:
            self._loop.add_reader(number, self._act, number, pycurl.CSELECT_IN)
        if what in {pycurl.POLL_OUT, pycurl.POLL_INOUT}:
            self._loop.add_writer(number, self._act, number, pycurl.CSELECT_OUT)

    def _set_timer(self, milliseconds: int) -> None:
        if milliseconds == 0 and self._at_once:
            return  # as for each message of a window
        if self._timer:
            self._timer.cancel()
        self._timer = None
        self._at_once = milliseconds == 0
        if milliseconds >= 0:
            self._timer = self._loop.call_later(milliseconds / 1000, self._time_out)

    def _time_out(self) -> None:
        self._timer, self._at_once = None, False
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, number: int, events: int) -> None:
        """Let libcurl go on, and tell whoever waits for what has ended."""
        if self._closed:  # called for before it was
            return
        try:
            self._multi.socket_action(number, events)
            self._tell()
        except Exception:  # what has ended by now may not be told again: nobody must wait for it
            for easy in self._waiting:
                self._end(easy, pycurl.E_ABORTED_BY_CALLBACK)
            raise

    def _tell(self) -> None:
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for easy in done:
                self._heard[easy.getinfo(pycurl.LOCAL_PORT)] = self._loop.time()
                self._end(easy, pycurl.E_OK)
            for easy, error, _ in failed:
                if error == pycurl.E_OPERATION_TIMEDOUT:
                    self._cut(easy)
                self._end(easy, error)

    def _cut(self, easy: pycurl.Curl) -> None:
        """End the connection on which no answer has come to any message for as long as that.

        One that leads nowhere any longer (its host has gone, a router has forgotten it) would go
        on being used: over HTTP/2, libcurl ends the stream alone.
        """
        if not easy.getinfo(pycurl.REQUEST_SIZE):
            return  # not sent anywhere: what the library knows is of a message before
        number = easy.getinfo(pycurl.ACTIVESOCKET)
        heard = self._heard.get(easy.getinfo(pycurl.LOCAL_PORT), 0.0)
        if number >= 0 and self._loop.time() - heard > SILENT_SECONDS:
            with suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
                connection.shutdown(socket.SHUT_RDWR)

    def _end(self, easy: pycurl.Curl, error: int) -> None:
        ended = self._waiting.get(easy)
        if ended and not ended.done():
            ended.set_result(error)


class Said:
    """What a handle was last told to send, and the beginning of the answer's body."""

    headers: tuple[tuple[str, str], ...] = ()
    text = b""

    def take(self, chunk: bytes) -> None:
        """Keep what there is room for; None lets the transfer go on."""
        self.text += chunk[: KEPT_OF_ANSWER - len(self.text)]
