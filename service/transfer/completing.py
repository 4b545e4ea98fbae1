"""Completing what came from a damaged export of ours, once the whole one is there.

What an import has stored it never changes, but for what the file lacked then: a comment's place
below another, its decisions, and who wrote it.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from service.articles.types import Site
from service.comments.store import bump_threads
from service.core.db import Conn
from service.transfer import completing_store as store
from service.transfer import rules
from service.transfer.store import Known
from service.transfer.types import Notes, PastDecision, Placed, Whole

HUNG = "replies that had come without what they answer, put below it"
DECIDED = "comments that had come without decisions, given them"


def was_decided(history: Sequence[PastDecision]) -> bool:
    """Whether a moderator's word is the last that a person said."""
    people = [one for one in history if one.actor in {"moderator", "undo"}]
    return bool(people) and people[-1].actor == "moderator"


async def complete(
    conn: Conn,
    site: Site,
    source: str,
    batch: Sequence[Placed],
    known: Mapping[str, Known],
    taken_ids: Collection[UUID],
    notes: Notes,
) -> None:
    """Complete those of a batch that came earlier from this source: `known`. In no transaction."""
    for placed in batch:
        here, parent = known.get(placed.comment.source), known.get(placed.parent or "")
        if here and parent and here.parent_id is None:
            async with conn.transaction():
                article = await store.hang(conn, here.id, parent.id)
                if article is not None:
                    await bump_threads(conn, {article: 0})
                    notes.repair(HUNG)
    wholes = [
        (known[one.comment.source].id, one.comment.whole)
        for one in batch
        if one.comment.whole and one.comment.whole.history and one.comment.source in known
    ]
    if wholes:
        await _decide(conn, site, source, wholes, taken_ids, notes)


async def _decide(
    conn: Conn,
    site: Site,
    source: str,
    wholes: Sequence[tuple[UUID, Whole]],
    taken_ids: Collection[UUID],
    notes: Notes,
) -> None:
    told = [
        (ident, whole.version, rules.uuid_at(one.at) if one.id in taken_ids else one.id, one)
        for ident, whole in wholes
        for one in whole.history
    ]
    async with conn.transaction():
        lacked = await store.add_decisions(conn, site.id, told)
        if lacked:
            decided = [one for one, whole in wholes if one in lacked and was_decided(whole.history)]
            await store.set_decided(conn, site.id, source, decided)
            notes.repair(DECIDED, len(lacked))
