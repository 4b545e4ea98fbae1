"""From bytes to structs and back: endpoints, request bodies, JSON answers, cursors."""

import asyncio
import base64
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from service.core.problems import (
    BodyTooLarge,
    Invalid,
    MalformedRequest,
    NotFound,
    RequestTimeout,
    Told,
)

T = TypeVar("T")
Handler: TypeAlias = Callable[[Request[Any]], Awaitable[Response]]
Access: TypeAlias = Literal[
    "public",
    "author",
    "reader",
    "subscriber",
    "publisher",
    "classify",
    "moderator",
    "editor",
    "session",
]

LARGEST_BODY = 64 * 1024
SLOWEST = 30  # seconds in which a body must have come
LONGEST_LIST = 200
EARLIEST, LATEST = 1900, 2200  # years

# What may not stand in any text: NUL (PostgreSQL refuses it) and the other control
# characters that no one types on purpose; tab, line feed and carriage return may.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

LENGTH = re.compile(r"^Expected `str` of length <= (\d+)$")  # as msgspec says it


class Endpoint(msgspec.Struct, frozen=True):
    """One line of the route table: what answers, who may call, and what goes in and out.

    `body` and `answer` are the types of the JSON; `query` names the parameters that are read;
    `largest` is how many bytes the body may have; `tags` groups the documentation.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    access: Access = "public"
    body: Any = None
    answer: Any = None
    status: int = 200
    query: tuple[str, ...] = ()
    largest: int = LARGEST_BODY
    documented: bool = True


def routes_of(endpoints: Iterable[Endpoint]) -> list[Route]:
    """One Starlette route a path, so that a wrong method is told every right one."""
    methods: dict[str, dict[str, Handler]] = {}
    for endpoint in endpoints:
        methods.setdefault(endpoint.path, {})[endpoint.method] = endpoint.handler
    return [Route(path, _dispatch(by), methods=list(by)) for path, by in methods.items()]


def _dispatch(handlers: Mapping[str, Handler]) -> Handler:
    if len(handlers) == 1:
        return next(iter(handlers.values()))
    with contextlib.suppress(KeyError):
        handlers = {**handlers, "HEAD": handlers["GET"]}

    async def dispatch(request: Request[Any]) -> Response:
        return await handlers[request.method](request)

    return dispatch


async def read_bytes(request: Request[Any], largest: int = LARGEST_BODY) -> bytes:
    """The request's body; raises BodyTooLarge as soon as it is known to be, and RequestTimeout."""
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > largest:
        raise BodyTooLarge(f"The request body may have at most {largest} bytes.")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise BodyTooLarge(f"The request body may have at most {largest} bytes.")
                chunks.append(chunk)
    except ClientDisconnect as error:
        raise MalformedRequest("The request was cut off.") from error
    except TimeoutError as error:
        raise RequestTimeout(f"The request body took longer than {SLOWEST} seconds.") from error
    return b"".join(chunks)


async def read_json(request: Request[Any], kind: type[T], largest: int = LARGEST_BODY) -> T:
    """The body as a struct. 400 where it isn't JSON in UTF-8, 422 with the field's path else."""
    return decode_json(await read_bytes(request, largest), kind)


def decode_json(body: bytes, kind: type[T]) -> T:
    """Decode one body; see read_json."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # A wrong field may be met before the point where the JSON itself breaks off.
        _check_json(body)
        detail, _, path = str(error).partition(" - at `")
        raise Invalid.field(path.rstrip("`") or "$", detail, _told_of(detail)) from error
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise _malformed(error) from error


def _told_of(detail: str) -> Told | None:
    """What a reader is told of a field that a struct refused."""
    longest = LENGTH.search(detail)
    return Told("too_long", {"n": int(longest[1])}) if longest else None


def _check_json(body: bytes) -> None:
    try:
        msgspec.json.decode(body)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise _malformed(error) from error


def _malformed(error: Exception) -> MalformedRequest:
    if isinstance(error, UnicodeDecodeError):
        return MalformedRequest("The request body is not UTF-8.")
    return MalformedRequest(f"The request body is not JSON: {error}.")


def clean_text(path: str, text: str, *, multiline: bool = False) -> str:
    """Trim and check one text field; raises Invalid where it holds control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(text) or (not multiline and ("\n" in text or "\t" in text)):
        raise Invalid.field(path, "Contains control characters", Told("characters"))
    return text


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer JSON that nobody may keep."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def empty_response() -> Response:
    """Answer 204."""
    return Response(status_code=204)


def path_uuid(request: Request[Any], name: str, what: str) -> UUID:
    """An id from the path; what isn't one can't be there: NotFound."""
    try:
        return UUID(request.path_params[name])
    except ValueError as error:
        raise NotFound(f"There is no such {what}.") from error


def query_uuid(request: Request[Any], name: str) -> UUID | None:
    """A query parameter that is an id; raises Invalid."""
    value = request.query_params.get(name)
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise Invalid.field(name, "Expected an id") from error


def query_choice(request: Request[Any], name: str, choices: tuple[str, ...]) -> str:
    """A query parameter out of a few, the first one by default; raises Invalid."""
    value = request.query_params.get(name) or choices[0]
    if value not in choices:
        raise Invalid.field(name, f"Expected one of {', '.join(choices)}")
    return value


def query_limit(request: Request[Any], default: int) -> int:
    """The `limit` parameter, 1 to 200; raises Invalid."""
    value = request.query_params.get("limit")
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= LONGEST_LIST:
        raise Invalid.field("limit", f"Expected a number from 1 to {LONGEST_LIST}")
    return int(value)


def check_time(moment: datetime) -> None:
    """Raise ValueError for a time that PostgreSQL or another zone can't hold."""
    if moment.tzinfo is None or not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"Expected a time with its offset, of the years {EARLIEST} to {LATEST}")


def write_cursor(position: msgspec.Struct) -> str:
    """Where a list goes on, opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def read_cursor(request: Request[Any], kind: type[T], name: str = "cursor") -> T | None:
    """The `cursor` parameter, or one of its kind; raises Invalid where it isn't one of ours."""
    value = request.query_params.get(name)
    return decode_cursor(value, kind, name) if value else None


def decode_cursor(value: str, kind: type[T], name: str = "cursor") -> T:
    """Decode one cursor; see read_cursor."""
    try:
        packed = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise Invalid.field(name, "Not a cursor of this list") from error
