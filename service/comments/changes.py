"""Changing what comments are: status, ledger, counts and thread versions, all or nothing.

Rows are locked in one order everywhere, or two writers would wait for each other: comments
(roots among them) by id, then articles by id.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec

from service.comments import rules, store
from service.comments.types import CommentRow
from service.core.db import Conn


class Actor(msgspec.Struct, frozen=True):
    """Who or what changes a comment; `undoes` is the batch that this takes back."""

    kind: str
    moderator_id: UUID | None = None
    batch_id: UUID | None = None
    undoes: UUID | None = None


class Change(msgspec.Struct, frozen=True):
    """One comment before and after; `note` goes into the ledger."""

    before: CommentRow
    after: CommentRow
    note: str | None = None


async def change_statuses(conn: Conn, changes: Sequence[Change], actor: Actor) -> dict[UUID, int]:
    """Write new statuses and their ledger rows; the new version of each thread that readers see.

    Needs the caller's transaction and its locks on these comments and their roots.
    """
    await store.update_statuses(
        conn, [change.after for change in changes], reviewed=actor.kind == "moderator"
    )
    await store.insert_ledger(
        conn,
        [(change.before, change.after, change.note) for change in changes],
        actor=actor.kind,
        moderator_id=actor.moderator_id,
        batch_id=actor.batch_id,
        undoes=actor.undoes,
    )
    return await _announce(conn, [(change.before, change.after) for change in changes])


async def _announce(conn: Conn, pairs: Sequence[tuple[CommentRow, CommentRow]]) -> dict[UUID, int]:
    """Bring counts and thread versions up to date with changed comments; tell every process."""
    articles: Counter[UUID] = Counter()
    roots: Counter[UUID] = Counter()
    for before, after in pairs:
        was = rules.counts_as(before.status)
        now = rules.counts_as(after.status)
        if was or now:
            articles[after.article_id] += now - was
            if after.root_id and now != was:
                roots[after.root_id] += now - was
    if roots:
        await store.add_to_roots(conn, roots)
    return await store.bump_threads(conn, articles) if articles else {}
