"""Rows and answers of accounts."""

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["moderator", "editor"]
Scope = Literal["publish", "classify"]


class ApiKey(msgspec.Struct, frozen=True):
    """A publisher's key."""

    id: UUID
    site_id: UUID
    scopes: list[str]


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


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the desk sends for a one-time link."""

    token: str


class MemberSite(msgspec.Struct, frozen=True):
    """A site that a moderator is a member of."""

    slug: str
    name: str


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
