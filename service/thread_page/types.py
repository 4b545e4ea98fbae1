"""What the templates show."""

from uuid import UUID

import msgspec

from service.comments.types import CommentAnswer, Sort


class Asked(msgspec.Struct, frozen=True):
    """Which page of which thread. `root`: one conversation alone; `cursor` where it goes on."""

    key: str
    url: str | None
    sort: Sort
    cursor: str | None
    root: UUID | None


class Node(msgspec.Struct, frozen=True):
    """A comment and what is shown below it.

    `more`: how many further ones its conversation has. `above`: it answers a comment that isn't
    on this page.
    """

    comment: CommentAnswer
    replies: list["Node"]
    more: int = 0
    above: UUID | None = None


class Fields(msgspec.Struct, frozen=True):
    """What somebody wrote into the form, as it was sent."""

    name: str = ""
    email: str = ""
    website: str = ""
    notify: str = ""
    body: str = ""
    parent_id: str = ""
    company: str = ""
    ticket: str = ""
    key: str = ""
    url: str = ""


class Form(msgspec.Struct, frozen=True):
    """The form as it is shown: what is in it, and what is wrong with it, by field."""

    action: str
    fields: Fields
    errors: dict[str, str] = {}


class Mine(msgspec.Struct, frozen=True):
    """The comment that this reader has just posted, and the address of its own page."""

    id: UUID
    address: str
