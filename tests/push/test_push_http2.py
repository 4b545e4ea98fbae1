"""HTTP/2 without a network: what goes out means what it should, and nothing that comes in hurts."""

from collections.abc import Iterator

import hpack
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hypothesis import given
from hypothesis import strategies as st
from steps import count_lines

from service.push.header_blocks import STATUSES, Field, Table, read_fields, read_status
from service.push.http2 import LARGEST, BrokenError, Exchange, Http2

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # that change nothing
AUTHORITY = ((b":authority", b"a"),)
NAMES = [b":authority", b"authorization", b"ttl", b"topic", b"user-agent", b"x-other"]
FIELDS = st.tuples(
    st.tuples(st.just(b":authority"), st.sampled_from([b"a.example", b"b.example:8443"])),
    st.tuples(st.just(b"authorization"), st.binary(max_size=2).map(lambda b: b.hex().encode())),
    st.tuples(st.sampled_from(NAMES[2:]), st.sampled_from([b"", b"1", b"x" * 200, b"y" * 5000])),
    st.tuples(st.sampled_from(NAMES[2:]), st.integers(0, 40).map(lambda n: b"z" * 37 * n)),
)


def decoded(decoder: hpack.Decoder, block: bytes) -> list[Field]:
    return [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]


@given(st.lists(st.one_of(FIELDS, st.sampled_from([0, 64, 700, 4096, 10_000])), max_size=30))
def test_blocks_mean_the_same_to_another_implementation(
    steps: list[tuple[Field, ...] | int],
) -> None:
    """Whatever room there is and becomes, and in whatever turn alerts come."""
    table, decoder = Table(), hpack.Decoder(max_header_list_size=1 << 20)
    for number, step in enumerate(steps):
        if isinstance(step, int):
            table.shrink(step)
            decoder.max_allowed_table_size = min(step, decoder.max_allowed_table_size)
            continue
        for path in (b"/" + b"p" * number * 9, b"/again"):
            block = table.block(step).around(path, number)
            authority, *others = step
            assert decoded(decoder, block) == [
                (b":method", b"POST"), (b":scheme", b"https"), authority, (b":path", path),
                *others, (b"content-length", str(number).encode()),
            ]  # fmt: skip


def test_what_the_other_side_knows_is_a_byte_each() -> None:
    fields = ((b":authority", b"push.example"), (b"authorization", b"x" * 400), (b"ttl", b"60"))
    table = Table()
    first, second = (len(table.block(fields).around(b"/", 1)) for _ in range(2))
    assert first > 400
    assert second == 2 + 1 + 3 + 2 + 4  # the two pseudo-headers, three fields, path and length
    assert table.block(fields) is table.block(fields)


def written(status: bytes) -> Iterator[bytes]:
    """As a few encoders write it."""
    for huffman in (False, True):
        for fields in ([(b":status", status)], [(b":status", status), (b"server", b"x" * 300)]):
            encoder = hpack.Encoder()
            encoder.header_table_size = 0
            yield encoder.encode(fields, huffman=huffman)
    yield b"\x08" + bytes((len(status),)) + status  # literals: kept by nobody, and by the table
    yield b"\x18" + bytes((len(status),)) + status
    yield b"\x4e" + bytes((len(status),)) + status
    yield b"\x00\x07:status" + bytes((len(status),)) + status
    yield b"\x20\x08" + bytes((len(status),)) + status
    yield b"\x20\x20\x08" + bytes((len(status),)) + status


@pytest.mark.parametrize("status", [100, 200, 201, 204, 304, 404, 410, 429, 500, 599, 999])
def test_a_status_is_read_however_it_is_written(status: int) -> None:
    for _ in range(2):  # once more from memory
        for block in written(str(status).encode()):
            assert read_status(block) == status


@pytest.mark.parametrize(
    "block",
    [
        b"", b"\x20", b"\x80", b"\x82", b"\xbe", b"\x00\x01a\x01b", b"\xff" * 7,
        b"\x3f\xe1\x1f\x88",
        b"\x08", b"\x08\x03", b"\x08\x0320", b"\x08\x83\xff\xff\xff", b"\x08\x04+201",
        b"\x08\x03 20", b"\x08\x02\xc2\xb2", b"\x08\x042010", b"\x08\x03abc",
        b"\x08\x7f\x80\x01" + b"2" * 255,
    ],
)  # fmt: skip
def test_what_is_no_status_is_said_not_to_be_one(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"status|header block"):
        read_status(block)


@pytest.mark.parametrize("kind", [b"\x08", b"\x09", b"\x1a", b"\x4b"])
def test_one_service_cannot_change_what_anothers_answers_mean(kind: bytes) -> None:
    """How a status is written is remembered for all of them, and "gone" removes subscribers."""
    taken, gone = kind + b"\x03201", kind + b"\x03410"
    STATUSES.pop(taken, None)
    assert read_status(taken + gone) == 201
    assert read_status(taken) == 201
    assert read_status(gone) == 410


def test_what_is_said_of_a_block_has_nothing_of_it() -> None:
    """It is logged: else a service could fill the log with what it likes."""
    with pytest.raises(ValueError, match="header block") as raised:
        read_fields(b"\x00\xff" + b"\x80" * 60_000 + b"\x01")
    assert len(str(raised.value)) < 100


def test_a_block_that_leans_on_a_table_is_none() -> None:
    """Our settings say that there is none."""
    encoder = hpack.Encoder()
    encoder.encode([(b"retry-after", b"7")])
    with pytest.raises(ValueError, match="header block"):
        read_fields(encoder.encode([(b"retry-after", b"7")]))


def started() -> tuple[Http2, list[Exchange]]:
    """A connection with four messages on it."""
    http2 = Http2()
    http2.receive(SETTINGS)
    exchanges = [Exchange(b"body", b"/%d" % n, AUTHORITY) for n in range(4)]
    assert all(map(http2.begin, exchanges))
    return http2, exchanges


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags))
    return head + stream.to_bytes(4, "big") + payload


FRAMES = st.one_of(
    st.binary(max_size=40),
    st.builds(
        frame,
        st.integers(0, 11),
        st.integers(0, 255),
        st.one_of(st.integers(0, 9), st.integers(0, (1 << 32) - 1)),
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([b"\x88", b"\x8c\x0f\x26\x017", b"\x00\x00\x00\x07", b"\x08\x0299"]),
        ),
    ),
)


@given(
    frames=st.lists(FRAMES, max_size=12),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    lost=st.booleans(),
)
def test_whatever_comes_each_message_ends_once(
    *, frames: list[bytes], cuts: list[int], lost: bool
) -> None:
    """In whatever pieces; the only complaint is that the rules are broken."""
    http2, exchanges = started()
    data, at = b"".join(frames), 0
    try:
        for cut in [*sorted(cuts), len(data)]:
            http2.receive(data[at : max(at, cut)])
            at = max(at, cut)
    except BrokenError:
        lost = True
    if lost:
        http2.lose()
        assert http2.idle
        assert len(http2.ended) == 4
    assert len(set(http2.ended)) == len(http2.ended)
    assert set(http2.ended) <= set(exchanges)
    assert sum(map(len, http2.out)) < 10_000


@given(st.integers(1, 30))
def test_answers_in_pieces_are_the_same_answers(size: int) -> None:
    http2, exchanges = started()
    said = b"".join(
        frame(1, 4, 2 * n + 1, b"\x8c") + frame(0, 9, 2 * n + 1, b"\x02why%d\x00\x00" % n)
        for n in range(4)
    )
    for start in range(0, len(said), size):
        http2.receive(said[start : start + size])
    assert http2.ended == exchanges
    assert [(one.status, one.said) for one in exchanges] == [
        (400, b"why%d" % number) for number in range(4)
    ]


def test_what_is_cancelled_may_still_be_answered() -> None:
    http2, exchanges = started()
    http2.cancel(exchanges[0])
    http2.cancel(exchanges[0])
    http2.receive(frame(1, 4, 1, b"\x88") + frame(0, 1, 1, b"x") + frame(3, 0, 1, b"\x00" * 4))
    http2.receive(frame(1, 5, 3, b"\x88"))
    assert http2.ended == [exchanges[1]]
    assert b"".join(http2.out).endswith(frame(3, 0, 1, b"\x00\x00\x00\x08"))


def test_headers_in_more_frames_are_one_block() -> None:
    http2, (first, *_) = started()
    http2.receive(frame(1, 1, 1, b"\x8c\x0f\x26") + frame(9, 0, 1, b"") + frame(9, 4, 1, b"\x017"))
    assert (http2.ended, first.status, first.retry_after) == ([first], 400, "7")
    with pytest.raises(BrokenError):
        http2.receive(frame(1, 1, 3, b"\x88") + 9 * frame(9, 0, 3, b"x" * 10_000))


def busy(messages: int) -> tuple[Http2, list[Exchange]]:
    http2 = Http2()
    http2.receive(SETTINGS)
    exchanges = [Exchange(b"", b"/", AUTHORITY) for _ in range(messages)]
    assert all(map(http2.begin, exchanges))
    return http2, exchanges


def test_the_end_is_said_as_often_as_one_likes() -> None:
    """What each frame costs is not a matter of how many messages are under way."""
    ends = (frame(7, 0, 0, (LARGEST - n).to_bytes(4, "big") + b"\x00" * 4) for n in range(100))
    data = b"".join(ends)
    few, _ = busy(10)
    http2, exchanges = busy(1000)
    assert count_lines(lambda: http2.receive(data)) == count_lines(lambda: few.receive(data))
    http2.receive(frame(7, 0, 0, (1995).to_bytes(4, "big") + b"\x00" * 4))
    assert http2.ended == exchanges[-2:]
    assert {one.unread for one in http2.ended} == {True}


def test_padding_and_priorities_are_taken_off() -> None:
    http2, (first, *_) = started()
    http2.receive(frame(1, 0x2D, 1, b"\x03" + b"\x00\x00\x00\x00\x10" + b"\x88" + b"\x00" * 3))
    assert (http2.ended, first.status) == ([first], 200)


def test_a_connection_whose_numbers_are_used_up_is_not_used_on() -> None:
    http2, _ = started()
    http2._next = LARGEST
    assert http2.begin(Exchange(b"", b"/", AUTHORITY))
    assert not http2.begin(Exchange(b"", b"/", AUTHORITY))
    assert http2.closing


def test_room_is_used_as_it_is_given() -> None:
    http2 = Http2()
    body = b"x" * 8000
    assert not http2.begin(Exchange(body, b"/", AUTHORITY))  # nothing is known of the other side
    http2.receive(SETTINGS)
    assert [http2.begin(Exchange(body, b"/", AUTHORITY)) for _ in range(9)] == [True] * 8 + [False]
    http2.receive(frame(8, 0, 1, b"\x00\x00\xff\xff"))  # of a stream
    assert not http2.begin(Exchange(body, b"/", AUTHORITY))
    http2.receive(frame(8, 0, 0, b"\x00\x00\x20\x00"))
    assert http2.begin(Exchange(body, b"/", AUTHORITY))
    assert not http2.begin(Exchange(body, b"/", AUTHORITY))


def test_a_strict_library_understands_it_all() -> None:
    http2 = Http2()
    other = H2Connection(H2Configuration(client_side=False))
    other.initiate_connection()
    http2.receive(other.data_to_send())
    for number in range(300):
        assert http2.begin(Exchange(b"x" * 20, b"/%d" % number, AUTHORITY))
        events = other.receive_data(b"".join(http2.out))
        http2.out.clear()
        (request,) = (event for event in events if isinstance(event, RequestReceived))
        assert (b":path", b"/%d" % number) in request.headers
        other.send_headers(request.stream_id, [(":status", "201")], end_stream=True)
        http2.receive(other.data_to_send())
    assert [one.status for one in http2.ended] == [201] * 300
