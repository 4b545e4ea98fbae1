"""Akismet's protocol: the same addresses, forms and words.

The original's documentation and how its clients read it: docs/akismet.md.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.compat import akismet_actions as actions
from service.compat import akismet_figures as figures
from service.compat.akismet_answers import INVALID, THANKS, missing, say, say_json
from service.compat.akismet_callers import fields_of, known_key, token_of
from service.compat.akismet_forms import read_submission
from service.compat.akismet_types import Fields, Said, Submission
from service.compat.callers import require_classify
from service.core.http import Endpoint


async def verify_key(request: Request[Any]) -> Response:
    """Say whether a key is one of ours; takes nothing from its quota."""
    fields = await fields_of(request)
    if await known_key(request, token_of(request, fields)) is None:
        return say(INVALID, help_text=f"The key opens nothing here. {fields.note}".strip())
    if not actions.site_of(fields.get("blog")):
        return say(INVALID, help_text=f'Empty "blog" value. {fields.note}'.strip())
    return say("valid")


async def comment_check(request: Request[Any]) -> Response:
    """Say whether a comment is spam."""
    fields = await fields_of(request)
    key = await require_classify(request, token_of(request, fields))
    sent = _submission(request, fields)
    if isinstance(sent, Response):
        return sent
    ruling = await actions.check(actions.Desk.of(request.state), key, sent)
    word = "true" if ruling.spam else "false"
    return say(word, help_text=fields.note, discard=ruling.discard)


async def submit_spam(request: Request[Any]) -> Response:
    """Take a person's word that a comment is spam."""
    return await _submit(request, "spam")


async def submit_ham(request: Request[Any]) -> Response:
    """Take a person's word that a comment is none."""
    return await _submit(request, "ham")


async def _submit(request: Request[Any], said: Said) -> Response:
    fields = await fields_of(request)
    key = await require_classify(request, token_of(request, fields))
    sent = _submission(request, fields)
    if isinstance(sent, Response):
        return sent
    await actions.submit(actions.Desk.of(request.state), key, sent, said)
    return say(THANKS, help_text=fields.note)


def _submission(request: Request[Any], fields: Fields) -> Submission | Response:
    """The comment of a form, or what is said of one that lacks what it must have."""
    sent = read_submission(fields, request.headers.get("user-agent", ""))
    for name, value in (("blog", sent.blog), ("user_ip", sent.user_ip)):
        if not value:
            return missing(name, fields.note)
    return sent


async def usage_limit(request: Request[Any]) -> Response:
    """Tell what this month's use is, of which limit; takes nothing from the quota."""
    fields = await fields_of(request)
    key = await known_key(request, token_of(request, fields))
    if key is None:
        return say(INVALID, help_text="The key opens nothing here.")
    throttled = request.state["keys"].is_full(key)
    return say_json(await figures.limits(request.state["pool"], key, throttled=throttled))


async def key_sites(request: Request[Any]) -> Response:
    """Tell which sites used a key in a month; takes nothing from the quota."""
    fields = await fields_of(request)
    key = await known_key(request, token_of(request, fields))
    if key is None:
        return say(INVALID, help_text="The key opens nothing here.")
    pool, asked = request.state["pool"], figures.asked_of(fields)
    if fields.get("format").lower() == "csv":
        return say_json(await figures.sites_as_csv(pool, key, asked), "text/csv")
    return say_json(await figures.sites_as_json(pool, key, asked))


async def get_subscription(request: Request[Any]) -> Response:
    """Tell WordPress's plugin that all is paid: without it its settings call the key invalid."""
    fields = await fields_of(request)
    if await known_key(request, token_of(request, fields)) is None:
        return say(INVALID, help_text="The key opens nothing here.")
    return say_json(figures.SUBSCRIPTION)


# Not of the API: what they answer is another protocol's.
ROUTES: list[Endpoint] = [
    Endpoint(method, path, handler, summary, access="classify", documented=False)
    for method, path, handler, summary in (
        ("POST", "/1.1/verify-key", verify_key, "Whether a key is valid"),
        ("POST", "/1.1/comment-check", comment_check, "Whether a comment is spam"),
        ("POST", "/1.1/submit-spam", submit_spam, "A comment is spam"),
        ("POST", "/1.1/submit-ham", submit_ham, "A comment is no spam"),
        ("POST", "/1.1/get-subscription", get_subscription, "What the key is"),
        ("GET", "/1.2/usage-limit", usage_limit, "This month's use"),
        ("POST", "/1.2/usage-limit", usage_limit, "This month's use"),
        ("GET", "/1.2/key-sites", key_sites, "Sites that use a key"),
        ("POST", "/1.2/key-sites", key_sites, "Sites that use a key"),
    )
]
