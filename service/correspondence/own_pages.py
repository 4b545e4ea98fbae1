"""A reader's own page: what they wrote, how it stands and why, and what they may do with it."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from service.accounts.actions import check_email
from service.comments.routes import CHANGES, State
from service.core.address import client_address
from service.core.http import Endpoint, decode_cursor, write_cursor
from service.core.problems import Forbidden, Invalid, TooManyRequests
from service.correspondence import linking, own_store, store
from service.correspondence.addresses import EXPORT, MAIL, MAIL_KEY, page_address
from service.correspondence.own_acts import ACTS, MOST_TYPED
from service.correspondence.pages import page
from service.correspondence.sending import Postman
from service.correspondence.session import Session, check_csrf, session_of
from service.correspondence.taking import export
from service.correspondence.types import After, Mine, Profile
from service.screening.types import Policy
from service.thread_page import form
from service.thread_page.addresses import ME
from service.thread_page.own import own_key
from service.thread_page.render import Visit
from service.thread_page.routes import visit_of
from service.thread_page.telling import by_code, shown

PER_PAGE = 25


class Refused(msgspec.Struct, frozen=True):
    """A name that somebody wanted, and what is wrong with it."""

    name: str
    why: str


class Row(msgspec.Struct, frozen=True):
    """A comment on the page: why it stands as it does, and the address of its own page."""

    mine: Mine
    reason: str | None
    address: str
    contests: bool


async def get_me(request: Request[Any]) -> Response:
    """The page, or how to get a link to it."""
    visit, policy = await visit_of(request)
    session = await session_of(request, visit.site)
    if session is None:
        return _ask(request, visit)
    return await _show(request, visit, session, policy)


async def post_me(request: Request[Any]) -> Response:
    """What the page's forms do, by `do`; each is answered by the page or a page that says so."""
    visit, policy = await visit_of(request)
    sent = await form.read_form(request)
    state: State = request.state
    await state["limiter"].take(CHANGES, _client(request))
    if sent.get("do") == "ask":
        return await _send_link(request, visit, sent.get("email", ""))
    session = await session_of(request, visit.site)
    if session is None:
        return RedirectResponse(page_address(visit.addresses, ME), 303)
    check_csrf(session, sent.get("csrf", ""))
    act = ACTS.get(sent.get("do", ""))
    if act is None:
        raise Forbidden("This form was sent from another site.")
    try:
        return await act(request, visit, session, sent)
    except Invalid as error:
        return await _show(request, visit, session, policy, _refused(visit, sent, error))


async def get_export(request: Request[Any]) -> Response:
    """All that is kept of the reader, as a file."""
    visit, _ = await visit_of(request)
    session = await session_of(request, visit.site)
    if session is None:
        return RedirectResponse(page_address(visit.addresses, ME), 303)
    state: State = request.state
    postman = Postman(state["keyring"], state["settings"])
    return StreamingResponse(
        export(state["pool"], state["keyring"], postman, visit.site, session.reader.id),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="{visit.site.slug}-replies.json"',
            "cache-control": "no-store",
        },
    )


def _refused(visit: Visit, sent: dict[str, str], error: Invalid) -> Refused:
    """What is said of a name that can't be had."""
    name, one = sent.get("name", ""), error.errors[0]
    wrong = form.wrong_text("name", name, visit) or by_code(visit, one.code, one.values)
    return Refused(name, wrong or visit.words.say("writing.wrong.name"))


def _ask(
    request: Request[Any], visit: Visit, *, sent: str = "", wrong: str = "", status: int = 200
) -> Response:
    ready = request.state["settings"].mails_readers
    return page(
        "ask_link.html", visit, status, action=page_address(visit.addresses, ME), sent=sent,
        wrong=wrong, ready=ready,
    )  # fmt: skip


async def _send_link(request: Request[Any], visit: Visit, email: str) -> Response:
    state: State = request.state
    if not state["settings"].mails_readers:
        return _ask(request, visit)
    try:
        address = check_email("$.email", email)
        await state["limiter"].take(linking.ASKS, _client(request))
    except Invalid:
        return _ask(request, visit, wrong=email or " ", status=422)
    except TooManyRequests as problem:
        answer = _ask(request, visit, sent=email, status=problem.status)
        answer.headers.update(problem.headers)
        return answer
    async with state["pool"].acquire() as conn:
        await linking.ask_for_link(conn, state["limiter"], visit.site, address, visit.words.lang)
    return _ask(request, visit, sent=address)


async def _show(
    request: Request[Any],
    visit: Visit,
    session: Session,
    policy: Policy,
    refused: Refused | None = None,
) -> Response:
    state: State = request.state
    given = request.query_params.get("cursor")
    after = decode_cursor(given, After) if given else None
    at = (after.created_at, after.id) if after else None
    reader = session.reader
    async with state["pool"].acquire() as conn:
        profile = await own_store.get_profile(conn, reader.id)
        address = profile.address or ""
        rows = await own_store.list_mine(conn, reader.id, at, PER_PAGE + 1)
        typed = [] if after else await own_store.list_typed(
            conn, visit.site.id, address, MOST_TYPED
        )  # fmt: skip
        postman = Postman(state["keyring"], state["settings"])
        recipient = await own_store.get_recipient(conn, visit.site.id, address)
        browsers = await own_store.has_browsers(conn, reader.id)
        stopped = await store.is_stopped(conn, visit.site.id, postman.hash_of(address))
    more = len(rows) > PER_PAGE
    last = rows[PER_PAGE - 1] if more else None
    cursor = write_cursor(After(last.created_at, last.id)) if last else None
    return page(
        "me.html", visit, 422 if refused else 200,
        action=page_address(visit.addresses, ME),
        csrf=session.csrf,
        profile=profile,
        address=address,
        rows=[_row(request, visit, one, contests=policy.contest) for one in rows[:PER_PAGE]],
        typed=typed,
        first=page_address(visit.addresses, ME) if after else None,
        following=page_address(visit.addresses, ME, cursor=cursor) if cursor else None,
        export=page_address(visit.addresses, EXPORT),
        erasing=page_address(visit.addresses, ME, ask="erase"),
        asks=request.query_params.get("ask") == "erase",
        done="done" in request.query_params,
        stopped=stopped,
        sanction=_sanction(visit, profile),
        browser=bool(rows),
        browsers=browsers,
        name=refused.name if refused else profile.name,
        wrong=refused.why if refused else None,
        subscribed=_mail(request, visit, recipient),
    )  # fmt: skip


def _mail(request: Request[Any], visit: Visit, recipient: UUID | None) -> str | None:
    """Where the reader sees what is subscribed."""
    if recipient is None:
        return None
    key = request.state["keyring"].object_token(MAIL_KEY, recipient)
    return page_address(visit.addresses, MAIL, key=key)


def _row(request: Request[Any], visit: Visit, mine: Mine, *, contests: bool) -> Row:
    state: State = request.state
    reason = None
    if mine.status == "rejected" and mine.reason:
        reason = str(visit.words.sections["reasons"].get(mine.reason, "")) or None
    address = visit.addresses.own(mine.id, key=own_key(state["keyring"], mine.id))
    return Row(mine, reason, address, contests and mine.status in {"rejected", "spam"})


def _sanction(visit: Visit, profile: Profile) -> str | None:
    """What a reader under a sanction is told."""
    if profile.sanction is None:
        return None
    values: dict[str, str | int] = {"reason": profile.sanction_reason or ""}
    if profile.sanction_until:
        values["until"] = profile.sanction_until.isoformat()
    message = "problems.banned" if profile.sanction == "ban" else "own.watched"
    if profile.sanction_until:
        message += "_until" if profile.sanction == "ban" else "Until"
    return visit.words.say(message, **shown(visit, values))


def _client(request: Request[Any]) -> bytes:
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    return state["keyring"].digest("address", address)


PAGES = [
    Endpoint("GET", ME, get_me, "A reader's own page", documented=False),
    Endpoint("POST", ME, post_me, "What a reader does on it", documented=False),
    Endpoint("GET", EXPORT, get_export, "All that is kept of a reader", documented=False),
]
