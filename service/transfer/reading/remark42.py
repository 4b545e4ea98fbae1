"""Remark42: its backup, a line of JSON for each comment after one about the site, gzipped."""

from service.transfer.reading.found import Found, Reading, date_of, plain, whole
from service.transfer.reading.input import Input
from service.transfer.reading.objects import Fields, cut_lines, decoded, inner
from service.transfer.types import Notes, SourceArticle, SourceComment


def read(source: Input, notes: Notes) -> Reading:
    """Each page before the first of its comments that follow one another."""
    page = ""
    for cut in cut_lines(source, notes):
        fields = decoded(cut, notes)
        if fields is None or ("version" in fields and "id" not in fields):
            continue
        url = plain(inner(fields, "locator").get("url"), notes)
        if url and url != page:
            page = url
            # `title` is that of the page, in newer backups.
            yield Found(cut.line, SourceArticle(url, url, plain(fields.get("title"), notes)))
        yield Found(cut.line, _comment(fields, url, notes))


def _comment(fields: Fields, url: str, notes: Notes) -> SourceComment:
    user = inner(fields, "user")
    written, rendered = plain(fields.get("orig"), notes), plain(fields.get("text"), notes)
    return SourceComment(
        source=plain(fields.get("id"), notes),
        article=url,
        parent=plain(fields.get("pid"), notes),
        name=plain(user.get("name"), notes),
        email="",
        body=written or rendered,
        markup="markdown" if written else "html",
        status="removed" if fields.get("delete") is True else "published",
        created_at=date_of(fields.get("time")),
        account=plain(user.get("id"), notes),
        html=rendered if written else "",
        votes=whole(fields.get("score")),
    )
