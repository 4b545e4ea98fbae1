"""Akismet's answers: a word or a sentence in plain text, and headers that say more.

Its clients read the body before the status: what is neither `true` nor `false` keeps the comment
waiting, to be asked about again.
"""

import re
from collections.abc import Mapping

from starlette.responses import Response

from service.core.db import uuid7
from service.core.problems import Forbidden, Problem, Unauthenticated

VERSIONS = ("/1.1/", "/1.2/")
INVALID = "invalid"
THANKS = "Thanks for making the web a better place."
LONGEST_HELP = 300
UNSAFE = re.compile(r"[^ -~]+")


def is_akismet(path: str) -> bool:
    """Whether a path is one of this protocol's, whose failures are in plain text too."""
    return path.startswith(VERSIONS)


def say(
    body: str,
    status: int = 200,
    *,
    help_text: str = "",
    discard: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a word. `help_text` is for whoever writes the client."""
    extra = {"cache-control": "no-store", "x-akismet-guid": uuid7().hex, **(headers or {})}
    if help_text:
        extra["x-akismet-debug-help"] = UNSAFE.sub("?", help_text)[:LONGEST_HELP]
    if discard:
        extra["x-akismet-pro-tip"] = "discard"
    return Response(body, status, extra, media_type="text/plain")


def say_json(body: bytes, media_type: str = "application/json") -> Response:
    """Answer figures."""
    headers = {"cache-control": "no-store", "x-akismet-guid": uuid7().hex}
    return Response(body, headers=headers, media_type=media_type)


def missing(field: str, note: str) -> Response:
    """A required field is not there."""
    help_text = f'Empty "{field}" value. {note}'.strip()
    return say(f"Missing required field: {field}.", help_text=help_text)


def refusal(problem: Problem) -> Response:
    """A failure in this protocol's form. A key that opens nothing is `invalid`, with status 200."""
    headers = {name: value for name, value in problem.headers.items() if name != "www-authenticate"}
    if isinstance(problem, Unauthenticated | Forbidden):
        return say(INVALID, help_text=problem.detail)
    return say(problem.detail, problem.status, help_text=problem.detail, headers=headers)
