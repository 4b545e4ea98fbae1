"""Contesting one's own comment over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import EDIT
from service.comments import contesting, rules
from service.comments.routes import CHANGES, COMMENT, State, client_of, own_comment
from service.comments.types import Contest, Posted
from service.core.http import Endpoint, json_response, read_json


async def contest_comment(request: Request[Any]) -> Response:
    """Ask for a second look at one's own comment that isn't published."""
    state: State = request.state
    site, ident = await own_comment(request)
    await state["limiter"].take(CHANGES, client_of(request).address_hash)
    contest = await read_json(request, Contest)
    policy = (await state["policies"].of(site.id)).policy
    stored = await contesting.contest_comment(
        state["pool"], state["keyring"], site, policy, ident, contest.text
    )
    return json_response(
        Posted(
            rules.author_answer(stored.comment),
            state["keyring"].object_token(EDIT, ident),
            rules.NOTICES.get(stored.comment.status),
            rules.notice_code(stored.comment.status),
        )
    )


ENDPOINTS = [
    Endpoint(
        "POST", COMMENT + "/contest", contest_comment,
        "Ask for a second look at one's own comment that isn't published",
        access="author", body=Contest, answer=Posted,
    ),
]  # fmt: skip
