"""Members over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.actions import check_email
from service.accounts.auth import require_editor
from service.accounts.store import list_slugs
from service.accounts.types import Moderator
from service.administration import members, store
from service.administration.members import Office
from service.administration.types import (
    AddedMember,
    After,
    MadeLink,
    MemberAnswer,
    MemberChange,
    Members,
    NewMember,
)
from service.core.http import (
    Endpoint,
    empty_response,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
    write_cursor,
)

PAGE = 100


def _office(request: Request[Any], editor: Moderator) -> Office:
    state = request.state
    return Office(editor, state["pool"], state["keyring"], state["settings"])


async def get_members(request: Request[Any]) -> Response:
    """Who works for the editor's sites."""
    editor = await require_editor(request)
    after = read_cursor(request, After)
    limit = query_limit(request, PAGE)
    sites = None if editor.all_sites else editor.site_ids
    async with request.state["pool"].acquire() as conn:
        email = check_email("cursor", after.value) if after else ""
        found = await store.list_members(conn, sites, email, limit + 1)
        slugs = await list_slugs(conn)
    shown = [members.answer(editor, member, slugs) for member in found[:limit]]
    cursor = write_cursor(After(shown[-1].email)) if len(found) > limit else None
    return json_response(Members(shown, cursor))


async def add_member(request: Request[Any]) -> Response:
    """Add a member."""
    editor = await require_editor(request)
    body = await read_json(request, NewMember)
    return json_response(await members.add(_office(request, editor), body), 201)


async def change_member(request: Request[Any]) -> Response:
    """Change a member."""
    editor = await require_editor(request)
    body = await read_json(request, MemberChange)
    ident = path_uuid(request, "member", "member")
    return json_response(await members.change(_office(request, editor), ident, body))


async def remove_member(request: Request[Any]) -> Response:
    """Remove a member."""
    editor = await require_editor(request)
    await members.remove(_office(request, editor), path_uuid(request, "member", "member"))
    return empty_response()


async def make_link(request: Request[Any]) -> Response:
    """Make a one-time link for a member."""
    editor = await require_editor(request)
    ident = path_uuid(request, "member", "member")
    return json_response(await members.make_link(_office(request, editor), ident), 201)


async def sign_out(request: Request[Any]) -> Response:
    """Sign a member out everywhere."""
    editor = await require_editor(request)
    tokens = query_choice(request, "tokens", ("keep", "revoke")) == "revoke"
    ident = path_uuid(request, "member", "member")
    await members.sign_out(_office(request, editor), ident, tokens=tokens)
    return empty_response()


async def release_identities(request: Request[Any]) -> Response:
    """Forget which accounts elsewhere sign a member in."""
    editor = await require_editor(request)
    ident = path_uuid(request, "member", "member")
    await members.release_identities(_office(request, editor), ident)
    return empty_response()


MEMBERS = "/v1/moderation/members"
MEMBER = MEMBERS + "/{member}"

ENDPOINTS = [
    Endpoint(
        "GET", MEMBERS, get_members, "Who works for one's sites", access="editor",
        answer=Members, query=("cursor", "limit"),
    ),
    Endpoint(
        "POST", MEMBERS, add_member, "Add a member", access="editor", body=NewMember,
        answer=AddedMember, status=201,
    ),
    Endpoint(
        "PATCH", MEMBER, change_member, "Change a member's role, sites or name, or disable it",
        access="editor", body=MemberChange, answer=MemberAnswer,
    ),
    Endpoint("DELETE", MEMBER, remove_member, "Remove a member", access="editor", status=204),
    Endpoint(
        "POST", MEMBER + "/link", make_link, "Make a one-time sign-in link for a member",
        access="editor", answer=MadeLink, status=201,
    ),
    Endpoint(
        "DELETE", MEMBER + "/sessions", sign_out,
        "Sign a member out everywhere, and revoke its API tokens if asked to",
        access="editor", status=204, query=("tokens",),
    ),
    Endpoint(
        "DELETE", MEMBER + "/identities", release_identities,
        "Forget which accounts elsewhere sign a member in", access="editor", status=204,
    ),
]  # fmt: skip
