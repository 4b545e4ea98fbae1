"""Setting up the check elsewhere: its secret, and a try before the policy is put."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.comments.types import Body
from service.core.http import Endpoint, json_response, read_json
from service.core.outbound import check_target
from service.core.problems import Invalid
from service.core.signing import spell
from service.core.text import SURROGATE
from service.moderation.filters import one_site
from service.moderation.policy_routes import POLICY
from service.screening.external import Elsewhere, secret_of
from service.screening.types import (
    External,
    ExternalAnswer,
    Question,
    QuestionArticle,
    QuestionComment,
)

MOST_KEYS = 1_000_000
EXAMPLE = QuestionArticle("example", None, "An example")


class TryExternal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask a check elsewhere about a text."""

    external: External
    text: Body
    site: Annotated[str, Meta(max_length=63)] | None = None


class ExternalSecret(msgspec.Struct, frozen=True):
    """What signs the questions of a site under this key."""

    secret: str
    key: int


async def get_secret(request: Request[Any]) -> Response:
    """The secret of one of a site's keys."""
    editor = await require_editor(request)
    site = await one_site(request, editor, request.query_params.get("site"))
    value = request.query_params.get("key") or "1"
    if not re.fullmatch(r"[0-9]{1,7}", value) or not 1 <= int(value) <= MOST_KEYS:
        raise Invalid.field("key", f"Expected a number from 1 to {MOST_KEYS}")
    secret = secret_of(request.state["keyring"], site.id, int(value))
    return json_response(ExternalSecret(spell(secret), int(value)))


async def try_external(request: Request[Any]) -> Response:
    """Ask once, as a comment would."""
    editor = await require_editor(request)
    body = await read_json(request, TryExternal)
    site = await one_site(request, editor, body.site)
    if SURROGATE.search(body.text):
        raise Invalid.field("$.text", "Contains a lone surrogate")
    local = request.state["settings"].webhook_allow_local
    await check_target("$.external.url", body.external.url, allow_local=local)
    elsewhere: Elsewhere = request.state["elsewhere"]
    question = Question(site.slug, EXAMPLE, QuestionComment("Ana", body.text, None))
    return json_response(await elsewhere.try_once(site.id, body.external, question))


ENDPOINTS = [
    Endpoint(
        "GET", POLICY + "/external/secret", get_secret, "The secret of a check elsewhere",
        access="editor", answer=ExternalSecret, query=("site", "key"),
    ),
    Endpoint(
        "POST", POLICY + "/external/try", try_external, "Ask a check elsewhere about a text",
        access="editor", body=TryExternal, answer=ExternalAnswer,
    ),
]  # fmt: skip
