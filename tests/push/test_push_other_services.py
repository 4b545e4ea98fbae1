"""Services that speak no HTTP/2, another, or none that is worth the name."""

import asyncio
import ssl

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from push.push_answers import (
    ACCEPTED,
    LATER,
    TAKEN,
    answering,
    message,
    messages,
    says,
    until,
)
from push.push_h2 import Visit, h2_service, takes

from service.push import lines, origin
from service.push.sender import Sender


async def test_who_speaks_no_http2_is_sent_to_all_the_same(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    """With or without a word on what is spoken (ALPN)."""
    for offered in ([], ["http/1.1"]):
        if offered:
            identity.set_alpn_protocols(offered)
        async with answering(says(TAKEN), identity) as endpoint:
            for _ in range(2):
                window = [message(endpoint)] * 3
                assert await http2_sender(window) == [ACCEPTED] * 3


@pytest.mark.parametrize(
    "says", ["protocol error", "compression error", "other version", "nonsense", "calmer"]
)
async def test_who_cannot_do_with_our_http2_is_left_to_the_library(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    """For an hour; not for asking for patience, though, nor once it has served."""
    monkeypatch.setattr(origin, "PAUSE", 0.0)

    def answers(visit: Visit, stream: int) -> None:
        if "accept" in visit.headers[stream]:  # the library's
            takes(visit, stream)
        elif says == "nonsense":
            visit.transport.write(b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xbe")
        elif says == "other version":
            visit.h2.reset_stream(stream, ErrorCodes.HTTP_1_1_REQUIRED)
        else:
            codes = {
                "protocol error": ErrorCodes.PROTOCOL_ERROR,
                "compression error": ErrorCodes.COMPRESSION_ERROR,
                "calmer": ErrorCodes.ENHANCE_YOUR_CALM,
            }
            visit.h2.close_connection(error_code=codes[says], last_stream_id=0)
            visit.flush()

    async with h2_service(identity, answers) as service:
        for _ in range(3):
            answered = await http2_sender(messages(service.origin, 3))
        assert answered == [LATER if says == "calmer" else ACCEPTED] * 3
        ours = sum("accept" not in headers for headers, _ in service.messages)
        assert (ours > 3) is (says == "calmer")
        if says == "calmer":
            return
        (address,) = http2_sender._origins.values()
        address._left_until = 0.0  # the hour is over
        for _ in range(2):  # what is under way when it turns out is worth another try
            answered = await http2_sender(messages(service.origin, 3))
        assert answered == [ACCEPTED] * 3
        assert sum("accept" not in headers for headers, _ in service.messages) > ours


async def test_who_gives_streams_no_room_is_left_to_the_library(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    small = {SettingCodes.INITIAL_WINDOW_SIZE: 10}
    async with h2_service(identity, settings=small) as service:
        window = messages(service.origin, 3, body=b"x" * 100)
        assert await http2_sender([*window, message(f"{service.origin}/little")]) == [ACCEPTED] * 4
        assert len(service.visits) == 2
    assert {body for _, body in service.messages} == {b"x" * 100, b"body"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00\x00\x06\x00\x00\x00\x00\x00",
        b"\x00\x00\x05\x04\x00\x00\x00\x00\x00abcde",
        b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff",
        b"",
    ],
)
async def test_who_promises_http2_and_does_not_speak_it(
    identity: ssl.SSLContext, http2_sender: Sender, garbage: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the library can do more with it."""
    monkeypatch.setattr(lines, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 0.5)

    def answers(visit: Visit, stream: int) -> None:
        raise AssertionError("nothing may be sent before the settings are known")

    async with h2_service(identity, answers, greets=False) as service:
        sent = asyncio.create_task(http2_sender(messages(service.origin, 3)))
        await until(lambda: bool(service.visits))
        service.visits[0].transport.write(garbage)
        async with asyncio.timeout(5):
            assert await sent == [LATER] * 3


@pytest.mark.parametrize(
    "frame",
    [
        b"\x00\x40\x01\x01\x05\x00\x00\x00\x01",  # longer than we take
        b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xff",  # headers that aren't any
        b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\x82",  # without a status
        b"\x00\x00\x02\x00\x01\x00\x00\x00\x01hi",  # a body before the headers
        b"\x00\x00\x01\x01\x05\x00\x00\x00\x02\x88",  # of a stream that nobody has begun
        b"\x00\x00\x01\x01\x05\x00\x00\x00\x09\x88",
        b"\x00\x00\x01\x01\x05\x00\x00\x00\x00\x88",
        b"\x00\x00\x01\x01\x01\x00\x00\x00\x01\x88\x00\x00\x00\x06\x01\x00\x00\x00\x00",
        b"\x00\x00\x01\x09\x04\x00\x00\x00\x01\x88",  # going on with nothing
        b"\x00\x00\x05\x05\x04\x00\x00\x00\x01\x00\x00\x00\x02\x88",  # a push
        b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00",  # no more room at all
        b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff",  # and too much
        b"\x00\x00\x02\x01\x0d\x00\x00\x00\x01\x05\x88",  # more padding than frame
        b"\x00\x00\x00\x01\x0d\x00\x00\x00\x01",
        b"\x00\x00\x03\x03\x00\x00\x00\x00\x01\x00\x00\x07",
    ],
)
async def test_who_breaks_the_rules_is_left(
    identity: ssl.SSLContext, http2_sender: Sender, frame: bytes
) -> None:
    """What was said before counts, and the next window goes over another connection."""

    def answers(visit: Visit, stream: int) -> None:
        if visit is not service.visits[0]:
            takes(visit, stream)
        elif stream == 5:
            takes(visit, 3)
            visit.transport.write(frame)

    async with h2_service(identity, answers) as service:
        async with asyncio.timeout(5):
            sent = await http2_sender(messages(service.origin, 3))
            assert sent == [LATER, ACCEPTED, LATER]
            assert await http2_sender(messages(service.origin, 3)) == [ACCEPTED] * 3
        assert len(service.visits) == 2


@pytest.mark.parametrize("what", ["closes", "goes away"])
async def test_who_only_ever_ends_connections_is_not_asked_for_ever(
    identity: ssl.SSLContext, http2_sender: Sender, what: str
) -> None:
    def answers(visit: Visit, _stream: int) -> None:
        if what == "closes":
            visit.transport.close()
        else:
            visit.h2.close_connection(last_stream_id=0)
            visit.flush()

    async with h2_service(identity, answers) as service:
        async with asyncio.timeout(5):
            assert await http2_sender(messages(service.origin, 3)) == [LATER] * 3
        assert len(service.visits) <= 1 + origin.MOST_TRIES


async def test_who_takes_nothing_just_now_gets_no_further_connections(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    """It may be too busy for any (RFC 9113, section 5.1.2)."""
    none = {SettingCodes.MAX_CONCURRENT_STREAMS: 0}
    async with h2_service(identity, settings=none) as service:
        sent = asyncio.create_task(http2_sender(messages(service.origin, 5)))
        await until(lambda: bool(service.visits))
        await asyncio.sleep(0.2)
        assert (len(service.visits), service.messages) == (1, [])
        service.visits[0].h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 2})
        service.visits[0].flush()
        async with asyncio.timeout(5):
            assert await sent == [ACCEPTED] * 5


async def test_a_service_that_reads_nothing_is_left(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could ask for answers without end, and take none."""
    monkeypatch.setattr(lines, "MOST_UNREAD", 1 << 16)
    ping = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00pingpong"

    async def flood(visit: Visit) -> None:
        visit.transport.pause_reading()
        while not visit.transport.is_closing():
            visit.transport.write(ping * 1000)
            await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    async with h2_service(
        identity, lambda visit, _: tasks.append(asyncio.create_task(flood(visit)))
    ) as service:
        async with asyncio.timeout(20):
            assert await http2_sender(messages(service.origin, 1)) == [LATER]
        service.visits[0].transport.abort()
        await asyncio.gather(*tasks)
