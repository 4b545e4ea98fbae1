"""Deciding. One batch is one transaction."""

from uuid import UUID

import msgspec

from service.accounts.types import Moderator
from service.comments.changes import Actor, Change, change_statuses
from service.comments.store import lock_comments
from service.comments.types import CommentRow
from service.core.db import Pool, uuid7
from service.core.http import clean_text
from service.core.metrics import DECISIONS
from service.core.problems import Invalid
from service.moderation import rules, store
from service.moderation.types import Batch, DecidedBy, Decision, Outcome, Result


class Decided(msgspec.Struct, frozen=True):
    """A batch, and the new version of each thread that it changed."""

    batch: Batch
    versions: dict[UUID, int]


async def decide(pool: Pool, moderator: Moderator, decisions: list[Decision]) -> Decided:
    """Take a batch of decisions; each has an outcome of its own.

    Locks the comments and their roots until the commit. Raises Invalid where one comment is
    decided twice.
    """
    ids = [decision.comment_id for decision in decisions]
    if len(set(ids)) != len(ids):
        raise Invalid.field("$.decisions", "Decides a comment twice")
    for index, decision in enumerate(decisions):
        clean_text(f"$.decisions[{index}].note", decision.note or "", multiline=True)
    batch_id = uuid7()
    async with pool.acquire() as conn, conn.transaction():
        locked = await lock_comments(conn, ids)
        there = {ident: row for ident, row in locked.items() if moderator.covers(row.site_id)}
        pairs = [(there[one.comment_id], one) for one in decisions if one.comment_id in there]
        edits = await store.list_edits(
            conn, [comment.id for comment, one in pairs if rules.is_stale(comment, one)]
        )
        outcomes = {
            comment.id: rules.outcome_of(comment, one, edits.get(comment.id))
            for comment, one in pairs
        }
        changes = {
            comment.id: _change(comment, one)
            for comment, one in pairs
            if outcomes[comment.id] == "applied"
        }
        agreed = [comment for comment, _ in pairs if outcomes[comment.id] == "unchanged"]
        actor = Actor("moderator", moderator.id, batch_id)
        versions = await change_statuses(conn, list(changes.values()), actor) if changes else {}
        await store.insert_confirmations(conn, agreed, moderator.id, batch_id)
        last = await store.list_last_changes(conn, ids)
    for decision in decisions:
        if decision.comment_id in changes:
            DECISIONS.labels(decision.action).inc()
    after = there | {ident: change.after for ident, change in changes.items()}
    results = [_result(ident, outcomes.get(ident), after, last) for ident in ids]
    return Decided(Batch(batch_id, results), versions)


def _change(comment: CommentRow, decision: Decision) -> Change:
    after = msgspec.structs.replace(
        comment,
        status=rules.STATUS_OF[decision.action],
        reason=rules.reason_of(decision),
        version=comment.version + 1,
    )
    return Change(comment, after, decision.note)


def _result(
    ident: UUID,
    outcome: Outcome | None,
    after: dict[UUID, CommentRow],
    last: dict[UUID, DecidedBy],
) -> Result:
    if outcome is None:
        return Result(ident, "missing", None, None)
    decided = last.get(ident) if outcome == "conflict" else None
    return Result(ident, outcome, after[ident].status, after[ident].version, decided)
