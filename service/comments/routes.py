"""Comments over HTTP."""

from typing import Any, TypedDict, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from service.accounts.auth import EDIT, bearer, caller, require_object
from service.articles.rules import check_key, check_url
from service.articles.sites import Sites, site_of
from service.articles.store import list_counts
from service.articles.types import Site
from service.comments import actions, authors, editing, following, likes, pages, rules
from service.comments.likes import Likes
from service.comments.puzzles import Puzzles
from service.comments.threads import Answer, Rendering, Threads
from service.comments.types import (
    Changes,
    Counts,
    Draft,
    EditedComment,
    NewReport,
    Placed,
    Position,
    Posted,
    Preview,
    Replies,
    SentComment,
    Since,
    Sort,
    Thread,
)
from service.core.address import client_address
from service.core.db import Pool
from service.core.http import (
    LONGEST_LIST,
    Endpoint,
    empty_response,
    json_response,
    path_uuid,
    query_choice,
    query_limit,
    read_cursor,
    read_json,
)
from service.core.limits import Limit, Limiter
from service.core.problems import Invalid
from service.core.text import SURROGATE
from service.core.tokens import Keyring
from service.readers.confirmed import is_readers
from service.readers.verifying import Readers
from service.screening.actions import Policies
from service.screening.external import Elsewhere
from service.screening.scorer import Scorer
from service.settings import Settings
from service.web.words import best_catalogue, lookup

POSTS = Limit("post", burst=10, every=6)
POSTS_OF_READER = Limit("post-reader", burst=6, every=10)
CHANGES = Limit("change", burst=20, every=3)
PREVIEWS = Limit("preview", burst=20, every=2)
REACTIONS = Limit("react", burst=40, every=1)
REPORTS = Limit("report", burst=10, every=20)

ARTICLE = "/v1/sites/{site}/articles/{article}"
THREAD = ARTICLE + "/comments"
COMMENT = "/v1/sites/{site}/comments/{comment}"

PAGE = 25
LONGEST_HEADER = 200


class State(TypedDict):
    """What comments need of the application's state."""

    settings: Settings
    pool: Pool
    keyring: Keyring
    limiter: Limiter
    sites: Sites
    scorer: Scorer
    policies: Policies
    threads: Threads
    likes: Likes
    elsewhere: Elsewhere
    readers: Readers
    puzzles: Puzzles


def kept_thread(threads: Threads, scope: Scope) -> Answer | None:
    """A page that is ready, straight from the path: this is most of all requests there are."""
    parts = scope["path"].split("/")
    if len(parts) != THREAD.count("/") + 1 or scope["method"] != "GET":
        return None
    _, version, sites, site, articles, article, comments = parts
    if (version, sites, articles, comments) != ("v1", "sites", "articles", "comments"):
        return None
    page = threads.kept((site, article, scope["query_string"]))
    return Answer(page) if page else None


async def get_thread(request: Request[Any]) -> Answer:
    """A page of a thread: rendered, and kept for kept_thread."""
    state: State = request.state
    site = await site_of(request)
    key = request.path_params["article"]
    cached = (site.slug, key, request.scope["query_string"])
    wanted = _wanted(request, key)

    async def render() -> Rendering:
        policy = await state["policies"].of(site.id)
        return await pages.render_page(
            state["pool"],
            state["keyring"],
            site,
            wanted,
            policy.policy,
            letters=state["settings"].mails_readers,
        )

    return Answer(await state["threads"].get(cached, render))


def _wanted(request: Request[Any], key: str) -> pages.Wanted:
    sort = cast(Sort, query_choice(request, "sort", ("newest", "oldest", "top")))
    after = read_cursor(request, Position)
    if after is not None and after.sort != sort:
        raise Invalid.field("cursor", "Not a cursor of this list")
    url = request.query_params.get("url")
    return pages.Wanted(
        check_key(key),
        check_url("url", url) if url else None,
        sort,
        after,
        query_limit(request, PAGE),
    )


async def get_changes(request: Request[Any]) -> Answer:
    """What has changed in a thread.

    `until`, the `since` of the newer page, is there for the caches on the way: each pair of states
    has an address of its own, so that no answer is too old.
    """
    state: State = request.state
    site = await site_of(request)
    key = check_key(request.path_params["article"])
    query = request.scope["query_string"]
    since = read_cursor(request, Since, "since")
    if since is None:
        raise Invalid.field("since", "Expected the `since` of a page of this thread")
    read_cursor(request, Since, "until")
    url = request.query_params.get("url")
    address = check_url("url", url) if url else None

    async def render() -> Rendering:
        return await following.render_changes(
            state["pool"], site, key, address, since, query.decode("latin-1")
        )

    return Answer(await state["threads"].get((site.slug, f"{key} changes", query), render))


async def preview(request: Request[Any]) -> Response:
    """What a text would be shown as."""
    state: State = request.state
    await site_of(request)
    await state["limiter"].take(PREVIEWS, client_of(request).address_hash)
    draft = await read_json(request, Draft)
    if SURROGATE.search(draft.body):
        raise Invalid.field("$.body", "Contains a lone surrogate")
    return json_response(Preview(await rules.render_soon(rules.check_body(draft.body))))


async def post_comment(request: Request[Any]) -> Response:
    """A new comment."""
    state: State = request.state
    site = await site_of(request)
    client = client_of(request)
    # First of all: to believe a token costs more than to refuse a request.
    await state["limiter"].take(POSTS, client.address_hash)
    signed = await authors.writer(request, site)
    new = authors.whole(await read_json(request, SentComment), signed)
    who = signed.key if signed else new.email.strip().lower()
    reader = state["keyring"].digest("reader", f"{site.id} {who}")
    await state["limiter"].take(POSTS_OF_READER, reader)
    key = request.path_params["article"]
    stored = await actions.post_comment(actions.Desk.of(state), site, key, new, client, signed)
    _note(state, stored)
    comment = stored.comment
    return json_response(
        Posted(
            rules.author_answer(comment),
            state["keyring"].object_token(EDIT, comment.id),
            stored.told or rules.NOTICES.get(comment.status),
            "watched" if stored.told else rules.notice_code(comment.status),
            stored.sanction,
        ),
        201,
    )


async def get_comment(request: Request[Any]) -> Response:
    """A comment and where it stands; in any state for its author."""
    state: State = request.state
    site = await site_of(request)
    ident = path_uuid(request, "comment", "comment")
    token = bearer(request)
    own = bool(token)
    if is_readers(token):
        own = await authors.is_author(request, site, ident)
    elif own:
        await require_object(request, EDIT, ident)
    policy = (await state["policies"].of(site.id)).policy
    async with state["pool"].acquire() as conn:
        return json_response(await pages.read_comment(conn, site, ident, policy, own=own))


async def get_replies(request: Request[Any]) -> Response:
    """What hangs below a comment."""
    state: State = request.state
    site = await site_of(request)
    ident = path_uuid(request, "comment", "comment")
    after = read_cursor(request, Position)
    if after is not None and after.sort != "replies":
        raise Invalid.field("cursor", "Not a cursor of this list")
    limit = query_limit(request, PAGE)
    async with state["pool"].acquire() as conn:
        return json_response(await pages.read_replies(conn, site, ident, after, limit))


async def edit_comment(request: Request[Any]) -> Response:
    """A new text for one's own comment."""
    state: State = request.state
    site, ident = await own_comment(request)
    client = client_of(request)
    await state["limiter"].take(CHANGES, client.address_hash)
    edited = await read_json(request, EditedComment)
    stored = await editing.edit_comment(actions.Desk.of(state), site, ident, edited, client)
    _note(state, stored)
    return json_response(
        Posted(
            rules.author_answer(stored.comment),
            state["keyring"].object_token(EDIT, ident),
            rules.NOTICES.get(stored.comment.status),
            rules.notice_code(stored.comment.status),
        )
    )


async def remove_comment(request: Request[Any]) -> Response:
    """Remove one's own comment."""
    state: State = request.state
    site, ident = await own_comment(request)
    await state["limiter"].take(CHANGES, client_of(request).address_hash)
    _note(state, await editing.remove_comment(state["pool"], site, ident))
    return empty_response()


async def like(request: Request[Any]) -> Response:
    """Like a comment, or take that back."""
    state: State = request.state
    site = await site_of(request)
    ident = path_uuid(request, "comment", "comment")
    await state["limiter"].take(REACTIONS, client_of(request).address_hash)
    reactor, page = await _reactor(request, site)
    if request.method == "PUT":
        await state["likes"].like(site, ident, reactor, page)
    else:
        await state["likes"].unlike(site, ident, reactor, page)
    return empty_response()


async def report(request: Request[Any]) -> Response:
    """Report a comment to the moderators."""
    state: State = request.state
    site = await site_of(request)
    ident = path_uuid(request, "comment", "comment")
    await state["limiter"].take(REPORTS, client_of(request).address_hash)
    body = await read_json(request, NewReport)
    reporter, page = await _reactor(request, site)
    await likes.report_comment(state["pool"], site, ident, reporter, body, page)
    return empty_response()


async def get_counts(request: Request[Any]) -> Response:
    """How many comments each article has; unknown ones have none."""
    state: State = request.state
    site = await site_of(request)
    keys = [key for key in request.query_params.get("articles", "").split(",") if key]
    if not keys or len(keys) > LONGEST_LIST:
        raise Invalid.field("articles", f"Expected 1 to {LONGEST_LIST} keys with commas between")
    counts = await list_counts(state["pool"], site.id, [check_key(key) for key in keys])
    return json_response(
        Counts({key: counts.get(key, 0) for key in keys}),
        headers={"cache-control": "public, max-age=0, s-maxage=5, stale-while-revalidate=30"},
    )


def client_of(request: Request[Any]) -> actions.Client:
    """Whoever sends a request; raises Invalid."""
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= LONGEST_HEADER:
        raise Invalid.field("Idempotency-Key", f"Expected 1 to {LONGEST_HEADER} characters")
    return actions.Client(
        state["keyring"].digest("address", address),
        state["keyring"].digest("idempotency", key) if key else None,
        _lang(request),
    )


def _lang(request: Request[Any]) -> str:
    """The language of the page, in which letters about a comment are written."""
    asked = lookup(request.query_params.get("lang", ""))
    return (asked or best_catalogue(request.headers.get("accept-language", ""))).lang


async def own_comment(request: Request[Any]) -> tuple[Site, UUID]:
    """The site and the id of the caller's own comment; raises Unauthenticated and Forbidden."""
    if not is_readers(bearer(request)):
        await caller(request)
    site = await site_of(request)
    ident = path_uuid(request, "comment", "comment")
    await authors.require_author(request, site, ident)
    return site, ident


async def _reactor(request: Request[Any], site: Site) -> tuple[bytes, bytes | None]:
    """Who likes or reports, signed in on any device; and what this page alone is known by then.

    Only by its own id: an address may be that of a whole office.
    """
    state: State = request.state
    who = await authors.identity(request, site)
    if who is None:
        return _reader(request), None
    ident = f"{site.id} {who}"
    page = _reader(request) if request.headers.get("x-reader") else None
    return state["keyring"].digest("reader-subject", ident), page


def _reader(request: Request[Any]) -> bytes:
    """Who likes or reports: the page's random id, or the address where there is none."""
    state: State = request.state
    ident = request.headers.get("x-reader", "")
    if len(ident) > LONGEST_HEADER:
        raise Invalid.field("X-Reader", f"Expected at most {LONGEST_HEADER} characters")
    if ident:
        return state["keyring"].digest("reader-id", ident)
    # One byte longer than an id's: what comes from an address is forgotten like one.
    return b"a" + client_of(request).address_hash


def _note(state: State, stored: actions.Stored) -> None:
    """Let this process read its own write at once."""
    if stored.version:
        state["threads"].changed(stored.article_id, stored.version)


ENDPOINTS = [
    *authors.ENDPOINTS,
    Endpoint(
        "GET", THREAD, get_thread, "A page of a thread",  # type: ignore[arg-type]
        answer=Thread, query=("sort", "cursor", "limit", "url"),
    ),
    Endpoint(
        "GET", ARTICLE + "/changes", get_changes, "What has changed in a thread",  # type: ignore[arg-type]
        answer=Changes, query=("since", "until", "url"),
    ),
    Endpoint(
        "POST", "/v1/sites/{site}/preview", preview, "What a text would be shown as",
        body=Draft, answer=Preview,
    ),
    Endpoint(
        "POST", THREAD, post_comment, "Post a comment",
        body=SentComment, answer=Posted, status=201,
    ),
    Endpoint("GET", COMMENT, get_comment, "A comment and where it stands", answer=Placed),
    Endpoint(
        "PATCH", COMMENT, edit_comment, "Edit one's own comment",
        access="author", body=EditedComment, answer=Posted,
    ),
    Endpoint(
        "DELETE", COMMENT, remove_comment, "Remove one's own comment", access="author", status=204
    ),
    Endpoint(
        "GET", COMMENT + "/replies", get_replies, "What hangs below a comment",
        answer=Replies, query=("cursor", "limit"),
    ),
    Endpoint("PUT", COMMENT + "/like", like, "Like a comment", status=204),
    Endpoint("DELETE", COMMENT + "/like", like, "Take a like back", status=204),
    Endpoint(
        "POST", COMMENT + "/report", report, "Report a comment", body=NewReport, status=204
    ),
    Endpoint(
        "GET", "/v1/sites/{site}/counts", get_counts, "Comments by article",
        answer=Counts, query=("articles",),
    ),
]  # fmt: skip
