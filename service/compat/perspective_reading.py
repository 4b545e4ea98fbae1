"""A request of Perspective's protocol, from its bytes: read as Google's gateway reads JSON.

Protocol Buffers' JSON mapping also takes snake_case names, numbers as strings and null for what is
left out. Few clients send those, so they are looked for only where the plain reading fails.
"""

import re
from typing import Any, TypeVar

import msgspec

from service.compat.google_errors import PayloadError, RequestError
from service.compat.passages import Reading, html, plain
from service.compat.perspective_types import Context, TextEntry

T = TypeVar("T", bound=msgspec.Struct)

LONGEST = 20_480  # bytes of UTF-8
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
# Maps whose keys are attributes' names, not fields.
_NAMED = {"requestedAttributes", "attributeScores"}


def decode(body: bytes, kind: type[T]) -> T:
    """The request; raises PayloadError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        pass
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise PayloadError(_unreadable(error)) from error
    try:
        return msgspec.convert(_mapped(msgspec.json.decode(body)), kind, strict=False)
    except msgspec.ValidationError as error:
        raise PayloadError(_refused(error)) from error
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise PayloadError(_unreadable(error)) from error


def _unreadable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "The body is not UTF-8."
    return f"The body is not JSON: {error}."


def _refused(error: msgspec.ValidationError) -> str:
    detail, _, path = str(error).partition(" - at `")
    where = path.rstrip("`").removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.search(detail):
        return (
            f'Unknown name "{unknown[1]}"'
            + (f" at '{where}'" if where else "")
            + (": Cannot find field.")
        )
    return f"Invalid value at '{where or 'the body'}': {detail}."


def _mapped(value: Any, name: str = "") -> Any:  # noqa: ANN401 (any JSON)
    """Names in camelCase, and without what is null."""
    if isinstance(value, list):
        return [_mapped(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key if name in _NAMED else _camel(key): _mapped(one, _camel(key))
        for key, one in value.items()
        if one is not None or name in _NAMED
    }


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def read_comment(comment: TextEntry, context: Context | None) -> Reading:
    """What of a comment is read; raises RequestError where it is none."""
    if comment.type not in {"PLAIN_TEXT", "HTML", "TEXT_TYPE_UNSPECIFIED"}:
        raise RequestError("Unknown text type")
    if context is not None and context.entries and context.article_and_parent_comment:
        raise RequestError(
            "Context can have either entries or article_and_parent_comment, but both fields were "
            "populated."
        )
    if len(comment.text) > LONGEST or len(comment.text.encode()) > LONGEST:
        raise RequestError("Comment text too long.", "COMMENT_TOO_LONG")
    reading = html(comment.text) if comment.type == "HTML" else plain(comment.text)
    # NUL can't be stored, so a comment of nothing else is none.
    if not reading.text.replace("\x00", "").strip():
        raise RequestError("Comment must be non-empty.", "COMMENT_EMPTY")
    return reading
