"""Requests and rows of sites and articles."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Title = Annotated[str, Meta(min_length=1, max_length=500)]
Label = Annotated[str, Meta(min_length=1, max_length=100)]
Mode = Literal["post", "pre"]

SENSITIVE = ("sensitive", "obituary", "obituaries")  # of a new site, as in migration 0013


class Site(msgspec.Struct, frozen=True):
    """A site. `origins` as browsers write them: scheme, host, port where it isn't the default.

    `words_marked`: the desk shows from the start which words carried a score. `sign_in_required`:
    only readers who have signed in at the publisher's may comment. `confirm_readers`: who gives an
    e-mail address is asked by e-mail to confirm it, where mail can be sent. `support_…`: the call
    to support the newsroom, which is never shown on an article with one of `sensitive_tags`. Of its
    texts and its address, '' is none: the element's own stand.
    """

    id: UUID
    slug: str
    name: str
    origins: list[str]
    words_marked: bool = False
    sign_in_required: bool = False
    support_enabled: bool = True
    support_headline: str = ""
    support_text: str = ""
    support_url: str = ""
    sensitive_tags: list[str] = msgspec.field(default_factory=lambda: list(SENSITIVE))
    confirm_readers: bool = True


class SupportChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a site's call for support; what is left out stays, '' takes it away."""

    enabled: bool | UnsetType = UNSET
    headline: Annotated[str, Meta(max_length=120)] | UnsetType = UNSET
    text: Annotated[str, Meta(max_length=1000)] | UnsetType = UNSET
    url: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    sensitive_tags: Annotated[list[Label], Meta(max_length=50)] | UnsetType = UNSET


class Article(msgspec.Struct, frozen=True):
    """An article as it is stored. `mode` None follows the site's policy.

    `slow_mode` in seconds: None likewise, 0 not. `verified`: its publisher registered it. Until
    then its title and address are a reader's word. `support`: whether it calls for support; None
    follows the site.
    """

    id: UUID
    site_id: UUID
    key: str
    url: str
    title: str
    summary: str | None
    image: str | None
    image_credit: str | None
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
    support: bool | None = None


class PageIdentity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page that something was done on: registers an article that is still unknown."""

    url: Annotated[str, Meta(max_length=2000)]
    title: Annotated[str, Meta(max_length=500)] = ""


class PutArticle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a publisher says of an article. What is left out stays as it was; null empties it.

    `image_credit` is whom to name for `image`: it goes with that picture, also when only another
    one is given.
    """

    url: Url
    title: Title
    summary: Annotated[str, Meta(max_length=2000)] | UnsetType | None = UNSET
    image: Url | UnsetType | None = UNSET
    image_credit: Annotated[str, Meta(max_length=200)] | UnsetType | None = UNSET
    section: Label | UnsetType | None = UNSET
    tags: Annotated[list[Label], Meta(max_length=50)] | UnsetType = UNSET
    published_at: datetime | UnsetType | None = UNSET
    open: bool | UnsetType = UNSET
    mode: Mode | UnsetType | None = UNSET
    slow_mode: Annotated[int, Meta(ge=0, le=86_400)] | UnsetType | None = UNSET
    support: bool | UnsetType | None = UNSET
    aliases: Annotated[list[Url], Meta(max_length=50)] | UnsetType = UNSET
    alert: bool = False


class ArticleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an editor changes of an article. What is left out stays; null follows the site."""

    open: bool | UnsetType = UNSET
    mode: Mode | UnsetType | None = UNSET
    support: bool | UnsetType | None = UNSET


class Asked(msgspec.Struct, frozen=True):
    """Which articles of some sites are asked for; None: any, 'site': those that follow it."""

    sites: list[UUID]
    words: str | None = None
    open: bool | None = None
    mode: str | None = None
    support: str | None = None

    @property
    def pattern(self) -> str | None:
        """What titles and addresses with these words are like."""
        if self.words is None:
            return None
        return "%" + re.sub(r"([\\%_])", r"\\\1", self.words) + "%"


class ArticleAnswer(msgspec.Struct, frozen=True):
    """An article as publishers read it."""

    key: str
    url: str
    title: str
    summary: str | None
    image: str | None
    image_credit: str | None
    section: str | None
    tags: list[str]
    published_at: datetime | None
    open: bool
    mode: Mode | None
    comments: int
    slow_mode: int | None
    support: bool | None


def article_answer(article: Article) -> ArticleAnswer:
    """The public side of a row."""
    return ArticleAnswer(
        key=article.key,
        url=article.url,
        title=article.title,
        summary=article.summary,
        image=article.image,
        image_credit=article.image_credit,
        section=article.section,
        tags=article.tags,
        published_at=article.published_at,
        open=article.open,
        mode=article.mode,
        comments=article.comment_count,
        slow_mode=article.slow_mode,
        support=article.support,
    )
