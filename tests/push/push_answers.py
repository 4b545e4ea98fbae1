"""Push services that answer what no good one does, byte by byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

from service.push.message import Message
from service.push.rules import Answer

TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
ACCEPTED, LATER = Answer("a"), Answer("p")

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def message(endpoint: str) -> Message:
    return Message(endpoint, "vapid t=a,k=b", b"body", 60, "normal", "topic")


def messages(origin: str, count: int, **changes: Any) -> list[Message]:
    """To as many browsers."""
    return [
        msgspec.structs.replace(message(f"{origin}/send/{number}"), **changes)
        for number in range(count)
    ]


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 (the other side has nothing to tell it by)
            await asyncio.sleep(0.01)


def says(answer: bytes) -> Answering:
    """These bytes to each message, whereupon the connection is closed."""

    async def answering(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return answering


async def nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Until the other side is gone."""
    await reader.read()


@asynccontextmanager
async def answering(
    answer: Answering, identity: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """The endpoint of a push service that does this once a message has come in."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\nbody")
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=identity)
    async with server:
        scheme = "https" if identity else "http"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/a"
