"""What a browser's form sends: read, checked, and said in words where it is wrong."""

import secrets
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import msgspec
from starlette.requests import Request

from service.accounts.actions import check_email
from service.articles.rules import origin_of
from service.articles.types import PageIdentity, Site
from service.comments import rules
from service.comments.actions import Client
from service.comments.types import LONGEST_BODY, NewComment
from service.core.http import read_bytes
from service.core.problems import Forbidden, Invalid, MalformedRequest
from service.core.tokens import Keyring
from service.settings import Settings
from service.thread_page.render import Visit
from service.thread_page.telling import by_code
from service.thread_page.types import Fields

MEDIA_TYPE = "application/x-www-form-urlencoded"
# 10,000 characters of four bytes, each byte as %XX, and room for a text that is too long: it
# comes back to whoever wrote it, with the number of characters to take out.
LARGEST_FORM = 256 * 1024
MOST_FIELDS = 40
LONGEST = {"name": 80, "email": 254, "website": 500, "body": LONGEST_BODY}
LONGEST_TICKET = 200
LONGEST_TRAP = 500


def check_same_site(request: Request[Any]) -> None:
    """Raise Forbidden for a form that another site's page sends.

    There is no cookie that it could abuse; but a page elsewhere could let its visitors' browsers
    post, each from an address of its own, past every limit by address. Sec-Fetch-Site is the
    browser's word; where it is missing (plain http, older browsers), Origin (Fetch, "HTTP-redirect
    fetch"; RFC 6454). What sends neither is no browser that somebody else could lead.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetch_site is not None:
        allowed = fetch_site in {"same-origin", "none"}
    elif origin is not None:
        settings: Settings = request.state["settings"]
        own = {request.headers.get("host", "")}
        if settings.public_url:
            own.add(urlsplit(origin_of(settings.public_url)).netloc)
        # Not taken apart as an address: a sent one may be none.
        allowed = origin.partition("://")[2].lower() in own - {""}
    else:
        allowed = True
    if not allowed:
        raise Forbidden("This form was sent from another site.")


async def read_form(request: Request[Any]) -> dict[str, str]:
    """The fields (URL Standard, application/x-www-form-urlencoded), line ends as line feeds.

    Raises MalformedRequest and BodyTooLarge.
    """
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != MEDIA_TYPE or charset not in {"", "utf-8"}:
        raise MalformedRequest(f"The form must be {MEDIA_TYPE} in UTF-8.")
    body = await read_bytes(request, LARGEST_FORM)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedRequest("The form is not UTF-8, or has too many fields.") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise MalformedRequest("The form has a field twice.")
    # A browser writes line ends as CR LF, and a character that counts twice is one too many.
    return {name: value.replace("\r\n", "\n").replace("\r", "\n") for name, value in fields.items()}


def fields_of(form: dict[str, str]) -> Fields:
    """The fields that the form has; others are left alone."""
    known = Fields.__struct_fields__
    return Fields(**{name: value for name, value in form.items() if name in known})


def new_key() -> str:
    """What makes one form, shown to one reader, unlike every other."""
    return secrets.token_urlsafe(16)


def wrong_fields(fields: Fields, visit: Visit) -> dict[str, str]:
    """Everything that is wrong, by field, so that it can be mended at once."""
    wrong: dict[str, str] = {}
    for name in ("body", "name", "email", "website"):
        text = wrong_text(name, getattr(fields, name), visit)
        if text:
            wrong[name] = text
    return wrong


def wrong_text(name: str, value: str, visit: Visit) -> str | None:
    """What is wrong with one field, in words."""
    over = len(value) - LONGEST[name]
    if over > 0:
        return visit.words.say("writing.over", n=over)
    try:
        if name == "body":
            rules.check_body(value)
        elif name == "name":
            rules.check_name(value)
        elif name == "email":
            check_email("$.email", value)
        else:
            rules.check_website(value)
    except Invalid as error:
        known = by_code(visit, error.errors[0].code, error.errors[0].values)
        return known or visit.words.say(f"writing.wrong.{name}")
    return None


def new_comment(fields: Fields) -> NewComment:
    """The same request as the JSON API's; raises Invalid."""
    try:
        parent = UUID(fields.parent_id) if fields.parent_id else None
    except ValueError as error:
        raise Invalid.field("$.parent_id", "Expected an id") from error
    # Signals, not walls: one that is too long is as good as a wrong one.
    new = NewComment(
        name=fields.name,
        email=fields.email,
        body=fields.body,
        website=fields.website or None,
        notify=bool(fields.notify),
        parent_id=parent,
        ticket=fields.ticket[:LONGEST_TICKET] or None,
        company=fields.company[:LONGEST_TRAP] or None,
        article=PageIdentity(fields.url) if fields.url else None,
    )
    try:
        return msgspec.convert(msgspec.to_builtins(new), NewComment)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `")
        raise Invalid.field(path.rstrip("`") or "$", detail) from error


def client_of(keyring: Keyring, site: Site, article: str, address: str, fields: Fields) -> Client:
    """Whoever sends the form, with a retry key: the same form sent twice is one comment.

    The key is made from everything in it, because a form in a page that is kept for all can't
    hold a key of its own; there the ticket stands in, and the address.
    """
    told = msgspec.msgpack.encode((site.slug, article, address, fields))
    return Client(keyring.digest("address", address), keyring.digest("form", told))
