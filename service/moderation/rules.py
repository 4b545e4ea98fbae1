"""Pure functions of moderation."""

from uuid import UUID

from service.comments.types import CommentRow, Status
from service.moderation.types import Action, DecidedBy, Decision, Outcome, Result, Taken

STATUS_OF: dict[Action, Status] = {
    "publish": "published",
    "reject": "rejected",
    "spam": "spam",
    "hold": "held",
}
DEFAULT_REASON: dict[Action, str] = {"reject": "other", "spam": "spam", "hold": "other"}


def is_stale(comment: CommentRow, decision: Decision) -> bool:
    """Whether a decision is about another version than the one that is there."""
    return decision.version is not None and decision.version != comment.version


def outcome_of(comment: CommentRow, decision: Decision, edited_in: int | None) -> Outcome:
    """What a decision comes to; `edited_in` is the version that the author last wrote, if any.

    A stale version conflicts, unless somebody decided the same; but nobody agrees with a text that
    they have not read. What its author removed stays removed.
    """
    wanted = STATUS_OF[decision.action]
    if comment.status == "removed":
        return "conflict"
    stale = is_stale(comment, decision)
    if stale and edited_in is not None and edited_in > (decision.version or 0):
        return "conflict"
    if comment.status == wanted:
        return "unchanged"
    return "conflict" if stale else "applied"


def reason_of(decision: Decision) -> str | None:
    """The reason that the author is told; publishing needs none."""
    if decision.action == "publish":
        return None
    return decision.reason or DEFAULT_REASON[decision.action]


def result_of(
    ident: UUID, outcome: Outcome | None, after: CommentRow | None, decided: DecidedBy | None
) -> Result:
    """What the moderator is told of one comment."""
    if outcome is None or after is None:
        return Result(ident, "missing", None, None)
    return Result(ident, outcome, after.status, after.version, decided)


def stands(comment: CommentRow, taken: Taken) -> bool:
    """Whether a comment is still as a batch has left it."""
    return comment.version == taken.version and comment.status == taken.to_status
