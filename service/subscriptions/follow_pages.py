"""Following an article without scripts: asking for it, and the page behind the letter's link."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.accounts.actions import check_email
from service.articles.actions import register_article
from service.articles.rules import check_key
from service.articles.types import Article, Site
from service.comments.routes import State
from service.core.http import Endpoint
from service.core.problems import Invalid, Problem
from service.subscriptions import follow_store as store
from service.subscriptions.addresses import CONFIRM, action_of
from service.subscriptions.following import no_letters
from service.subscriptions.pages import dead, page, take_try
from service.subscriptions.routes import follows_of, take_ask
from service.thread_page import form
from service.thread_page.addresses import FOLLOW
from service.thread_page.errors import missing
from service.thread_page.render import Visit
from service.thread_page.routes import visit_of


async def get_ask(request: Request[Any]) -> Response:
    """A form for an address."""
    visit, _ = await visit_of(request)
    article = await _article(request, visit.site)
    return _ask(visit, article)


async def post_ask(request: Request[Any]) -> Response:
    """Write to the address; always the same answer, whoever has it."""
    state: State = request.state
    form.check_same_site(request)
    sent = await form.read_form(request)
    visit, _ = await visit_of(request)
    article = await _article(request, visit.site)
    email = sent.get("email", "")
    try:
        address = check_email("$.email", email)
    except Invalid:
        return _ask(visit, article, email, visit.words.say("writing.wrong.email"))
    asked_from = await take_ask(request)
    async with state["pool"].acquire() as conn, conn.transaction():
        await follows_of(state).ask(
            conn, visit.site, article, address, visit.words.lang, asked_from
        )
    return page("follow_done.html", visit, done="sent", address=address, article=article)


def _ask(visit: Visit, article: Article, email: str = "", wrong: str | None = None) -> Response:
    if not visit.letters:
        raise no_letters()
    return page(
        "follow_ask.html",
        visit,
        422 if wrong else 200,
        article=article,
        action=visit.addresses.follow(article.key),
        thread=visit.addresses.thread(article.key),
        email=email,
        wrong=wrong,
    )


async def _article(request: Request[Any], site: Site) -> Article:
    state: State = request.state
    async with state["pool"].acquire() as conn:
        try:
            return await register_article(
                conn, site, check_key(request.path_params["article"]), None, ""
            )
        except Problem as error:
            raise missing("article") from error


async def get_confirm(request: Request[Any]) -> Response:
    """Ask whether whoever has the letter follows the article. Changes nothing."""
    state: State = request.state
    visit, _ = await visit_of(request)
    key = request.query_params.get("key", "")
    ident = follows_of(state).read_key(key)
    if ident is None:
        await take_try(request)
        return dead(visit)
    follow = await store.get_follow(state["pool"], visit.site.id, ident)
    if follow is None:
        return dead(visit)
    action = action_of(visit.addresses, CONFIRM)
    return page("follow_confirm.html", visit, follow=follow, key=key, action=action)


async def post_confirm(request: Request[Any]) -> Response:
    """Put it in force; again is once."""
    state: State = request.state
    sent = await form.read_form(request)
    visit, _ = await visit_of(request)
    ident = follows_of(state).read_key(sent.get("key", ""))
    if ident is None:
        await take_try(request)
        return dead(visit)
    async with state["pool"].acquire() as conn, conn.transaction():
        follow = await store.confirm_follow(conn, visit.site.id, ident)
    if follow is None:
        return dead(visit)
    return page("follow_done.html", visit, done="done", address=follow.address, article=follow)


PAGES = [
    Endpoint("GET", FOLLOW, get_ask, "A form to follow an article", documented=False),
    Endpoint("POST", FOLLOW, post_ask, "Ask to follow an article by form", documented=False),
    Endpoint("GET", CONFIRM, get_confirm, "Whether to follow an article", documented=False),
    Endpoint("POST", CONFIRM, post_confirm, "Follow an article by form", documented=False),
]
