"""The form on a page of its own: for a reply, or because it was refused, with all that is in it."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from starlette.responses import Response

from service.articles import store as articles
from service.articles.types import Article
from service.comments import rules
from service.comments import store as comments
from service.comments.opening import Opening, opening
from service.comments.routes import State
from service.comments.types import CommentRow
from service.core.problems import Conflict, FieldError, Invalid, Problem
from service.thread_page import form, render
from service.thread_page.errors import missing
from service.thread_page.reading import is_own, title_of
from service.thread_page.render import Visit
from service.thread_page.telling import FIELDS, SERVER_ERROR, by_code, told
from service.thread_page.types import Fields, Form


class About(msgspec.Struct, frozen=True):
    """What the form is for."""

    article: Article | None
    parent: CommentRow | None
    opening: Opening


def sent_already() -> Conflict:
    """The same form was sent long ago."""
    return Conflict("Sent already.", errors=[FieldError("$", "sent already")])


async def page_of_form(
    state: State, visit: Visit, key: str, fields: Fields, problem: Problem | None = None
) -> Response:
    """The form; with a problem: what is wrong, what was written, and the problem's status.

    Raises NotFound where nothing is wrong but what the form is for.
    """
    about = About(None, None, Opening(open=True))
    # After a failure of ours nothing is asked again: what was written must come back whatever is
    # away.
    if problem is None or problem.status < SERVER_ERROR:
        about = await _about(state, visit, key, fields)
    own = fields.url if is_own(visit.site, fields.url) else ""
    if problem is None:
        if about.article is None and not own:
            raise missing("article")
        if fields.parent_id and about.parent is None:
            raise missing("comment")
        ticket = rules.ticket(state["keyring"], about.article.key if about.article else key)
        fields = msgspec.structs.replace(fields, ticket=ticket)
    else:
        if not fields.key and not isinstance(problem, Conflict):
            fields = msgspec.structs.replace(fields, key=form.new_key())
        if about.article is not None and about.parent is None:
            # What it answered is gone: sent again, it is a reply to the article.
            fields = msgspec.structs.replace(fields, parent_id="")
    url = about.article.url if about.article else own
    body = render.html(
        "form.html",
        visit.words,
        visit.addresses,
        site=visit.site,
        zone=visit.zone,
        key=key,
        title=title_of(about.article, url),
        url=url,
        parent=about.parent and rules.public_answer(about.parent),
        form=_form(visit, key, fields, problem),
        open=about.opening.open or problem is not None,
        opens=about.opening.until,
        only=visit.only,
        letters=visit.letters,
        alert=told(problem, visit) if problem else None,
        taken=any(error.code == "name_taken" for error in problem.errors) if problem else False,
    )
    headers = problem.headers if problem else {}
    return render.private(body, problem.status if problem else 200, headers=headers)


async def _about(state: State, visit: Visit, key: str, fields: Fields) -> About:
    policy = (await state["policies"].of(visit.site.id)).policy
    async with state["pool"].acquire() as conn:
        article = await articles.get_article(conn, visit.site.id, key, None)
        parent = None
        try:
            ident = UUID(fields.parent_id) if fields.parent_id else None
        except ValueError:
            ident = None
        if ident and article:
            parent = await comments.get_comment(conn, visit.site.id, ident)
            if parent and (parent.article_id != article.id or parent.status != "published"):
                parent = None
    return About(article, parent, opening(article, policy, datetime.now(UTC)))


def _form(visit: Visit, key: str, fields: Fields, problem: Problem | None) -> Form:
    errors: dict[str, str] = {}
    if isinstance(problem, Invalid):
        errors = form.wrong_fields(fields, visit)
        for error in problem.errors:
            name = error.path.removeprefix("$.")
            text = by_code(visit, error.code, error.values)
            if text and error.path in FIELDS and name not in errors:
                errors[name] = text
    return Form(visit.addresses.thread(key), fields, errors)
