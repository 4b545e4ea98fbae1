"""Requests, answers and rows of comments."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.articles.types import PageIdentity
from service.core.http import check_time
from service.core.problems import Values
from service.screening.types import Reason

Status = Literal["published", "held", "rejected", "spam", "removed"]
Sort = Literal["newest", "oldest", "top"]

LONGEST_BODY = 10_000

Body = Annotated[str, Meta(min_length=1, max_length=LONGEST_BODY)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class NewComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the form sends. `company` is a field that people don't see.

    `proof` solves the challenge with which the same request was answered before (puzzles.py):
    Base64 of JSON, as ALTCHA's clients send it.
    """

    name: Name
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    body: Body
    parent_id: UUID | None = None
    website: Annotated[str, Meta(max_length=500)] | None = None
    notify: bool = False
    ticket: Annotated[str, Meta(max_length=200)] | None = None
    company: Annotated[str, Meta(max_length=500)] | None = None
    article: PageIdentity | None = None
    proof: Annotated[str, Meta(max_length=4000)] | None = None


class SentComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new comment as it is sent. Of a reader who has signed in, the token says name and e-mail.

    From all others they are required.
    """

    body: Body
    name: Name | UnsetType = UNSET
    email: Annotated[str, Meta(min_length=3, max_length=254)] | UnsetType = UNSET
    parent_id: UUID | None = None
    website: Annotated[str, Meta(max_length=500)] | None = None
    notify: bool = False
    ticket: Annotated[str, Meta(max_length=200)] | None = None
    company: Annotated[str, Meta(max_length=500)] | None = None
    article: PageIdentity | None = None
    proof: Annotated[str, Meta(max_length=4000)] | None = None


class EditedComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A comment's new text."""

    body: Body


class Contest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a comment should be published after all."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that is not posted yet."""

    body: Body


class Preview(msgspec.Struct, frozen=True):
    """The HTML that a text would be shown as, sanitised like a comment's."""

    html: str


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a reader reports a comment."""

    reason: Reason
    note: Annotated[str, Meta(max_length=1000)] | None = None


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote a comment, as everybody may know."""

    name: str
    badge: str | None = None


class CommentAnswer(msgspec.Struct, frozen=True):
    """A comment as everybody may read it. Never the e-mail.

    `replies` (the first five below it, oldest first) and `reply_count` stand on roots of a list,
    `root_id` on replies among the changes of a thread.
    A root that is gone but has replies is a tombstone: status removed, no name, no text.
    """

    id: UUID
    parent_id: UUID | None
    author: Author
    html: str
    status: Status
    created_at: datetime
    edited_at: datetime | None
    likes: int
    reason: str | UnsetType = UNSET
    replies: "list[CommentAnswer] | UnsetType" = UNSET
    reply_count: int | UnsetType = UNSET
    root_id: UUID | UnsetType = UNSET


class ThreadArticle(msgspec.Struct, frozen=True):
    """The article of a thread."""

    key: str
    title: str
    url: str
    open: bool


class Thread(msgspec.Struct, frozen=True):
    """A page of a thread. `count` is all published comments, replies included.

    `since` is another after every change that readers can see, and asks for what has changed.
    `sign_in` where only readers who have signed in may comment; `letters` where readers may ask for
    e-mail.
    """

    article: ThreadArticle
    count: int
    items: list[CommentAnswer]
    next_cursor: str | None
    ticket: str
    since: str
    sign_in: Literal["required"] | UnsetType = UNSET
    letters: bool | UnsetType = UNSET


class Changes(msgspec.Struct, frozen=True):
    """What has changed in a thread: comments new or edited, oldest first, and those that are gone.

    Not `complete` where that is too much, or too long ago: then the thread is read anew.
    """

    items: list[CommentAnswer]
    gone: list[UUID]
    complete: bool


class Replies(msgspec.Struct, frozen=True):
    """A page of what hangs below a comment, oldest first."""

    items: list[CommentAnswer]
    next_cursor: str | None


class Posted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a new comment. `edit_token` opens it to its author, and is shown once.

    `notice` is English. `notice_code` says the same for a page to say in its own language: the
    comment's status where that isn't published, or `watched`, with `reason` and perhaps `until`
    as `notice_values`, where a sanction makes the reader's comments wait.
    """

    comment: CommentAnswer
    edit_token: str
    notice: str | None = None
    notice_code: str | None = None
    notice_values: Values | None = None


class Placed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment and where it stands: `cursor` begins the page of newest roots that shows it."""

    comment: CommentAnswer
    article: ThreadArticle
    root_id: UUID
    cursor: str
    body: str | None = None


class OwnComment(msgspec.Struct, frozen=True):
    """A comment as its author reads it, with the text as it was written."""

    comment: CommentAnswer
    body: str


class OwnReader(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who has signed in, and what of the article's thread is theirs: the newest 100."""

    name: str
    comments: list[OwnComment]
    badge: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """Published comments by article key."""

    counts: dict[str, int]


class CommentRow(msgspec.Struct, frozen=True):
    """A comment as it is stored, without what only moderators see."""

    id: UUID
    site_id: UUID
    article_id: UUID
    root_id: UUID | None
    parent_id: UUID | None
    depth: int
    reader_id: UUID
    author_name: str
    badge: str | None
    body: str
    html: str
    status: Status
    reason: str | None
    version: int
    likes: int
    reply_count: int
    created_at: datetime
    edited_at: datetime | None


class Position(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a list of roots or replies goes on: after this comment. `likes` for sort=top."""

    sort: Literal["newest", "oldest", "top", "replies"]
    created_at: datetime
    id: UUID
    likes: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0

    def __post_init__(self) -> None:
        """A cursor comes back from outside; msgspec makes a ValueError a refusal."""
        check_time(self.created_at)


class Since(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The state of a thread that a reader has: its version, and when that was read."""

    version: Annotated[int, Meta(ge=0, le=2**53)]
    at: datetime

    def __post_init__(self) -> None:
        """Comes back from outside, like a Position."""
        check_time(self.at)
