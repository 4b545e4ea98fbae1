"""What the forms of a reader's own page do; each leads back to it, or says what became of it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comments import rules
from service.comments.routes import State
from service.core.problems import Invalid
from service.core.tokens import random_token, token_hash
from service.correspondence import linking, own, own_store
from service.correspondence.addresses import page_address
from service.correspondence.naming import RENAMES, rename
from service.correspondence.pages import page
from service.correspondence.sending import Postman
from service.correspondence.session import Session, end
from service.thread_page import form
from service.thread_page.addresses import ME
from service.thread_page.render import Visit

MOST_TYPED = 50


def _back(visit: Visit) -> Response:
    return RedirectResponse(
        page_address(visit.addresses, ME, done=""), 303, headers={"cache-control": "no-store"}
    )


def _ids(sent: dict[str, str], typed: list[UUID]) -> list[UUID]:
    given = sent.get("comment", "")
    return [one for one in typed if str(one) == given]


async def _typed(request: Request[Any], visit: Visit, session: Session) -> tuple[str, list[UUID]]:
    address = session.reader.reader.email or ""
    rows = await own_store.list_typed(request.state["pool"], visit.site.id, address, MOST_TYPED)
    return address, [row.id for row in rows]


async def _adopt(
    request: Request[Any], visit: Visit, session: Session, sent: dict[str, str]
) -> Response:
    address, typed = await _typed(request, visit, session)
    async with request.state["pool"].acquire() as conn, conn.transaction():
        await own.adopt(conn, visit.site, address, session.reader.id, _ids(sent, typed))
    return _back(visit)


async def _disown(
    request: Request[Any], visit: Visit, session: Session, sent: dict[str, str]
) -> Response:
    address, typed = await _typed(request, visit, session)
    async with request.state["pool"].acquire() as conn, conn.transaction():
        for ident in _ids(sent, typed):
            await own.disown(conn, request.state["keyring"], visit.site, address, ident)
    return _back(visit)


async def _browser(
    request: Request[Any], visit: Visit, session: Session, _sent: dict[str, str]
) -> Response:
    """A way to the article commented on last, with a key by which the element gets a token.

    A link, as no form may lead to another origin (form-action of our policy). The key stands in the
    fragment, which no server is sent.
    """
    state: State = request.state
    address = session.reader.reader.email or ""
    async with state["pool"].acquire() as conn, conn.transaction():
        newest = await own_store.list_mine(conn, session.reader.id, None, 1)
        if not newest:
            return _back(visit)
        key = random_token(linking.LINK_TOKEN)
        lang = visit.words.lang
        await linking.make_link(conn, visit.site.id, address, lang, key, linking.BROWSER_LASTS)
    article = newest[0].article_url.partition("#")[0]
    return page(
        "browser.html",
        visit,
        there=f"{article}#reader_comment-{key}",
        title=newest[0].article_title,
        back=page_address(visit.addresses, ME),
    )


async def _name(
    request: Request[Any], visit: Visit, session: Session, sent: dict[str, str]
) -> Response:
    """Raises Invalid, which the page says beside the field."""
    state: State = request.state
    name = sent.get("name", "")
    if len(name) > form.LONGEST["name"]:
        raise Invalid.field("$.name", "Too long")
    rules.check_name(name)  # before it counts
    await state["limiter"].take(RENAMES, session.reader.id.bytes)
    async with state["pool"].acquire() as conn, conn.transaction():
        await rename(conn, visit.site, session.reader, name)
    return _back(visit)


async def _forget(
    request: Request[Any], visit: Visit, session: Session, _sent: dict[str, str]
) -> Response:
    pool = request.state["pool"]
    await own_store.delete_browsers(pool, session.reader.id, token_hash(session.token))
    return _back(visit)


async def _letters(
    request: Request[Any], visit: Visit, session: Session, sent: dict[str, str]
) -> Response:
    state: State = request.state
    postman = Postman(state["keyring"], state["settings"])
    address = session.reader.reader.email or ""
    async with state["pool"].acquire() as conn, conn.transaction():
        if sent.get("do") == "stop":
            await postman.stop(conn, visit.site.id, address, "asked")
        else:
            await own_store.delete_stop(conn, visit.site.id, postman.hash_of(address))
    return _back(visit)


async def _erase(
    request: Request[Any], visit: Visit, session: Session, _sent: dict[str, str]
) -> Response:
    state: State = request.state
    versions = await own.erase(state["pool"], visit.site, session.reader.id)
    for article_id, version in versions.items():
        state["threads"].changed(article_id, version)
    answer = page("done.html", visit, done="erased", name="", address="", again=None)
    end(request, visit.site, answer)
    return answer


async def _sign_out(
    request: Request[Any], visit: Visit, session: Session, _sent: dict[str, str]
) -> Response:
    await own_store.delete_token(request.state["pool"], token_hash(session.token))
    again = page_address(visit.addresses, ME)
    answer = page("done.html", visit, done="closed", name="", address="", again=again)
    end(request, visit.site, answer)
    return answer


Act = Callable[[Request[Any], Visit, Session, dict[str, str]], Awaitable[Response]]
ACTS: dict[str, Act] = {
    "name": _name,
    "adopt": _adopt,
    "disown": _disown,
    "browser": _browser,
    "forget": _forget,
    "stop": _letters,
    "resume": _letters,
    "erase": _erase,
    "close": _sign_out,
}
