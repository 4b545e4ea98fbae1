"""Notices over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.core.http import Endpoint, json_response, read_json
from service.core.limits import Limit
from service.moderation.filters import one_site
from service.notices import actions
from service.notices.announce import Announcer
from service.notices.types import Answer, Rules, Sent

TESTS = Limit("notice-tests", burst=5, every=600)  # mail to addresses that an editor wrote


async def get_notices(request: Request[Any]) -> Response:
    """A site's rules and what has come of them."""
    editor = await require_editor(request)
    site = await one_site(request, editor, request.query_params.get("site"))
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.read_notices(conn, site, mail=_mail(request)))


async def put_notices(request: Request[Any]) -> Response:
    """Put a site's rules."""
    editor = await require_editor(request)
    rules = await read_json(request, Rules)
    site = await one_site(request, editor, request.query_params.get("site"))
    await actions.put_notices(request.state["pool"], site, editor, rules)
    async with request.state["pool"].acquire() as conn:
        return json_response(await actions.read_notices(conn, site, mail=_mail(request)))


async def send_test(request: Request[Any]) -> Response:
    """Write a test to a site's recipients."""
    editor = await require_editor(request)
    site = await one_site(request, editor, request.query_params.get("site"))
    state = request.state
    await state["limiter"].take(TESTS, site.id.bytes)
    announcer = Announcer(state["keyring"], state["settings"])
    sent = await actions.send_test(state["pool"], site, announcer, mail=_mail(request))
    return json_response(sent, 202)


def _mail(request: Request[Any]) -> bool:
    return request.state["settings"].smtp is not None


NOTICES = "/v1/moderation/notices"

ENDPOINTS = [
    Endpoint(
        "GET", NOTICES, get_notices, "Whom a site tells what, and how its alarms stand",
        access="editor", answer=Answer, query=("site",),
    ),
    Endpoint(
        "PUT", NOTICES, put_notices, "Say whom a site tells what", access="editor",
        body=Rules, answer=Answer, query=("site",),
    ),
    Endpoint(
        "POST", NOTICES + "/test", send_test, "Send a test to a site's recipients",
        access="editor", answer=Sent, status=202, query=("site",),
    ),
]  # fmt: skip
