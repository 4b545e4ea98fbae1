"""Letters at the desk: looked at, and sent to the editor who looks."""

from datetime import timedelta
from typing import Any, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_editor
from service.articles.types import Site
from service.bounces.store import count_stopped
from service.core.http import Endpoint, json_response, query_choice, read_json
from service.core.limits import Limit
from service.core.outbox import post
from service.core.problems import Conflict, Invalid
from service.moderation.filters import one_site
from service.previews.samples import Samples
from service.previews.types import Kind, Language, Missing, Preview, Previews, SentTest, TestOf
from service.settings import Settings
from service.web.words import catalogues

LETTERS = "/v1/moderation/letters"
FRAME = "/desk/letters/{kind}"
KINDS: tuple[Kind, ...] = get_args(Kind)
TESTS = Limit("letter-tests", burst=10, every=60)
LASTS = timedelta(hours=1)

# A letter brings its own style; it runs nothing, sends nothing and stands in the desk alone.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


async def get_letters(request: Request[Any]) -> Response:
    """Each kind of letter in plain text."""
    editor = await require_editor(request)
    site = await one_site(request, editor, request.query_params.get("site"))
    settings: Settings = request.state["settings"]
    lang = _lang(request.query_params.get("lang") or "en")
    samples = Samples(request.state["keyring"], site, settings.public_url, lang)
    address = f" <{settings.mail_from}>" if settings.mail_from else ""
    items = []
    for kind in KINDS:
        message = samples.message(kind, editor.email)
        items.append(Preview(kind, f"{message.sender}{address}", message.subject, message.text))
    return json_response(
        Previews(
            site=site.slug,
            lang=lang,
            languages=[Language(one.lang, one.name) for one in catalogues().values()],
            missing=_missing(settings, site),
            stopped=await count_stopped(request.state["pool"], site.id),
            to=editor.email,
            items=items,
        )
    )


def _missing(settings: Settings, site: Site) -> list[Missing]:
    given: list[tuple[Missing, bool]] = [
        ("no_server", settings.smtp is None),
        ("no_public_url", settings.public_url is None),
        ("switched_off", not site.confirm_readers),
    ]
    return [what for what, missing in given if missing]


async def get_frame(request: Request[Any]) -> Response:
    """A letter in HTML, for a frame of the desk."""
    editor = await require_editor(request)
    site = await one_site(request, editor, request.query_params.get("site"))
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise Invalid.field("kind", f"Expected one of {', '.join(KINDS)}")
    lang = query_choice(request, "lang", tuple(catalogues()))
    samples = Samples(request.state["keyring"], site, request.state["settings"].public_url, lang)
    return Response(
        samples.message(kind, editor.email).html,
        media_type="text/html",
        headers={"content-security-policy": FRAME_POLICY, "cache-control": "no-store"},
    )


async def send_test(request: Request[Any]) -> Response:
    """Send a letter to the editor who asks. It is marked as a test."""
    editor = await require_editor(request)
    wanted = await read_json(request, TestOf)
    site = await one_site(request, editor, request.query_params.get("site"))
    state = request.state
    settings: Settings = state["settings"]
    lang = _lang(wanted.lang)
    if settings.smtp is None:
        raise Conflict("No mail server is set up: REJOINDER_SMTP_URL is not set.")
    await state["limiter"].take(TESTS, editor.id.bytes)
    message = Samples(state["keyring"], site, settings.public_url, lang).message(
        wanted.kind, editor.email
    )
    message = msgspec.structs.replace(message, subject=f"[Test] {message.subject}")
    async with state["pool"].acquire() as conn, conn.transaction():
        await post(conn, state["keyring"], "test", message, site_id=site.id, useless_after=LASTS)
    return json_response(SentTest(editor.email), 202)


def _lang(lang: str) -> str:
    if lang not in catalogues():
        raise Invalid.field("lang", f"Expected one of {', '.join(catalogues())}")
    return lang


ENDPOINTS = [
    Endpoint(
        "GET", LETTERS, get_letters, "Letters to readers, with made-up people in them",
        access="editor", answer=Previews, query=("site", "lang"),
    ),
    Endpoint(
        "POST", LETTERS + "/test", send_test, "Send a letter to oneself", access="editor",
        body=TestOf, answer=SentTest, status=202, query=("site",),
    ),
]  # fmt: skip
PAGES = [Endpoint("GET", FRAME, get_frame, "A letter in HTML", access="editor", documented=False)]
