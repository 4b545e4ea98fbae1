"""The sender over HTTP/2: windows of messages, and what services answer."""

import asyncio
import socket
import ssl
from typing import Any

import msgspec
import pytest
import uvloop
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from push.push_answers import (
    ACCEPTED,
    LATER,
    message,
    messages,
    until,
)
from push.push_h2 import Visit, h2_service, takes

from service.push import lines, origin, rules
from service.push import sender as sending
from service.push.rules import Answer
from service.push.sender import Sender, open_sender


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
