"""The sender over HTTP/2: what push services do, and what none should."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop
from bench.push import certify
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from push.push_answers import answering, message, nothing, says
from push.push_h2 import Visit, h2_service, takes

from service.push import lines, origin, rules
from service.push import sender as sending
from service.push.message import Message
from service.push.rules import Answer
from service.push.sender import Sender, open_sender

TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
ACCEPTED, LATER = Answer("a"), Answer("p")


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """That of 127.0.0.1, which senders made from now on believe."""
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, "")  # restored in the end
    key, certificate = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
async def http2_sender(identity: ssl.SSLContext) -> Any:
    """A sender that believes it."""
    async with open_sender(allow_local=True) as sender:
        yield sender


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


async def test_a_window_arrives_whole_over_one_connection(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    async with h2_service(identity) as service:
        for topic in ("one", "two", "one"):
            window = messages(service.origin, 50, topic=topic, body=topic.encode() * 100)
            assert await http2_sender(window) == [ACCEPTED] * 50
        assert len(service.visits) == 1
    assert service.paths == [f"/send/{number}" for number in range(50)] * 3
    assert service.messages[50] == (
        {
            ":method": "POST", ":scheme": "https", ":path": "/send/0",
            ":authority": service.origin.removeprefix("https://"),
            "authorization": "vapid t=a,k=b", "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream", "ttl": "60", "urgency": "normal",
            "topic": "two", "user-agent": "Rejoinder", "content-length": "300",
        },
        b"two" * 100,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "said", "answer"),
    [
        (200, {}, b"", ACCEPTED),
        (201, {"location": "/m/1"}, b"x" * 3000, ACCEPTED),
        (202, {}, b"", ACCEPTED),
        (404, {}, b"", Answer("g")),
        (410, {}, b"gone", Answer("g")),
        (429, {"retry_after": "7"}, b"", Answer("p", retry_after=7)),
        (429, {"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, b"", Answer("p", retry_after=0)),
        (429, {"retry_after": "soon"}, b"", LATER),
        (429, {"retry_after": f"Thu, 01 Jan {'9' * 30} 00:00:00 GMT"}, b"", LATER),
        (503, {}, b"busy", LATER),
        (413, {}, b"", Answer("f", why="size")),
        (301, {"location": "https://127.0.0.1:1/inside"}, b"", Answer("f")),
        (400, {}, b'{"reason": "VapidPkHashMismatch"}' + b" " * 3000, Answer("f", why="key")),
        (403, {}, b'{"reason": "BadJwtToken"}', Answer("f", why="token")),
        (401, {"x_pad": "y" * 20_000}, b"", Answer("f", why="other")),  # more than one frame
        (999, {}, b"", LATER),
    ],
)
async def test_answers_are_read(
    identity: ssl.SSLContext,
    http2_sender: Sender,
    status: int,
    headers: dict[str, str],
    said: bytes,
    answer: Answer,
) -> None:
    def answers(visit: Visit, stream: int) -> None:
        visit.h2.send_headers(stream, [(":status", "103"), ("link", "</a>")])
        visit.say(stream, status, said, **headers)

    async with h2_service(identity, answers) as service:
        assert await http2_sender(messages(service.origin, 2)) == [answer] * 2
        assert len(service.visits) == 1


async def test_an_answer_that_cannot_be_read_is_that_messages_failure(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever that may be: nobody may wait for it, and nobody else's answer be lost."""
    read = rules.read_answer

    def failing(status: int, *more: Any) -> Answer:
        if status == 400:
            raise LookupError
        return read(status, *more)

    monkeypatch.setattr(rules, "read_answer", failing)
    statuses = {1: 400, 3: 201, 5: 410}
    async with h2_service(identity, lambda v, stream: v.say(stream, statuses[stream], b"why")) as s:
        async with asyncio.timeout(5):
            sent = await http2_sender(messages(s.origin, 3))
        assert sent == [Answer("f"), ACCEPTED, Answer("g")]


async def test_trailers_and_long_answers_are_no_harm(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    def answers(visit: Visit, stream: int) -> None:
        if stream % 4 == 1:
            visit.h2.send_headers(stream, [(":status", "201")])
            visit.h2.send_data(stream, b"x")
            visit.h2.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        else:  # never ended; what is sent to it then breaks no rule
            visit.h2.send_headers(stream, [(":status", "201")])
            visit.h2.send_data(stream, b"x" * 10_000, pad_length=200)

    async with h2_service(identity, answers) as service:
        for _ in range(6):  # more than there is room for on the connection at once
            assert await http2_sender(messages(service.origin, 4)) == [ACCEPTED] * 4
        await until(lambda: len(service.resets) == 12)
        assert len(service.visits) == 1


async def test_no_more_are_under_way_than_the_service_allows(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there is no room for goes over further connections, or waits."""
    monkeypatch.setattr(origin, "MOST_LINES", 3)
    held: list[tuple[Visit, int]] = []
    most = 0

    def answers(visit: Visit, stream: int) -> None:
        nonlocal most
        held.append((visit, stream))
        most = max(most, len(held))
        if len(held) == 15 or len(service.messages) > 60:
            for one in held:
                takes(*one)
            held.clear()

    limit = {SettingCodes.MAX_CONCURRENT_STREAMS: 5}
    async with h2_service(identity, answers, limit) as service:
        assert await http2_sender(messages(service.origin, 75)) == [ACCEPTED] * 75
        assert (len(service.visits), most) == (3, 15)
    assert sorted(service.paths) == sorted(f"/send/{number}" for number in range(75))


async def test_large_messages_wait_for_the_connections_room(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    async with h2_service(identity) as service:
        window = messages(service.origin, 50, body=b"x" * 4096)
        for _ in range(4):
            assert await http2_sender(window) == [ACCEPTED] * 50
    assert len(service.messages) == 200


@pytest.mark.parametrize("room", [0, 100, 4096])
async def test_a_small_table_is_kept_to(
    identity: ssl.SSLContext, http2_sender: Sender, room: int
) -> None:
    async with h2_service(identity, settings={SettingCodes.HEADER_TABLE_SIZE: room}) as service:
        for topic in ("one", "two", "two"):
            sent = await http2_sender(messages(service.origin, 20, topic=topic))
            assert sent == [ACCEPTED] * 20
    topics = [headers["topic"] for headers, _ in service.messages]
    assert topics == ["one"] * 20 + ["two"] * 40


@pytest.mark.parametrize("how", ["goaway", "refused", "both"])
async def test_what_was_not_looked_at_goes_out_once_more_by_itself(
    identity: ssl.SSLContext, http2_sender: Sender, how: str
) -> None:
    """As with each service that ends a connection after so many messages."""

    def answers(visit: Visit, stream: int) -> None:
        first = visit is service.visits[0]
        if first and stream > 10 and how != "goaway":
            visit.h2.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
        elif not first or stream <= 10:
            takes(visit, stream)
        if first and stream == 49 and how != "refused":
            visit.h2.close_connection(last_stream_id=10)
            visit.flush()

    async with h2_service(identity, answers) as service:
        if how == "refused":  # by a connection that goes on refusing
            sent = await http2_sender(messages(service.origin, 50))
            assert sent == [ACCEPTED] * 5 + [LATER] * 45
            assert len(service.messages) == 5 + 45 * (1 + origin.MOST_TRIES)
        else:
            assert await http2_sender(messages(service.origin, 50)) == [ACCEPTED] * 50
            assert len(service.visits) == 2


async def test_a_lost_connection_is_worth_another_try_but_where_a_status_came(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    def answers(visit: Visit, stream: int) -> None:
        if stream == 1:
            takes(visit, stream)
        elif stream == 3:
            visit.h2.send_headers(stream, [(":status", "410")])
        elif stream == 5:
            visit.flush()
            visit.transport.close()

    async with h2_service(identity, answers) as service:
        sent = await http2_sender(messages(service.origin, 4))
        assert sent == [ACCEPTED, Answer("g"), LATER, LATER]
        assert await http2_sender(messages(service.origin, 1)) == [ACCEPTED]
        assert len(service.visits) == 2


@pytest.mark.parametrize("first", ["ended by now", "ended by it"])
async def test_a_connection_that_was_just_being_ended_costs_no_message(
    identity: ssl.SSLContext, http2_sender: Sender, first: str
) -> None:
    """As a service ends one that was idle for long, just when there is something to say."""

    def answers(visit: Visit, stream: int) -> None:
        if stream == 1 or visit is not service.visits[0]:
            takes(visit, stream)
        elif stream == 3:
            visit.transport.abort()

    async with h2_service(identity, answers) as service:
        assert await http2_sender(messages(service.origin, 1)) == [ACCEPTED]
        if first == "ended by now":
            service.visits[0].transport.abort()
        assert await http2_sender(messages(service.origin, 5)) == [ACCEPTED] * 5
        assert len(service.visits) == 2


async def test_a_service_that_always_ends_connections_gets_each_message_twice_at_most(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    def answers(visit: Visit, stream: int) -> None:
        if stream == 1:
            takes(visit, stream)
        elif stream == 3:
            visit.transport.abort()

    async with h2_service(identity, answers) as service:
        assert await http2_sender(messages(service.origin, 1)) == [ACCEPTED]
        async with asyncio.timeout(5):
            sent = await http2_sender(messages(service.origin, 5))
        assert sent == [ACCEPTED] + [LATER] * 4
        assert len(service.messages) == 1 + 5 + 5


def test_the_workers_event_loop_does_the_same(identity: ssl.SSLContext) -> None:
    """Its TLS is another's than that of the tests' loop."""

    async def send() -> None:
        async with (
            h2_service(identity) as service,
            open_sender(allow_local=True) as sender,
        ):
            for _ in range(3):
                assert await sender(messages(service.origin, 50)) == [ACCEPTED] * 50
            service.visits[0].transport.abort()
            await asyncio.sleep(0.05)
            assert await sender(messages(service.origin, 50)) == [ACCEPTED] * 50
            assert len(service.visits) == 2

    uvloop.run(send())


async def test_silence_ends_a_connection_and_a_slow_stream_does_not(
    http2: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 1.0)
    monkeypatch.setattr(origin, "SILENT_SECONDS", 0.9)
    async with open_sender(allow_local=True) as sender:
        one = [message(f"{http2}/a")]
        assert await sender(one) == [ACCEPTED]
        assert await sender(one * 3) == [LATER] * 3
        assert await sender(one) == [ACCEPTED]  # on another connection
        both = [message(f"{http2}/well"), message(f"{http2}/never")]
        never = asyncio.create_task(sender(both))
        await asyncio.sleep(0.6)
        slow = asyncio.create_task(sender([message(f"{http2}/slow")]))
        assert await sender([message(f"{http2}/well")]) == [ACCEPTED]
        assert await never == [ACCEPTED, LATER]
        assert not slow.done()
        assert await slow == [ACCEPTED]


async def test_a_status_counts_though_the_rest_never_comes(
    identity: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.3)

    def answers(visit: Visit, stream: int) -> None:
        status = {1: "201", 3: "410", 5: "103"}[stream]
        visit.h2.send_headers(stream, [(":status", status)])

    async with (
        h2_service(identity, answers) as service,
        open_sender(allow_local=True) as sender,
    ):
        sent = await sender(messages(service.origin, 3))
        assert sent == [ACCEPTED, Answer("g"), LATER]
        await until(lambda: len(service.resets) == 3)


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
            visit.transport.close()

    async with h2_service(identity, answers) as service:
        for _ in range(3):
            answered = await http2_sender(messages(service.origin, 3))
        assert answered == [LATER if says == "calmer" else ACCEPTED] * 3
        ours = sum("accept" not in headers for headers, _ in service.messages)
        assert (ours > 3) is (says == "calmer")
        if says == "calmer":
            return
        monkeypatch.setattr(origin, "ELSEWHERE", -1.0)
        (address,) = http2_sender._origins.values()
        address._leave()
        assert address._left_until < asyncio.get_running_loop().time()


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


async def test_what_is_under_way_when_it_is_closed_is_worth_another_try(
    identity: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else a task got in its place would count as the message's own failure."""
    monkeypatch.setattr(origin, "MOST_LINES", 2)
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    async with (
        h2_service(identity, lambda *_: None, {SettingCodes.MAX_CONCURRENT_STREAMS: 2}) as service,
        answering(nothing) as plain,
    ):
        async with open_sender(allow_local=True) as sender:
            window = [*messages(service.origin, 5), message(plain)]
            sent = asyncio.create_task(sender(window))
            await until(lambda: len(service.messages) == 4)
            opening = asyncio.create_task(sender(messages("https://127.0.0.1:1", 2)))
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert await sent == [LATER] * 6
            assert await opening == [LATER] * 2
            assert await sender(window) == [LATER] * 6
        await sender.close()
    await asyncio.sleep(0.05)
    assert faults == []


async def test_a_window_that_is_cancelled_leaves_nothing_under_way(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = True

    def answers(visit: Visit, stream: int) -> None:
        if not silent:
            takes(visit, stream)

    monkeypatch.setattr(origin, "MOST_LINES", 1)
    limit = {SettingCodes.MAX_CONCURRENT_STREAMS: 3}
    async with h2_service(identity, answers, limit) as service, answering(nothing) as plain:
        window = [*messages(service.origin, 9), message(plain)]
        sent = asyncio.create_task(http2_sender(window))
        await until(lambda: len(service.messages) == 3)
        sent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sent
        silent = False
        assert await http2_sender(messages(service.origin, 3)) == [ACCEPTED] * 3
        assert (len(service.visits), len(service.resets)) == (1, 3)
        assert len(service.messages) == 6  # what waited for room was not sent later
        assert http2_sender._by_curl == {}


async def test_a_connection_that_was_idle_for_long_is_not_trusted(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with h2_service(identity) as service:
        assert await http2_sender(messages(service.origin, 3)) == [ACCEPTED] * 3
        monkeypatch.setattr(origin, "LONGEST_IDLE", 0.3)
        await asyncio.sleep(0.4)
        assert await http2_sender(messages(service.origin, 3)) == [ACCEPTED] * 3
        assert len(service.visits) == 2


async def test_a_connection_that_was_never_needed_says_nothing_of_the_next(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One opened for what then found room on another ends unused, and is none that failed."""
    held: list[int] = []

    def answers(visit: Visit, stream: int) -> None:
        if visit is service.visits[0]:
            held.append(stream)
        else:
            takes(visit, stream)

    limit = {SettingCodes.MAX_CONCURRENT_STREAMS: 3}
    async with h2_service(identity, answers, limit) as service:
        sent = asyncio.create_task(http2_sender(messages(service.origin, 3)))
        await until(lambda: len(held) == 3)
        more = asyncio.create_task(http2_sender(messages(service.origin, 1)))
        await asyncio.sleep(0)
        more.cancel()
        await until(lambda: len(service.visits) == 2)
        for stream in held:
            takes(service.visits[0], stream)
        assert await sent == [ACCEPTED] * 3
        monkeypatch.setattr(origin, "LONGEST_IDLE", 0.3)
        await asyncio.sleep(0.4)
        assert await http2_sender(messages(service.origin, 3)) == [ACCEPTED] * 3
        assert len(service.visits) == 3


async def test_a_connection_that_is_only_being_ended_keeps_none_from_being_opened(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even soon after one that failed: nothing would ever wake what waits."""
    monkeypatch.setattr(origin, "PAUSE", 60.0)
    going = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x00"

    def answers(visit: Visit, stream: int) -> None:
        if visit is service.visits[0]:
            visit.transport.write(going)
        else:
            takes(visit, stream)

    async with h2_service(identity, answers) as service:
        slow = asyncio.create_task(http2_sender(messages(service.origin, 1)))
        await until(lambda: len(service.messages) == 1)
        await asyncio.sleep(0.05)
        with monkeypatch.context() as patch:
            patch.setattr(lines, "may_connect", lambda *_, **__: False)
            assert await http2_sender(messages(service.origin, 1)) == [LATER]
        async with asyncio.timeout(5):
            assert await http2_sender(messages(service.origin, 1)) == [ACCEPTED]
        takes(service.visits[0], 1)
        assert await slow == [ACCEPTED]


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


async def test_what_is_given_up_is_not_sent_in_the_room_that_this_makes(
    identity: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a silent connection is ended on the same occasion."""
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 1.0)
    monkeypatch.setattr(origin, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(origin, "MOST_LINES", 2)
    loop = asyncio.get_running_loop()

    def lives(visit: Visit) -> None:
        if not visit.transport.is_closing():
            visit.h2.ping(b"still on")
            visit.flush()
            loop.call_later(0.1, lives, visit)

    def answers(visit: Visit, _stream: int) -> None:
        if visit is service.visits[0]:
            lives(visit)

    limit = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    async with (
        h2_service(identity, answers, limit) as service,
        open_sender(allow_local=True) as sender,
    ):
        assert await sender(messages(service.origin, 4)) == [LATER] * 4
        await until(lambda: bool(service.resets))
        await asyncio.sleep(0.05)
        assert service.paths == ["/send/0", "/send/1"]


async def test_closing_that_is_cancelled_has_ended_everything(
    identity: ssl.SSLContext, http2_sender: Sender
) -> None:
    async with h2_service(identity, lambda *_: None) as service, answering(nothing) as plain:
        silent = asyncio.create_task(
            http2_sender(messages(plain.replace("http:", "https:").removesuffix("/a"), 1))
        )
        sent = asyncio.create_task(http2_sender([*messages(service.origin, 1), message(plain)]))
        await until(lambda: len(service.messages) == 1)
        closing = asyncio.create_task(http2_sender.close())
        await asyncio.sleep(0)
        closing.cancel()
        async with asyncio.timeout(5):
            assert await sent == [LATER] * 2
            assert await silent == [LATER]


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


@pytest.mark.parametrize("bad", ["a\r\nX: y", "a\ny", "a\ry", "a\x00", "", " a", "\u00e4"])
@pytest.mark.parametrize("field", ["authorization", "topic", "urgency"])
async def test_no_field_becomes_a_header_of_its_own(
    identity: ssl.SSLContext, http2_sender: Sender, field: str, bad: str
) -> None:
    async with h2_service(identity) as service:
        good = message(f"{service.origin}/good")
        window = [msgspec.structs.replace(good, **{field: bad}), good]
        assert await http2_sender(window) == [Answer("f"), ACCEPTED]
    assert service.paths == ["/good"]


@pytest.mark.parametrize(
    "tail", ["/a b", "/a\r\nx", "/\u00e4", "/a#b", "?q", "/" + "a" * 5000, "\\@127.0.0.1/a", ""]
)
async def test_an_odd_address_is_never_sent_by_us(
    identity: ssl.SSLContext, http2_sender: Sender, tail: str
) -> None:
    """What the library makes of it is its own; nobody waits for ever."""
    async with h2_service(identity) as service:
        odd, good = message(service.origin + tail), message(f"{service.origin}/good?q=%20")
        async with asyncio.timeout(5):
            answers = await http2_sender([odd, good])
        assert answers[1] == ACCEPTED
        ours = [h for h, _ in service.messages if "accept" not in h]
        assert [headers[":path"] for headers in ours] == ["/good?q=%20"]


@pytest.mark.parametrize("allow_local", [False, True])
async def test_a_name_that_leads_inside_is_refused_at_the_connection(
    identity: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, *, allow_local: bool
) -> None:
    """However it was looked up before. Were it let in, its certificate would be refused then."""
    async with h2_service(identity) as service:
        port = int(service.origin.rpartition(":")[2])
        inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        loop = asyncio.get_running_loop()
        asked: list[str] = []

        async def look_up(host: str, *_: Any, **__: Any) -> Any:
            asked.append(host)
            return inside

        opened: list[Any] = []
        connect = lines.start_connection

        async def connecting(found: Any, **more: Any) -> Any:
            opened.append(found)
            return await connect(found, **more)

        monkeypatch.setattr(loop, "getaddrinfo", look_up)
        monkeypatch.setattr(lines, "start_connection", connecting)
        async with open_sender(allow_local=allow_local) as sender:
            assert await sender(messages(f"https://web.push.apple.com:{port}", 2)) == [LATER] * 2
        assert (asked, opened) == (["web.push.apple.com"], [inside] if allow_local else [])
        assert service.messages == []


async def test_origins_without_a_connection_are_forgotten(
    identity: ssl.SSLContext, http2_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_ORIGINS", 3)
    async with h2_service(identity) as service:
        for number in range(1, 9):
            window = [message(f"https://127.0.0.1:{number}/a"), *messages(service.origin, 1)]
            assert await http2_sender(window) == [LATER, ACCEPTED]
            assert len(http2_sender._origins) <= 3
        assert len(service.visits) == 1
