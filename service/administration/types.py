"""Requests, rows and answers of administration."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.accounts.types import Email, Label, Moderator, Role, Scope
from service.articles.types import Mode, SupportChange

Name = Annotated[str, Meta(max_length=80)]
Slug = Annotated[str, Meta(min_length=1, max_length=63)]
Slugs = Annotated[list[Slug], Meta(max_length=1000)]
Origins = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=300)]], Meta(min_length=1, max_length=50)
]


class NewMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member to add. `sites` null is every site."""

    email: Email
    sites: Slugs | None
    role: Role = "moderator"
    name: Name = ""


class MemberChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a member; what is left out stays. `sites` null is every site.

    From an editor of some sites, `sites` are which of those: the member's others stay.
    """

    role: Role | UnsetType = UNSET
    sites: Slugs | UnsetType | None = UNSET
    name: Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class Member(msgspec.Struct, frozen=True):
    """A member as stored, removed ones included."""

    moderator: Moderator
    disabled: bool
    removed: bool
    created_at: datetime
    last_seen_at: datetime | None
    password: bool
    identities: list[str]


class MemberAnswer(msgspec.Struct, frozen=True):
    """A member as an editor sees one.

    `sites` are those that the editor administers too; `elsewhere` says whether there are others.
    Of whom the editor may not manage (`manageable`), only who and where is told.
    """

    id: UUID
    email: str
    name: str
    role: Role
    all_sites: bool
    sites: list[str]
    elsewhere: bool
    disabled: bool
    manageable: bool
    created_at: datetime
    last_seen_at: datetime | None
    password: bool
    identities: list[str]


class MadeLink(msgspec.Struct, frozen=True):
    """A one-time sign-in link, which can't be read again. `mailed`: it was sent, too."""

    link: str
    mailed: bool


class AddedMember(msgspec.Struct, frozen=True):
    """A new member. Who was a member of other sites before gets no link of this editor."""

    member: MemberAnswer
    link: MadeLink | None


class Members(msgspec.Struct, frozen=True):
    """A page of members, by e-mail address."""

    items: list[MemberAnswer]
    next_cursor: str | None


class SiteSupport(msgspec.Struct, frozen=True):
    """A site's call for support: whether, in which words, leading where; '' is the element's own.

    Articles with one of `sensitive_tags` (or that section) never show it.
    """

    enabled: bool
    headline: str
    text: str
    url: str
    sensitive_tags: list[str]


Mailing = Literal["ready", "no_server", "no_public_url"]


class SiteAnswer(msgspec.Struct, frozen=True):
    """A site. `words_marked`: the desk shows from the start which words carried a score.

    `confirm_readers`: readers are asked by e-mail to confirm their addresses; `mail` says whether
    any can be sent, and else which setting is missing.
    """

    slug: str
    name: str
    origins: list[str]
    words_marked: bool
    support: SiteSupport
    confirm_readers: bool
    mail: Mailing


class SitesAnswer(msgspec.Struct, frozen=True):
    """A page of sites."""

    items: list[SiteAnswer]
    next_cursor: str | None


class NewSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site to add."""

    slug: Slug
    origins: Origins
    name: Name = ""


class SiteChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a site; what is left out stays."""

    name: Annotated[str, Meta(min_length=1, max_length=80)] | UnsetType = UNSET
    origins: Origins | UnsetType = UNSET
    words_marked: bool | UnsetType = UNSET
    confirm_readers: bool | UnsetType = UNSET
    support: SupportChange | UnsetType = UNSET


class DeskArticle(msgspec.Struct, frozen=True):
    """An article as the desk lists it. `mode` and `support` null follow the site.

    `called_for`: whether its page calls for support, all switches and tags considered; where it
    is `sensitive` by a tag it never does.
    `verified`: its publisher registered it; until then its title is a reader's word.
    """

    id: UUID
    site: str
    key: str
    url: str
    title: str
    section: str | None
    tags: list[str]
    created_at: datetime
    comments: int
    verified: bool
    open: bool
    mode: Mode | None
    support: bool | None
    called_for: bool
    sensitive: bool


class DeskArticles(msgspec.Struct, frozen=True):
    """A page of articles, newest first."""

    items: list[DeskArticle]
    next_cursor: str | None


Quota = Annotated[int, Meta(ge=1, le=1_000_000)]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be made. `quota` and `keeps` as in KeyAnswer."""

    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=2)]
    label: Label = ""
    quota: Quota | None = None
    keeps: bool = False


class KeyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a key; what is left out stays. `quota` null is none."""

    label: Label | UnsetType = UNSET
    quota: Quota | UnsetType | None = UNSET
    keeps: bool | UnsetType = UNSET
    trusted: bool | UnsetType = UNSET


class KeyAnswer(msgspec.Struct, frozen=True):
    """A key, without what opens anything. `last_used_at` is right to an hour.

    `quota` in requests a minute, null for none, is for what other systems ask. `keeps`: texts that
    their sender lets be stored are, for 30 days. `trusted`: the site's model learns from what the
    key suggests; `examples` counts these, `calls` the requests of the last 30 days.
    """

    id: UUID
    scopes: list[str]
    label: str
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    quota: int | None
    keeps: bool
    trusted: bool
    examples: int
    calls: int


class ExampleAnswer(msgspec.Struct, frozen=True):
    """A text, and what a key says of it: spam or ham, abuse or fine.

    `score` is what was suggested, where the protocol has one.
    """

    id: UUID
    text: str
    label: str
    source: str
    score: float | None
    trusted: bool
    created_at: datetime


class Examples(msgspec.Struct, frozen=True):
    """A page of what a key says, newest first."""

    items: list[ExampleAnswer]
    next_cursor: str | None


class KeptText(msgspec.Struct, frozen=True):
    """A text that its sender let be stored, with the scores that were answered."""

    id: UUID
    text: str
    scores: dict[str, float]
    created_at: datetime


class KeptTexts(msgspec.Struct, frozen=True):
    """A page of texts, newest first."""

    items: list[KeptText]
    next_cursor: str | None


class UsedDay(msgspec.Struct, frozen=True):
    """What a key was used for on a day (UTC): calls, and verdicts and corrections of spam."""

    day: date
    calls: int
    spam: int
    ham: int
    missed_spam: int
    false_positives: int


class Used(msgspec.Struct, frozen=True):
    """The last 30 days on which the key was used, newest first."""

    items: list[UsedDay]
    next_cursor: str | None = None


class MadeKey(msgspec.Struct, frozen=True):
    """A new key; `token` can't be read again."""

    key: KeyAnswer
    token: str


class KeyList(msgspec.Struct, frozen=True):
    """All keys of a site that are not revoked."""

    items: list[KeyAnswer]
    next_cursor: str | None = None


class EventAnswer(msgspec.Struct, frozen=True):
    """A change of accounts. `by` null: the command line. `about`: the member."""

    id: UUID
    action: str
    by: str | None
    about: str | None
    sites: list[str]
    detail: dict[str, str]
    created_at: datetime


class EventList(msgspec.Struct, frozen=True):
    """A page of the record, newest first."""

    items: list[EventAnswer]
    next_cursor: str | None


class After(msgspec.Struct, frozen=True):
    """Where a list goes on."""

    value: str


class Before(msgspec.Struct, frozen=True):
    """Where the record goes on."""

    id: UUID
