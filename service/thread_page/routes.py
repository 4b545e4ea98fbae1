"""The thread's page over HTTP: reading it, its feed, permanent addresses, and the form."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.articles import store as articles
from service.articles.rules import check_key, check_url
from service.articles.sites import site_of
from service.articles.types import Site
from service.comments import actions
from service.comments import store as comments
from service.comments.routes import POSTS, POSTS_OF_READER, State
from service.comments.threads import Answer, Rendering, etag_of, rendering
from service.comments.types import Sort
from service.core.address import client_address
from service.core.db import AWAY
from service.core.http import Endpoint, path_uuid, query_choice
from service.core.problems import (
    InternalError,
    Invalid,
    NotFound,
    Problem,
    Unavailable,
)
from service.screening.hours import zone_of
from service.screening.types import Policy
from service.thread_page import form, render, store
from service.thread_page.addresses import ARTICLE, COMMENT, FEED
from service.thread_page.errors import addresses_of, missing, words_of
from service.thread_page.feed import ENTRIES, MEDIA_TYPE, feed
from service.thread_page.own import opens_until, own_key
from service.thread_page.reading import View, read_view, where
from service.thread_page.render import Visit
from service.thread_page.structured import data_block
from service.thread_page.types import Asked, Fields, Form, Mine
from service.thread_page.writing import page_of_form, sent_already

log = structlog.get_logger("rejoinder.thread_page")

SORTS: tuple[Sort, ...] = ("newest", "oldest", "top")
# The form in a page that is kept for all has no key of its own. Sent again within this time it is
# a double click, and its author is led to the comment; later it may be somebody behind the same
# address who has guessed it, and learns that it is there already.
SENT_TWICE = timedelta(seconds=60)


async def visit_of(request: Request[Any]) -> tuple[Visit, Policy]:
    """The site, the reader's language, and the policy that says the newsroom's time zone."""
    state: State = request.state
    try:
        site = await site_of(request)
    except NotFound as error:
        raise missing("site") from error
    policy = (await state["policies"].of(site.id)).policy
    zone = zone_of(policy.hours.time_zone) if policy.hours else UTC
    words, _ = words_of(request)
    only = "session.only" if site.sign_in_required else None
    if policy.puzzle == "always":
        only = only or "page.scriptsOnly"  # the work that is asked for is a script's
    letters = site.confirm_readers and state["settings"].mails_readers
    return Visit(site, addresses_of(request, site.slug), words, zone, only, letters), policy


def _asked(request: Request[Any]) -> Asked:
    query = request.query_params
    url = query.get("url")
    try:
        root = UUID(query["conversation"]) if query.get("conversation") else None
    except ValueError as error:
        raise missing("comment") from error
    return Asked(
        check_key(request.path_params["article"]),
        check_url("url", url) if url else None,
        cast(Sort, query_choice(request, "sort", SORTS)),
        query.get("cursor") or None,
        root,
    )


async def get_page(request: Request[Any]) -> Response:
    """A page of the thread; the form alone with `reply`; what one has just posted with `own`.

    The page is the same for all, and kept; its form holds the thread's ticket and no key (see
    form.client_of). The other two are made for one reader, and kept by nobody.
    """
    state: State = request.state
    visit, policy = await visit_of(request)
    asked = _asked(request)
    if "reply" in request.query_params:
        fields = Fields(
            parent_id=request.query_params["reply"], key=form.new_key(), url=asked.url or ""
        )
        return await page_of_form(state, visit, asked.key, fields)
    if mine := _mine(request, visit):
        view = await read_view(state, visit, asked, policy)
        body = _page(visit, view, asked, mine)
        return render.private(body, secret=True)
    known = ("page", visit.site.slug, asked, visit.words.lang, visit.addresses.lang)

    async def make() -> Rendering:
        view = await read_view(state, visit, asked, policy)
        return _kept(visit, view, _page(visit, view, asked, None), *map(repr, known))

    return cast(Response, Answer(await state["threads"].get(known, make)))


def _mine(request: Request[Any], visit: Visit) -> Mine | None:
    """The reader's own comment, where the page's address opens it."""
    state: State = request.state
    query = request.query_params
    try:
        ident = UUID(query.get("own", ""))
    except ValueError:
        return None
    keyring = state["keyring"]
    if opens_until(keyring, ident, query.get("key", ""), page="own-in-thread") is None:
        return None
    return Mine(ident, visit.addresses.own(ident, key=own_key(keyring, ident)))


def _kept(
    visit: Visit,
    view: View,
    body: bytes,
    *parts: str,
    media_type: bytes = b"text/html; charset=utf-8",
) -> Rendering:
    ident = view.article.id if view.article else None
    tag = etag_of(
        ident, view.version, render.CODE, visit.site.name, *visit.site.origins,
        f"{view.open} {view.opens} {visit.only} {visit.zone} {visit.letters}", *parts,
    )  # fmt: skip
    more = [*render.page_headers(), (b"vary", b"Accept-Language")]
    return rendering(body, ident, view.version, tag, view.lasts, media_type, more)


def _page(visit: Visit, view: View, asked: Asked, mine: Mine | None) -> bytes:
    address = visit.addresses
    chosen: dict[str, object] = {"sort": asked.sort if asked.sort != "newest" else None}
    if asked.root:
        chosen = {"conversation": str(asked.root)}
    if view.article is None:
        chosen["url"] = asked.url
    first = asked.cursor is None
    main = first and asked.root is None and asked.sort == "newest"
    action = address.thread(view.key, url=chosen.get("url"))
    blank = Fields(ticket=view.ticket, url=asked.url or "" if view.article is None else "")
    return render.html(
        "thread.html",
        visit.words,
        address,
        site=visit.site,
        zone=visit.zone,
        view=view,
        only=visit.only,
        letters=visit.letters,
        asked=asked,
        main=main,
        mine=mine,
        sorts=[
            (sort, address.thread(view.key, sort=sort if sort != "newest" else None))
            for sort in SORTS
        ],
        next_page=address.thread(view.key, **chosen, cursor=view.next_cursor)
        if view.next_cursor
        else None,
        first_page=None if first else address.thread(view.key, **chosen),
        form=Form(action, blank) if _takes_replies(visit, view, asked, mine) else None,
        data=data_block(view, visit),
    )


def _takes_replies(visit: Visit, view: View, asked: Asked, mine: Mine | None) -> bool:
    """Whether the form stands on this page: not where it can't be sent from here."""
    return view.open and not visit.only and not mine and not asked.root


async def get_feed(request: Request[Any]) -> Response:
    """The newest comments of the thread as Atom."""
    state: State = request.state
    visit, _ = await visit_of(request)
    key = check_key(request.path_params["article"])
    known = ("feed", visit.site.slug, key, visit.words.lang, visit.addresses.lang)

    async def make() -> Rendering:
        async with (
            state["pool"].acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            article = await articles.get_article(conn, visit.site.id, key, None)
            if article is None:
                raise missing("article")
            rows = await store.list_newest(conn, article.id, ENTRIES)
        version = article.thread_version
        tag = etag_of(article.id, version, render.CODE, visit.site.name, *map(repr, known))
        more = [*render.page_headers(), (b"vary", b"Accept-Language")]
        body = feed(visit, article, rows)
        return rendering(body, article.id, version, tag, media_type=MEDIA_TYPE, more=more)

    return cast(Response, Answer(await state["threads"].get(known, make)))


async def get_comment(request: Request[Any]) -> Response:
    """Lead to the page and the place where a comment stands by now."""
    state: State = request.state
    visit, _ = await visit_of(request)
    ident = path_uuid(request, "comment", "comment")
    async with state["pool"].acquire() as conn:
        comment = await comments.get_comment(conn, visit.site.id, ident)
        if comment is None or comment.status != "published":
            raise missing("comment")
        article = await articles.get_article_by_id(conn, comment.article_id)
        place = await where(conn, comment)
    assert article is not None  # noqa: S101 (a comment's article is never deleted)
    target = visit.addresses.thread(article.key, **place)
    return RedirectResponse(target, 302, headers={"cache-control": "no-cache"})


async def post_form(request: Request[Any]) -> Response:
    """Post a comment as the JSON API does, and lead to it; a refused form comes back whole."""
    state: State = request.state
    form.check_same_site(request)
    fields = form.fields_of(await form.read_form(request))
    key = check_key(request.path_params["article"])
    visit: Visit | None = None
    try:
        visit, _ = await visit_of(request)
        return await _post(request, visit, key, fields)
    except Problem as error:
        problem = error
    except AWAY:
        log.exception("form not taken", request_id=request.scope["request_id"])
        problem = Unavailable()
    except Exception:  # whatever it is, the text must not be lost with it
        log.exception("form not taken", request_id=request.scope["request_id"])
        problem = InternalError()
    if visit is None and isinstance(problem, NotFound):
        raise problem  # no such site
    return await page_of_form(state, visit or _away(request), key, fields, problem)


def _away(request: Request[Any]) -> Visit:
    """What can be said of a site that can't be looked up now."""
    words, _ = words_of(request)
    slug = request.path_params["site"]
    return Visit(Site(UUID(int=0), slug, "", []), addresses_of(request, slug), words, UTC)


async def _post(request: Request[Any], visit: Visit, key: str, fields: Fields) -> Response:
    state: State = request.state
    site, keyring = visit.site, state["keyring"]
    address = client_address(request.scope, state["settings"].trusted_proxies)
    client = form.client_of(keyring, site, key, address, fields)
    if form.wrong_fields(fields, visit):
        raise Invalid("A field is not what it must be.")
    await state["limiter"].take(POSTS, client.address_hash)
    reader = keyring.digest("reader", f"{site.id} {fields.email.strip().lower()}")
    await state["limiter"].take(POSTS_OF_READER, reader)
    stored = await actions.post_comment(
        actions.Desk.of(state), site, key, form.new_comment(fields), client
    )
    if stored.version:
        state["threads"].changed(stored.article_id, stored.version)
    comment = stored.comment
    if not fields.key and datetime.now(UTC) - comment.created_at > SENT_TWICE:
        raise sent_already()
    target = visit.addresses.own(comment.id, key=own_key(keyring, comment.id))
    if comment.status == "published":
        async with state["pool"].acquire() as conn:
            article = await articles.get_article_by_id(conn, comment.article_id)
            place = await where(conn, comment)
        if article is not None:
            own = own_key(keyring, comment.id, page="own-in-thread")
            target = visit.addresses.thread(article.key, **place, own=comment.id, key=own)
    return RedirectResponse(target, 303, headers={"cache-control": "no-store"})


PAGES = [
    Endpoint("GET", ARTICLE, get_page, "The thread as a page", documented=False),
    Endpoint("POST", ARTICLE, post_form, "Post a comment by form", documented=False),
    Endpoint("GET", FEED, get_feed, "The thread as a feed", documented=False),
    Endpoint("GET", COMMENT, get_comment, "Where a comment stands", documented=False),
]
