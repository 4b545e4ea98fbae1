"""Deciding, and taking it back. One batch is one transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from service.accounts.types import Moderator
from service.comments.changes import Actor, Change, change_statuses
from service.comments.reports import answer_reports, reopen_reports
from service.comments.store import insert_ledger, lock_comments
from service.comments.types import CommentRow
from service.core.db import Conn, Pool, uuid7
from service.core.http import clean_text
from service.core.metrics import DECISIONS
from service.core.problems import Invalid, NotFound
from service.moderation import batches_store as batches
from service.moderation import queue_store, repeats, rules, store
from service.moderation.types import Batch, Decision, Outcome, Taken

MOST_MEMBERS = 5000  # comments of campaigns that one batch decides beside those it names


class Decided(msgspec.Struct, frozen=True):
    """A batch, and the new version of each thread that it changed."""

    batch: Batch
    versions: dict[UUID, int]


async def decide(
    pool: Pool, moderator: Moderator, decisions: list[Decision], batch_id: UUID | None = None
) -> Decided:
    """Take a batch of decisions; each has an outcome of its own.

    A batch that was taken before, by its id, is answered as then. Locks the comments and their
    roots until the commit. Raises Invalid where one comment is decided twice, or the id is of
    somebody else's batch.
    """
    check_decisions(decisions)
    batch_id = batch_id or uuid7()
    async with pool.acquire() as conn, conn.transaction():
        wanted, leads = await _with_members(conn, decisions)
        locked = await lock_comments(conn, list(wanted))
        # Looked for under the locks: of two that send the same at once, one decides.
        before = await batches.list_entries(conn, batch_id)
        if before:
            return Decided(await repeats.answer(conn, moderator, batch_id, decisions, before), {})
        there = {
            i: locked[i] for i in wanted if i in locked and moderator.covers(locked[i].site_id)
        }
        outcomes = await _outcomes(conn, wanted, leads, there)
        versions = await _carry_out(conn, moderator, batch_id, wanted, outcomes, there)
        conflicts = [ident for ident, outcome in outcomes.items() if outcome == "conflict"]
        last = await store.list_last_changes(conn, conflicts)
    after = {ident: _after(there[ident], wanted[ident], outcomes[ident]) for ident in outcomes}
    named = [decision.comment_id for decision in decisions]
    members = [ident for ident in leads if ident in outcomes]
    results = [
        rules.result_of(i, outcomes.get(i), after.get(i), last.get(i)) for i in named + members
    ]
    return Decided(Batch(batch_id, results), versions)


def check_decisions(decisions: Sequence[Decision]) -> None:
    """Raise Invalid where one comment is decided twice, or a note can't be kept."""
    ids = [decision.comment_id for decision in decisions]
    if len(set(ids)) != len(ids):
        raise Invalid.field("$.decisions", "Decides a comment twice")
    for index, decision in enumerate(decisions):
        clean_text(f"$.decisions[{index}].note", decision.note or "", multiline=True)


async def _with_members(
    conn: Conn, decisions: Sequence[Decision]
) -> tuple[dict[UUID, Decision], dict[UUID, UUID]]:
    """Decisions by comment, those of campaigns spelt out; and whose each of these is."""
    wanted = {decision.comment_id: decision for decision in decisions}
    campaigns = [decision.comment_id for decision in decisions if decision.campaign]
    if not campaigns:
        return wanted, {}
    found = {
        ident: of
        for ident, of in (await store.list_members(conn, campaigns, MOST_MEMBERS)).items()
        if ident not in wanted
    }
    # A member's version, too: whoever decides it before the lock is not overwritten.
    for ident, (lead, version) in found.items():
        wanted[ident] = msgspec.structs.replace(wanted[lead], comment_id=ident, version=version)
    return wanted, {ident: lead for ident, (lead, _) in found.items()}


async def _outcomes(
    conn: Conn,
    wanted: Mapping[UUID, Decision],
    leads: Mapping[UUID, UUID],
    there: Mapping[UUID, CommentRow],
) -> dict[UUID, Outcome]:
    """What each decision comes to. Where one conflicts, nothing becomes of its campaign."""
    stale = [i for i, comment in there.items() if rules.is_stale(comment, wanted[i])]
    edits = await store.list_edits(conn, stale)
    outcomes = {
        ident: rules.outcome_of(comment, wanted[ident], edits.get(ident))
        for ident, comment in there.items()
    }
    return {
        ident: outcome
        for ident, outcome in outcomes.items()
        if ident not in leads or outcomes.get(leads[ident]) in {"applied", "unchanged"}
    }


async def _carry_out(
    conn: Conn,
    moderator: Moderator,
    batch_id: UUID,
    wanted: Mapping[UUID, Decision],
    outcomes: Mapping[UUID, Outcome],
    there: Mapping[UUID, CommentRow],
) -> dict[UUID, int]:
    """Write what was decided; the new versions of threads."""
    applied = [ident for ident, outcome in outcomes.items() if outcome == "applied"]
    agreed = [there[ident] for ident, outcome in outcomes.items() if outcome == "unchanged"]
    changes = [
        Change(there[i], _after(there[i], wanted[i], "applied"), wanted[i].note) for i in applied
    ]
    actor = Actor("moderator", moderator.id, batch_id)
    versions = await change_statuses(conn, changes, actor) if changes else {}
    confirmed = await store.insert_confirmations(conn, agreed, moderator.id, batch_id)
    looked_at = [ident for ident in [*applied, *confirmed] if wanted[ident].action != "hold"]
    dismissed = [ident for ident in looked_at if wanted[ident].action == "publish"]
    upheld = [ident for ident in looked_at if wanted[ident].action != "publish"]
    await answer_reports(conn, upheld, dismissed, batch_id)
    await queue_store.delete_claims(conn, None, await store.list_item_ids(conn, list(outcomes)))
    for ident in applied:
        DECISIONS.labels(wanted[ident].action).inc()
    return versions


def _after(comment: CommentRow, decision: Decision, outcome: Outcome) -> CommentRow:
    if outcome != "applied":
        return comment
    return msgspec.structs.replace(
        comment,
        status=rules.STATUS_OF[decision.action],
        reason=rules.reason_of(decision),
        version=comment.version + 1,
    )


async def undo(pool: Pool, moderator: Moderator, batch_id: UUID) -> Decided:
    """Take a batch back, as far as nothing has changed since; what has, is a conflict.

    Locks the comments and their roots until the commit. Raises NotFound where there is no such
    batch on the moderator's sites.
    """
    undo_id = uuid7()
    async with pool.acquire() as conn, conn.transaction():
        taken = await batches.list_batch(conn, batch_id)
        locked = await lock_comments(conn, [one.comment_id for one in taken])
        taken = [one for one in taken if moderator.covers(locked[one.comment_id].site_id)]
        if not taken:
            raise NotFound("There is no such batch.")
        # Looked at under the locks: of two who undo the same, one does.
        undone = await batches.list_undone(conn, batch_id)
        kept = [
            one
            for one in taken
            if one.comment_id not in undone and rules.stands(locked[one.comment_id], one)
        ]
        changes = [Change(locked[one.comment_id], _before(locked, one)) for one in kept]
        actor = Actor("undo", moderator.id, undo_id, batch_id)
        versions = await _take_back(conn, changes, actor)
        restored = {change.after.id: change.after for change in changes}
        conflicts = [one.comment_id for one in taken if one.comment_id not in restored]
        last = await store.list_last_changes(conn, conflicts)
    results = [
        rules.result_of(
            one.comment_id,
            "applied" if one.comment_id in restored else "conflict",
            restored.get(one.comment_id, locked[one.comment_id]),
            last.get(one.comment_id),
        )
        for one in taken
    ]
    return Decided(Batch(undo_id, results), versions)


def _before(locked: Mapping[UUID, CommentRow], one: Taken) -> CommentRow:
    now = locked[one.comment_id]
    if one.from_status == one.to_status:
        return now
    return msgspec.structs.replace(
        now, status=one.from_status, reason=one.reason_before, version=now.version + 1
    )


async def _take_back(conn: Conn, changes: Sequence[Change], actor: Actor) -> dict[UUID, int]:
    """Restore statuses, reports and whether anybody has looked."""
    if not changes:
        return {}
    ids = [change.before.id for change in changes]
    changed = [change for change in changes if change.before.status != change.after.status]
    agreed = [(c.before, c.after, None) for c in changes if c.before.status == c.after.status]
    versions = await change_statuses(conn, changed, actor) if changed else {}
    if agreed:
        await insert_ledger(
            conn,
            agreed,
            actor=actor.kind,
            moderator_id=actor.moderator_id,
            batch_id=actor.batch_id,
            undoes=actor.undoes,
        )
    assert actor.undoes is not None  # noqa: S101 (an undo takes something back)
    await reopen_reports(conn, ids, actor.undoes)
    await store.update_reviewed(conn, ids)
    return versions
