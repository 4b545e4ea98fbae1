"""The page behind a mailed link. Reading it changes nothing: programs that look for malware do."""

from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comments.routes import State
from service.core.address import client_address
from service.core.http import Endpoint
from service.core.limits import Limit
from service.core.problems import Invalid, NotFound
from service.correspondence import confirming
from service.correspondence.addresses import CONFIRM, page_address
from service.correspondence.letters import FOLDER
from service.correspondence.sending import Postman
from service.correspondence.session import begin
from service.correspondence.words import letter_words
from service.thread_page import form, render
from service.thread_page.addresses import ME
from service.thread_page.render import ENVIRONMENT, Visit, speakable
from service.thread_page.routes import visit_of

LINKS = Limit("reader-link", burst=20, every=10)
OURS = ENVIRONMENT.overlay(
    loader=ChoiceLoader([FileSystemLoader(FOLDER), FileSystemLoader(render.FOLDER / "templates")])
)


def page(template: str, visit: Visit, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 (a template's context)
    """A page for one reader. `m` says a text of the letters, `w` one of the thread's page."""
    words = visit.words
    letters = letter_words(words.lang)
    text = OURS.get_template(template).render(
        words=words,
        a=visit.addresses,
        site=visit.site,
        zone=visit.zone,
        w=lambda key, **v: words.say(key if "." in key else f"page.{key}", **v),
        m=letters.say,
        **context,
    )
    return render.private(speakable(text).encode(), status, secret=True)


async def get_confirm(request: Request[Any]) -> Response:
    """Ask whether a comment is the recipient's."""
    visit, _ = await visit_of(request)
    await _take(request)
    return await _ask(request, visit, request.query_params.get("key", ""))


async def post_confirm(request: Request[Any]) -> Response:
    """Confirm an address or deny a comment, as `do` says.

    The key is the proof that the form is the recipient's (see thread_page's post_own); that their
    own browser sends it isn't: another site's page would open its author's account in a visitor's.
    """
    _check_same_site(request)
    sent = await form.read_form(request)
    visit, _ = await visit_of(request)
    await _take(request)
    key = sent.get("key", "")
    try:
        if sent.get("do") == "deny":
            return await _deny(request, visit, key, stop="stop" in sent)
        return await _confirm(request, visit, key, sent.get("name") or None)
    except NotFound:
        return _dead(visit)
    except Invalid:
        return await _ask(request, visit, key, refused=sent.get("name", ""))


def _check_same_site(request: Request[Any]) -> None:
    """Our page sends no referrer: so a browser without Sec-Fetch-Site says that Origin is null."""
    if "sec-fetch-site" in request.headers or request.headers.get("origin") != "null":
        form.check_same_site(request)


async def _confirm(request: Request[Any], visit: Visit, key: str, name: str | None) -> Response:
    state: State = request.state
    async with state["pool"].acquire() as conn, conn.transaction():
        reader = await confirming.confirm(conn, visit.site, key, name)
        token = await confirming.give_token(conn, visit.site, reader, "page")
    answer = RedirectResponse(
        page_address(visit.addresses, ME, done=""), 303, headers={"cache-control": "no-store"}
    )
    begin(request, visit.site, answer, token)
    return answer


async def _deny(request: Request[Any], visit: Visit, key: str, *, stop: bool) -> Response:
    state: State = request.state
    postman = Postman(state["keyring"], state["settings"])
    async with state["pool"].acquire() as conn, conn.transaction():
        address = await confirming.deny(conn, postman, state["keyring"], visit.site, key, stop=stop)
    told = address if stop else ""
    return page("done.html", visit, done="denied", name="", address=told, again=None)


async def _ask(
    request: Request[Any], visit: Visit, key: str, *, refused: str | None = None
) -> Response:
    """The question; `refused` is a name that can't be had, '' the one on the comment."""
    state: State = request.state
    async with state["pool"].acquire() as conn:
        try:
            opened = await confirming.read_link(conn, visit.site, key)
        except NotFound:
            return _dead(visit)
    comment = opened.comment
    name = refused or (comment.author_name if comment else opened.name)
    wrong = None
    if refused is not None:
        wrong = form.wrong_text("name", name, visit)
        wrong = wrong or letter_words(visit.words.lang).say("ask.taken", name=name)
    return page(
        "confirm.html",
        visit,
        422 if wrong else 200,
        action=page_address(visit.addresses, CONFIRM),
        key=key,
        address=opened.link.address,
        comment=comment,
        wrong=wrong,
        name=name,
        named=opened.confirmed,
        opens=opened.link.comment_id is None,
    )


def _dead(visit: Visit) -> Response:
    again = page_address(visit.addresses, ME)
    return page("done.html", visit, 410, done="dead", name="", address="", again=again)


async def _take(request: Request[Any]) -> None:
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await state["limiter"].take(LINKS, state["keyring"].digest("address", address))


PAGES = [
    Endpoint("GET", CONFIRM, get_confirm, "Whether a comment is the recipient's", documented=False),
    Endpoint("POST", CONFIRM, post_confirm, "Confirm an address by form", documented=False),
]
