"""Perspective's protocol over HTTP: two methods and the document that describes them."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.types import ApiKey
from service.compat import perspective
from service.compat.callers import require_classify
from service.compat.discovery import description
from service.compat.google_errors import RequestError, bad_key
from service.compat.perspective_reading import decode
from service.compat.perspective_types import AnalyzeRequest, SuggestRequest
from service.core.http import Endpoint, read_bytes

# Twenty kilobytes of text grow sixfold where a client escapes all of it, and its context may have
# a megabyte; beyond the text's own limit the protocol has an error of its own.
LARGEST = 2 << 20
PREFIXES = ("/v1alpha1/", "/$discovery/")

Method = Callable[[Request[Any], ApiKey, bytes], Awaitable[msgspec.Struct]]


def is_perspective(path: str) -> bool:
    """Whether what this path answers, failures too, is in Google's shape."""
    return path.startswith(PREFIXES)


async def _answer(request: Request[Any], method: Method) -> Response:
    token = request.query_params.get("key") or request.headers.get("x-goog-api-key", "")
    if not token and "authorization" not in request.headers:
        return bad_key(
            "Method doesn't allow unregistered callers. Please use an API key.",
            "CREDENTIALS_MISSING", 403,
        )  # fmt: skip
    key = await require_classify(request, token)
    try:
        answer = await method(request, key, await read_bytes(request, LARGEST))
    except RequestError as error:
        return error.response()
    finally:
        request.state["usage"].count(key)
    return Response(
        msgspec.json.encode(answer),
        headers={"cache-control": "no-store"},
        media_type="application/json; charset=UTF-8",
    )


async def analyze(request: Request[Any]) -> Response:
    """Score a comment."""
    return await _answer(request, _analyze)


async def _analyze(request: Request[Any], key: ApiKey, body: bytes) -> msgspec.Struct:
    state = request.state
    asked = decode(body, AnalyzeRequest)
    return await perspective.analyze(state["assessor"], state["pool"], key, asked)


async def suggest(request: Request[Any]) -> Response:
    """Take a correction."""
    return await _answer(request, _suggest)


async def _suggest(request: Request[Any], key: ApiKey, body: bytes) -> msgspec.Struct:
    return await perspective.suggest(request.state["pool"], key, decode(body, SuggestRequest))


async def discovery(request: Request[Any]) -> Response:
    """What Google's client libraries build themselves from."""
    settings = request.state["settings"]
    root = settings.public_url or str(request.base_url).rstrip("/")
    return Response(
        msgspec.json.encode(description(root)), media_type="application/json; charset=UTF-8"
    )


ROUTES = [
    Endpoint("POST", "/v1alpha1/comments:analyze", analyze, "Score a comment", documented=False),
    Endpoint("POST", "/v1alpha1/comments:suggestscore", suggest, "Correct", documented=False),
    Endpoint("GET", "/$discovery/rest", discovery, "The protocol", documented=False),
]
