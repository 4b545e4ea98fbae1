"""What letters come: the page behind each letter's last link, and the one click of RFC 8058.

A GET changes nothing: programs that look for malware open links. The key opens it, nothing else is
asked, and it doesn't expire: whoever has the letter may end it, as often as they like.
"""

from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response

from service.comments.routes import State
from service.core.address import client_address
from service.core.http import Endpoint, read_bytes
from service.core.problems import MalformedRequest
from service.correspondence.pages import LINKS
from service.correspondence.sending import Postman
from service.subscriptions import settings_store as store
from service.subscriptions.addresses import KEY, SETTINGS, action_of
from service.subscriptions.types import Recipient
from service.subscriptions.words import FOLDER as CATALOGUES
from service.subscriptions.words import subscription_words
from service.thread_page import form, render
from service.thread_page.render import ENVIRONMENT, Visit, speakable
from service.thread_page.routes import visit_of

ONE_CLICK = "List-Unsubscribe"
MOST_LISTED = 100
OURS = ENVIRONMENT.overlay(
    loader=ChoiceLoader(
        [
            FileSystemLoader(CATALOGUES.parent / "templates"),
            FileSystemLoader(render.FOLDER / "templates"),
        ]
    )
)


def page(template: str, visit: Visit, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 (a template's context)
    """A page for one reader. `m` says a text of these letters, `w` one of the thread's page."""
    words = visit.words
    text = OURS.get_template(template).render(
        words=words,
        a=visit.addresses,
        site=visit.site,
        w=lambda key, **v: words.say(key if "." in key else f"page.{key}", **v),
        m=subscription_words(words.lang).say,
        **context,
    )
    return render.private(speakable(text).encode(), status, secret=True)


async def get_settings(request: Request[Any]) -> Response:
    """What this recipient hears of, and buttons that end it."""
    visit, _ = await visit_of(request)
    key = request.query_params.get("key", "")
    to = await _recipient(request, visit, key)
    if to is None:
        return dead(visit)
    return await _settings(request, visit, key, to, _uuid(request.query_params.get("article", "")))


async def post_settings(request: Request[Any]) -> Response:
    """End one article, all of it, or any mail; `do` says which. A mail program's click ends all.

    Any number of times, with the same answer.
    """
    sent = await _sent(request)
    visit, _ = await visit_of(request)
    key = sent.get("key") or request.query_params.get("key", "")
    to = await _recipient(request, visit, key)
    if to is None:
        return dead(visit)
    do = "all" if sent.get(ONE_CLICK) == "One-Click" else sent.get("do", "")
    done = await _do(request, visit, to, do, _uuid(sent.get("article", "")))
    return await _settings(request, visit, key, to, None, done)


async def _do(
    request: Request[Any], visit: Visit, to: Recipient, do: str, article: UUID | None
) -> str:
    """What is said of what was done. Raises MalformedRequest."""
    state: State = request.state
    postman = Postman(state["keyring"], state["settings"])
    words = subscription_words(visit.words.lang)
    async with state["pool"].acquire() as conn, conn.transaction():
        match do:
            case "article" if article is not None:
                await store.end(conn, to, article)
                title = await store.get_title(conn, to.site_id, article)
                return words.say("mail.endedArticle", title=title or "")
            case "all":
                await store.end(conn, to, None)
                return words.say("mail.endedAll")
            case "never":
                await store.end(conn, to, None)
                await postman.stop(conn, to.site_id, to.address, "asked")
                return words.say("mail.stopped")
            case "again":
                await store.allow(conn, to.site_id, postman.hash_of(to.address))
                return words.say("mail.allowed")
    raise MalformedRequest("The form doesn't say what to do.")


async def _settings(
    request: Request[Any],
    visit: Visit,
    key: str,
    to: Recipient,
    article: UUID | None,
    done: str | None = None,
) -> Response:
    state: State = request.state
    hashed = Postman(state["keyring"], state["settings"]).hash_of(to.address)
    async with state["pool"].acquire() as conn:
        subscribed = await store.list_subscribed(conn, to, MOST_LISTED)
        stopped = await store.why_stopped(conn, to.site_id, hashed)
    first = next((one for one in subscribed if one.id == article), None)
    return page(
        "mail.html",
        visit,
        action=action_of(visit.addresses),
        key=key,
        address=to.address,
        subscribed=[one for one in subscribed if one != first],
        first=first,
        stopped=stopped,
        done=done,
    )


async def _recipient(request: Request[Any], visit: Visit, key: str) -> Recipient | None:
    """Whose key this is. Whoever tries others is slowed down; mail services' clicks never are."""
    state: State = request.state
    ident = state["keyring"].read_object_token(KEY, key)
    if ident is None:
        await take_try(request)
        return None
    return await store.get_recipient(state["pool"], visit.site.id, ident)


async def take_try(request: Request[Any]) -> None:
    """Let nobody try many keys; raises TooManyRequests."""
    state: State = request.state
    address = client_address(request.scope, state["settings"].trusted_proxies)
    await state["limiter"].take(LINKS, state["keyring"].digest("address", address))


async def _sent(request: Request[Any]) -> dict[str, str]:
    """The form's fields, also as multipart/form-data, which RFC 8058, section 3.2, prefers."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "multipart/form-data":
        return await form.read_form(request)
    body = await read_bytes(request)
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    fields: dict[str, str] = {}
    for part in message_from_bytes(head + body, policy=policy.HTTP).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and not part.is_multipart():
            payload = part.get_payload(decode=True)
            fields[name] = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return fields


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def dead(visit: Visit) -> Response:
    """The page of a link that isn't whole."""
    return page("dead.html", visit, 404)


PAGES = [
    Endpoint("GET", SETTINGS, get_settings, "What letters a reader gets", documented=False),
    Endpoint("POST", SETTINGS, post_settings, "End letters by form or one click", documented=False),
]
