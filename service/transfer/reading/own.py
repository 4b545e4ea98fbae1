"""Our own JSON lines, which anything can be made into: docs/import.md has every field."""

from typing import Annotated

import msgspec
from msgspec import Meta

from service.transfer.reading import export
from service.transfer.reading.found import Found, Reading, date_of, plain, whole
from service.transfer.reading.input import Input
from service.transfer.reading.objects import cut_lines
from service.transfer.types import Kept, Markup, Notes, SourceArticle, SourceComment

Ident = Annotated[str, Meta(min_length=1)]


class Article(msgspec.Struct, frozen=True):
    """A page. `key` where the site's pages name one."""

    id: Ident
    url: Ident
    title: str = ""
    key: str | None = None
    published_at: str | None = None


class Comment(msgspec.Struct, frozen=True):
    """A comment. `article` and `parent` are ids of other ones, wherever these are."""

    id: Ident
    article: Ident
    body: str
    parent: str | None = None
    name: str = ""
    email: str = ""
    website: str = ""
    account: str = ""
    markup: Markup = "markdown"
    html: str = ""
    status: Kept = "published"
    created_at: str | None = None
    likes: int = 0


class ArticleLine(Article, frozen=True, tag="article", tag_field="type"):
    """A line that is an article."""


class CommentLine(Comment, frozen=True, tag="comment", tag_field="type"):
    """A line that is a comment."""


_decode = msgspec.json.Decoder(ArticleLine | CommentLine).decode


def read(source: Input, notes: Notes) -> Reading:
    """A line an article or a comment; a line that is neither is refused by itself."""
    if export.is_export(Input(source.path, Notes())):
        yield from export.read(source, notes)
        return
    for cut in cut_lines(source, notes):
        try:
            line = _decode(cut.text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            notes.refuse("no line of this format", cut.line, str(error))
            continue
        if isinstance(line, Article):
            yield Found(cut.line, article_of(line, notes))
        else:
            yield Found(cut.line, comment_of(line, notes))


def article_of(line: Article, notes: Notes) -> SourceArticle:
    """An article as every format tells it."""
    return SourceArticle(
        plain(line.id, notes),
        plain(line.url, notes),
        plain(line.title, notes),
        plain(line.key, notes) or None,
        date_of(line.published_at),
    )


def comment_of(line: Comment, notes: Notes) -> SourceComment:
    """A comment as every format tells it."""
    # What is only text may hold no HTML of its own.
    markup = "markdown" if line.markup == "text" else line.markup
    return SourceComment(
        source=plain(line.id, notes),
        article=plain(line.article, notes),
        parent=plain(line.parent, notes),
        name=plain(line.name, notes),
        email=plain(line.email, notes),
        body=plain(line.body, notes),
        markup=markup,
        status=line.status,
        created_at=date_of(line.created_at),
        website=plain(line.website, notes),
        account=plain(line.account, notes),
        html=plain(line.html, notes),
        votes=whole(line.likes),
    )
