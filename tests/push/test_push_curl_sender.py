"""libcurl's sender when things go wrong: bad answers, lost connections, a worker that stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pycurl
import pytest
import pytest_asyncio
from push.push_answers import answering, message, nothing, says

from service.push.curl_sender import CurlSender
from service.push.rules import Answer


@asynccontextmanager
async def open_curl_sender() -> AsyncIterator[CurlSender]:
    sender = CurlSender(allow_local=True)
    try:
        yield sender
    finally:
        sender.close()


@pytest_asyncio.fixture
async def sender() -> AsyncIterator[CurlSender]:
    async with open_curl_sender() as sender:
        yield sender


async def test_what_is_under_way_when_it_is_closed_is_worth_another_try() -> None:
    """Whatever else a task got in its place would count as the message's own failure."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    async with answering(nothing) as endpoint:
        async with open_curl_sender() as sender:
            sent = [asyncio.create_task(sender(message(endpoint))) for _ in range(3)]
            await asyncio.sleep(0.1)
            sent.append(asyncio.create_task(sender(message(endpoint))))
            await asyncio.sleep(0)  # the fourth has not been begun with: its callbacks are pending
        assert await asyncio.gather(*sent) == [Answer("p")] * 4
        assert await sender(message(endpoint)) == Answer("p")
        sender.close()
        await asyncio.sleep(0.05)
    assert faults == []


async def test_a_task_that_is_cancelled_just_before_it_is_closed_stays_cancelled() -> None:
    async with answering(nothing) as endpoint:
        async with open_curl_sender() as sender:
            sent = asyncio.create_task(sender(message(endpoint)))
            await asyncio.sleep(0.1)
            sent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sent
    assert sender._waiting == {}


async def test_a_handle_whose_task_was_cancelled_serves_the_next_message(
    sender: CurlSender,
) -> None:
    async with answering(nothing) as endpoint:
        for _ in range(3):
            sent = asyncio.create_task(sender(message(endpoint)))
            await asyncio.sleep(0.02)
            sent.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sent
    async with answering(says(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")) as endpoint:
        assert await sender(message(endpoint)) == Answer("a")
    assert len(sender._idle) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff\r\n\r\n",
        b"what is this?\r\n\r\n",
        b"HTTP/7.9 201 Created\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 99999 \xff\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_worth_another_try(sender: CurlSender, answer: bytes) -> None:
    """The first is here lest an earlier message's status be taken for this one's."""
    async with answering(says(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")) as endpoint:
        assert await sender(message(endpoint)) == Answer("a")
    async with answering(says(answer)) as endpoint:
        assert await sender(message(endpoint)) == Answer("p")
    assert await sender(message("http://127.0.0.1:1/")) == Answer("p")
    assert await sender(message("https://127.0.0.1:x/")) == Answer("f")


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 10\r\n\r\nabc",
        b"Content-Length: 100000\r\n\r\n",
        b"Content-Length: none\r\n\r\n",
        b"\r\n" + 100_000 * b"x",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"no colon\r\n\r\n",
        100 * (b"X: " + 9000 * b"x" + b"\r\n") + b"\r\n",
    ],
)
async def test_a_status_counts_whatever_becomes_of_the_rest(
    sender: CurlSender, rest: bytes
) -> None:
    """A message that was taken would be shown again for each further try."""
    for status, answer in (
        (b"103 Early Hints\r\n\r\nHTTP/1.1 201 Created", Answer("a")),
        (b"410 Gone", Answer("g")),
        (b"429 Wait\r\nRetry-After: 7", Answer("p", retry_after=7)),
    ):
        async with answering(says(b"HTTP/1.1 " + status + b"\r\n" + rest)) as endpoint:
            assert await sender(message(endpoint)) == answer


async def test_a_status_counts_though_the_rest_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 0.3)

    async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with answering(slowly) as endpoint, open_curl_sender() as sender:
        assert await sender(message(endpoint)) == Answer("a")


async def test_a_connection_that_answers_no_more_is_not_used_again(
    http2: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP/2: a message that is given up ends its stream, and would leave the connection."""
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 0.5)
    monkeypatch.setattr("service.push.curl_sender.SILENT_SECONDS", 0.4)
    async with open_curl_sender() as sender:
        assert await sender(message(f"{http2}/a")) == Answer("a")
        lost = await asyncio.gather(*(sender(message(f"{http2}/a")) for _ in range(3)))
        assert lost == [Answer("p")] * 3
        assert await sender(message(f"{http2}/a")) == Answer("a")


async def test_a_connection_that_answers_others_is_kept(
    http2: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 2)
    monkeypatch.setattr("service.push.curl_sender.SILENT_SECONDS", 1.8)
    async with open_curl_sender() as sender:
        assert await sender(message(f"{http2}/well")) == Answer("a")
        never = asyncio.create_task(sender(message(f"{http2}/never")))
        await asyncio.sleep(1)
        assert await sender(message(f"{http2}/well")) == Answer("a")
        await asyncio.sleep(0.7)
        slow = asyncio.create_task(sender(message(f"{http2}/slow")))
        assert await never == Answer("p")
        assert not slow.done()
        assert await slow == Answer("a")


async def test_a_connection_elsewhere_is_not_ended_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handle that waits for one service has been used for another, whose connection is good."""
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 0.3)
    monkeypatch.setattr("service.push.curl_sender.SILENT_SECONDS", 0)
    connections = 0

    async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            await reader.readuntil(b"\r\n\r\nbody")

    async with (
        answering(well) as good,
        answering(nothing) as silent,
        open_curl_sender() as sender,
    ):
        assert await sender(message(good)) == Answer("a")
        for _ in range(2):  # no TLS is spoken there, so that no message gets as far as being sent
            assert await sender(message(silent.replace("http:", "https:"))) == Answer("p")
        assert await sender(message(good)) == Answer("a")
        assert (connections, len(sender._idle)) == (1, 1)


class Faulty:
    """The library, but for one call that fails."""

    def __init__(self, multi: Any, call: str) -> None:
        self._multi = multi
        self._call = call
        self.failed = False

    def __getattr__(self, name: str) -> Any:
        if name == self._call and not self.failed:
            self.failed = True
            raise pycurl.error("out of memory")
        return getattr(self._multi, name)


@pytest.mark.parametrize("call", ["socket_action", "info_read"])
async def test_no_message_waits_for_ever_when_the_library_fails(
    sender: CurlSender, call: str
) -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    async with answering(says(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")) as endpoint:
        sender._multi = Faulty(sender._multi, call)
        async with asyncio.timeout(5):
            sent = await asyncio.gather(*(sender(message(endpoint)) for _ in range(3)))
            assert sent == [Answer("p")] * 3
            assert await sender(message(endpoint)) == Answer("a")
    assert [str(fault["exception"]) for fault in faults] == ["out of memory"]


@pytest.mark.parametrize("bad", ["a\r\nX: y", "a\ny", "a\ry", "a\x00"])
@pytest.mark.parametrize("field", ["authorization", "topic", "urgency", "ttl", "endpoint"])
async def test_no_field_becomes_a_header_of_its_own(
    sender: CurlSender, field: str, bad: str
) -> None:
    """None of them can hold such a thing as they are made; libcurl would send it as it is."""
    taken: list[bytes] = []

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(b"")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with answering(answer) as endpoint:
        good = message(endpoint)
        value = endpoint + bad if field == "endpoint" else bad
        with suppress(ValueError):
            assert await sender(msgspec.structs.replace(good, **{field: value})) == Answer("f")
        assert taken == []
        assert await sender(good) == Answer("a")
