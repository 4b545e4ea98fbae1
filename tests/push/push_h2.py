"""A push service over HTTP/2 that does what it is told; h2 is strict about the other side."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from h2.settings import Settings as H2Settings

Settings = dict[SettingCodes, int]


class Visit(asyncio.Protocol):
    """One connection. `answer` is called once a message has come in whole."""

    def __init__(self, service: "H2Service") -> None:
        self.service = service
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="ascii"))
        self.h2.local_settings = H2Settings(client=False, initial_values=service.settings)
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.service.visits.append(self)
        if self.service.greets:
            self.h2.initiate_connection()
            self.h2.update_settings(self.service.later)
            self.flush()

    def data_received(self, data: bytes) -> None:
        try:
            events = self.h2.receive_data(data)
        except ProtocolError as error:
            self.service.faults.append(f"{type(error).__name__}: {error}")
            self.transport.abort()
            return
        for event in events:
            self.take(event)
        self.flush()

    def take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self.headers[event.stream_id] = dict(event.headers)
            self.bodies[event.stream_id] = b""
        elif isinstance(event, DataReceived):
            self.bodies[event.stream_id] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamReset):
            self.service.resets.append(event.stream_id)
        elif isinstance(event, StreamEnded):
            headers, body = self.headers[event.stream_id], self.bodies[event.stream_id]
            self.service.messages.append((headers, body))
            self.service.answer(self, event.stream_id)

    def say(self, stream: int, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer a message."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.h2.send_headers(stream, [(":status", str(status)), *fields.items()], not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()

    def flush(self) -> None:
        self.transport.write(self.h2.data_to_send())


Answering = Callable[[Visit, int], Any]


def takes(visit: Visit, stream: int) -> None:
    """Accept."""
    visit.say(stream, 201, location="https://push.example/m/1")


class H2Service:
    """What came in, and what is wrong with it."""

    def __init__(self, answer: Answering, settings: Settings, *, greets: bool) -> None:
        self.answer = answer
        # Less room for a stream than usual holds once the other side has said that it knows.
        self.later = {k: v for k, v in settings.items() if k == SettingCodes.INITIAL_WINDOW_SIZE}
        self.settings = {k: v for k, v in settings.items() if k not in self.later}
        self.greets = greets
        self.visits: list[Visit] = []
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.resets: list[int] = []
        self.faults: list[str] = []
        self.origin = ""

    @property
    def paths(self) -> list[str]:
        return [headers[":path"] for headers, _ in self.messages]


@asynccontextmanager
async def h2_service(
    identity: ssl.SSLContext,
    answer: Answering = takes,
    settings: Settings | None = None,
    *,
    greets: bool = True,
) -> AsyncIterator[H2Service]:
    """`identity` is a server's context; it offers HTTP/2 alone."""
    identity.set_alpn_protocols(["h2"])
    service = H2Service(answer, settings or {}, greets=greets)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Visit(service), "127.0.0.1", 0, ssl=identity)
    async with server:
        service.origin = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield service
        for visit in service.visits:
            visit.transport.abort()
        await asyncio.sleep(0.01)  # the loop closes their sockets in its next turns
    assert service.faults == []
