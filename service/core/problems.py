"""Every failure a client can meet, as RFC 9457 problem+json. One class a failure."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


Code = Literal[
    "flooded",
    "banned", "banned_until", "characters", "closed", "closed_after", "closed_until", "gone",
    "name_taken", "not_editable", "parent_gone", "sign_in_expired", "sign_in_refused",
    "sign_in_required", "slow_mode", "too_late", "too_long", "too_often", "unknown_page",
]  # fmt: skip
Values = Mapping[str, str | int]


class Told(msgspec.Struct, frozen=True):
    """What a reader is told, for a page to say in its own language.

    `values` fill the blanks of the message: `n` a count, `until` a time (RFC 3339), `reason` text.
    """

    code: Code
    values: Values = {}


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with one field. `path` is a JSON path such as `$.email`."""

    path: str
    detail: str
    code: str = ""
    values: Values = {}


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error answer (RFC 9457, section 3).

    `detail` is English and for developers. Where a reader meets the problem, `code` and `values`
    say the same: a page's language is the page's, which neither this answer nor the browser knows.
    """

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] = []
    code: str = ""
    values: Values = {}
    challenge: dict[str, Any] | None = None


class Problem(Exception):  # noqa: N818 (a problem is what RFC 9457 calls it)
    """Something is wrong with the request."""

    status = 400
    headers: dict[str, str]
    challenge: dict[str, Any] | None = None

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
        told: Told | None = None,
    ) -> None:
        """`detail` tells this occurrence; without it the class's docstring stands."""
        super().__init__(detail)
        self.detail = detail or self.title()
        self.errors = errors or []
        self.headers = headers or {}
        self.told = told

    @classmethod
    def slug(cls) -> str:
        """The last part of the problem's type: the class's name in kebab case."""
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("-")

    @classmethod
    def title(cls) -> str:
        """The docstring's first line."""
        return (cls.__doc__ or "").partition("\n")[0].rstrip(".")

    def response(self, request_id: str) -> Response:
        """The answer to send."""
        return problem_response(
            ProblemDetails(
                type=f"/problems/{self.slug()}",
                title=self.title(),
                status=self.status,
                detail=self.detail,
                request_id=request_id,
                errors=self.errors,
                code=self.told.code if self.told else "",
                values=self.told.values if self.told else {},
                challenge=self.challenge,
            ),
            self.headers,
        )


def problem_response(details: ProblemDetails, headers: dict[str, str]) -> Response:
    """Encode one problem."""
    return Response(
        msgspec.json.encode(details),
        status_code=details.status,
        headers={"cache-control": "no-store", **headers},
        media_type=MEDIA_TYPE,
    )


class MalformedRequest(Problem):
    """The request can't be read."""


class Unauthenticated(Problem):
    """A valid token is needed."""

    status = 401

    def __init__(self, detail: str = "") -> None:
        """Tell the scheme too, as RFC 9110, section 15.5.2 asks."""
        super().__init__(detail, headers={"www-authenticate": "Bearer"})


class SignInRequired(Unauthenticated):
    """Only readers who have signed in may comment here."""

    def __init__(self, detail: str = "") -> None:
        """The same for everybody."""
        super().__init__(detail)
        self.told = Told("sign_in_required")


class SignInExpired(Unauthenticated):
    """This sign-in has expired; sign in again."""

    def __init__(self, detail: str = "") -> None:
        """As RFC 6750, section 3.1 has it."""
        super().__init__(detail)
        self.headers = {"www-authenticate": 'Bearer error="invalid_token"'}
        self.told = Told("sign_in_expired")


class SignInRefused(SignInExpired):
    """This sign-in is not valid."""

    def __init__(self, detail: str = "") -> None:
        """What is wrong with it is for editors and the log."""
        super().__init__(detail)
        self.told = Told("sign_in_refused")


class Forbidden(Problem):
    """This token doesn't allow that."""

    status = 403


class NotFound(Problem):
    """There is nothing here."""

    status = 404


class MethodNotAllowed(Problem):
    """This address doesn't answer that method."""

    status = 405


class RequestTimeout(Problem):
    """The request came too slowly."""

    status = 408

    def __init__(self, detail: str = "") -> None:
        """The rest of it is not waited for (RFC 9110, section 15.5.9)."""
        super().__init__(detail, headers={"connection": "close"})


class Conflict(Problem):
    """What is there doesn't allow that now."""

    status = 409


class BodyTooLarge(Problem):
    """The request body is too large."""

    status = 413


class Invalid(Problem):
    """A field is not what it must be."""

    status = 422

    @classmethod
    def field(cls, path: str, detail: str, told: Told | None = None) -> "Invalid":
        """One wrong field."""
        code, values = (told.code, told.values) if told else ("", {})
        return cls(f"{path}: {detail}", errors=[FieldError(path, detail, code, values)])


class PuzzleRequired(Problem):
    """A proof of work is needed, because this site is under attack."""

    status = 428

    def __init__(self, challenge: dict[str, Any], detail: str = "") -> None:
        """`challenge` as ALTCHA's clients take it (version 2)."""
        super().__init__(
            detail
            or "This site is under attack. Send the same request again, with the solution "
            "of the challenge as `proof`.",
            told=Told("flooded"),
        )
        self.challenge = challenge


class TooManyRequests(Problem):
    """Too many requests; try again later."""

    status = 429

    def __init__(self, retry_after: int, detail: str = "", told: Told | None = None) -> None:
        """`retry_after` in seconds, at least 1."""
        super().__init__(
            detail or f"Too many requests; try again in {retry_after} seconds.",
            headers={"retry-after": str(retry_after)},
            told=told or Told("too_often"),
        )


class Unavailable(Problem):
    """The service can't answer right now."""

    status = 503

    def __init__(self, detail: str = "") -> None:
        """Ask to come back soon."""
        super().__init__(detail, headers={"retry-after": "5"})


class InternalError(Problem):
    """Something went wrong on our side; it is logged under the request's id."""

    status = 500


def from_http_exception(error: HTTPException, path: str) -> Problem:
    """Starlette's own errors (no such path, wrong method) as problems."""
    if error.status_code == MethodNotAllowed.status:
        return MethodNotAllowed(headers=dict(error.headers or {}))
    if error.status_code == NotFound.status:
        if "/articles/" in path:
            return NotFound(
                "There is nothing here. An article's key can't contain a slash, plain or encoded."
            )
        return NotFound()
    return MalformedRequest(str(error.detail))
