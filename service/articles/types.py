"""Requests and rows of sites and articles."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Title = Annotated[str, Meta(min_length=1, max_length=500)]
Label = Annotated[str, Meta(min_length=1, max_length=100)]
Mode = Literal["post", "pre"]


class Site(msgspec.Struct, frozen=True):
    """A site. `origins` as browsers write them: scheme, host, port where it isn't the default.

    `words_marked`: the desk shows from the start which words carried a score. `sign_in_required`:
    only readers who have signed in at the publisher's may comment.
    """

    id: UUID
    slug: str
    name: str
    origins: list[str]
    words_marked: bool = False
    sign_in_required: bool = False


class Article(msgspec.Struct, frozen=True):
    """An article as it is stored. `mode` None follows the site's policy.

    `slow_mode` in seconds: None likewise, 0 not. `verified`: its publisher registered it. Until
    then its title and address are a reader's word.
    """

    id: UUID
    site_id: UUID
    key: str
    url: str
    title: str
    summary: str | None
    image: str | None
    section: str | None
    tags: list[str]
    published_at: datetime | None
    open: bool
    mode: Mode | None
    verified: bool
    comment_count: int
    thread_version: int
    created_at: datetime
    slow_mode: int | None


class PutArticle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a publisher says of an article. What is left out stays as it was; null empties it."""

    url: Url
    title: Title
    summary: Annotated[str, Meta(max_length=2000)] | UnsetType | None = UNSET
    image: Url | UnsetType | None = UNSET
    section: Label | UnsetType | None = UNSET
    tags: Annotated[list[Label], Meta(max_length=50)] | UnsetType = UNSET
    published_at: datetime | UnsetType | None = UNSET
    open: bool | UnsetType = UNSET
    mode: Mode | UnsetType | None = UNSET
    slow_mode: Annotated[int, Meta(ge=0, le=86_400)] | UnsetType | None = UNSET
    aliases: Annotated[list[Url], Meta(max_length=50)] | UnsetType = UNSET
    alert: bool = False


class ArticleAnswer(msgspec.Struct, frozen=True):
    """An article as publishers read it."""

    key: str
    url: str
    title: str
    summary: str | None
    image: str | None
    section: str | None
    tags: list[str]
    published_at: datetime | None
    open: bool
    mode: Mode | None
    comments: int
    slow_mode: int | None


def article_answer(article: Article) -> ArticleAnswer:
    """The public side of a row."""
    return ArticleAnswer(
        key=article.key,
        url=article.url,
        title=article.title,
        summary=article.summary,
        image=article.image,
        section=article.section,
        tags=article.tags,
        published_at=article.published_at,
        open=article.open,
        mode=article.mode,
        comments=article.comment_count,
        slow_mode=article.slow_mode,
    )
