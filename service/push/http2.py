"""HTTP/2 as a client that sends small messages needs it (RFC 9113); bytes in, bytes out.

A message goes out whole, as one frame of headers and one of body, once there is room for it. A
service that couldn't take it so (one whose streams have less room to begin with) is left to a
library that can wait for each stream's room.
"""

from itertools import takewhile
from struct import Struct

from service.push.header_blocks import LONGEST, Field, Table, read_fields, read_status

DATA, HEADERS, _, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)  # section 6
)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20
TABLE_SIZE, ENABLE_PUSH, MOST_STREAMS, INITIAL_WINDOW, LIST_SIZE = 1, 2, 3, 4, 6  # section 6.5.2
REFUSED_STREAM, CANCEL, CALMER, OLDER_HTTP = 7, 8, 11, 13  # section 7
HEAD = Struct(">BHBBL")  # section 4.1: a length of 24 bits, type, flags, stream
SETTING = Struct(">HL")
NUMBER = Struct(">L")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # section 3.4
LONGEST_FRAME = 16_384  # bytes of payload; what each side takes unless it says more
ROOM = 65_535  # bytes under way that each side takes unless it says otherwise
LARGEST = (1 << 31) - 1
MOST_AT_ONCE = 1_000  # where the other side sets no limit
LONGEST_ANSWER = 4_096
KEPT_OF_ANSWER = 1_024  # enough to tell why a message was refused
FINAL, REFUSED = 200, 400  # the least statuses that aren't interim, and that say no


class BrokenError(Exception):
    """The other side breaks HTTP/2's rules; the connection is of no more use."""


class Exchange:
    """One message, and what was said to it.

    `status` is 0 until there is one; `unread` if the other side has said that it did nothing with
    the message, so that it may be sent anew (section 8.7).
    """

    __slots__ = (
        "body",
        "fields",
        "length",
        "path",
        "retry_after",
        "said",
        "status",
        "stream",
        "unread",
    )

    def __init__(self, body: bytes, path: bytes = b"/", fields: tuple[Field, ...] = ()) -> None:
        """`fields` are the headers that other messages have, too: `:authority`, and then others."""
        self.body = body
        self.path = path
        self.fields = fields
        self.stream = 0
        self.status = 0
        self.retry_after: str | None = None
        self.said = b""  # the beginning of the answer's body
        self.length = 0  # of that body, as far as it has come
        self.unread = False


class Http2:
    """One connection from its beginning. What is to be sent by now is in `out`.

    Exchanges that have ended are in `ended`, until whoever has begun them takes them out.
    """

    def __init__(self) -> None:
        """No push, and answers that need no table to be understood (RFC 7541, section 4.2)."""
        wanted = ((TABLE_SIZE, 0), (ENABLE_PUSH, 0), (LIST_SIZE, LONGEST))
        self.out = [PREFACE, _frame(SETTINGS, 0, 0, b"".join(SETTING.pack(*one) for one in wanted))]
        self.ended: list[Exchange] = []
        self.known = False  # whether the other side has said what it takes
        self.closing = False  # whether nothing more may be begun
        self.disliked = False  # whether the other side can't do with how we speak
        self.last = 0  # the last message that is looked at where the other side ends the connection
        self._under_way: dict[int, Exchange] = {}
        self._next = 1
        self._table = Table()
        self._most = MOST_AT_ONCE
        self._stream_room = self._room = ROOM
        self._taken = 0  # bytes of bodies since the other side was last told
        self._rest = b""
        self._begun: tuple[int, int, bytes] | None = None  # headers that another frame goes on with
        self._takes = {
            DATA: self._take_data, HEADERS: self._take_headers, RST_STREAM: self._take_reset,
            SETTINGS: self._take_settings, PUSH_PROMISE: self._take_push, PING: self._take_ping,
            GOAWAY: self._take_goaway, WINDOW_UPDATE: self._take_room,
            CONTINUATION: self._take_continuation,
        }  # fmt: skip

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def suits(self, exchange: Exchange) -> bool:
        """Whether the other side takes a message of this size whole."""
        return len(exchange.body) <= min(self._stream_room, LONGEST_FRAME)

    def begin(self, exchange: Exchange) -> bool:
        """Send a message; False where there is no room for it now."""
        length, stream = len(exchange.body), self._next
        self.closing = self.closing or stream > LARGEST
        if (
            self.closing
            or not self.known
            or length > self._room
            or length > self._stream_room
            or len(self._under_way) >= self._most
        ):
            return False
        self._next += 2
        self._room -= length
        exchange.stream = stream
        self._under_way[stream] = exchange
        block = self._table.block(exchange.fields).around(exchange.path, length)
        self.out += (
            HEAD.pack(0, len(block), HEADERS, END_HEADERS, stream),
            block,
            HEAD.pack(0, length, DATA, END_STREAM, stream),
            exchange.body,
        )
        return True

    def cancel(self, exchange: Exchange) -> None:
        """Wait for it no longer (section 6.4); it isn't among those that have ended."""
        if self._under_way.pop(exchange.stream, None):
            self.out.append(_frame(RST_STREAM, 0, exchange.stream, NUMBER.pack(CANCEL)))

    def lose(self) -> None:
        """The connection has gone: all that is under way has ended."""
        self.closing = True
        self.ended += self._under_way.values()
        self._under_way.clear()

    def receive(self, data: bytes) -> None:
        """Take what has come in. Raises BrokenError; what has ended until then has ended."""
        data = self._rest + data if self._rest else data
        start, end = 0, len(data)
        try:
            while start + HEAD.size <= end:
                high, low, kind, flags, stream = HEAD.unpack_from(data, start)
                if high or low > LONGEST_FRAME:
                    raise BrokenError("A frame is too long")
                start += HEAD.size
                if start + low > end:
                    start -= HEAD.size
                    break
                self._take(kind, flags, stream & LARGEST, data[start : start + low])
                start += low
        except (ValueError, IndexError) as error:  # of what a frame holds
            raise BrokenError(str(error)) from error
        self._rest = data[start:]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if not self.known and kind != SETTINGS:
            raise BrokenError("The other side didn't begin with its settings")
        if (self._begun is not None) != (kind == CONTINUATION):
            raise BrokenError("Headers weren't gone on with")
        take = self._takes.get(kind)
        if take:  # what we know nothing of is left alone (section 5.5)
            take(flags, stream, payload)

    def _take_headers(self, flags: int, stream: int, payload: bytes) -> None:
        block = _unpadded(flags, payload)
        if flags & PRIORITY:
            block = block[5:]
        if not flags & END_HEADERS:
            self._begun = flags, stream, block
            return
        exchange = self._find(stream)
        if exchange is None:
            return
        if not exchange.status:  # else these are trailers
            status = read_status(block)
            if status >= FINAL:
                exchange.status = status
            if status >= REFUSED:
                exchange.retry_after = read_fields(block).get(b"retry-after", b"").decode("latin-1")
        if flags & END_STREAM:
            self._end(exchange)

    def _take_continuation(self, flags: int, stream: int, payload: bytes) -> None:
        assert self._begun is not None  # noqa: S101 (see _take)
        first, same, block = self._begun
        block += payload
        if stream != same or len(block) > LONGEST:
            raise BrokenError("Headers weren't gone on with")
        if flags & END_HEADERS:
            self._begun = None
            self._take_headers(first & END_STREAM | END_HEADERS, stream, block)
        else:
            self._begun = first, same, block

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken > ROOM // 2:
            self.out.append(_frame(WINDOW_UPDATE, 0, 0, NUMBER.pack(self._taken)))
            self._taken = 0
        exchange = self._find(stream)
        if exchange is None:
            return
        if not exchange.status:
            raise BrokenError("An answer has a body and no status")
        body = _unpadded(flags, payload)
        exchange.length += len(body)
        exchange.said += body[: KEPT_OF_ANSWER - len(exchange.said)]
        if flags & END_STREAM:
            self._end(exchange)
        elif exchange.length > LONGEST_ANSWER:
            self.cancel(exchange)
            self.ended.append(exchange)

    def _take_reset(self, _flags: int, stream: int, payload: bytes) -> None:
        exchange = self._find(stream)
        if exchange:
            code = _number(payload)
            exchange.unread = code in {REFUSED_STREAM, OLDER_HTTP}
            if code == OLDER_HTTP:
                self.disliked = self.closing = True
            self._end(exchange)

    def _take_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if stream or len(payload) % SETTING.size:
            raise BrokenError("Settings are cut off")
        if flags & ACK:
            return
        for name, value in SETTING.iter_unpack(payload):
            if name == TABLE_SIZE:
                self._table.shrink(value)
            elif name == MOST_STREAMS:
                self._most = min(value, MOST_AT_ONCE)
            elif name == INITIAL_WINDOW:
                if value > LARGEST:
                    raise BrokenError("More room than there can be")
                self._stream_room = value
        self.known = True
        self.out.append(_frame(SETTINGS, ACK, 0, b""))

    def _take_push(self, _flags: int, _stream: int, _payload: bytes) -> None:
        raise BrokenError("An answer that nobody has asked for")

    def _take_ping(self, flags: int, _stream: int, payload: bytes) -> None:
        if not flags & ACK:
            self.out.append(_frame(PING, ACK, 0, payload))

    def _take_goaway(self, _flags: int, _stream: int, payload: bytes) -> None:
        """What came later than the last that it names was not looked at (section 6.8)."""
        self.last = _number(payload[:4]) & LARGEST
        self.closing = True
        self.disliked = _number(payload[4:8]) not in {0, CALMER}
        # The latest first, and no others: it may be said once a frame to a thousand under way.
        late = list(takewhile(lambda stream: stream > self.last, reversed(self._under_way)))
        for stream in reversed(late):
            exchange = self._under_way[stream]
            exchange.unread = True
            self._end(exchange)

    def _take_room(self, _flags: int, stream: int, payload: bytes) -> None:
        more = _number(payload) & LARGEST
        if stream == 0:  # of each stream we use no more than it begins with
            self._room += more
            if not more or self._room > LARGEST:
                raise BrokenError("Room that can't be")

    def _find(self, stream: int) -> Exchange | None:
        """The exchange of a stream, None where it has been cancelled."""
        if stream % 2 == 0 or stream >= self._next:
            raise BrokenError("An answer that nobody has asked for")
        return self._under_way.get(stream)

    def _end(self, exchange: Exchange) -> None:
        del self._under_way[exchange.stream]
        self.ended.append(exchange)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return HEAD.pack(0, len(payload), kind, flags, stream) + payload


def _number(payload: bytes) -> int:
    if len(payload) != NUMBER.size:
        raise BrokenError("A frame is too short or too long")
    number: int = NUMBER.unpack(payload)[0]
    return number


def _unpadded(flags: int, payload: bytes) -> bytes:
    """Section 6.1."""
    if not flags & PADDED:
        return payload
    padding = payload[0]
    if padding >= len(payload):
        raise BrokenError("More padding than there is room for")
    return payload[1 : len(payload) - padding]
