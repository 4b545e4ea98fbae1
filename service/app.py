"""The web process: every route, every shared resource."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from service import operation
from service.accounts.keys import Keys
from service.accounts.own_routes import ENDPOINTS as OWN_ACCOUNT
from service.accounts.passwords import Passwords
from service.accounts.routes import ENDPOINTS as ACCOUNTS
from service.administration.article_routes import ENDPOINTS as ARTICLES
from service.administration.key_routes import ENDPOINTS as KEYS
from service.administration.member_routes import ENDPOINTS as MEMBERS
from service.administration.routes import ENDPOINTS as ADMINISTRATION
from service.administration.sign_in_routes import ENDPOINTS as READERS_SIGN_IN
from service.articles.sites import Sites
from service.bounces.routes import ENDPOINTS as BOUNCES
from service.comments.contest_routes import ENDPOINTS as CONTESTS
from service.comments.likes import Likes
from service.comments.puzzles import Puzzles
from service.comments.routes import ENDPOINTS as COMMENTS
from service.comments.routes import THREAD, kept_thread
from service.comments.threads import Answer, Threads
from service.compat.akismet_answers import is_akismet, refusal
from service.compat.akismet_routes import ROUTES as AKISMET
from service.compat.akismet_senders import Senders
from service.compat.classify_routes import ENDPOINTS as CLASSIFY
from service.compat.google_errors import problem_error
from service.compat.perspective_routes import ROUTES as PERSPECTIVE
from service.compat.perspective_routes import is_perspective
from service.compat.usage import Usage
from service.core import log
from service.core.database import database
from service.core.db import AWAY, open_pool
from service.core.edge import Edge
from service.core.events import Events
from service.core.http import Endpoint, routes_of
from service.core.limits import Limiter
from service.core.problems import InternalError, Problem, Unavailable, from_http_exception
from service.core.tokens import Keyring
from service.correspondence.own_pages import PAGES as READER_PAGES
from service.correspondence.pages import PAGES as LETTER_PAGES
from service.correspondence.routes import ENDPOINTS as LETTERS
from service.engagement.routes import ENDPOINTS as ENGAGEMENT
from service.feeds.routes import ENDPOINTS as FEEDS
from service.feeds.websub_routes import ENDPOINTS as WEBSUB
from service.integrations.routes import DOWNLOADS
from service.integrations.routes import ENDPOINTS as INTEGRATIONS
from service.moderation.external_routes import ENDPOINTS as EXTERNAL
from service.moderation.live import Live
from service.moderation.policy_routes import ENDPOINTS as POLICY
from service.moderation.routes import ENDPOINTS as MODERATION
from service.moderation.sanctions import ENDPOINTS as SANCTIONS
from service.moderation.simulation import Simulator
from service.moderation.stats import ENDPOINTS as STATS
from service.moderation.stats import Figures
from service.notices.routes import ENDPOINTS as NOTICES
from service.openid.provider import open_provider
from service.openid.routes import ENDPOINTS as OPENID
from service.previews.routes import ENDPOINTS as PREVIEWS
from service.previews.routes import PAGES as PREVIEW_PAGES
from service.push.desk_routes import ENDPOINTS as DESK_ALERTS
from service.push.readers import ENDPOINTS as SUBSCRIBERS
from service.push.registering import ENDPOINTS as REGISTERING
from service.push.report import ENDPOINTS as REPORTS
from service.push.routes import ENDPOINTS as PUSH
from service.readers.verifying import open_readers
from service.screening.actions import Policies
from service.screening.assessing import Assessor
from service.screening.external import open_elsewhere
from service.screening.scorer import Scorer
from service.settings import Settings
from service.subscriptions.follow_pages import PAGES as FOLLOW_PAGES
from service.subscriptions.pages import PAGES as SUBSCRIPTION_PAGES
from service.subscriptions.routes import ENDPOINTS as FOLLOW
from service.thread_page.addresses import is_page
from service.thread_page.errors import error_page
from service.thread_page.own_routes import PAGES as OWN_PAGES
from service.thread_page.routes import PAGES as THREAD_PAGES
from service.transfer.routes import ENDPOINTS as TRANSFER
from service.web.files import Files
from service.webhooks.routes import ENDPOINTS as WEBHOOKS

FEATURES: list[Endpoint] = [
    *CLASSIFY, *COMMENTS, *CONTESTS, *PUSH, *REGISTERING, *REPORTS, *ENGAGEMENT, *MODERATION,
    *SANCTIONS, *POLICY, *EXTERNAL, *STATS, *NOTICES, *WEBHOOKS, *ACCOUNTS, *OWN_ACCOUNT, *OPENID,
    *MEMBERS, *ADMINISTRATION, *ARTICLES, *READERS_SIGN_IN, *FEEDS, *WEBSUB, *SUBSCRIBERS,
    *DESK_ALERTS, *KEYS, *INTEGRATIONS, *TRANSFER, *LETTERS, *FOLLOW, *PREVIEWS, *BOUNCES,
]  # fmt: skip
ENDPOINTS: list[Endpoint] = [*FEATURES, *operation.endpoints(FEATURES)]
# No part of the API: what they answer, failures too, is for people and crawlers.
PAGES: list[Endpoint] = [
    *THREAD_PAGES, *OWN_PAGES, *DOWNLOADS, *LETTER_PAGES, *READER_PAGES, *SUBSCRIPTION_PAGES,
    *FOLLOW_PAGES, *PREVIEW_PAGES,
]  # fmt: skip

# Other services' protocols, with errors of their own.
DROP_IN: list[Endpoint] = [*PERSPECTIVE, *AKISMET]

State = dict[str, Any]


@contextlib.asynccontextmanager
async def resources(
    settings: Settings, url: str, scorer: Scorer | None = None
) -> AsyncIterator[State]:
    """Open everything that requests share, by the names under which handlers find it."""
    keyring = Keyring(settings.secret)
    events = Events(url)
    async with (
        open_pool(url) as pool,
        open_elsewhere(keyring, allow_local=settings.webhook_allow_local) as elsewhere,
        open_provider(settings.openid) as provider,
        open_readers(pool, keyring, events, allow_local=settings.webhook_allow_local) as readers,
    ):
        limiter = Limiter(pool, enabled=settings.rate_limits)
        own_scorer = (scorer or Scorer.loaded()).for_sites(pool, events)
        state: State = {
            "settings": settings,
            "pool": pool,
            "keyring": keyring,
            "passwords": Passwords(),
            "openid": provider,
            "limiter": limiter,
            "keys": Keys(pool, events, limiter),
            "usage": Usage(pool),
            "senders": Senders(pool),
            "events": events,
            "sites": Sites(pool, events),
            "policies": Policies(pool, events),
            "threads": Threads(events),
            "likes": Likes(pool),
            "elsewhere": elsewhere,
            "readers": readers,
            "puzzles": Puzzles(keyring, enabled=settings.rate_limits),
            "live": Live(events),
            "figures": Figures(pool),
            "scorer": own_scorer,
            "assessor": Assessor(own_scorer),
        }
        async with events.listening():
            state["simulator"] = Simulator(pool, state["scorer"])
            yield state
            await state["likes"].close()
            await state["usage"].close()
            await state["senders"].close()


def create_app(
    settings: Settings, *, extra: Sequence[Endpoint] = (), scorer: Scorer | None = None
) -> ASGIApp:
    """The ASGI application. Its lifespan opens the database and everything else."""
    shared: State = {}

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        with contextlib.ExitStack() as stack:
            chosen = database(settings.database_url, settings.data)
            url = await asyncio.to_thread(stack.enter_context, chosen)
            async with resources(settings, url, scorer) as state:
                shared.update(state)
                # What is loaded by now stays: the collector needn't walk the classifier's
                # tables and every module again and again.
                gc.collect()
                gc.freeze()
                yield state

    app = Starlette(
        # Looked through in this order: first those that are asked hundreds of times a second.
        routes=[*routes_of([*DROP_IN, *ENDPOINTS, *PAGES, *extra]), *Files().routes()],
        lifespan=lifespan,
        exception_handlers={
            Problem: on_problem,  # type: ignore[dict-item]  # takes its own exception only
            HTTPException: on_http_exception,  # type: ignore[dict-item]  # as above
            Exception: on_failure,
        },
    )

    # Starlette's own redirect would lose the prefix and repeat whatever Host was sent.
    app.router.redirect_slashes = False

    async def allows(path: str, origin: str) -> bool:
        sites: Sites = shared["sites"]
        return await sites.allows(path, origin)

    thread_route = next(route for route in app.routes if getattr(route, "path", "") == THREAD)

    def shortcut(scope: Scope) -> Answer | None:
        answer = kept_thread(shared["threads"], scope)
        if answer is not None:
            scope["route"] = thread_route  # what logs and metrics call it
        return answer

    return Edge(app, prefix=settings.prefix, allows=allows, shortcut=shortcut)


async def on_problem(request: Request[Any], problem: Problem) -> Response:
    """A feature's failure: as its protocol has it, a page for a person, else problem+json."""
    if is_perspective(request.scope["path"]):
        return problem_error(problem)
    if is_akismet(request.scope["path"]):
        return refusal(problem)
    if is_page(request.scope["path"]):
        return error_page(request, problem)
    return problem.response(request.scope["request_id"])


async def on_http_exception(request: Request[Any], error: HTTPException) -> Response:
    """Starlette's own failures the same way."""
    return await on_problem(request, from_http_exception(error, request.scope["path"]))


async def on_failure(request: Request[Any], failure: Exception) -> Response:
    """A failure of ours: fixed text. Starlette raises it again, and the edge logs it."""
    return await on_problem(
        request, Unavailable() if isinstance(failure, AWAY) else InternalError()
    )


def from_environment() -> ASGIApp:
    """The application as uvicorn's worker processes make it."""
    log.configure()
    return create_app(Settings.from_environment())
