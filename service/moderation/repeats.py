"""A batch that is sent again, because its sender never saw the answer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from service.accounts.types import Moderator
from service.comments.store import lock_comments
from service.comments.types import CommentRow
from service.core.db import Conn
from service.core.problems import Invalid
from service.moderation import rules, store
from service.moderation.types import Batch, BatchEntry, DecidedBy, Decision, Outcome, Result


async def answer(
    conn: Conn,
    moderator: Moderator,
    batch_id: UUID,
    decisions: Sequence[Decision],
    before: Sequence[BatchEntry],
) -> Batch:
    """What came of it the first time, in the order of the decisions; last, campaigns' others.

    Raises Invalid where it was somebody else's, or an undo. Needs a transaction.
    """
    if any(entry.moderator_id != moderator.id or entry.undoes for entry in before):
        raise Invalid.field("$.batch_id", "This is the id of another batch")
    taken = {entry.comment_id: entry for entry in before}
    others = [one.comment_id for one in decisions if one.comment_id not in taken]
    locked = await lock_comments(conn, others)
    there = {i: comment for i, comment in locked.items() if moderator.covers(comment.site_id)}
    last = await store.list_last_changes(conn, list(there))
    named = [
        _of_entry(taken[one.comment_id])
        if one.comment_id in taken
        else _not_taken(one, there, last)
        for one in decisions
    ]
    ids = {one.comment_id for one in decisions}
    return Batch(batch_id, named + [_of_entry(e) for e in before if e.comment_id not in ids])


def _of_entry(entry: BatchEntry) -> Result:
    outcome: Outcome = "unchanged" if entry.from_status == entry.to_status else "applied"
    return Result(entry.comment_id, outcome, entry.to_status, entry.version)


def _not_taken(
    one: Decision, there: Mapping[UUID, CommentRow], last: Mapping[UUID, DecidedBy]
) -> Result:
    """Nothing was written for this one: it was as wanted already, or it was a conflict."""
    comment = there.get(one.comment_id)
    if comment is None:
        return rules.result_of(one.comment_id, None, None, None)
    if comment.status == rules.STATUS_OF[one.action]:
        return rules.result_of(one.comment_id, "unchanged", comment, None)
    return rules.result_of(one.comment_id, "conflict", comment, last.get(one.comment_id))
