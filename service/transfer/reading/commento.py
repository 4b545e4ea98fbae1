"""Commento and Comentario: the JSON that their *Export* mails (Comentario's: versions 1 and 3).

Authors come after the comments, pages before or nowhere: the file is read twice, first for both.
"""

from typing import NamedTuple

from service.transfer.reading.found import Found, Reading, date_of, plain, whole
from service.transfer.reading.input import Input
from service.transfer.reading.objects import Fields, cut_objects, decoded
from service.transfer.types import Kept, Notes, SourceArticle, SourceComment

ROOT = "root"
ANONYMOUS = {"", "anonymous", "00000000-0000-0000-0000-000000000000"}
STATES: dict[str, Kept] = {"approved": "published", "unapproved": "held", "flagged": "spam"}


class Author(NamedTuple):
    """What a comment doesn't say of whoever wrote it."""

    name: str
    email: str
    website: str


class Page(NamedTuple):
    """Where a page is, and what it is called."""

    url: str
    title: str


def read(source: Input, notes: Notes) -> Reading:
    """Each page before the first of its comments that follow one another."""
    authors, pages = _people_and_pages(source)
    second, told = Input(source.path, notes), ""
    source.read = 0
    for cut in cut_objects(second, notes, 2):
        source.read = second.read
        if cut.key != "comments":
            continue
        fields = decoded(cut, notes)
        if fields is None:
            continue
        page = _page(fields, pages, notes)
        if page.url != told:
            told = page.url
            yield Found(cut.line, SourceArticle(page.url, page.url, page.title))
        yield Found(cut.line, _comment(fields, page.url, authors, notes))


def _people_and_pages(source: Input) -> tuple[dict[str, Author], dict[str, Page]]:
    """Both by id. What is wrong with the file is noted when it is read for its comments."""
    ignored = Notes()
    authors: dict[str, Author] = {}
    pages: dict[str, Page] = {}
    for cut in cut_objects(source, ignored, 2):
        if cut.key not in {"commenters", "pages"}:
            continue
        fields = decoded(cut, ignored) or {}
        if cut.key == "pages":
            url = plain(fields.get("path"), ignored)
            pages[plain(fields.get("id"), ignored)] = Page(url, plain(fields.get("title"), ignored))
        else:
            ident = plain(fields.get("commenterHex") or fields.get("id"), ignored)
            link = plain(fields.get("link") or fields.get("websiteUrl"), ignored)
            authors[ident] = Author(
                plain(fields.get("name"), ignored),
                plain(fields.get("email"), ignored),
                "" if link == "undefined" else link,
            )
    return authors, pages


def _page(fields: Fields, pages: dict[str, Page], notes: Notes) -> Page:
    known = pages.get(plain(fields.get("pageId"), notes))
    if known is not None:
        return known
    path, domain = plain(fields.get("url"), notes), plain(fields.get("domain"), notes)
    if "://" in path or not domain:
        return Page(path, "")
    return Page(f"https://{domain}/{path.lstrip('/')}", "")


def _comment(fields: Fields, page: str, authors: dict[str, Author], notes: Notes) -> SourceComment:
    parent = plain(fields.get("parentHex") or fields.get("parentId"), notes)
    account = plain(fields.get("commenterHex") or fields.get("userCreated"), notes)
    author = authors.get(account, Author(plain(fields.get("authorName"), notes), "", ""))
    written, rendered = plain(fields.get("markdown"), notes), plain(fields.get("html"), notes)
    created = date_of(fields.get("creationDate")) or date_of(fields.get("createdTime"))
    return SourceComment(
        source=plain(fields.get("commentHex") or fields.get("id"), notes),
        article=page,
        parent="" if parent == ROOT else parent,
        name=author.name,
        email=author.email if "@" in author.email else "",
        body=written or rendered,
        markup="markdown" if written else "html",
        status=_status(fields),
        created_at=created,
        website=author.website,
        account="" if account in ANONYMOUS else account,
        html=rendered if written else "",
        votes=whole(fields.get("score", 0)),
    )


def _status(fields: Fields) -> Kept:
    """Commento says one word; Comentario says it in three switches."""
    if fields.get("deleted") is True or fields.get("isDeleted") is True:
        return "removed"
    if "state" in fields:
        return STATES.get(str(fields["state"]), "held")
    if fields.get("isPending") is True:
        return "held"
    return "published" if fields.get("isApproved", True) is True else "rejected"
