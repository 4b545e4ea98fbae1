"""Connections over HTTP/2 that are lost, ended, idle or given up."""

import asyncio
import ssl
from typing import Any

import pytest
from h2.settings import SettingCodes
from push.push_answers import (
    ACCEPTED,
    LATER,
    answering,
    message,
    messages,
    nothing,
    until,
)
from push.push_h2 import Visit, h2_service, takes

from service.push import lines, origin
from service.push import sender as sending
from service.push.rules import Answer
from service.push.sender import Sender, open_sender


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
