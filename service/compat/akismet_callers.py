"""Whose request of Akismet's protocol this is: the key in the form, in the host or as bearer."""

import asyncio
from typing import Any

from starlette.requests import Request

from service.accounts.auth import KEY, bearer
from service.accounts.types import ApiKey
from service.compat.akismet_forms import LARGEST_FORM, read_form, read_query
from service.compat.akismet_types import Fields
from service.compat.callers import SCOPE
from service.core.address import is_trusted_peer
from service.core.http import read_bytes

INLINE = 32 * 1024  # bytes; a larger form, made for it, would hold everybody up


async def fields_of(request: Request[Any]) -> Fields:
    """The form of the body, or of the query where there is no body to a GET.

    Raises BodyTooLarge, RequestTimeout and MalformedRequest.
    """
    if request.method == "GET":
        return read_query(request.scope["query_string"])
    body = await read_bytes(request, LARGEST_FORM)
    content_type = request.headers.get("content-type", "")
    if len(body) > INLINE:
        return await asyncio.to_thread(read_form, content_type, body)
    return read_form(content_type, body)


def token_of(request: Request[Any], fields: Fields) -> str:
    """What may be a key: as `api_key`, as `key`, as the host's first label; empty else."""
    token = fields.get("api_key") or fields.get("key")
    return token or next((label for label in _first_labels(request) if _may_be_key(label)), "")


async def known_key(request: Request[Any], token: str) -> ApiKey | None:
    """The key of scope classify, without spending of its quota; None where it opens nothing."""
    token = token or bearer(request)
    key: ApiKey | None = await request.state["keys"].find(token) if token else None
    return key if key is not None and SCOPE in key.scopes else None


def _first_labels(request: Request[Any]) -> list[str]:
    hosts = [request.headers.get("host", "")]
    if is_trusted_peer(request.scope, request.state["settings"].trusted_proxies):
        hosts.insert(0, request.headers.get("x-forwarded-host", "").partition(",")[0].strip())
    return [host.partition(".")[0].lower() for host in hosts]


def _may_be_key(label: str) -> bool:
    return label.startswith(KEY) and label.isascii() and label.isalnum()
