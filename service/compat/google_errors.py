"""Errors as Google's APIs answer them (google.rpc.Status), and Perspective's own kinds."""

from typing import Any, Literal

import msgspec
from starlette.responses import Response

from service.compat.perspective_types import ErrorAnswer, ErrorBody
from service.core.problems import Problem

ErrorType = Literal[
    "COMMENT_TOO_LONG",
    "COMMENT_EMPTY",
    "NO_REQUESTED_ATTRIBUTES",
    "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    "LANGUAGE_DETECTION_FAILED",
    "INVALID_REQUEST",
]
OWN = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
INFO = "type.googleapis.com/google.rpc.ErrorInfo"
# google.rpc.Code by the HTTP status that stands for it.
STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class RequestError(Exception):
    """A request that Perspective refuses, always with 400."""

    def __init__(self, message: str, kind: ErrorType = "INVALID_REQUEST", **more: Any) -> None:  # noqa: ANN401 (the detail's own fields)
        """`more` are fields of the detail beside its type."""
        super().__init__(message)
        self.message = message
        self.details = [{"@type": OWN, "errorType": kind, **more}]

    def response(self) -> Response:
        """The answer to send."""
        return error_response(400, self.message, self.details)


class PayloadError(RequestError):
    """A body that isn't a request at all."""

    def __init__(self, message: str) -> None:
        """Google's gateway answers this, so without the service's own detail."""
        super().__init__(f"Invalid JSON payload received. {message}")
        self.details = []


def bad_key(message: str, reason: str, code: int) -> Response:
    """What is answered to a key that is missing or opens nothing."""
    details = [{"@type": INFO, "reason": reason, "domain": "googleapis.com"}]
    return error_response(code, message, details)


def problem_error(problem: Problem) -> Response:
    """Any failure of the service in Google's shape; a wrong or missing key as it is there."""
    if problem.status == 401:  # noqa: PLR2004 (the status of no or no valid key)
        return bad_key("API key not valid. Please pass a valid API key.", "API_KEY_INVALID", 400)
    status = 400 if problem.status == 422 else problem.status  # noqa: PLR2004 (unknown there)
    headers = {k: v for k, v in problem.headers.items() if k in {"retry-after", "allow"}}
    details: list[dict[str, Any]] = []
    if status == 429:  # noqa: PLR2004 (too many requests)
        details = [{"@type": INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}]
        wait = headers["retry-after"]
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait}s"}
        details.append(delay)
    return error_response(status, problem.detail, details, headers)


def error_response(
    code: int, message: str, details: list[dict[str, Any]], headers: dict[str, str] | None = None
) -> Response:
    """One error. Nobody may keep it."""
    body = ErrorAnswer(ErrorBody(code, message, STATUS.get(code, "UNKNOWN"), details))
    return Response(
        msgspec.json.encode(body),
        code,
        {"cache-control": "no-store", **(headers or {})},
        "application/json; charset=UTF-8",
    )
