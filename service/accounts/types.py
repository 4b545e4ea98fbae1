"""Rows and answers of accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Role = Literal["moderator", "editor"]
Scope = Literal["publish", "classify"]
Kind = Literal["api", "link", "session"]
Method = Literal["link", "password", "openid"]
Email = Annotated[str, Meta(min_length=3, max_length=320)]
# How long one may really be, check_password says, in words.
Password = Annotated[str, Meta(min_length=1, max_length=2000)]
Label = Annotated[str, Meta(max_length=100)]


class ApiKey(msgspec.Struct, frozen=True):
    """A publisher's key.

    `quota` in requests a minute, None for none, is for what other systems ask. `keeps`: a text that
    its sender doesn't forbid to store may be stored. `trusted`: its examples are learnt from.
    """

    id: UUID
    site_id: UUID
    scopes: list[str]
    quota: int | None = None
    keeps: bool = False
    trusted: bool = False


class Moderator(msgspec.Struct, frozen=True):
    """Someone who decides; `site_ids` are the sites of a member of some only."""

    id: UUID
    email: str
    name: str
    role: Role
    all_sites: bool
    site_ids: list[UUID]

    def covers(self, site_id: UUID) -> bool:
        """Whether this is one of the moderator's sites."""
        return self.all_sites or site_id in self.site_ids


class NewModeratorToken(msgspec.Struct, frozen=True):
    """A row to be stored. `lasts` None: for good."""

    token_hash: bytes
    moderator_id: UUID
    kind: Kind
    lasts: timedelta | None
    label: str = ""
    method: Method | None = None
    agent: str = ""


class Event(msgspec.Struct, frozen=True):
    """A change of accounts. `actor_id` None is the command line; `site_ids` what it is about.

    `detail` says the rest, in words that need no other row.
    """

    action: str
    actor_id: UUID | None
    moderator_id: UUID | None = None
    site_ids: Sequence[UUID] = ()
    detail: dict[str, str] = {}


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time token, or an e-mail address and its password."""

    token: str | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class MemberSite(msgspec.Struct, frozen=True):
    """A site that a moderator is a member of. `words_marked`: its deciding words show at once."""

    slug: str
    name: str
    words_marked: bool


class SignedIn(msgspec.Struct, frozen=True):
    """Who is at the desk. `csrf` goes into X-CSRF-Token on every call that changes something."""

    moderator: "ModeratorAnswer"
    sites: list[MemberSite]
    csrf: str


class ModeratorAnswer(msgspec.Struct, frozen=True):
    """A moderator as the desk shows it."""

    id: UUID
    email: str
    name: str
    role: Role
    all_sites: bool


class Session(msgspec.Struct, frozen=True):
    """The desk's session of a request. `fresh_link`: a one-time link opened it just now."""

    id: UUID
    fresh_link: bool


class Credentials(msgspec.Struct, frozen=True):
    """Whom an e-mail address belongs to, and the hash of the password where there is one."""

    moderator_id: UUID
    hash: str | None


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, and the one before where there is one."""

    password: Password
    current: Password | None = None


class OldPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password that goes."""

    current: Password | None = None


class LinkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a sign-in link shall be sent."""

    email: Email


class Ways(msgspec.Struct, frozen=True):
    """How one may sign in here. `openid`: what the button for it says, null where there is none."""

    links: bool
    openid: str | None


class OwnAccount(msgspec.Struct, frozen=True):
    """One's own account. `password_at`: since when there is a password, null where there is none.

    `needs_current`: whether it takes the current password to set another one, or none.
    """

    email: str
    name: str
    role: Role
    password_at: datetime | None
    needs_current: bool
    identities: list[str]


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API token to be made."""

    label: Label


class MadeToken(msgspec.Struct, frozen=True):
    """A new API token; `token` can't be read again."""

    id: UUID
    label: str
    token: str


class TokenAnswer(msgspec.Struct, frozen=True):
    """One of one's API tokens."""

    id: UUID
    label: str
    created_at: datetime
    last_used_at: datetime | None


class SessionAnswer(msgspec.Struct, frozen=True):
    """One of one's sessions. `agent` is what its browser calls itself."""

    id: UUID
    method: Method | None
    agent: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime
    current: bool


class TokenList(msgspec.Struct, frozen=True):
    """All of one's API tokens."""

    items: list[TokenAnswer]
    next_cursor: str | None = None


class SessionList(msgspec.Struct, frozen=True):
    """All of one's sessions."""

    items: list[SessionAnswer]
    next_cursor: str | None = None
