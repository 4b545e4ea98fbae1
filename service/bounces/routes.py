"""Mail that came back, over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_key
from service.bounces.actions import Bounces
from service.bounces.types import Bounce, Noted
from service.core.http import Endpoint, decode_json, json_response, read_bytes

LARGEST = 1024 * 1024  # a report may hold the whole letter
MESSAGE = "message/rfc822"


async def post_bounce(request: Request[Any]) -> Response:
    """A report as it came (message/rfc822), or what is known of one address."""
    key = await require_key(request, "publish")
    body = await read_bytes(request, LARGEST)
    state = request.state
    bounces = Bounces(state["pool"], state["keyring"], state["settings"])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    bounce = None if kind == MESSAGE else decode_json(body, Bounce)
    async with state["pool"].acquire() as conn, conn.transaction():
        if bounce is None:
            return json_response(await bounces.take_message(conn, body))
        return json_response(await bounces.take(conn, key.site_id, bounce))


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/mail/bounces", post_bounce,
        "Mail that came back: a report as message/rfc822, or an address and what happened",
        access="publisher", body=Bounce, answer=Noted, largest=LARGEST,
    ),
]  # fmt: skip
