"""A comment's page for its author: how it stands, changing it, removing it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.articles import store as articles
from service.comments import actions, contesting, editing, posting, rules
from service.comments import store as comments
from service.comments.actions import Desk
from service.comments.rights import sanction_of
from service.comments.routes import CHANGES, State
from service.comments.types import CommentRow, EditedComment
from service.core.address import client_address
from service.core.db import Conn
from service.core.http import Endpoint, path_uuid
from service.core.problems import Forbidden, Invalid, Problem
from service.thread_page import form, render
from service.thread_page.addresses import OWN
from service.thread_page.own import opens_until
from service.thread_page.reading import where
from service.thread_page.render import Visit
from service.thread_page.routes import visit_of
from service.thread_page.telling import shown, told

TEXTS = {"published": "publishedLong", "held": "heldLong", "rejected": "rejectedLong",
         "spam": "spamLong", "removed": "own.gone"}  # fmt: skip


class Opened(msgspec.Struct, frozen=True):
    """A comment that its author's key opens, and until when."""

    visit: Visit
    ident: UUID
    key: str
    until: datetime


class Shown(msgspec.Struct, frozen=True):
    """What the page says beside: what was done, what is asked, what was refused and why."""

    done: str | None = None
    ask: bool = False
    body: str | None = None
    wrong: str | None = None
    problem: Problem | None = None
    why: str | None = None


async def get_own(request: Request[Any]) -> Response:
    """How one's own comment stands."""
    query = request.query_params
    opened = await _opened(request, query.get("key", ""))
    return await _page(request, opened, Shown(done=query.get("done"), ask="ask" in query))


async def post_own(request: Request[Any]) -> Response:
    """Change, remove or contest one's own comment, as `do` says: save, remove, contest.

    The key is the proof that the form is the author's, so no other check of where it comes from
    is needed: a page that sends no referrer sends no Origin either.
    """
    state: State = request.state
    sent = await form.read_form(request)
    opened = await _opened(request, sent.get("key", ""))
    if sent.get("do") == "contest":
        return await _contest(request, opened, sent.get("why", ""))
    removes, body = sent.get("do") == "remove", sent.get("body", "")
    wrong = None if removes else form.wrong_text("body", body, opened.visit)
    if wrong:
        return await _page(request, opened, Shown(body=body, wrong=wrong))
    try:
        stored = await _change(request, opened, None if removes else body)
    except Problem as problem:
        return await _page(request, opened, Shown(body=None if removes else body, problem=problem))
    if stored.version:
        state["threads"].changed(stored.article_id, stored.version)
    target = opened.visit.addresses.own(
        opened.ident, key=opened.key, done=None if removes else "save"
    )
    return RedirectResponse(target, 303, headers={"cache-control": "no-store"})


async def _contest(request: Request[Any], opened: Opened, why: str) -> Response:
    """Ask for a second look, and say so or why not."""
    state: State = request.state
    site = opened.visit.site
    policy = (await state["policies"].of(site.id)).policy
    address = client_address(request.scope, state["settings"].trusted_proxies)
    try:
        await state["limiter"].take(CHANGES, state["keyring"].digest("address", address))
        await contesting.contest_comment(
            state["pool"], state["keyring"], site, policy, opened.ident, why
        )
    except Problem as problem:
        return await _page(request, opened, Shown(problem=problem, why=why))
    target = opened.visit.addresses.own(opened.ident, key=opened.key, done="contest")
    return RedirectResponse(target, 303, headers={"cache-control": "no-store"})


async def _change(request: Request[Any], opened: Opened, body: str | None) -> actions.Stored:
    """Write the new text, or remove the comment where there is none."""
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    client = actions.Client(state["keyring"].digest("address", address))
    await state["limiter"].take(CHANGES, client.address_hash)
    site = opened.visit.site
    if body is None:
        return await editing.remove_comment(state["pool"], site, opened.ident)
    edited = EditedComment(body)
    return await editing.edit_comment(Desk.of(state), site, opened.ident, edited, client)


async def _opened(request: Request[Any], key: str) -> Opened:
    """What this key opens. Raises Forbidden, whatever is there."""
    state: State = request.state
    visit, _ = await visit_of(request)
    ident = path_uuid(request, "comment", "comment")
    until = opens_until(state["keyring"], ident, key)
    if until is None:
        raise Forbidden("This address opens no comment.")
    return Opened(visit, ident, key, until)


async def _page(request: Request[Any], opened: Opened, beside: Shown) -> Response:
    state: State = request.state
    visit, problem = opened.visit, beside.problem
    async with state["pool"].acquire() as conn:
        comment = await comments.get_comment(conn, visit.site.id, opened.ident)
        article = await articles.get_article_by_id(conn, comment.article_id) if comment else None
        if comment is None or article is None:
            raise Forbidden("This address opens no comment.")
        place = await where(conn, comment) if comment.status == "published" else {}
        notice = await _notice(conn, visit, comment) if comment.status == "held" else None
        policy = (await state["policies"].of(visit.site.id)).policy
        contests = await contesting.may_contest(conn, state["keyring"], policy, comment)
    editable = _editable(comment)
    page = render.html(
        "own.html",
        visit.words,
        visit.addresses,
        site=visit.site,
        zone=visit.zone,
        article=article,
        comment=comment,
        text=TEXTS[comment.status],
        notice=notice,
        reason=_reason(visit, comment),
        key=opened.key,
        until=opened.until,
        done=beside.done,
        ask=beside.ask and comment.status != "removed",
        edit_until=comment.created_at + rules.EDIT_WINDOW if editable else None,
        body=beside.body if beside.body is not None else comment.body,
        refused=beside.body is not None,
        wrong=beside.wrong,
        alert=_alert(visit, beside),
        contests=contests,
        why=beside.why or "",
        why_wrong=isinstance(problem, Invalid) and beside.why is not None,
        see=visit.addresses.thread(article.key, **place) if place else None,
    )
    status = problem.status if problem else 422 if beside.wrong else 200
    headers = problem.headers if problem else {}
    return render.private(page, status, secret=True, headers=headers)


async def _notice(conn: Conn, visit: Visit, comment: CommentRow) -> str | None:
    """What an author under a sanction is told beside."""
    email = await comments.get_email(conn, comment.reader_id)
    facts = await posting.get_reader_facts(conn, comment.site_id, email, "", b"")
    if facts.sanction != "hold":
        return None
    message = "own.watchedUntil" if facts.sanction_until else "own.watched"
    return visit.words.say(message, **shown(visit, sanction_of(facts)))


def _editable(comment: CommentRow) -> bool:
    young = datetime.now(UTC) - comment.created_at <= rules.EDIT_WINDOW
    return young and comment.status in {"published", "held"}


def _reason(visit: Visit, comment: CommentRow) -> str | None:
    if comment.status != "rejected" or comment.reason is None:
        return None
    return str(visit.words.sections["reasons"].get(comment.reason, "")) or None


def _alert(visit: Visit, beside: Shown) -> str | None:
    if beside.wrong:
        return visit.words.say("page.notSaved")
    if beside.why is not None and isinstance(beside.problem, Invalid):
        over = len(beside.why) - contesting.LONGEST
        words = visit.words
        return words.say("writing.over", n=over) if over > 0 else words.say("page.contestWrong")
    return told(beside.problem, visit) if beside.problem else None


PAGES = [
    Endpoint("GET", OWN, get_own, "One's own comment as a page", documented=False),
    Endpoint("POST", OWN, post_own, "Change or remove one's own comment by form", documented=False),
]
